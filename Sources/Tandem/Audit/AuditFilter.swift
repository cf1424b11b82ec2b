import Foundation
public import Postgres

/// Which entries of the audit log are meant; without parts, all.
public struct AuditFilter: Sendable {
    private var parts = JSONObject()

    /// The names of its parts and what they mean.
    public static let parts: [(name: String, summary: String)] = [
        ("actor", "Who did it, as entries say it: user:…, key:…, cli:…"),
        ("action", "What was done, such as contact.write, or what stands before the dot"),
        ("object", "The kind of thing it was done to"), ("object_id", "The thing's id"),
        ("since", "Done at this time or later, ISO 8601"), ("until", "Done before this time, ISO 8601"),
    ]

    /// The same for what administrators did, which stands in one log for all tenants.
    public static let controlParts =
        parts + [("tenant", "To which tenant: its id or name, also of one that was dropped")]

    /// - Parameter given: the parts by name; those without a value are left out.
    /// - Throws: `validationFailed` for a time that is none.
    public init(_ given: [(name: String, value: String?)]) throws(TandemError) {
        for (name, value) in given {
            guard let value, !value.isEmpty else { continue }
            switch name {
            case "since", "until":
                guard let time = WireTime.parse(value) else {
                    throw .invalid("/" + name, "invalid", "has to be a time in ISO 8601")
                }
                parts[name] = .string(RecordTime.text(time))
            case "object_id", "tenant": parts[name] = .string(Self.stored(value))
            default: parts[name] = .string(value)
            }
        }
    }

    /// An id as entries have it: a UUID, where a prefix stands before one.
    private static func stored(_ id: String) -> String {
        let prefix = id.lastIndex(of: "_").map { PublicID.Prefix(rawValue: id[..<$0].lowercased()) }
        return prefix.flatMap { PublicID($0, text: id) }?.uuid.uuidString.lowercased() ?? id
    }

    /// As the SQL functions `audit_list` and `control_audit_list` read it.
    public var bind: Bind { .jsonb(JSON.object(parts).encoded()) }
    /// What a page's cursor belongs to.
    public var fingerprint: String { JSON.object(parts).text }
}
