public import Logging
import Postgres
public import ServiceLifecycle

/// Starts PostgreSQL again when it died, for as long as `tandem serve` runs.
public struct EmbeddedServerWatch: Service {
    let server: EmbeddedServer
    let logger: Logger

    public init(_ server: EmbeddedServer, logger: Logger) {
        self.server = server
        self.logger = logger
    }

    public func run() async throws {
        while !Task.isCancelled && !Task.isShuttingDownGracefully {
            do {
                try await cancelWhenGracefulShutdown { try await Task.sleep(for: .milliseconds(200)) }
            } catch {
                return
            }
            if server.postmasterPID != nil { continue }
            logger.error("PostgreSQL is gone; starting it again")
            do {
                // pg_ctl blocks until recovery is over.
                try await Self.onThread { try server.bringUp() }
                logger.notice("PostgreSQL is back", metadata: ["pid": "\(server.postmasterPID ?? 0)"])
            } catch {
                logger.error("PostgreSQL did not start", metadata: ["error": "\(error)"])
                try? await Task.sleep(for: .seconds(1))
            }
        }
    }

    private static func onThread(_ body: @escaping @Sendable () throws -> Void) async throws {
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            let isStarted = DedicatedThread.spawn(name: "postgres-start") {
                continuation.resume(with: Result { try body() })
            }
            if !isStarted {
                continuation.resume(throwing: EmbeddedServerError.configuration("no thread could be made"))
            }
        }
    }
}
