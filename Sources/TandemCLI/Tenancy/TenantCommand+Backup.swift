import ArgumentParser
import Foundation
import Postgres
import Tandem

extension TenantCommand {
    struct Export: DatabaseCommand {
        static let configuration = CommandConfiguration(
            abstract: "Save one tenant with all its data into a folder.",
            discussion: """
                tandem tenant export acme --to /var/backups/acme-2026-11-29

                One file a table and a manifest with the checksum of each, of one moment, while others work. Keys, secrets of webhooks \
                and BI logins stay behind. tandem tenant restore --from makes a tenant of it.
                """)
        @OptionGroup var global: GlobalOptions
        @Argument(help: "Its name, tnt_… or uuid; else --tenant.") var reference: String?
        @Option(name: .customLong("to"), help: "The folder; it is made.") var folder: String

        func run(_ session: DatabaseSession) throws -> Output {
            let tenant = try session.tenant(reference)
            let start = ContinuousClock.now
            let meter = ProgressMeter()
            defer { meter.end() }
            if global.dryRun {
                return Output(
                    content: .object(["tenant": .string(tenant.slug), "folder": .string(folder), "dry_run": true]),
                    name: "folder", text: "Would save tenant \(tenant.slug) into \(folder).")
            }
            let manifest = try TenantExport(session.connection, tenant: tenant) { _, rows in
                meter.show("saving", done: Int64(rows), of: nil, unit: "rows")
            }.write(to: BackupText.path(folder))
            meter.end()
            // Nothing is changed, but all that is known of it lies elsewhere now.
            try session.connection.noteAdministration(
                "tenant.export", of: tenant.id.uuidString.lowercased(), tenant: tenant.id, by: DatabaseSession.actor)
            return Output(
                content: .object(TenantCommand.summary(manifest, ["folder": .string(folder)])), name: "folder",
                text: TenantCommand.table(manifest.tables, result: nil)
                    + "Saved \(tenant.slug): \(manifest.tables.count) tables, \(manifest.rows) rows, "
                    + "\(BackupText.size(manifest.bytes)), in \(BackupText.seconds(since: start)), as of \(manifest.at)",
                next: ["tandem tenant restore --from \(folder) --as \(tenant.slug)-2"])
        }
    }

    struct Restore: DatabaseCommand {
        static let configuration = CommandConfiguration(
            abstract: "Take back a deletion within its grace period; with --from make a tenant of a saved one.",
            discussion: """
                tandem tenant restore acme                                        takes the deletion back
                tandem tenant restore --from /var/backups/acme-2026-11-29 --as acme-2

                A tenant that is made of a saved one has a name, schemas and keys of its own; nothing of another tenant changes. Every \
                table is read back and compared with the manifest. Whoever was erased or kept out since, as far as the living tenant or a \
                list beside the backups knows, is erased and kept out again. What waited to be sent is not sent.
                """)
        @OptionGroup var global: GlobalOptions
        @Argument(help: "Its name, tnt_… or uuid; else --tenant.") var reference: String?
        @Option(name: .customLong("from"), help: "A folder that tenant export wrote.") var folder: String?
        @Option(name: .customLong("as"), help: "The name of the new tenant.") var name: String?
        @Option(
            help:
                "A suppression list, or a folder of them, that may be newer (backups/suppressions of the data directory)."
        )
        var suppressions: String?

        func run(_ session: DatabaseSession) throws -> Output {
            guard let folder else {
                guard name == nil else {
                    throw CommandFailure.usage("--as needs --from", hint: "name the folder that tenant export wrote")
                }
                return Output(content: .object(try session.directory.restore(session.tenant(reference)).json))
            }
            guard let name else {
                throw CommandFailure.usage("which name shall the new tenant have?", hint: "give --as NAME")
            }
            return try restore(BackupText.path(folder), as: name, session)
        }

        private func restore(_ folder: String, as name: String, _ session: DatabaseSession) throws -> Output {
            let start = ContinuousClock.now
            let manifest = try TenantManifest(folder: folder)
            let meter = ProgressMeter()
            defer { meter.end() }
            let total = Int64(manifest.rows)
            let work = TenantRestore(session.connection, actor: DatabaseSession.actor, logger: session.logger) {
                meter.show($0, done: Int64($1), of: total, unit: "rows")
            }
            if global.dryRun {
                try work.check(folder, manifest)
                return Output(
                    content: .object(TenantCommand.summary(manifest, ["dry_run": true])), name: "tenant",
                    text: "Would restore \(manifest.slug) as \(name): \(manifest.tables.count) tables, "
                        + "\(manifest.rows) rows, as of \(manifest.at). All files are as they were written.")
            }
            let result = try work.restore(folder, manifest, as: name, lists: lists(for: manifest, session))
            meter.end()
            return output(result, manifest, seconds: BackupText.seconds(since: start))
        }

        /// The living tenant's own, and what lies beside the backups.
        private func lists(for manifest: TenantManifest, _ session: DatabaseSession) throws -> [SuppressionFile] {
            var lists: [SuppressionFile] = []
            if let living = try? session.directory.find(manifest.tenant.description), living.state != .creating {
                lists.append(try SuppressionFile(living, on: session.connection))
            }
            let key = try ReceiptSigner(session.connection).publicKey
            if let suppressions, !BackupText.isFolder(suppressions) {
                lists.append(try SuppressionFile(path: suppressions, publicKey: key))
            } else {
                let standard = session.server.map { $0.directory.path + "/backups/suppressions" }
                if let place = suppressions ?? standard {
                    lists += SuppressionFile.all(in: place, publicKey: key, logger: session.logger)
                }
            }
            return lists
        }

        private func output(_ result: TenantRestore.Result, _ manifest: TenantManifest, seconds: String) -> Output {
            var keys: JSONObject = ["secret": .string(result.secretKey.text)]
            keys["write"] = .string(orNull: result.writeKey?.text)
            var text = TenantCommand.table(result.tables, result: "equal")
            text +=
                "Restored \(manifest.slug) as \(result.tenant.slug): all \(result.tables.count) tables are as they were saved, "
            text += "\(manifest.rows) rows, in \(seconds)\n"
            text +=
                "Suppressions that were newer: \(result.suppressions.changed); persons erased again: \(result.suppressions.erased)\n"
            let quiet = (result.quieted.object ?? [:]).map {
                "\($1.number?.text ?? "") \($0.replacing("_", with: " "))"
            }
            text += "Not sent again: \(quiet.isEmpty ? "nothing waited" : quiet.joined(separator: ", "))\n"
            if let key = result.writeKey { text += "Write key    \(key.text)   (sends events)\n" }
            text += "Secret key   \(result.secretKey.text)   (shown once: store it now)\n"
            return Output(
                content: .object([
                    "tenant": .object(result.tenant.json), "keys": .object(keys), "from": .string(manifest.slug),
                    "at": .string(manifest.at), "rows": .number(manifest.rows),
                    "tables": .array(result.tables.map { TenantCommand.json($0, result: "equal") }),
                    "suppressions": [
                        "changed": .number(result.suppressions.changed), "erased": .number(result.suppressions.erased),
                    ],
                    "not_sent_again": result.quieted,
                    "webhooks_without_secret": .array(result.webhooks.map { .string($0) }),
                ]),
                name: "tenant.id", text: text,
                next: result.webhooks.map {
                    "tandem source webhook \($0) --secret-file FILE --tenant \(result.tenant.slug)"
                } + ["tandem bi user create \(result.tenant.slug) analyst"])
        }
    }

    fileprivate static func summary(_ manifest: TenantManifest, _ more: JSONObject) -> JSONObject {
        var object: JSONObject = [
            "tenant": .string(manifest.slug), "at": .string(manifest.at), "rows": .number(manifest.rows),
            "bytes": .number(manifest.bytes), "tables": .array(manifest.tables.map { json($0, result: nil) }),
        ]
        for (name, value) in more { object[name] = value }
        return object
    }

    fileprivate static func json(_ table: TenantManifest.Table, result: String?) -> JSON {
        var object: JSONObject = [
            "name": .string(table.name), "rows": .number(table.rows), "bytes": .number(table.bytes),
            "checksum": .string(table.checksum),
        ]
        if let result { object["result"] = .string(result) }
        return .object(object)
    }

    /// Those that have rows.
    fileprivate static func table(_ tables: [TenantManifest.Table], result: String?) -> String {
        let titles = ["TABLE", "ROWS", "CHECKSUM"] + (result == nil ? [] : ["RESULT"])
        return Output.aligned(
            [titles]
                + tables.filter { $0.rows > 0 }.map { table in
                    [table.name, "\(table.rows)", String(table.checksum.prefix(16))] + (result.map { [$0] } ?? [])
                })
    }
}

/// How backups speak of sizes, times and places.
extension BackupText {
    static func seconds(since start: ContinuousClock.Instant) -> String {
        (ContinuousClock.now - start).formatted(.units(allowed: [.seconds], fractionalPart: .show(length: 2)))
    }

    static func path(_ text: String) -> String {
        URL(fileURLWithPath: (text as NSString).expandingTildeInPath).standardizedFileURL.path
    }

    static func isFolder(_ path: String) -> Bool {
        var isFolder: ObjCBool = false
        return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && isFolder.boolValue
    }
}
