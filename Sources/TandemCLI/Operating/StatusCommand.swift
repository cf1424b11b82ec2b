import ArgumentParser
import Foundation
import Tandem

struct StatusCommand: DatabaseCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "What runs, where, and how much of it.",
        discussion: """
            tandem status
            tandem status -o json

            It says how things are; tandem doctor says what is wrong.
            """)
    @OptionGroup var global: GlobalOptions
    var requirement: DatabaseSession.Requirement { .none }

    func run(_ session: DatabaseSession) throws -> Output {
        let state = try ControlPlane.state(session.connection)
        var object: JSONObject = [
            "version": .string(VersionCommand.number),
            "database": .string(state.database),
            "postgres": .string("\(state.serverVersion / 10_000).\(state.serverVersion % 10_000)"),
        ]
        var lines = [("Tandem", VersionCommand.number)]
        if let server = session.server { lines += try machine(server, session.settings.diskReserve(), &object) }
        lines.append(("PostgreSQL", "\(object["postgres"]?.string ?? ""), database \(state.database)"))
        if state.hasControlPlane, state.isMember { lines += try servers(session, &object) }
        guard state.hasControlPlane, try ControlPlane.isCurrent(session.connection) else {
            object["migrations"] = .string("pending")
            lines.append(("Migrations", "the database is at another version than this binary"))
            return Output(
                content: .object(object), name: "version", text: Self.text(lines), next: ["tandem migrate plan"])
        }
        lines += try tenants(session, &object)
        if let server = session.server { lines += try backups(server, &object) }
        if let found = try? sessions(session) {
            object["bi_sessions"] = .number(found.count)
            let longest = found.compactMap(\.transaction).max()
            lines.append(
                (
                    "BI",
                    found.isEmpty
                        ? "nobody is connected"
                        : "\(found.count) session\(found.count == 1 ? "" : "s")"
                            + (longest.map { ", the longest transaction \($0.components.seconds) s" } ?? "")
                ))
        }
        return Output(
            content: .object(object), name: "version", text: Self.text(lines), next: ["tandem doctor"])
    }

    private typealias Lines = [(name: String, words: String)]

    private static func text(_ lines: Lines) -> String {
        let width = lines.map(\.name.count).max() ?? 0
        return lines.map { $0.name.padding(toLength: width + 2, withPad: " ", startingAt: 0) + $0.words }
            .joined(separator: "\n")
    }

    private func machine(
        _ server: EmbeddedServer, _ bounds: DiskRoom.Bounds, _ object: inout JSONObject
    ) -> Lines {
        object["data_dir"] = .string(server.directory.path)
        object["serving_pid"] = server.servingPID.map { .number($0) } ?? .null
        object["postmaster_pid"] = server.postmasterPID.map { .number($0) } ?? .null
        var lines: Lines = [
            (
                "Serving",
                server.servingPID.map { "yes, process \($0)" } ?? "no: tandem serve starts it"
            ),
            ("Data", server.directory.path),
        ]
        if let space = DiskRoom.space(at: server.clusterPath) {
            let reserve = bounds.reserve(ofBytes: space.total)
            object["disk"] = [
                "free_bytes": .number(Int(space.free)), "total_bytes": .number(Int(space.total)),
                "reserve_bytes": .number(Int(reserve)),
            ]
            let free = "\(BackupText.size(Int(space.free))) of \(BackupText.size(Int(space.total))) are free"
            lines.append(
                ("Disk", free + (space.free < reserve ? ": NEARLY FULL, events are turned away" : "")))
        }
        return lines
    }

    private func tenants(_ session: DatabaseSession, _ object: inout JSONObject) throws -> Lines {
        let tenants = try session.directory.list()
        let pending = try Migrator(session.connection, logger: session.logger).plan().count
        object["migrations"] = .string(pending == 0 ? "current" : "\(pending) tenants pending")
        object["tenants"] = .number(tenants.count)
        let others = Dictionary(grouping: tenants.filter { $0.state != .active }, by: \.state.rawValue)
            .sorted { $0.key < $1.key }.map { "\($0.value.count) \($0.key)" }
        let names = tenants.prefix(5).map(\.slug).joined(separator: ", ") + (tenants.count > 5 ? ", …" : "")
        var lines: Lines = [
            (
                "Tenants",
                tenants.isEmpty
                    ? "none yet: tandem tenant create acme"
                    : "\(tenants.count)" + (others.isEmpty ? "" : " (\(others.joined(separator: ", ")))") + ": \(names)"
            ),
            (
                "Migrations",
                pending == 0 ? "every tenant is at this version" : "\(pending) tenants are behind: tandem migrate up"
            ),
        ]
        if pending == 0 {
            let alarms = try session.connection.duplicateAlarms(of: tenants, now: WallClock.system.microseconds)
            let words = alarms.map { "\($0.tenant.slug): \($0.alarm.words)" }
            object["alarms"] = .array(words.map { .string($0) })
            lines += words.map { ("Alarm", $0) }
        }
        return lines
    }

    /// Those that say they run; the embedded one has one line more above.
    private func servers(_ session: DatabaseSession, _ object: inout JSONObject) throws -> Lines {
        let found = try RunningServer.all(session.connection)
        object["servers"] = .array(found.map(\.json))
        return found.map { server in
            (
                "Server",
                "\(server.address.isEmpty ? "starting" : server.address), process \(server.process) on \(server.host)"
                    + (server.isOfThisBuild ? "" : ", OF ANOTHER BUILD: \(server.build) with \(server.codeSchema)")
            )
        }
    }

    private func backups(_ server: EmbeddedServer, _ object: inout JSONObject) throws -> Lines {
        guard let folder = BackupFolder(of: server.directory), let newest = try folder.all().first else {
            object["backups"] = .number(0)
            return [("Backups", "none yet: tandem backup create")]
        }
        let all = try folder.all()
        object["backups"] = .number(all.count)
        object["newest_backup"] = [
            "name": .string(newest.name), "finished_at": .string(newest.finishedAt.ISO8601Format()),
            "bytes": .number(newest.bytes), "verified": newest.isVerified.map { .bool($0) } ?? .null,
        ]
        let state = newest.isVerified.map { $0 ? "whole" : "DAMAGED" } ?? "not verified yet"
        return [
            (
                "Backups",
                "\(all.count), the newest \(BackupText.age(newest.finishedAt)) old, \(BackupText.size(newest.bytes)), \(state)"
            )
        ]
    }

    private func sessions(_ session: DatabaseSession) throws -> [BISession] {
        guard let server = session.server else {
            return try BISessions(session.connection, isSuperuser: false).list()
        }
        return try server.withBISessions { try $0.list() }
    }
}
