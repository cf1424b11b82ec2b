import ArgumentParser
import Foundation
import Tandem

struct ReminderCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reminder", abstract: "What was reminded of and is neither done nor seen.",
        discussion: """
            tandem reminder list --tenant acme
            tandem reminder list --owner user_…
            tandem reminder seen act_…
            """,
        subcommands: [List.self, Seen.self])

    struct List: DatabaseCommand {
        static let configuration = CommandConfiguration(
            abstract: "List them, the longest waiting first.",
            discussion: "tandem reminder list --owner user_… --tenant acme")
        @OptionGroup var global: GlobalOptions
        @Option(help: "Only what this user has to do.") var owner: String?
        @Option(help: "At most so many.") var limit = 50

        func run(_ session: DatabaseSession) throws -> Output {
            let id = owner.flatMap { PublicID(.user, text: $0)?.uuid }
            if owner != nil, id == nil { throw CommandFailure.usage("--owner has to be a user's id") }
            let (tenant, now) = (try session.tenant(), WallClock.system.microseconds)
            let items = try session.inTenant(tenant, readOnly: true) { (connection) throws(TandemError) in
                try connection.rungReminders(of: id, zone: tenant.timezone, now: now, limit: limit)
            }
            return Output(
                content: .list(items.compactMap(\.object)),
                columns: [
                    ("ID", "id"), ("STATE", "state"), ("SUBJECT", "subject"), ("OWNER", "owner"), ("DUE AT", "due_at"),
                    ("DUE DATE", "due_date"), ("SINCE", "since"),
                ])
        }
    }

    struct Seen: DatabaseCommand {
        static let configuration = CommandConfiguration(
            abstract: "Say that those of an activity were seen.", discussion: "tandem reminder seen act_… --tenant acme"
        )
        @OptionGroup var global: GlobalOptions
        @Argument(help: "act_… or a uuid.") var activity: String

        func run(_ session: DatabaseSession) throws -> Output {
            let now = WallClock.system.microseconds
            let seen = try session.inTenant(session.tenant()) { (connection) throws(TandemError) -> Int in
                guard let id = PublicID(.activity, text: activity)?.uuid else { throw .notFound() }
                return try connection.seeReminders(of: id, by: DatabaseSession.actor, now: now)
            }
            return Output(content: .object(session.written(["id": .string(activity), "seen": .number(seen)])))
        }
    }
}
