import ArgumentParser
import Foundation
import Logging
import Postgres
import Tandem

/// `tandem backup …`: the whole installation.
struct BackupCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup", abstract: "Save the whole installation while it works; restore it to any moment.",
        discussion: """
            tandem backup create                                         a copy of the cluster; from then on its log is kept too
            tandem backup create --dir /mnt/backups --keep 7             the first time: where all backups lie
            tandem backup verify                                         reads all of the newest one
            tandem backup restore --target /srv/restored --to 2026-11-29T14:59:00Z

            Of the PostgreSQL that Tandem starts itself. One of your own has its own backups: docs/backup.md. One tenant alone: \
            tandem tenant export.
            """,
        subcommands: [Create.self, List.self, Verify.self, Prune.self, Restore.self])

    static let columns: [(title: String, key: String)] = [
        ("NAME", "name"), ("AGE", "age"), ("SIZE", "size"), ("TOOK", "took"), ("VERIFIED", "state"),
    ]

    static func shown(_ backup: BaseBackup) -> JSONObject {
        var object = backup.json
        object["age"] = .string(BackupText.age(backup.finishedAt))
        object["size"] = .string(BackupText.size(backup.bytes))
        object["took"] = .string("\(backup.json["seconds"]?.double ?? 0) s")
        object["state"] = .string(backup.isVerified.map { $0 ? "yes" : "DAMAGED" } ?? "not yet")
        return object
    }

    /// The folder that was named, or the data directory's.
    static func folder(_ global: GlobalOptions, _ path: String? = nil) throws -> BackupFolder {
        let place = try path ?? DataDirectory(Settings(global).dataDirectory).backups
        guard let folder = BackupFolder(path: place) else {
            throw CommandFailure(
                exit: .notFound, code: "no_backups", message: "there are no backups in \(place)",
                hint: "tandem backup create makes the first")
        }
        return folder
    }

    struct Create: DatabaseCommand {
        static let configuration = CommandConfiguration(
            abstract: "Save the whole cluster; then remove old backups.",
            discussion: """
                tandem backup create
                tandem backup create --dir /mnt/backups --keep 14

                Others read and write meanwhile. From the first backup on the write-ahead log is kept beside it, a minute behind at most.
                """)
        @OptionGroup var global: GlobalOptions
        @Option(name: .customLong("dir"), help: "Where all backups shall lie, the first time (DATA_DIR/backups).")
        var place: String?
        @Option(help: "How many backups stay; 0: all.") var keep = 7

        func run(_ session: DatabaseSession) throws -> Output {
            guard keep >= 0 else { throw CommandFailure.usage("--keep must not be negative") }
            guard let server = session.server else {
                throw CommandFailure(
                    exit: .conflict, code: "not_embedded",
                    message: "backups of a PostgreSQL of your own are its operator's: Tandem cannot see its disk",
                    hint: "docs/backup.md says what such a backup needs; tandem tenant export saves one tenant")
            }
            if global.dryRun {
                return Output(
                    content: .object(["dry_run": true, "folder": .string(place ?? server.directory.backups)]),
                    name: "folder", text: "Would save the cluster into \(place ?? server.directory.backups).")
            }
            let meter = ProgressMeter()
            defer { meter.end() }
            let backup = try InstanceBackup(
                server, reserve: session.settings.diskReserve(), logger: session.logger
            ).create(
                place: place.map(BackupText.path), connection: session.connection
            ) { verb, done, total in
                meter.show(verb, done: done / 1_000_000, of: total.map { $0 / 1_000_000 }, unit: "MB")
            }
            try session.connection.noteBackup(backup, by: DatabaseSession.actor)
            let folder = try BackupCommand.folder(global)
            let pruned = try keep == 0 ? (backups: [String](), segments: 0) : folder.prune(keep: keep)
            try session.connection.notePruned(pruned, by: DatabaseSession.actor)
            meter.end()
            var object = BackupCommand.shown(backup)
            object["folder"] = .string(folder.path)
            object["pruned"] = .array(pruned.backups.map { .string($0) })
            let removed = pruned.backups.isEmpty ? "" : "\nRemoved: " + pruned.backups.joined(separator: ", ")
            return Output(
                content: .object(object), name: "name",
                text:
                    "Saved \(backup.name): \(BackupText.size(backup.bytes)) in \(backup.json["seconds"]?.double ?? 0) s, "
                    + "in \(folder.path)" + removed,
                next: ["tandem backup verify"])
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the backups, newest first.", discussion: "tandem backup list")
        @OptionGroup var global: GlobalOptions
        @Option(name: .customLong("from"), help: "A folder of backups (DATA_DIR/backups).") var path: String?

        func run() async throws {
            let folder = try BackupCommand.folder(global, path)
            let all = try folder.all()
            let log = folder.log
            let words = log.last.map {
                "\(log.segments) segments of the log, \(BackupText.size(log.bytes)); the last is \(BackupText.age($0)) old"
            }
            Output(
                content: .list(all.map(BackupCommand.shown)), columns: BackupCommand.columns, name: "name",
                next: all.isEmpty ? ["tandem backup create"] : words.map { [$0] } ?? []
            ).print(try OutputFormat(Settings(global)))
        }
    }

    struct Verify: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Read all of a backup and of the log since; exits 1 when something is damaged.",
            discussion: """
                tandem backup verify
                tandem backup verify 20261129T212504Z
                """)
        @OptionGroup var global: GlobalOptions
        @Argument(help: "Its name; the newest one if none is given.") var name: String?
        @Option(name: .customLong("from"), help: "A folder of backups (DATA_DIR/backups).") var path: String?

        func run() async throws {
            let result = try BackupCommand.folder(global, path).verify(name)
            if let fault = result.fault {
                throw CommandFailure(
                    exit: .failed, code: "damaged", message: "backup \(result.backup.name) is damaged: \(fault)",
                    hint: "make a new one: tandem backup create")
            }
            var object = BackupCommand.shown(result.backup)
            object["segments"] = .number(result.segments)
            Output(
                content: .object(object), name: "name",
                text:
                    "\(result.backup.name) is whole: every file as its manifest says, and \(result.segments) segments of the log without a gap."
            ).print(try OutputFormat(Settings(global)))
        }
    }

    struct Prune: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Remove all but the newest backups, and the log that only those needed.",
            discussion: """
                tandem backup prune --keep 14 --dry-run

                What is removed stands in the audit (tandem audit list --control --action backup), if the folder is that of this data \
                directory and its database can be started: a full disk is made room on all the same.
                """)
        @OptionGroup var global: GlobalOptions
        @Option(help: "How many stay.") var keep = 7
        @Option(name: .customLong("from"), help: "A folder of backups (DATA_DIR/backups).") var path: String?

        func run() async throws {
            guard keep >= 1 else { throw CommandFailure.usage("--keep must be at least 1") }
            let folder = try BackupCommand.folder(global, path)
            let pruned = try folder.prune(keep: keep, isDryRun: global.dryRun)
            var object: JSONObject = [
                "removed": .array(pruned.backups.map { .string($0) }), "segments": .number(pruned.segments),
            ]
            if global.dryRun { object["dry_run"] = true }
            let verb = global.dryRun ? "Would remove" : "Removed"
            let isNothing = global.dryRun || pruned.backups.isEmpty && pruned.segments == 0
            let notes = try isNothing ? [] : note(pruned, in: folder)
            Output(
                content: .object(object), name: "removed",
                text: "\(verb) \(pruned.backups.isEmpty ? "no backup" : pruned.backups.joined(separator: ", "))"
                    + " and \(pruned.segments) segments of the log.",
                notes: notes
            ).print(try OutputFormat(Settings(global)))
        }

        /// - Returns: why there is no entry in the audit, where there is none.
        private func note(
            _ pruned: (backups: [String], segments: Int), in folder: BackupFolder
        ) throws -> [String] {
            let settings = try Settings(global)
            guard settings[.databaseURL] == nil, folder == BackupFolder(of: DataDirectory(settings.dataDirectory))
            else {
                return ["these backups are not those of \(settings.dataDirectory): no entry in an audit was made"]
            }
            do {
                try DatabaseSession.with(global) { session in
                    try session.connection.notePruned(pruned, by: DatabaseSession.actor)
                }
                return []
            } catch {
                let reason = CommandFailure(translating: error)?.message ?? "\(error)"
                return ["no entry in the audit was made: \(reason)"]
            }
        }
    }

    struct Restore: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a cluster of a backup and the log since, as it was at a moment.",
            discussion: """
                tandem backup restore --target /srv/restored
                tandem backup restore --target /srv/restored --to 2026-11-29T14:59:00Z
                tandem backup restore --from /mnt/backups --target .tandem --replace      after the loss of a machine

                Everything that was committed by that moment is in it and nothing later, but: whoever was erased or kept out since, as far as the \
                lists beside the backups know, is erased and kept out again; and what waited to be sent is not sent. Nothing is served; \
                tandem serve --data-dir TARGET does that.
                """)
        @OptionGroup var global: GlobalOptions
        @Argument(help: "A backup's name; the newest from before the moment if none is given.") var name: String?
        @Option(help: "The moment, ISO 8601 with its zone; the end of the log if none is given.") var to: String?
        @Option(help: "The data directory that is made (the one of this installation).") var target: String?
        @Option(name: .customLong("from"), help: "A folder of backups (DATA_DIR/backups).") var path: String?
        @Flag(help: "Move a cluster that lies in the target aside.") var replace = false

        func run() async throws {
            let settings = try Settings(global)
            let moment = try to.map(Self.moment)
            let folder = try BackupCommand.folder(global, path)
            let place = DataDirectory(target.map(BackupText.path) ?? settings.dataDirectory)
            var logger = Logger(label: "tandem") { StreamLogHandler.standardError(label: $0) }
            logger.logLevel = try settings.logLevel(default: .warning)
            let start = ContinuousClock.now
            let work = InstanceRestore(from: folder, into: place, by: DatabaseSession.actor, logger: logger) {
                step in
                FileHandle.standardError.write(Data("\(step) …\n".utf8))
            }
            let backup = try work.choose(name, before: moment)
            if global.dryRun {
                Output(
                    content: .object(["dry_run": true, "backup": .string(backup.name), "target": .string(place.path)]),
                    name: "backup",
                    text:
                        "Would restore \(backup.name) into \(place.path), \(BackupText.size(backup.bytes)) and the log since."
                ).print(try OutputFormat(settings))
                return
            }
            let result = try work.restore(backup, to: moment, replace: replace)
            Self.output(result, place, to, BackupText.seconds(since: start)).print(try OutputFormat(settings))
        }

        private static func moment(_ text: String) throws -> Date {
            let styles = [Date.ISO8601FormatStyle(includingFractionalSeconds: true), Date.ISO8601FormatStyle()]
            for style in styles {
                if let date = try? Date(text, strategy: style) { return date }
            }
            throw CommandFailure.usage("\(text) is no moment", hint: "write it as 2026-11-29T14:59:00Z")
        }

        private static func output(
            _ result: InstanceRestore.Result, _ place: DataDirectory, _ asked: String?, _ seconds: String
        ) -> Output {
            let last = result.lastChange ?? "none since the backup"
            var text = "Restored \(result.backup.name) into \(place.path) in \(seconds)\n"
            text += "Last change  \(last)\n"
            if !result.reachedTarget, let asked {
                text += "             the log that is kept ends there, before \(asked)\n"
            }
            text += "Tenants      \(result.tenants.map(\.slug).joined(separator: ", "))\n"
            text += "Suppressions that were newer: \(result.suppressions); persons erased again: \(result.erased)\n"
            let quiet = (result.quieted.object ?? [:]).map {
                "\($1.number?.text ?? "") \($0.replacing("_", with: " "))"
            }
            text += "Not sent again: \(quiet.isEmpty ? "nothing waited" : quiet.joined(separator: ", "))\n"
            if let aside = result.replaced { text += "The cluster that was there lies in \(aside)\n" }
            return Output(
                content: .object([
                    "backup": .string(result.backup.name), "target": .string(place.path),
                    "last_change": .string(orNull: result.lastChange), "reached_target": .bool(result.reachedTarget),
                    "tenants": .array(result.tenants.map { .string($0.slug) }),
                    "suppressions": ["changed": .number(result.suppressions), "erased": .number(result.erased)],
                    "not_sent_again": result.quieted, "replaced": .string(orNull: result.replaced),
                ]),
                name: "target", text: text, next: ["tandem serve --data-dir \(place.path)"])
        }
    }
}
