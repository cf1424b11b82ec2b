import ArgumentParser
import Foundation
import Postgres
import Tandem

struct DuplicateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "duplicate", abstract: "Pairs of records that may be one: find, list, dismiss, merge.",
        discussion: """
            tandem duplicate find --tenant acme
            tandem duplicate list --object contact
            tandem duplicate merge dup_… --dry-run
            """,
        subcommands: [Find.self, List.self, Dismiss.self, Merge.self])

    private static func find(_ text: String) throws(TandemError) -> UUID {
        guard let id = PublicID(.duplicate, text: text)?.uuid else { throw .notFound() }
        return id
    }

    struct Find: DatabaseCommand {
        static let configuration = CommandConfiguration(
            abstract: "Look for pairs now.", discussion: "tandem duplicate find --tenant acme")
        @OptionGroup var global: GlobalOptions

        func run(_ session: DatabaseSession) throws -> Output {
            let found = try session.inTenant(session.tenant()) { (connection) throws(TandemError) in
                try connection.findDuplicates()
            }
            return Output(content: .object(["found": .number(found)]), next: found > 0 ? ["tandem duplicate list"] : [])
        }
    }

    struct List: DatabaseCommand {
        static let configuration = CommandConfiguration(
            abstract: "List pairs, newest first.", discussion: "tandem duplicate list --object account --tenant acme")
        @OptionGroup var global: GlobalOptions
        @Option(help: "Only accounts, contacts or leads: account, contact or lead.") var object: String?
        @Option(help: "open, merged or dismissed.") var state = "open"
        @Option(help: "At most so many.") var limit = 50

        func run(_ session: DatabaseSession) throws -> Output {
            let items = try session.inTenant(session.tenant(), readOnly: true) { (connection) throws(TandemError) in
                try connection.duplicates(of: object, state: state, limit: limit)
            }
            return Output(
                content: .list(items.compactMap(\.object)),
                columns: [
                    ("ID", "id"), ("OBJECT", "object"), ("SCORE", "score"), ("REASONS", "reasons"),
                    ("RECORDS", "cluster"),
                    ("CREATED", "created_at"),
                ])
        }
    }

    struct Dismiss: DatabaseCommand {
        static let configuration = CommandConfiguration(
            abstract: "Say that a pair is two.", discussion: "tandem duplicate dismiss dup_… --tenant acme")
        @OptionGroup var global: GlobalOptions
        @Argument(help: "dup_… or a uuid.") var duplicate: String

        func run(_ session: DatabaseSession) throws -> Output {
            let done = try session.inTenant(session.tenant()) { (connection) throws(TandemError) in
                try connection.dismissDuplicate(DuplicateCommand.find(duplicate), by: DatabaseSession.actor)
            }
            return Output(content: .object(session.written(done)))
        }
    }

    struct Merge: DatabaseCommand {
        static let configuration = CommandConfiguration(
            abstract: "Merge a pair; the older record stays unless --winner names the other.",
            discussion: "tandem duplicate merge dup_… --winner cont_… --dry-run --tenant acme")
        @OptionGroup var global: GlobalOptions
        @Argument(help: "dup_… or a uuid.") var duplicate: String
        @Option(help: "The record that stays, by its id.") var winner: String?

        func run(_ session: DatabaseSession) throws -> Output {
            let isDryRun = global.dryRun
            let stays = winner.flatMap { text in
                RecordMerge.objects.lazy.compactMap { PublicID($0.prefix, text: text)?.uuid }.first
            }
            if winner != nil, stays == nil { throw CommandFailure.usage("--winner has to be a record's id") }
            let done = try session.inTenant(session.tenant()) { (connection) throws(TandemError) in
                try connection.mergeDuplicate(
                    DuplicateCommand.find(duplicate), winner: stays, by: DatabaseSession.actor, dryRun: isDryRun)
            }
            return Output(content: .object(done.object ?? [:]), text: MergeText.plan(done))
        }
    }
}
