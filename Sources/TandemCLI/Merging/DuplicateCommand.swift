import ArgumentParser
import Foundation
import Postgres
import Tandem

struct DuplicateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "duplicate", abstract: "Pairs of records that may be one: find, list, show, dismiss, merge.",
        discussion: """
            tandem duplicate find --tenant acme
            tandem duplicate list --object contact
            tandem duplicate show dup_…
            tandem duplicate merge dup_… --dry-run
            """,
        subcommands: [Find.self, List.self, Show.self, Dismiss.self, Merge.self],
        aliases: ["duplicates"])

    private static func find(_ text: String) throws(TandemError) -> UUID {
        guard let id = PublicID(.duplicate, text: text)?.uuid else { throw .notFound() }
        return id
    }

    struct Find: DatabaseCommand {
        static let configuration = CommandConfiguration(
            abstract: "Look for pairs now.",
            discussion: "tandem duplicate find --object profile --tenant acme")
        @OptionGroup var global: GlobalOptions
        @Option(help: "Only among these: account, contact, lead or profile.") var object: String?

        func run(_ session: DatabaseSession) throws -> Output {
            let (tenant, kind) = (try session.tenant(), object)
            if let kind, !DuplicateSearch.kinds.contains(kind) {
                throw CommandFailure.usage("--object has to be one of \(DuplicateSearch.kinds.joined(separator: ", "))")
            }
            if global.dryRun {
                let found = try session.inTenant(tenant) { (connection) throws(TandemError) in
                    try connection.findDuplicates(of: kind)
                }
                return Output(content: .object(session.written(found)), text: Self.words(found))
            }
            _ = try session.inTenant(tenant) { (connection) throws(TandemError) in
                try connection.beginDuplicates(of: kind, by: DatabaseSession.actor)
            }
            var progress: JSON
            repeat {
                progress = try session.inTenant(tenant) { (connection) throws(TandemError) in
                    try connection.stepDuplicates()
                }
            } while progress["finished"]?.bool == false
            return Output(
                content: .object(progress.object ?? [:]), text: Self.words(progress),
                next: progress["found"]?.int ?? 0 > 0 ? Self.next(kind) : [])
        }

        private static func next(_ kind: String?) -> [String] {
            let reviews = "tandem merge review list --reason likeness"
            return kind == nil
                ? ["tandem duplicate list", reviews] : [kind == "profile" ? reviews : "tandem duplicate list"]
        }

        private static func words(_ progress: JSON) -> String {
            var lines = [
                "found     \(progress["found"]?.int ?? 0)", "compared  \(progress["compared"]?.int ?? 0) pairs",
            ]
            for (object, weights) in progress["weights"]?.object ?? [:] {
                lines.append(
                    weights.string == "estimated"
                        ? "weights   of \(object)s: estimated from your records"
                        : "weights   of \(object)s: fixed, there are too few records to estimate them")
            }
            return (lines + DuplicateSearch.omissions(progress).map { "skipped   " + $0 }).joined(separator: "\n")
        }
    }

    struct Show: DatabaseCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show a pair: how likely it is one, and what each comparison gave.",
            discussion: "tandem duplicate show dup_… --tenant acme")
        @OptionGroup var global: GlobalOptions
        @Argument(help: "dup_… or a uuid.") var duplicate: String

        func run(_ session: DatabaseSession) throws -> Output {
            let pair = try session.inTenant(session.tenant(), readOnly: true) { (connection) throws(TandemError) in
                try connection.duplicate(DuplicateCommand.find(duplicate))
            }
            return Output(content: .object(pair.object ?? [:]), text: Self.words(pair))
        }

        private static func words(_ pair: JSON) -> String {
            let state = pair["state"]?.string ?? ""
            var lines = ["\(pair["id"]?.string ?? "")  \(state)  \(pair["score"]?.int ?? 0) %"]
            for record in pair["records"]?.array ?? [] {
                lines.append("\(record["id"]?.string ?? "")  \(record["name"]?.string ?? "without a name")")
            }
            lines.append("reasons  " + (pair["reasons"]?.array ?? []).compactMap(\.string).joined(separator: ", "))
            guard let explanation = pair["explanation"], !explanation.isNull else {
                return lines.joined(separator: "\n")
            }
            return (lines + [""] + Self.parts(explanation)).joined(separator: "\n")
        }

        /// What a score came of, a line a comparison.
        static func parts(_ explanation: JSON) -> [String] {
            func row(_ name: String, _ agreement: String, _ bits: Double?) -> String {
                let number = String(format: "%+.2f", bits ?? 0)
                return name.padding(toLength: 24, withPad: " ", startingAt: 0)
                    + agreement.padding(toLength: 12, withPad: " ", startingAt: 0)
                    + String(repeating: " ", count: max(0, 8 - number.count)) + number
            }
            var lines = [row("two records by chance", "", explanation["prior"]?.double)]
            for comparison in explanation["comparisons"]?.array ?? [] {
                lines.append(
                    row(
                        comparison["name"]?.string ?? "", comparison["agreement"]?.string ?? "",
                        comparison["weight"]?.double))
            }
            lines.append(row("in sum, in bits", "", explanation["weight"]?.double))
            lines.append(
                explanation["estimated"]?.bool == true
                    ? "weights estimated from your records"
                    : "fixed weights: there are too few records to estimate them")
            return lines
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
            if object == "profile" {
                throw CommandFailure.usage(
                    "pairs of profiles wait where merges do", hint: "tandem merge review list --reason likeness")
            }
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
