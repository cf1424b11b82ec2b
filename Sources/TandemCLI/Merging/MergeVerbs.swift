import ArgumentParser
import Foundation
import Postgres
import Tandem

/// An object whose records can be merged: `tandem account merge`, `tandem account unmerge`.
protocol MergedNoun: ObjectNoun {}

extension AccountNoun: MergedNoun {}
extension ContactNoun: MergedNoun {}
extension LeadNoun: MergedNoun {}

/// `tandem account …` and `tandem contact …`: the verbs that every object has, and merging.
struct MergedObjectCommand<Noun: MergedNoun>: ParsableCommand {
    static var configuration: CommandConfiguration {
        let object = ObjectCommand<Noun>.configuration
        return CommandConfiguration(
            commandName: object.commandName, abstract: object.abstract, discussion: object.discussion,
            subcommands: object.subcommands + [OriginVerb<Noun>.self] + MergeVerbs<Noun>.commands)
    }
}

enum MergeVerbs<Noun: MergedNoun> {
    static var commands: [any ParsableCommand.Type] { [Merge.self, Unmerge.self] }

    struct Merge: DatabaseCommand {
        static var configuration: CommandConfiguration {
            let name = Noun.object.name
            return CommandConfiguration(
                commandName: "merge", abstract: "Merge others into one; their ids lead to it from then on.",
                discussion: """
                    tandem \(name) merge \(Noun.object.prefix.rawValue)_… external_id=b-17 --dry-run --tenant acme
                    tandem \(name) merge external_id=a-1 external_id=b-17 --choose phone=external_id=b-17

                    The first keeps what it says, the others fill its gaps in their order. Nothing is lost: \
                    tandem \(name) unmerge takes it back.
                    """)
        }
        @OptionGroup var global: GlobalOptions
        @Argument(help: ObjectCommand<Noun>.referenceHelp) var winner: String
        @Argument(help: "What is merged into it, each as above.") var losers: [String]
        @Option(
            name: .customLong("choose"), parsing: .singleValue,
            help: "field=RECORD: the record whose value the field takes, or field=VALUE; repeatable.") var choices:
            [String] = []

        func run(_ session: DatabaseSession) throws -> Output {
            let isDryRun = global.dryRun
            let tenant = try session.tenant()
            let catalog = try session.catalog(of: tenant)
            let done = try session.inTenant(tenant) { (connection) throws(TandemError) -> JSON in
                let id = try ObjectCommand<Noun>.find(winner, connection, in: catalog)
                var others: [JSON] = []
                for loser in losers {
                    others.append(.string(try ObjectCommand<Noun>.find(loser, connection, in: catalog).uuidString))
                }
                var choose = JSONObject()
                for choice in choices {
                    guard let mark = choice.firstIndex(of: "=") else {
                        throw .invalid("/choose", "invalid", "has to be field=RECORD or field=VALUE")
                    }
                    choose[String(choice[..<mark])] = .string(
                        try Self.value(String(choice[choice.index(after: mark)...]), connection, catalog))
                }
                let merge = try RecordMerge(
                    ["losers": .array(others), "choose": .object(choose)], into: id, of: catalog[Noun.object],
                    catalog: catalog)
                return try connection.mergeRecords(
                    into: id, merge, by: DatabaseSession.actor, dryRun: isDryRun, catalog: catalog)
            }
            let next = done["id"]?.string.map { ["tandem \(Noun.object.name) unmerge \($0)"] } ?? []
            return Output(content: .object(done.object ?? [:]), text: MergeText.plan(done), next: next)
        }

        /// A record may be named by a key; what names none is a value.
        private static func value(
            _ text: String, _ connection: Connection, _ catalog: ObjectCatalog
        ) throws(TandemError) -> String {
            guard let mark = text.firstIndex(of: "="), catalog[Noun.object].keys.contains(String(text[..<mark])) else {
                return text
            }
            return try ObjectCommand<Noun>.find(text, connection, in: catalog).uuidString
        }
    }

    struct Unmerge: DatabaseCommand {
        static var configuration: CommandConfiguration {
            CommandConfiguration(
                commandName: "unmerge", abstract: "Take a merge back; what was edited since stays.",
                discussion: "tandem \(Noun.object.name) unmerge mrg_… --dry-run --tenant acme")
        }
        @OptionGroup var global: GlobalOptions
        @Argument(help: "mrg_… or a uuid: the merge's id.") var merge: String

        func run(_ session: DatabaseSession) throws -> Output {
            let isDryRun = global.dryRun
            let done = try session.inTenant(session.tenant()) { (connection) throws(TandemError) -> JSON in
                guard let id = PublicID(.merge, text: merge)?.uuid else { throw .notFound() }
                return try connection.undoRecordMerge(id, by: DatabaseSession.actor, dryRun: isDryRun)
            }
            return Output(content: .object(done.object ?? [:]), text: MergeText.undo(done))
        }
    }
}

/// Merges in words.
enum MergeText {
    static func plan(_ done: JSON) -> String {
        let fields = (done["fields"]?.object ?? [:]).map { name, change in
            ["field", name, words(change["old"]) + " → " + words(change["new"]), change["from"]?.string ?? ""]
        }
        let conflicts = (done["conflicts"]?.object ?? [:]).map { name, said in
            ["differs", name, (said.object ?? [:]).map { words($1) }.joined(separator: " | "), ""]
        }
        let warnings = (done["warnings"]?.array ?? []).map {
            ["note", ($0.string ?? "").replacing("_", with: " "), "", ""]
        }
        return Output.aligned(
            [["winner", done["winner"]?.string ?? "", "", ""]] + fields + conflicts + warnings
                + counts(done["moved"], "moves") + counts(done["united"], "unites"))
    }

    static func undo(_ done: JSON) -> String {
        let undo = done["undo"] ?? .object([:])
        let kept = (undo["kept"]?.array ?? []).map { ["kept", $0.string ?? "", "edited since", ""] }
        let lost = (undo["lost"]?.object ?? [:]).map { record, fields in
            ["lost", record, (fields.array ?? []).compactMap(\.string).joined(separator: ", "), "taken or gone since"]
        }
        return Output.aligned(
            (done["losers"]?.array ?? []).map { ["back", $0["id"]?.string ?? "", $0["name"]?.string ?? "", ""] }
                + counts(undo["returned"], "returns") + counts(undo["missing"], "missing") + kept + lost)
    }

    private static func counts(_ json: JSON?, _ word: String) -> [[String]] {
        (json?.object ?? [:]).map { relation, count in
            [word, relation.replacing("_", with: " "), count.int.map(String.init) ?? "", ""]
        }
    }

    private static func words(_ json: JSON?) -> String {
        guard let json, !json.isNull else { return "nothing" }
        return json.string ?? json.text
    }
}
