import ArgumentParser
import Foundation
import Tandem

struct StatusCommand: DatabaseCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "What runs, where, and how much of it.")
    @OptionGroup var global: GlobalOptions
    var requirement: DatabaseSession.Requirement { .none }

    func run(_ session: DatabaseSession) throws -> Output {
        let state = try ControlPlane.state(session.connection)
        var object: JSONObject = [
            "version": .string(VersionCommand.number),
            "database": .string(state.database),
            "postgres": .string("\(state.serverVersion / 10_000).\(state.serverVersion % 10_000)"),
        ]
        if let server = session.server {
            object["data_dir"] = .string(server.directory.path)
            object["serving_pid"] = server.servingPID.map { .number($0) } ?? .null
            object["postmaster_pid"] = server.postmasterPID.map { .number($0) } ?? .null
        }
        guard state.hasControlPlane, try ControlPlane.isCurrent(session.connection) else {
            object["migrations"] = .string("pending")
            return Output(content: .object(object), name: "version", next: ["tandem migrate up"])
        }
        let tenants = try session.directory.list()
        let pending = try Migrator(session.connection, logger: session.logger).plan().count
        object["migrations"] = .string(pending == 0 ? "current" : "\(pending) tenants pending")
        object["tenants"] = .number(tenants.count)
        if pending == 0 {
            let alarms = try session.connection.duplicateAlarms(of: tenants, now: WallClock.system.microseconds)
            object["alarms"] = .array(alarms.map { .string("\($0.tenant.slug): \($0.alarm.words)") })
        }
        return Output(content: .object(object), name: "version")
    }
}
