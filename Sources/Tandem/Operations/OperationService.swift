import Foundation
import Logging
public import Postgres
public import ServiceLifecycle
import Synchronization

/// Does the long work of all tenants while the server runs: at once where it was ordered here, within a quarter of a minute
/// where another process ordered it, and three quarters at the latest where one left it (its lease has to end first).
public struct OperationService: Service {
    private let context: TandemContext
    private let database: ConnectionConfiguration
    private let room: DiskRoom
    private let readingRules = ReadingRulesDirectory()

    /// - Parameters:
    ///   - database: for connections of its own, so that requests never wait for it.
    ///   - room: while the disk is short, what would fill it waits.
    public init(_ context: TandemContext, database: ConnectionConfiguration, room: DiskRoom = DiskRoom()) {
        self.room = room
        self.context = context
        self.database = database
    }

    private static let interval: Duration = .seconds(15)

    public func run() async throws {
        let goesOn = Flag()
        await withGracefulShutdownHandler {
            var lookedAt: ContinuousClock.Instant?
            while goesOn.isSet && !Task.isCancelled {
                var rung = context.operations.taken()
                let looksAtAll = lookedAt.map { .now - $0 > Self.interval } ?? true
                if looksAtAll { lookedAt = .now }
                if looksAtAll || !rung.isEmpty {
                    let tenants = await tenants()
                    context.operationFigures.keep(only: Set(tenants.map(\.id)))
                    for tenant in tenants where looksAtAll || rung.remove(tenant.id) != nil {
                        await work(for: tenant, goesOn)
                    }
                }
                try? await cancelWhenGracefulShutdown { try await Task.sleep(for: .milliseconds(200)) }
            }
        } onGracefulShutdown: {
            goesOn.clear()
        }
    }

    private func tenants() async -> [Tenant] {
        do throws(PostgresError) {
            return try await context.access.tenants().filter { $0.state == .active || $0.state == .suspended }
        } catch {
            context.logger.warning("tenants were not looked at for operations", metadata: ["error": "\(error)"])
            return []
        }
    }

    private func work(for tenant: Tenant, _ goesOn: Flag) async {
        guard await hasWork(tenant) else { return }
        await withCheckedContinuation { continuation in
            let isStarted = DedicatedThread.spawn(name: "operations") {
                do {
                    let connection = try Connection.open(database, deadline: .seconds(10))
                    defer { connection.close() }
                    try OperationRunner(
                        connection, ingest: database, readingRules: readingRules, figures: context.operationFigures,
                        hasRoom: { [room] in !room.isShort }, logger: context.logger
                    )
                    .run(tenant, goesOn: { goesOn.isSet })
                } catch {
                    context.logger.warning(
                        "an operation was interrupted", metadata: ["tenant": "\(tenant.slug)", "error": "\(error)"])
                }
                continuation.resume()
            }
            if !isStarted { continuation.resume() }
        }
        _ = await hasWork(tenant)
    }

    private func hasWork(_ tenant: Tenant) async -> Bool {
        do throws(PostgresError) {
            let (running, oldest) = try await context.pool.withConnection(affinity: tenant.database.affinity) {
                (connection) throws(PostgresError) in
                let row = try connection.single(settings: tenant.database.settings(), .call("operation_backlog")).one()
                return (try row.int("p_running"), try row.optionalTimestamp("p_oldest_at"))
            }
            context.operationFigures.note(tenant.id, running: running, oldest: oldest)
            return running > 0
        } catch {
            return false
        }
    }

    /// Set until it is cleared.
    private final class Flag: Sendable {
        private let value = Atomic<Bool>(true)
        var isSet: Bool { value.load(ordering: .relaxed) }
        func clear() { value.store(false, ordering: .relaxed) }
    }
}
