import FoundationEssentials
import Synchronization

/// How much long work waits or is under way, of all tenants, as this process saw it last.
public final class OperationFigures: Sendable {
    private struct State {
        var backlogs: [UUID: (running: Int, oldest: Int64)] = [:]
        var failed = 0
    }

    private let state = Mutex(State())

    public init() {}

    /// Operations that wait or are being done.
    public var running: Int { state.withLock { $0.backlogs.values.reduce(0) { $0 + $1.running } } }

    /// When the oldest of them was ordered, microseconds since 1970; nil: there is none.
    public var oldest: Int64? { state.withLock { $0.backlogs.values.lazy.map(\.oldest).min() } }

    /// Operations that ended in an error here, since the start.
    public var failed: Int { state.withLock { $0.failed } }

    func note(_ tenant: UUID, running: Int, oldest: Int64?) {
        state.withLock { $0.backlogs[tenant] = oldest.map { (running, $0) } }
    }

    /// Tenants that are gone have none.
    func keep(only tenants: Set<UUID>) {
        state.withLock { state in state.backlogs = state.backlogs.filter { tenants.contains($0.key) } }
    }

    func noteFailure() { state.withLock { $0.failed += 1 } }
}
