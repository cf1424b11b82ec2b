public import Foundation
public import Postgres

/// A server that says it runs.
public struct RunningServer: Sendable, Hashable {
    let id: UUID
    /// Where its procedures are: the same for servers of the same build.
    public let codeSchema: String
    public let build: String
    public let host: String
    public let process: Int
    /// Where it listens; empty while it starts.
    public let address: String
    public let startedAt: Date

    public var isOfThisBuild: Bool { codeSchema == CodeVersion.schema }

    /// For people: `process 4711 on db1, build 0.1.0 with tandem_code_5ba1c0ffee`.
    public var words: String { "process \(process) on \(host), build \(build) with \(codeSchema)" }

    /// All that were heard of within half a minute, whichever build they are of. Empty in a database of a build that had none.
    public static func all(_ connection: Connection) throws(PostgresError) -> [RunningServer] {
        do throws(PostgresError) {
            let rows = try connection.single(
                settings: TenantDatabase.control(), ControlPlane.file("control/deploy/servers.sql"))
            var servers: [RunningServer] = []
            for row in rows { servers.append(try RunningServer(row: row)) }
            return servers
        } catch {
            guard error.serverState == .undefinedTable else { throw error }
            return []
        }
    }

    private init(row: Row) throws(PostgresError) {
        id = try row.uuid("id")
        codeSchema = try row.text("code_schema")
        build = try row.text("build")
        host = try row.text("host")
        process = try row.int("process")
        address = try row.text("address")
        startedAt = Date(microseconds: try row.timestamp("started_at"))
    }
}

/// What must not happen while servers of another build run: a change that they do not survive.
enum RollingUpgrade {
    /// Looks at migrations of the control plane and of tenants that say `-- rolling: no` and are still to come.
    ///
    /// - Parameter files: those of tenants.
    /// - Throws: 55006 with what to do, when there is one and a server of another build runs.
    static func check(_ files: [TenantSQLFile], _ connection: Connection) throws(PostgresError) {
        let others = try RunningServer.all(connection).filter { !$0.isOfThisBuild }
        if others.isEmpty { return }
        let paths = try breaking(files, connection)
        if paths.isEmpty { return }
        var fields = PostgresError.Fields()
        fields.hint =
            "stop them, then run it again; or let the release before this one do without what goes (docs/operating.md, Upgrade); "
            + "tandem migrate up --anyway does not look"
        throw PostgresError(
            kind: .server(.objectInUse),
            message: "\(paths.joined(separator: ", ")): servers of another build would fail, and they run: "
                + others.map(\.words).joined(separator: "; "),
            fields: fields)
    }

    private static func breaking(
        _ files: [TenantSQLFile], _ connection: Connection
    ) throws(PostgresError) -> [String] {
        let control = try ControlPlane.pending(connection).filter { !$0.header.isRolling }.map(\.path)
        let breaking = files.filter { !$0.isRolling }
        let rows = try connection.single(
            settings: TenantDatabase.control(),
            ControlPlane.file(
                "control/deploy/breaking_migrations.sql", .textArray(breaking.map(\.path)),
                .textArray(breaking.map { $0.module?.rawValue ?? "all" })))
        return control + (try rows.map { (row) throws(PostgresError) in try row.text("path") })
    }
}
