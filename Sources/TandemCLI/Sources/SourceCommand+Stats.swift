import ArgumentParser
import Tandem

extension SourceCommand {
    struct Stats: DatabaseCommand {
        static let configuration = CommandConfiguration(
            abstract: "What became of the events of a tenant's sources.",
            discussion: """
                tandem source stats --tenant acme
                tandem source stats web --by hour --since 2026-11-23T00:00:00Z --tenant acme

                received = accepted + duplicates + quarantined + rejected. recovered: of those quarantined or rejected, the
                ones that were stored later. Without --since and --until: the last 24 hours.
                """)
        @OptionGroup var global: GlobalOptions
        @Argument(help: "Its name, src_… or uuid; all sources without it.") var reference: String?
        @Option(help: "total, hour, day or key.") var by: String?
        @Option(
            name: [.customLong("since"), .customLong("from")], help: "Received at this time or later, ISO 8601.")
        var from: String?
        @Option(name: [.customLong("until"), .customLong("to")], help: "Received before this time, ISO 8601.")
        var to: String?

        func run(_ session: DatabaseSession) throws -> Output {
            let tenant = try session.tenant()
            let stats = try SourceStats(
                source: reference, by: by, from: from, to: to, now: WallClock.system.microseconds)
            let answer = try session.inTenant(tenant, readOnly: true) { (connection) throws(TandemError) in
                try connection.sourceStats(stats, of: tenant)
            }
            guard let object = answer?.object else { throw TandemError.notFound() }
            var output = Output(content: .object(object), name: "totals")
            output.text = Self.table(object)
            for alarm in object["alarms"]?.array ?? [] {
                let source = alarm["source"]?.string ?? ""
                output.next.append("\(source) sends many duplicates: its client may repeat messageIds")
            }
            return output
        }

        private static func table(_ stats: JSONObject) -> String {
            let counts = ["received", "accepted", "duplicates", "quarantined", "rejected", "recovered"]
            var rows = [["SOURCE", "AT", "KEY"] + counts.map { $0.uppercased() }]
            for item in stats["items"]?.array ?? [] {
                rows.append(
                    ["source", "at", "key"].map { item[$0]?.string ?? "" }
                        + counts.map { item[$0]?.number?.text ?? "0" })
            }
            rows.append(["all", "", ""] + counts.map { stats["totals"]?[$0]?.number?.text ?? "0" })
            let used = rows[0].indices.filter { column in rows.dropFirst().contains { !$0[column].isEmpty } }
            let widths = used.map { column in rows.map { $0[column].count }.max() ?? 0 }
            return rows.map { row in
                zip(used, widths).map { column, width in
                    row[column] + String(repeating: " ", count: width - row[column].count)
                }
                .joined(separator: "  ").trimmingSuffix(" ") + "\n"
            }.joined()
        }
    }
}
