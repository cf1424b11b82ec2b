public import FoundationEssentials
import Logging
import Postgres
public import ServiceLifecycle

/// Lets doctor look every hour, so that what it finds reaches whoever watches the metrics or the log. Of several servers on a database
/// the one that has run longest does it.
public struct DoctorRounds: Service {
    private let context: TandemContext
    private let installation: Installation
    private let server: UUID
    private let interval: Duration
    private let first: Duration

    /// - Parameters:
    ///   - server: this one, see `ServerPresence`.
    ///   - first: from the start, which has enough to do.
    public init(
        _ context: TandemContext, installation: Installation, server: UUID, interval: Duration = .seconds(3_600),
        first: Duration = .seconds(10)
    ) {
        self.context = context
        self.installation = installation
        self.server = server
        self.interval = interval
        self.first = first
    }

    public func run() async throws {
        var pause = first
        while !Task.isShuttingDownGracefully && !Task.isCancelled {
            let wait = pause
            try? await cancelWhenGracefulShutdown { try await Task.sleep(for: wait) }
            if Task.isShuttingDownGracefully || Task.isCancelled { return }
            pause = await look() ? interval : min(interval, .seconds(60))
        }
    }

    /// False: it is another server's turn, or could not be done now.
    private func look() async -> Bool {
        let server = server
        do {
            let eldest = try await context.pool.withConnection { (connection) throws(PostgresError) in
                try RunningServer.all(connection).first?.id
            }
            guard eldest == server else {
                installation.forgetFindings()
                return false
            }
        } catch {
            return false
        }
        return await withCheckedContinuation { continuation in
            let isStarted = DedicatedThread.spawn(name: "doctor") {
                do {
                    try installation.examineAgain()
                    continuation.resume(returning: true)
                } catch {
                    context.logger.warning("doctor could not look", metadata: ["error": "\(error)"])
                    continuation.resume(returning: false)
                }
            }
            if !isStarted { continuation.resume(returning: false) }
        }
    }
}
