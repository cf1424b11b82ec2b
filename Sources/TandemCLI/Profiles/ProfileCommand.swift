import ArgumentParser
import Foundation
import Postgres
import Tandem

struct ProfileCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "profile", abstract: "People as their events tell: look them up, see what happened.",
        discussion: """
            tandem profile find email buyer@acme.example --tenant acme
            tandem profile timeline user_id:u-17 --limit 20
            tandem profile graph user_id:u-17
            """,
        subcommands: [Show.self, Find.self, List.self, Timeline.self, Graph.self, Consent.self])

    /// Identifiers and traits one a line.
    static func shown(_ profile: JSON) -> Output {
        let identifiers = (profile["identifiers"]?.array ?? []).map { item in
            let source = item["source"]?.string.map { "   from \($0)" } ?? ""
            return (item["type"]?.string ?? "", (item["value"]?.string ?? "") + source)
        }
        let traits = (profile["traits"]?.object ?? JSONObject()).map { ($0, $1.string ?? $1.text) }
        let accounts = (profile["accounts"]?.array ?? []).map { account in
            (
                account["id"]?.string ?? "(no account yet)",
                [account["group_id"]?.string, account["role"]?.string].compactMap { $0 }.joined(separator: "   ")
            )
        }
        let merged = (profile["merged_ids"]?.array ?? []).compactMap(\.string)
        var text = "\(profile["id"]?.string ?? "")\n"
        if let asOf = profile["as_of"]?.string {
            text += "as of        \(asOf)\n"
        } else {
            let seen = ["first_seen_at", "last_seen_at"].map { profile[$0]?.string ?? "" }
            text += "seen         \(seen[0]) to \(seen[1])\n"
        }
        for (title, pairs) in [("identifiers", identifiers), ("traits", traits), ("accounts", accounts)] {
            let width = pairs.map(\.0.count).max() ?? 0
            for (index, pair) in pairs.enumerated() {
                let label = index == 0 ? title : ""
                let gap = String(repeating: " ", count: 13 - label.count)
                text += label + gap + pair.0.padding(toLength: width + 2, withPad: " ", startingAt: 0) + pair.1 + "\n"
            }
        }
        for (index, id) in merged.enumerated() { text += (index == 0 ? "merged       " : "             ") + id + "\n" }
        return Output(content: .object(profile.object ?? [:]), text: text)
    }

    struct Show: DatabaseCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show a profile: identifiers, traits, accounts.",
            discussion: """
                tandem profile show prof_… --tenant acme
                tandem profile show email:buyer@acme.example --as-of 2026-05-03T12:00:00Z --tenant acme
                """)
        @OptionGroup var global: GlobalOptions
        @Argument(help: ProfileReference.help) var profile: ProfileReference
        @Option(help: AsOf.help) var asOf: AsOf?

        func run(_ session: DatabaseSession) throws -> Output {
            ProfileCommand.shown(
                try session.inTenant(session.tenant(), readOnly: true) {
                    (connection) throws(TandemError) -> JSON in
                    guard let asOf else { return try connection.profile(profile) }
                    return try connection.profileShow(profile.end, asOf: asOf.moment)
                })
        }
    }

    struct Find: DatabaseCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show the profile that has an identifier.",
            discussion: "tandem profile find email buyer@acme.example --tenant acme")
        @OptionGroup var global: GlobalOptions
        @Argument(help: "user_id, anonymous_id, email, phone or a type of your own.") var type: String
        @Argument(help: "Its value.") var value: String

        func run(_ session: DatabaseSession) throws -> Output {
            guard let identifier = ProfileReference.identifier(type, value) else {
                throw CommandFailure.usage("\(value) is no value of \(type)")
            }
            return ProfileCommand.shown(
                try session.inTenant(session.tenant(), readOnly: true) { (connection) throws(TandemError) in
                    try connection.profileFind(identifier)
                })
        }
    }

    struct List: DatabaseCommand {
        static let configuration = CommandConfiguration(
            abstract: "List profiles, oldest first.", discussion: "tandem profile list --limit 10 --tenant acme")
        @OptionGroup var global: GlobalOptions
        @Option(help: "At most so many.") var limit = 50

        func run(_ session: DatabaseSession) throws -> Output {
            let items = try session.inTenant(session.tenant(), readOnly: true) { (connection) throws(TandemError) in
                try connection.profileList(limit: limit)
            }
            return Output(
                content: .list(items.compactMap(\.object)),
                columns: [
                    ("ID", "id"), ("USER_ID", "user_id"), ("EMAIL", "traits.email"), ("FIRST_SEEN", "first_seen_at"),
                    ("LAST_SEEN", "last_seen_at"),
                ])
        }
    }

    struct Timeline: DatabaseCommand {
        static let configuration = CommandConfiguration(
            abstract: "What happened to a profile, newest first: events, merges, undos, activities.",
            discussion: "tandem profile timeline email:buyer@acme.example --limit 20 --tenant acme")
        @OptionGroup var global: GlobalOptions
        @Argument(help: ProfileReference.help) var profile: ProfileReference
        @Option(help: "At most so many.") var limit = 50

        func run(_ session: DatabaseSession) throws -> Output {
            let items = try session.inTenant(session.tenant(), readOnly: true) { (connection) throws(TandemError) in
                try connection.profileTimeline(connection.profileID(profile), limit: limit)
            }
            return Output(
                content: .list(items.compactMap(\.object)), name: "at",
                text: Self.text(items))
        }

        private static func text(_ items: [JSON]) -> String {
            items.map { item in
                let at = (item["at"]?.string ?? "").padding(toLength: 29, withPad: " ", startingAt: 0)
                let kind = (item["kind"]?.string ?? "").padding(toLength: 10, withPad: " ", startingAt: 0)
                return at + kind + what(item) + "\n"
            }.joined()
        }

        private static func what(_ item: JSON) -> String {
            switch item["kind"]?.string {
            case "event":
                let properties = item["properties"]?.object.map { $0.isEmpty ? "" : JSON.object($0).text } ?? ""
                return [item["type"]?.string, item["event"]?.string, properties].compactMap { $0 }
                    .joined(separator: "  ")
            case "activity":
                return [item["type"]?.string, item["status"]?.string, item["subject"]?.string].compactMap { $0 }
                    .joined(separator: "  ")
            default:
                let merge = item["merge"]
                return [merge?["id"]?.string, merge?["cause"]?.string, merge?["ref"]?.string].compactMap { $0 }
                    .joined(separator: "  ")
            }
        }
    }

    struct Graph: DatabaseCommand {
        static let configuration = CommandConfiguration(
            abstract: "Draw what a profile is made of: nodes, their identifiers, the merges between them.",
            discussion: """
                tandem profile graph user_id:u-17 --tenant acme
                tandem profile graph user_id:u-17 --as-of 2026-05-03T12:00:00Z --tenant acme

                ● is a part of this profile, ○ one that an undo took out of it.
                """)
        @OptionGroup var global: GlobalOptions
        @Argument(help: ProfileReference.help) var profile: ProfileReference
        @Option(help: AsOf.help) var asOf: AsOf?

        func run(_ session: DatabaseSession) throws -> Output {
            let graph = try session.inTenant(session.tenant(), readOnly: true) {
                (connection) throws(TandemError) -> JSON in
                guard let asOf else { return try connection.profileGraph(connection.profileID(profile)) }
                return try connection.profileGraph(profile.end, asOf: asOf.moment)
            }
            return Output(
                content: .object(graph.object ?? [:]), name: "profile", text: IdentityGraphText(graph).text)
        }
    }
}
