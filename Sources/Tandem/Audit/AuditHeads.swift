import Postgres

/// How far the chains of the audit log were once, as whoever keeps `auditState()` elsewhere gives them back.
public struct AuditHeads: Sendable {
    private var heads: [JSON] = []

    /// None.
    public init() {}

    /// - Parameter kept: `[{"chain", "seq", "hash"}]`, or what `auditState()` answered, which has them under `heads`.
    /// - Throws: `validationFailed` for anything else.
    public init(_ kept: JSON) throws(TandemError) {
        guard let items = kept.array ?? kept["heads"]?.array else {
            throw .invalid(
                "/heads", "invalid", "has to be what verify answered once, or its heads: [{chain, seq, hash}]")
        }
        for (place, item) in items.enumerated() {
            guard let chain = item["chain"]?.int.flatMap({ Int16(exactly: $0) }),
                let seq = item["seq"]?.int, let hash = item["hash"]?.string
            else { throw .invalid("/heads/\(place)", "invalid", "has to have chain, seq and hash") }
            heads.append(["chain": .number(chain), "seq": .number(seq), "hash": .string(hash)])
        }
    }

    /// As the SQL functions `verify_heads` and `control_audit_state` read them.
    var bind: Bind { .jsonb(JSON.array(heads).encoded()) }
}
