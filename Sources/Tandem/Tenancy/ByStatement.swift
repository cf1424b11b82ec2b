import Postgres

/// Runs a migration that says `-- transaction: none`: each statement commits by itself, on a connection that is opened for it.
///
/// Killed or failed anywhere, it is run again from its beginning: `migrate lint` allows only statements that may be. What a
/// killed `create index concurrently` leaves is an index that is not valid; it is dropped and made anew.
///
/// The caller holds the tenant's ledger in a transaction meanwhile, against a second migrator. It must have given up its snapshot
/// (`no_snapshot.sql`), or an index waits for it for ever.
struct ByStatement {
    private let configuration: ConnectionConfiguration

    /// - Parameter owner: the settings of the tenant's DDL.
    init(_ configuration: ConnectionConfiguration, owner: [Connection.Setting]) {
        var own = configuration
        own.queryTimeout = Migrator.patience
        for setting in owner { own.startupSettings[setting.name] = setting.value }
        // No statement that is allowed here holds up who reads or writes rows, so it may wait for as long as there are
        // transactions that began before it.
        own.startupSettings["lock_timeout"] = "0"
        own.startupSettings["statement_timeout"] = "0"
        self.configuration = own
    }

    func run(_ text: String) throws(PostgresError) {
        let connection = try Connection.open(configuration, deadline: .seconds(30))
        defer { connection.close() }
        for statement in SQLStatements(text) {
            guard let index = statement.indexMadeConcurrently else {
                try connection.script(statement.source, deadline: Migrator.patience)
                continue
            }
            try dropHalf(index, on: connection)
            do throws(PostgresError) {
                try connection.script(statement.source, deadline: Migrator.patience)
            } catch {
                // A half unique index goes on refusing rows.
                if connection.isOpen { try? dropHalf(index, on: connection) }
                throw error
            }
        }
    }

    private func dropHalf(_ index: String, on connection: Connection) throws(PostgresError) {
        for row in try connection.execute(ControlPlane.file("control/deploy/half_index.sql", .text(index))) {
            try connection.script(row.text(0), deadline: Migrator.patience)
        }
    }
}

extension SQLStatement {
    /// Of `create [unique] index concurrently if not exists NAME on …`, else nil.
    var indexMadeConcurrently: String? {
        let words = self.words
        guard words.first == "create", let index = words.firstIndex(of: "index"), index <= 2,
            words.dropFirst(index + 1).first == "concurrently"
        else { return nil }
        return words.dropFirst(index + 2).first { !["if", "not", "exists"].contains($0) }.map(String.init)
    }
}
