public import ArgumentParser
import Foundation
import Postgres
public import Tandem

struct MergeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "merge", abstract: "Merges of profiles: list, order, undo; decide reviews.",
        discussion: """
            tandem merge list --tenant acme
            tandem merge apply email:buyer@acme.example user_id:u-17 --ref ticket-4 --dry-run
            tandem merge undo ticket-4
            """,
        subcommands: [List.self, Show.self, Apply.self, Undo.self, Review.self])

    static let columns: [(title: String, key: String)] = [
        ("ID", "id"), ("STATE", "state"), ("CAUSE", "cause"), ("WINNER", "winner"), ("LOSER", "loser"), ("REF", "ref"),
        ("CREATED", "created_at"),
    ]

    /// By `mrg_…`, uuid or ref.
    static func find(_ reference: String, _ connection: Connection) throws(TandemError) -> UUID {
        if let id = PublicID(.merge, text: reference) { return id.uuid }
        let found = try connection.mergeList(ref: reference, limit: 2)
        let exact = found.first { $0["ref"]?.string == reference } ?? found.first
        guard let text = exact?["id"]?.string, let id = PublicID(.merge, text: text) else { throw .notFound() }
        return id.uuid
    }

    struct List: DatabaseCommand {
        static let configuration = CommandConfiguration(
            abstract: "List merges, newest first.",
            discussion: """
                tandem merge list --profile user_id:u-17 --tenant acme
                tandem merge list --cause manual --state applied --tenant acme
                """)
        @OptionGroup var global: GlobalOptions
        @Option(help: "Only those of this messageId or ref.") var ref: String?
        @Option(help: "Only those that touch this profile.") var profile: ProfileReference?
        @Option(help: "Only those made by this.") var cause: MergeFilter.Cause?
        @Option(help: "Only those that are so.") var state: MergeFilter.State?
        @Option(help: "At most so many.") var limit = 50

        func run(_ session: DatabaseSession) throws -> Output {
            let items = try session.inTenant(session.tenant(), readOnly: true) {
                (connection) throws(TandemError) -> [JSON] in
                var id: UUID?
                if let profile { id = try connection.profileID(profile) }
                return try connection.mergeList(
                    ref: ref, profile: id, MergeFilter(cause: cause, state: state), limit: limit)
            }
            return Output(content: .list(items.compactMap(\.object)), columns: MergeCommand.columns)
        }
    }

    struct Show: DatabaseCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show a merge with its edges.", discussion: "tandem merge show ticket-4 --tenant acme")
        @OptionGroup var global: GlobalOptions
        @Argument(help: "mrg_…, a uuid, or its ref.") var merge: String

        func run(_ session: DatabaseSession) throws -> Output {
            let shown = try session.inTenant(session.tenant(), readOnly: true) { (connection) throws(TandemError) in
                try connection.mergeShow(MergeCommand.find(merge, connection))
            }
            return Output(content: .object(shown.object ?? [:]))
        }
    }

    struct Apply: DatabaseCommand {
        static let configuration = CommandConfiguration(
            abstract: "Merge two profiles; the winner's id stays.",
            discussion: "tandem merge apply email:buyer@acme.example user_id:u-17 --ref ticket-4 --tenant acme")
        @OptionGroup var global: GlobalOptions
        @Argument(help: ProfileReference.help) var winner: ProfileReference
        @Argument(help: ProfileReference.help) var loser: ProfileReference
        @Option(help: "A name of your own for the merge; unique.") var ref: String?
        @Option(help: "When it happened, ISO 8601 (now).") var effectiveAt: String?
        @Flag(help: "Merge also where a review would be opened.") var force = false

        func run(_ session: DatabaseSession) throws -> Output {
            let at = try effectiveAt.map { text in
                guard let time = WireTime.parse(text) else { throw CommandFailure.usage("\(text) is no ISO 8601 time") }
                return time
            }
            // The procedure's own dry run answers the plan and writes nothing.
            let merge = try session.connection.inTenant(session.tenant().database) {
                (connection) throws(TandemError) in
                try connection.mergeApply(
                    winner: winner.end, loser: loser.end, ref: ref, effectiveAt: at, force: force,
                    actor: DatabaseSession.actor, isDryRun: session.options.dryRun)
            }
            let isReview = merge["state"]?.string == "review"
            let id = merge["id"]?.string ?? ""
            return Output(
                content: .object(merge.object ?? [:]), text: IdentityPlanText.text(merge),
                next: session.options.dryRun
                    ? [] : [isReview ? "tandem merge review approve \(id)" : "tandem merge undo \(id)"])
        }
    }

    struct Undo: DatabaseCommand {
        static let configuration = CommandConfiguration(
            abstract: "Undo a merge: both profiles as if it had not been.",
            discussion: """
                tandem merge undo mrg_… --dry-run --tenant acme
                tandem merge undo mrg_… --tenant acme
                """)
        @OptionGroup var global: GlobalOptions
        @Argument(help: "mrg_…, a uuid, or its ref.") var merge: String

        func run(_ session: DatabaseSession) throws -> Output {
            let undone = try session.inTenant(session.tenant()) { (connection) throws(TandemError) in
                try connection.mergeUndo(
                    MergeCommand.find(merge, connection), actor: DatabaseSession.actor, isDryRun: session.options.dryRun
                )
            }
            return Output(content: .object(session.written(undone)), text: IdentityPlanText.text(undone))
        }
    }

    struct Review: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Merges that wait for a decision.",
            discussion: "tandem merge review list --tenant acme",
            subcommands: [Reviews.self, ShowReview.self, Approve.self, Reject.self])
    }

    struct Reviews: DatabaseCommand {
        static let configuration = CommandConfiguration(
            commandName: "list", abstract: "List reviews, oldest first.",
            discussion: "tandem merge review list --reason likeness --tenant acme")
        @OptionGroup var global: GlobalOptions
        @Option(help: "open, approved, rejected or obsolete.") var state = "open"
        @Option(help: "Only of this one: accounts, anomaly, manual, contact_email or likeness.") var reason: String?
        @Option(help: "At most so many.") var limit = 50

        func run(_ session: DatabaseSession) throws -> Output {
            let items = try session.inTenant(session.tenant(), readOnly: true) { (connection) throws(TandemError) in
                try connection.reviewList(state: state, reason: reason, limit: limit)
            }
            return Output(
                content: .list(items.compactMap(\.object)),
                columns: [
                    ("ID", "id"), ("STATE", "state"), ("REASON", "reason"), ("REF", "ref"), ("CREATED", "created_at"),
                ])
        }
    }

    struct ShowReview: DatabaseCommand {
        static let configuration = CommandConfiguration(
            commandName: "show", abstract: "Show a review with the profiles that it is about.",
            discussion: "tandem merge review show rev_… --tenant acme")
        @OptionGroup var global: GlobalOptions
        @Argument(help: "rev_… or a uuid.") var review: String

        func run(_ session: DatabaseSession) throws -> Output {
            let id = try MergeCommand.reviewID(review)
            let shown = try session.inTenant(session.tenant(), readOnly: true) { (connection) throws(TandemError) in
                try connection.reviewShow(id)
            }
            return Output(content: .object(shown.object ?? [:]), text: LikenessText.text(shown))
        }
    }

    struct Approve: DatabaseCommand {
        static let configuration = CommandConfiguration(
            abstract: "Merge what a review is about.", discussion: "tandem merge review approve rev_… --tenant acme")
        @OptionGroup var global: GlobalOptions
        @Argument(help: "rev_… or a uuid.") var review: String

        func run(_ session: DatabaseSession) throws -> Output {
            try MergeCommand.decide(review, approve: true, session)
        }
    }

    struct Reject: DatabaseCommand {
        static let configuration = CommandConfiguration(
            abstract: "Keep apart for ever what a review is about.",
            discussion: "tandem merge review reject rev_… --tenant acme")
        @OptionGroup var global: GlobalOptions
        @Argument(help: "rev_… or a uuid.") var review: String

        func run(_ session: DatabaseSession) throws -> Output {
            try MergeCommand.decide(review, approve: false, session)
        }
    }

    fileprivate static func reviewID(_ review: String) throws -> UUID {
        guard let id = PublicID(.review, text: review) else {
            throw CommandFailure.usage("\(review) is no review's id", hint: "tandem merge review list shows them")
        }
        return id.uuid
    }

    fileprivate static func decide(_ review: String, approve: Bool, _ session: DatabaseSession) throws -> Output {
        let id = try reviewID(review)
        let decided = try session.inTenant(session.tenant()) { (connection) throws(TandemError) in
            try connection.reviewDecide(
                id, approve: approve, actor: DatabaseSession.actor, isDryRun: session.options.dryRun)
        }
        return Output(content: .object(session.written(decided)), text: IdentityPlanText.text(decided))
    }
}

extension MergeFilter.Cause: ExpressibleByArgument {}
extension MergeFilter.State: ExpressibleByArgument {}
