import ArgumentParser
import Foundation
import Tandem

struct OperationCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "operation", abstract: "Long work: how far it is, what came of it, and an end to it.",
        discussion: """
            tandem operation list --tenant acme
            tandem operation show op_… -o json
            tandem operation undo op_…
            """,
        subcommands: [List.self, Show.self, Undo.self, Cancel.self])

    private static func id(_ text: String) throws -> UUID {
        guard let id = PublicID(.operation, text: text) else {
            throw CommandFailure.usage("\(text) is no id of an operation")
        }
        return id.uuid
    }

    struct List: DatabaseCommand {
        static let configuration = CommandConfiguration(
            abstract: "List operations, newest first.",
            discussion: "tandem operation list --state running --tenant acme")
        @OptionGroup var global: GlobalOptions
        @Option(help: "running, done, failed or cancelled.") var state: String?
        @Option(help: "At most so many.") var limit = 50

        func run(_ session: DatabaseSession) throws -> Output {
            let items = try session.inTenant(session.tenant(), readOnly: true) { (connection) throws(TandemError) in
                try connection.operationList(state: state, limit: limit)
            }
            return Output(
                content: .list(items.compactMap(\.object)),
                columns: ["id", "type", "state", "done", "total", "actor", "created_at"].map {
                    ($0.uppercased(), $0)
                })
        }
    }

    struct Show: DatabaseCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show one.", discussion: "tandem operation show op_… -o json --tenant acme")
        @OptionGroup var global: GlobalOptions
        @Argument(help: "Its id.") var id: String

        func run(_ session: DatabaseSession) throws -> Output {
            let id = try OperationCommand.id(id)
            let shown = try session.inTenant(session.tenant(), readOnly: true) { (connection) throws(TandemError) in
                guard let shown = try connection.operationShow(id) else { throw .notFound() }
                return shown
            }
            return Output(content: .object(shown.object ?? [:]))
        }
    }

    struct Undo: DatabaseCommand {
        static let configuration = CommandConfiguration(
            abstract: "Take back what one did to records, but for what somebody has changed since.",
            discussion: "tandem operation undo op_… --tenant acme")
        @OptionGroup var global: GlobalOptions
        @Argument(help: "Its id.") var id: String

        func run(_ session: DatabaseSession) throws -> Output {
            let (operation, tenant, undoing) = (try OperationCommand.id(id), try session.tenant(), UUID.v7())
            let ordered = try session.inTenant(tenant) { (connection) throws(TandemError) in
                try connection.bulkUndo(operation, id: undoing, by: DatabaseSession.actor)
            }
            if session.options.dryRun { return Output(content: .object(session.written(ordered))) }
            return try session.followOperation(undoing, ordered, of: tenant, verb: "undoing", unit: "records")
        }
    }

    struct Cancel: DatabaseCommand {
        static let configuration = CommandConfiguration(
            abstract: "End one before its end; what it has done stays.",
            discussion: "tandem operation cancel op_… --tenant acme")
        @OptionGroup var global: GlobalOptions
        @Argument(help: "Its id.") var id: String

        func run(_ session: DatabaseSession) throws -> Output {
            let id = try OperationCommand.id(id)
            let shown = try session.inTenant(session.tenant()) { (connection) throws(TandemError) in
                try connection.operationCancel(id, by: DatabaseSession.actor)
            }
            return Output(content: .object(session.written(shown)))
        }
    }
}
