public import Foundation
import Synchronization

/// Remembers for which tenants there is something to do, until the service that does it looks.
public final class TenantBell: Sendable {
    private let rung = Mutex<Set<UUID>>([])

    /// - Parameter tenant: its id.
    public func ring(for tenant: UUID) { rung.withLock { _ = $0.insert(tenant) } }

    /// Those that rang since the last call.
    func taken() -> Set<UUID> {
        rung.withLock { rung in
            defer { rung.removeAll() }
            return rung
        }
    }
}
