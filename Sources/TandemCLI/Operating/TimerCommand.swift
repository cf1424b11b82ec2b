import ArgumentParser
import Foundation
import Tandem

struct TimerCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "timer", abstract: "What the server does by itself every night: list it, switch it on or off.",
        discussion: """
            tandem timer list --tenant acme
            tandem timer off duplicates
            tandem timer on duplicates
            """,
        subcommands: [List.self, On.self, Off.self])

    private static let columns: [(title: String, key: String)] = [
        ("NAME", "name"), ("ENABLED", "enabled"), ("DUE AT", "due_at"), ("RAN AT", "ran_at"), ("RESULT", "result"),
    ]

    struct List: DatabaseCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the timers of a tenant.", discussion: "tandem timer list --tenant acme")
        @OptionGroup var global: GlobalOptions

        func run(_ session: DatabaseSession) throws -> Output {
            let timers = try session.inTenant(session.tenant(), readOnly: true) { (connection) throws(TandemError) in
                try connection.timers()
            }
            return Output(content: .list(timers.compactMap(\.object)), columns: TimerCommand.columns, name: "name")
        }
    }

    private static func set(_ name: String, _ enabled: Bool, _ session: DatabaseSession) throws -> Output {
        let timer = try session.inTenant(session.tenant()) { (connection) throws(TandemError) in
            try connection.updateTimer(name, enabled: enabled, by: DatabaseSession.actor)
        }
        return Output(content: .object(session.written(timer)), columns: columns, name: "name")
    }

    struct On: DatabaseCommand {
        static let configuration = CommandConfiguration(
            abstract: "Switch one on; it runs the next night.", discussion: "tandem timer on duplicates --tenant acme")
        @OptionGroup var global: GlobalOptions
        @Argument(help: "Its name, such as duplicates.") var name: String

        func run(_ session: DatabaseSession) throws -> Output { try TimerCommand.set(name, true, session) }
    }

    struct Off: DatabaseCommand {
        static let configuration = CommandConfiguration(
            abstract: "Switch one off.", discussion: "tandem timer off duplicates --tenant acme")
        @OptionGroup var global: GlobalOptions
        @Argument(help: "Its name, such as duplicates.") var name: String

        func run(_ session: DatabaseSession) throws -> Output { try TimerCommand.set(name, false, session) }
    }
}
