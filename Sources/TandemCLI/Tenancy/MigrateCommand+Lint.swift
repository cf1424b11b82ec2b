import ArgumentParser
import Foundation
import Tandem

extension MigrateCommand {
    struct Lint: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Look for what would hold up tenants' requests. Exits 3 when it finds something.",
            discussion: """
                tandem migrate lint                                       the migrations in this binary
                tandem migrate lint sql/tenant/migrations/0100_more.sql   before it is built

                Found are rewrites of tables, indexes on tables with rows, constraints that read every row under a lock, volatile
                defaults, and a file that says -- safety: online but alters a table. A file that says -- safety: offline may do all
                of it: a tenant's requests then wait.
                """)
        @OptionGroup var global: GlobalOptions
        @Argument(help: "Files; without any the binary's own.") var files: [String] = []

        func run() throws {
            let findings = try files.isEmpty ? MigrationLint.ownFindings() : files.flatMap(Self.findings)
            let items = findings.map { finding -> JSONObject in
                [
                    "file": .string(finding.path), "line": .number(finding.line),
                    "rule": .string(finding.rule.rawValue),
                    "detail": .string(finding.detail), "remedy": .string(finding.rule.remedy),
                ]
            }
            let words = findings.map {
                "\($0.path):\($0.line): \($0.rule.rawValue): \($0.detail)\n  \($0.rule.remedy)\n"
            }
            Output(
                content: .list(items), name: "file", text: findings.isEmpty ? "Nothing was found.\n" : words.joined()
            ).print(try OutputFormat(Settings(global)))
            if !findings.isEmpty { Foundation.exit(CommandFailure.Exit.pending.rawValue) }
        }

        private static func findings(in path: String) throws -> [MigrationLint.Finding] {
            guard let bytes = FileManager.default.contents(atPath: path) else {
                throw CommandFailure.usage("cannot read \(path)")
            }
            return MigrationLint.findings(path: path, text: String(decoding: bytes, as: UTF8.self))
        }
    }
}
