public import Postgres

// Inside a transaction of the tenant: `connection.inTenant(tenant.database) { … }`.

extension Connection {
    /// What the server does by itself every night, as `{"name", "enabled", "due_at", "ran_at", "result"}`.
    public func timers() throws(TandemError) -> [JSON] {
        try run(.call("timer_list")).map { (row) throws(TandemError) in try row.json(0) ?? .null }
    }

    /// Switches a timer on or off, and answers it.
    ///
    /// - Throws: `notFound`.
    public func updateTimer(_ name: String, enabled: Bool, by actor: String) throws(TandemError) -> JSON {
        let rows = try run(.call("timer_update", .text(name), .bool(enabled), .text(actor)))
        guard let row = rows.first, let timer = try row.json(0) else { throw .notFound() }
        return timer
    }
}
