import Foundation
public import Postgres

/// The place of an entry in the audit log, by which pages go on.
public struct AuditPlace: Sendable {
    /// Microseconds since 1970.
    public let at: Int64
    public let chain: Int
    public let seq: Int64

    public init(at: Int64, chain: Int, seq: Int64) {
        (self.at, self.chain, self.seq) = (at, chain, seq)
    }
}

// Inside a transaction of the tenant: `connection.inTenant(tenant.database) { … }`.

extension Connection {
    /// Entries of the audit log, newest first, as `{"at", "actor", "action", "object", "object_id", "detail", "chain", "seq",
    /// "previous_hash", "hash"}`; `next` is nil behind the last.
    public func auditEntries(
        _ filter: AuditFilter, after: AuditPlace?, limit: Int
    ) throws(TandemError) -> (items: [JSON], next: AuditPlace?) {
        let rows = try run(
            .call(
                "audit_list", filter.bind, after.map { .timestamptz($0.at) } ?? .null(.timestamptz),
                after.map { .int2(Int16(clamping: $0.chain)) } ?? .null(.int2),
                after.map { .int8($0.seq) } ?? .null(.int8), .int4(Int32(clamping: limit) + 1)))
        var items: [JSON] = []
        for row in rows.prefix(limit) { items.append(AuditPresenter.entry(try row.json(3) ?? .null)) }
        guard rows.count > limit, let last = rows.prefix(limit).last else { return (items, nil) }
        let next = try reading { () throws(PostgresError) in
            AuditPlace(at: try last.timestamp(0), chain: try last.int(1), seq: Int64(try last.int(2)))
        }
        return (items, next)
    }

    /// Whether the audit log is as it was written: `{"intact", "entries", "heads": [{"chain", "seq", "hash"}], "breaches":
    /// [{"chain", "seq", "breach"}]}`. Reads all of it.
    ///
    /// - Parameter kept: heads that were kept elsewhere: where the chains do not go on from them is a breach too.
    public func auditState(since kept: AuditHeads = AuditHeads()) throws(TandemError) -> JSON {
        try run(.call("audit_state", kept.bind)).first?.json(0) ?? .null
    }
}

/// Entries as API, command line and console show them.
public enum AuditPresenter {
    private static let prefixes: [String: PublicID.Prefix] = [
        "operation": .operation, "privacy_request": .privacyRequest, "profile": .profile, "merge": .merge,
        "review": .review, "duplicate": .duplicate, "import": .import,
    ]

    /// Ids of what is known get their prefixes.
    public static func entry(_ stored: JSON) -> JSON {
        var entry = stored.object ?? [:]
        guard let object = entry["object"]?.string,
            let prefix = prefixes[object] ?? ObjectCatalog.standard.object(object)?.prefix
        else { return stored }
        entry["object_id"] = named(entry["object_id"], prefix)
        if var detail = entry["detail"]?.object, let records = detail["records"]?.array {
            detail["records"] = .array(
                records.map { record in
                    let parts = record.array ?? []
                    return .array([named(parts.first, prefix)] + parts.dropFirst())
                })
            entry["detail"] = .object(detail)
        }
        return .object(entry)
    }

    static func named(_ id: JSON?, _ prefix: PublicID.Prefix) -> JSON {
        guard let uuid = id?.string.flatMap(UUID.init(uuidString:)) else { return id ?? .null }
        return .string(PublicID(prefix, uuid).description)
    }
}
