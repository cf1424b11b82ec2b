public import Postgres

extension Connection {
    /// Runs `body` in one transaction of the tenant and commits it. Run again as a whole, at most three times, when it
    /// lost against another writer (a deadlock, a serialization fault, a key that both took).
    ///
    /// - Throws: what `body` throws; nothing is written then.
    public func inTenant<Result>(
        _ tenant: TenantDatabase, readOnly: Bool = false, _ body: (Connection) throws(TandemError) -> Result
    ) throws(TandemError) -> Result {
        try repeating { () throws(TandemError) in
            try transaction(settings: tenant.settings(), readOnly: readOnly, body)
        }
    }

    /// The same with the tenant's objects as they are at the transaction's begin.
    public func inTenant<Result>(
        _ tenant: TenantDatabase, readOnly: Bool = false, catalogs: CatalogDirectory,
        _ body: (Connection, ObjectCatalog) throws(TandemError) -> Result
    ) throws(TandemError) -> Result {
        try repeating { () throws(TandemError) in
            try transaction(
                settings: tenant.settings(), readOnly: readOnly, opening: .call("object_catalog_version")
            ) { (connection, rows) throws(TandemError) in
                let version = try reading { () throws(PostgresError) in try rows.one().int(0) }
                return try body(connection, try catalogs.catalog(of: tenant, at: version, on: connection))
            }
        }
    }

    /// Reads of few statements, each in one round trip (see ``Connection/standalone(settings:opening:accepts:_:)``), with the tenant's
    /// objects as they are then. Run again as a whole, in a transaction, when the objects were not as last known.
    ///
    /// - Parameter byKey: all is found by keys. A plan that was made while a table was small would read the whole of it until it is
    ///   analyzed again.
    public func readTenant<Result>(
        _ tenant: TenantDatabase, catalogs: CatalogDirectory, byKey: Bool = false,
        _ body: (Connection, ObjectCatalog) throws(TandemError) -> Result
    ) throws(TandemError) -> Result {
        let (version, catalog) = catalogs.presumed(of: tenant)
        do throws(TandemError) {
            return try standalone(
                settings: tenant.settings(
                    forWriting: false, extra: byKey ? [(name: "enable_seqscan", value: "off")] : []),
                opening: .call("object_catalog_version"),
                accepts: { (rows) throws(PostgresError) in try rows.one().int(0) == version }
            ) { (connection) throws(TandemError) in try body(connection, catalog) }
        } catch {
            guard error.isRetryable, isOpen else { throw error }
            return try inTenant(tenant, readOnly: true, catalogs: catalogs, body)
        }
    }

    private func repeating<Result>(_ attempt: () throws(TandemError) -> Result) throws(TandemError) -> Result {
        var attempts = 1
        while true {
            do throws(TandemError) {
                return try attempt()
            } catch {
                guard error.isRetryable, attempts < 4, isOpen else { throw error }
                attempts += 1
            }
        }
    }

    /// Takes back all that the open transaction did; it goes on, empty and without its settings.
    public func discardChanges() throws(TandemError) {
        _ = try run("rollback and chain" as Statement)
    }

    /// One statement inside a transaction of the tenant.
    func run(_ fragment: SQLFragment) throws(TandemError) -> Rows {
        try run(fragment.statement)
    }

    /// One statement inside a transaction of the tenant.
    func run(_ statement: Statement) throws(TandemError) -> Rows {
        do throws(PostgresError) {
            return try execute(statement)
        } catch {
            throw TandemError(error)
        }
    }
}

extension Row {
    /// A `jsonb` column as a value; nil for null.
    func json(_ column: Int) throws(TandemError) -> JSON? {
        do throws(PostgresError) {
            guard let text = try optionalText(column) else { return nil }
            return try Self.parse(text)
        } catch {
            throw TandemError(error)
        }
    }

    private static func parse(_ text: String) throws(PostgresError) -> JSON {
        do throws(JSONError) {
            return try JSON(parsing: text, depth: 64)
        } catch {
            throw PostgresError(kind: .decoding, message: "not JSON: \(error)")
        }
    }
}

/// Reads of a row that end in the product's error.
func reading<Value>(_ body: () throws(PostgresError) -> Value) throws(TandemError) -> Value {
    do throws(PostgresError) {
        return try body()
    } catch {
        throw TandemError(error)
    }
}
