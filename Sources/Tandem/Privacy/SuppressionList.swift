import Crypto
import Postgres

/// The identifiers of a tenant whose events are refused, as hashes: nothing of whom they belong to is in memory.
final class SuppressionList: Sendable {
    /// SHA-256.
    typealias Hash = SIMD4<UInt64>

    private let key: [UInt8]
    private let hashes: Set<Hash>
    /// The last change that it knows of.
    let place: Int64

    private init(key: [UInt8], hashes: Set<Hash>, place: Int64) {
        self.key = key
        self.hashes = hashes
        self.place = place
    }

    convenience init(key: [UInt8]) { self.init(key: key, hashes: [], place: 0) }

    var isEmpty: Bool { hashes.isEmpty }

    /// The list with what changed behind its place.
    func following(_ changes: [(place: Int64, hash: [UInt8], isLifted: Bool)]) -> SuppressionList {
        guard let last = changes.last else { return self }
        var hashes = self.hashes
        for change in changes {
            guard let hash = Self.hash(change.hash) else { continue }
            if change.isLifted { hashes.remove(hash) } else { hashes.insert(hash) }
        }
        return SuppressionList(key: key, hashes: hashes, place: last.place)
    }

    /// - Parameter value: normalised.
    func contains(_ type: String, _ value: String) -> Bool {
        // As the SQL function `suppression_hash` has it.
        var inside = SHA256()
        inside.update(data: key)
        inside.update(data: Array("\(type.utf8.count):\(type)\(value)".utf8))
        var outside = SHA256()
        outside.update(data: key)
        outside.update(data: Array(inside.finalize()))
        return Self.hash(Array(outside.finalize())).map(hashes.contains) ?? false
    }

    private static func hash(_ bytes: [UInt8]) -> Hash? {
        guard bytes.count == 32 else { return nil }
        var hash = Hash()
        for index in 0..<4 {
            hash[index] = bytes[index * 8..<index * 8 + 8].reduce(0) { $0 << 8 | UInt64($1) }
        }
        return hash
    }
}

extension SuppressionList {
    /// Takes out of a message's person what is suppressed: as if it were blocked.
    ///
    /// - Throws: `suppressed` if the message names a suppressed user id, address or number, or if nothing is left of whom it
    ///   names.
    func check(_ person: inout PersonReader.Person, email: String?, phone: String?) throws(MessageError) {
        if let email, contains(Identifier.email, email) { throw .suppressed }
        if let phone, contains(Identifier.phone, phone) { throw .suppressed }
        let named = person.identifiers
        if named.contains(where: { Self.deciding.contains($0.type) && contains($0.type, $0.value) }) {
            throw .suppressed
        }
        person.identifiers = named.filter { !contains($0.type, $0.value) }
        if person.identifiers.isEmpty, !named.isEmpty { throw .suppressed }
        if let previous = person.previousID,
            contains(Identifier.userID, previous) || contains(Identifier.anonymousID, previous)
        {
            throw .suppressed
        }
    }

    private static let deciding: Set<String> = [Identifier.userID, Identifier.email, Identifier.phone]
}

extension Connection {
    /// The list of a tenant as it is now.
    /// - Parameter known: what this process knew of it.
    func suppressions(
        of tenant: TenantDatabase, key: [UInt8], known: SuppressionList?
    ) throws(PostgresError) -> SuppressionList {
        let list = known ?? SuppressionList(key: key)
        let rows = try single(settings: tenant.settings(), .call("suppressions_after", .int8(list.place)))
        var changes: [(place: Int64, hash: [UInt8], isLifted: Bool)] = []
        changes.reserveCapacity(rows.count)
        for row in rows {
            changes.append((Int64(try row.int("seq")), try row.bytea("hash"), try row.bool("lifted")))
        }
        return list.following(changes)
    }
}
