import Logging
import Postgres
import ServiceLifecycle

/// Goes through the tenants, for a service that looks after each.
struct TenantRounds {
    let access: AccessDirectory
    let logger: Logger
    /// What the log says when the tenants cannot be read; they are the next time.
    let failure: Logger.Message
    /// Which tenants are looked at.
    let wanted: @Sendable (Tenant) -> Bool

    /// Again and again, until the server stops.
    func run(every interval: Duration, _ look: (Tenant) async -> Void) async {
        while !Task.isShuttingDownGracefully && !Task.isCancelled {
            await once(look)
            try? await cancelWhenGracefulShutdown { try await Task.sleep(for: interval) }
        }
    }

    /// - Parameter look: what is done for each; it keeps its own failures, so that one tenant's never holds up another.
    func once(_ look: (Tenant) async -> Void) async {
        do throws(PostgresError) {
            for tenant in try await access.tenants() where wanted(tenant) {
                await look(tenant)
                if Task.isShuttingDownGracefully { return }
            }
        } catch {
            logger.warning(failure, metadata: ["error": "\(error)"])
        }
    }
}
