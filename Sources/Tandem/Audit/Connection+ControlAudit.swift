public import Foundation
public import Postgres

// What administrators did, in the control plane's own log. Each call is a transaction of its own.

extension Connection {
    /// Entries of the log, newest first, as those of a tenant's with `"tenant"` and `"slug"` besides (null where it is of none);
    /// `next` is nil behind the last.
    ///
    /// - Parameter before: the `seq` of the last one of the page before.
    public func controlAuditEntries(
        _ filter: AuditFilter, before: Int64?, limit: Int
    ) throws(TandemError) -> (items: [JSON], next: Int64?) {
        let rows = try inControl(
            .call(
                "control_audit_list", filter.bind, before.map { .int8($0) } ?? .null(.int8),
                .int4(Int32(clamping: limit) + 1)), within: .seconds(30))
        var items: [JSON] = []
        for row in rows.prefix(limit) { items.append(AuditPresenter.controlEntry(try row.json(1) ?? .null)) }
        guard rows.count > limit, let last = rows.prefix(limit).last else { return (items, nil) }
        return (items, try reading { () throws(PostgresError) in Int64(try last.int(0)) })
    }

    /// Whether the log is as it was written; as `auditState(since:)`, its one chain is number 0. Reads all of it.
    public func controlAuditState(since kept: AuditHeads = AuditHeads()) throws(TandemError) -> JSON {
        try inControl(.call("control_audit_state", kept.bind), within: .seconds(60)).first?.json(0) ?? .null
    }

    /// Leaves an entry of what no procedure does, in a transaction of its own.
    ///
    /// - Parameters:
    ///   - object: what it was done to, as text.
    ///   - tenant: whose that is; nil: the installation's.
    public func noteAdministration(
        _ action: String, of object: String, tenant: UUID? = nil, by actor: String, detail: JSON = [:]
    ) throws(PostgresError) {
        // Patient: what was done is done, and who makes a tenant meanwhile has the end of the chain.
        _ = try single(
            settings: TenantDatabase.control(statementTimeout: .seconds(60), lockTimeout: .seconds(30)),
            .call(
                "append_control_audit", .text(actor), .text(action), tenant.bind, .text(object),
                .jsonb(text: detail.text)), deadline: .seconds(60))
    }

    /// Backups lie beside the database: their entries come behind what was done.
    public func noteBackup(_ backup: BaseBackup, by actor: String) throws(PostgresError) {
        try noteAdministration("backup.create", of: backup.name, by: actor)
    }

    /// - Parameter pruned: the names of the backups, of the newest of which the entry is, and the number of segments of the log.
    public func notePruned(
        _ pruned: (backups: [String], segments: Int), by actor: String
    ) throws(PostgresError) {
        if pruned.backups.isEmpty, pruned.segments == 0 { return }
        try noteAdministration(
            "backup.prune", of: pruned.backups.first ?? "", by: actor,
            detail: [
                "removed": .array(pruned.backups.map { .string($0) }), "segments": .number(pruned.segments),
            ])
    }

    func noteRestore(_ restored: InstanceRestore.Result, by actor: String) throws(PostgresError) {
        try noteAdministration(
            "backup.restore", of: restored.backup.name, by: actor,
            detail: ["last_change": .string(orNull: restored.lastChange)])
    }

    private func inControl(_ statement: Statement, within time: Duration) throws(TandemError) -> Rows {
        try reading { () throws(PostgresError) in
            try single(settings: TenantDatabase.control(statementTimeout: time), statement, deadline: time)
        }
    }
}

extension AuditPresenter {
    private static let controlPrefixes: [String: PublicID.Prefix] = [
        "tenant": .tenant, "key": .key, "source": .source, "oidc": .tenant, "console": .user,
    ]

    /// The same for what administrators did: what is no id, such as the login of `bi.create`, stays as it is.
    static func controlEntry(_ stored: JSON) -> JSON {
        var entry = stored.object ?? [:]
        entry["tenant"] = named(entry["tenant"], .tenant)
        if let prefix = controlPrefixes[entry["object"]?.string ?? ""] {
            entry["object_id"] = named(entry["object_id"], prefix)
        }
        return .object(entry)
    }
}
