public import Foundation

/// What a tenant has bought into; each brings its own tables.
public enum Module: String, CaseIterable, Sendable, Codable, Comparable {
    case cdp
    case crm

    public static func < (left: Module, right: Module) -> Bool { left.rawValue < right.rawValue }
}

/// One customer of the installation: two schemas, three roles, its sources and keys.
public struct Tenant: Sendable, Hashable, Identifiable {
    /// `creating` and `deleting` serve nobody; a suspended tenant's events are held in quarantine.
    public enum State: String, Sendable {
        case creating, active, suspended, deleting
    }

    public let id: UUID
    public let slug: String
    public let displayName: String
    public let schema: TenantSchema
    public let modules: Set<Module>
    /// IANA name.
    public let timezone: String
    /// ISO 4217.
    public let currency: String
    public let state: State
    /// Raised with each change of state and each move to another cell.
    public let epoch: Int64
    /// How many tenant migrations are applied.
    public let version: Int
    /// Its people are made by a generator: whoever shows them says so.
    public let isSimulated: Bool
    public let createdAt: Date
    public let suspendedAt: Date?
    public let deleteAfter: Date?
    /// Of its events.
    public var eventRate = RateSettings()
    /// Of requests of the data plane.
    public var requestRate = RateSettings()
    /// In whose name it is reached, for a visit of the console; nil: everything is allowed.
    public var rights: RecordRights?

    public var publicID: PublicID { PublicID(.tenant, id) }

    /// The rules for a name: lower-case letters, digits and inner hyphens, 1 to 63 characters.
    public static func isValid(slug: String) -> Bool {
        let bytes = Array(slug.utf8)
        guard (1...63).contains(bytes.count), bytes.first != UInt8(ascii: "-"), bytes.last != UInt8(ascii: "-") else {
            return false
        }
        return bytes.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"): true
            default: false
            }
        }
    }
}

/// The names that belong to a tenant in the database: opaque, of fixed length, never made from the slug.
public struct TenantSchema: Sendable, Hashable, CustomStringConvertible {
    /// What BI sees: `t_` and ten characters.
    public let name: String

    /// The internals beside it.
    public var internals: String { name + "_i" }
    /// What BI logins make of it: views. There with the first login that may.
    public var models: String { name + "_m" }
    /// Owns the tables and runs their DDL.
    public var ownerRole: String { name + "_owner" }
    /// Reads and writes rows; the role of every request.
    public var appRole: String { name + "_app" }
    /// What BI logins inherit: SELECT on the first schema.
    public var biRole: String { name + "_bi" }

    public var description: String { name }

    /// Nil unless the name has the form that this type makes.
    public init?(_ name: String) {
        let bytes = Array(name.utf8)
        guard bytes.count == 12, name.hasPrefix("t_"),
            bytes.dropFirst(2).allSatisfy({ Self.digits.contains($0) })
        else { return nil }
        self.name = name
    }

    /// A new name: 50 random bits.
    public static func random() -> TenantSchema {
        let characters = (0..<10).map { _ in Self.digits[Int.random(in: 0..<32)] }
        return TenantSchema(unchecked: "t_" + String(decoding: characters, as: UTF8.self))
    }

    private init(unchecked name: String) { self.name = name }

    private static let digits = Array("0123456789abcdefghjkmnpqrstvwxyz".utf8)
}
