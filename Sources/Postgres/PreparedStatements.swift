/// Which statements one connection has prepared, by text, parameter types and scope, with a limit.
///
/// Pure bookkeeping: the connection sends what is decided here.
struct PreparedStatements {
    struct Key: Hashable {
        let sql: String
        let types: [OID]
        var scope: String?
    }

    /// What to do before a statement can run.
    enum Plan: Equatable {
        case known(name: String)
        case prepare(name: String)
    }

    /// Names whose statement is no longer wanted but still exists at the server.
    private(set) var discarded: [String] = []

    private struct Entry {
        let name: String
        var lastUse: UInt64
    }

    private let limit: Int
    private var entries: [Key: Entry] = [:]
    private var uses: UInt64 = 0
    private var names: UInt64 = 0

    var count: Int { entries.count }

    init(limit: Int) {
        self.limit = max(limit, 1)
    }

    /// Counts a use; a new statement is taken as prepared until `forget` says otherwise.
    mutating func plan(_ key: Key) -> Plan {
        uses += 1
        if let index = entries.index(forKey: key) {
            entries.values[index].lastUse = uses
            return .known(name: entries.values[index].name)
        }
        if entries.count >= limit { evict() }
        names += 1
        let name = "s\(names)"
        entries[key] = Entry(name: name, lastUse: uses)
        return .prepare(name: name)
    }

    /// The statement could not be prepared, or must be prepared anew.
    ///
    /// - Parameter existsAtServer: it has to be deallocated there.
    mutating func forget(_ key: Key, existsAtServer: Bool) {
        guard let entry = entries.removeValue(forKey: key) else { return }
        if existsAtServer { discarded.append(entry.name) }
    }

    /// All must be prepared anew; at the server they exist.
    mutating func forgetAll() {
        discarded += entries.values.map(\.name)
        entries = [:]
    }

    /// `name` is gone at the server.
    mutating func deallocated(_ name: String) {
        discarded.removeAll { $0 == name }
    }

    private mutating func evict() {
        guard let oldest = entries.min(by: { $0.value.lastUse < $1.value.lastUse }) else { return }
        forget(oldest.key, existsAtServer: true)
    }
}
