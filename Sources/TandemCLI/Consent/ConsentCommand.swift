import ArgumentParser
import Foundation
import Postgres
import Tandem

struct ConsentCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "consent", abstract: "Ask before sending: who agreed, who refused, who never said anything.",
        discussion: """
            tandem consent check email:buyer@acme.example --channel email --purpose marketing --tenant acme
            tandem consent recipients --channel email --purpose marketing --tenant acme -o csv
            """,
        subcommands: [Check.self, Recipients.self])

    struct Check: DatabaseCommand {
        static let configuration = CommandConfiguration(
            abstract: "Whether something may be sent to a profile, or why not.",
            discussion: """
                tandem consent check user_id:u-17 --channel email --purpose marketing --tenant acme

                allowed; missing (nobody asked, which is no permission), denied, suppressed, opted_out, no_address.
                """)
        @OptionGroup var global: GlobalOptions
        @Argument(help: ProfileReference.help) var profile: ProfileReference
        @Option(help: "email, sms, phone, or one of your own; without it the purpose on any channel.") var channel:
            String?
        @Option(help: "What it is for, such as marketing.") var purpose: String

        func run(_ session: DatabaseSession) throws -> Output {
            let items = try session.inTenant(session.tenant(), readOnly: true) { (connection) throws(TandemError) in
                try connection.consentCheck(
                    ConsentInquiry(channel: channel, purpose: purpose, of: connection.profileID(profile)))
            }
            let item = items.array?.first?.object ?? [:]
            return Output(content: .object(item), name: "state", text: (item["state"]?.string ?? "") + "\n")
        }
    }

    struct Recipients: DatabaseCommand {
        static let configuration = CommandConfiguration(
            abstract: "List who may be written to on a channel for a purpose; all others are left out and counted.",
            discussion: """
                tandem consent recipients --channel email --purpose marketing --tenant acme -o csv
                tandem consent recipients --channel email --purpose marketing --event 'Cart Abandoned' --since 2026-05-01 --tenant acme
                """)
        @OptionGroup var global: GlobalOptions
        @Option(help: "email, sms, phone, or one of your own.") var channel: String
        @Option(help: "What it is for, such as marketing.") var purpose: String
        @Option(help: "Only who did this …") var event: String?
        @Option(help: "… since then, ISO 8601.") var since: String?

        func run(_ session: DatabaseSession) throws -> Output {
            var items: [JSONObject] = []
            var leftOut: [String: Int] = [:]
            var after: String?
            repeat {
                let query = try RecipientQuery(
                    channel: channel, purpose: purpose, event: event, since: since, after: after,
                    limit: RecipientQuery.limit)
                let page = try session.inTenant(session.tenant(), readOnly: true) { (connection) throws(TandemError) in
                    try connection.recipients(query)
                }
                items += page["items"]?.array?.compactMap(\.object) ?? []
                for (why, count) in page["left_out"]?.object ?? [:] { leftOut[why, default: 0] += count.int ?? 0 }
                after = page["page"]?["next"]?.string
            } while after != nil
            let words = leftOut.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }
            FileHandle.standardError.write(
                Data(("left out: " + (words.isEmpty ? "nobody" : words.joined(separator: ", ")) + "\n").utf8))
            return Output(
                content: .list(items),
                columns: [("PROFILE", "profile_id"), ("USER_ID", "user_id"), ("ADDRESS", "address")],
                name: "profile_id")
        }
    }
}
