import Foundation
import Logging
import Postgres
import Synchronization
import Tandem
import TandemConsole
import UnixSignals

/// What `tandem serve --demo` does before it listens, and what it says when it does.
struct DemoServing {
    let plan: ServePlan
    let database: ConnectionConfiguration
    let server: EmbeddedServer?
    let folder: DemoFolder
    let logger: Logger

    private static let actor = "cli:serve"
    private var keysPath: String { plan.dataDirectory.path + "/demo-keys.json" }

    /// Fills the demo tenants. Ctrl-C ends it after the transaction in hand; the next start goes on.
    func load() async throws {
        let flag = CancellationFlag()
        let watch = Task {
            for await _ in await UnixSignalsSequence(trapping: .sigterm, .sigint) {
                flag.raise()
                break
            }
        }
        defer { watch.cancel() }
        let job = self
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            let isStarted = DedicatedThread.spawn(name: "demo") {
                continuation.resume(with: Result { try job.load(from: job.folder, flag) })
            }
            if !isStarted {
                continuation.resume(
                    throwing: CommandFailure(exit: .failed, code: "no_thread", message: "no thread for the demo"))
            }
        }
    }

    private func load(from place: DemoFolder, _ flag: CancellationFlag) throws {
        var patient = database
        patient.queryTimeout = .seconds(600)
        patient.startupSettings["idle_in_transaction_session_timeout"] = "10min"
        let connection = try Connection.open(patient, deadline: .seconds(60))
        defer { connection.close() }
        let meter = DemoMeter()
        let loader = DemoLoader(
            connection, folder: place, keysPath: keysPath, actor: Self.actor, logger: logger,
            isCancelled: { flag.isRaised })
        try loader.load(progress: meter.show)
    }

    /// The first things to try, on standard error.
    func firstSteps(base: String) throws -> String {
        let connection = try Connection.open(database, deadline: .seconds(10))
        defer { connection.close() }
        let link = try SignInLink.make(on: connection, tenant: nil, actor: Self.actor)
        let keys = DemoKeys(path: keysPath).keys["demo"]
        let write = keys?.write ?? "WRITE_KEY"
        let address = BIAddress(server: server, database: database, replica: nil)
        let dsn = keys?.bi.map { address.primary($0.login, password: $0.password) } ?? "DSN"
        return """

            Console      \(link.address(base: base))
                         signs one browser in, once, within an hour; tandem console link makes another
            Write key    \(write)   (tenant demo)
            Secret keys  \(keysPath)
            Try          curl -u \(write): \(base)/v1/track -H 'content-type: application/json' \\
                           -d '{"userId":"me","event":"Tried Tandem"}'
            SQL          psql '\(dsn)' -c 'select * from accounts limit 5'
            Stop         Ctrl-C

            """
    }
}

private final class CancellationFlag: Sendable {
    private let raised = Atomic<Bool>(false)
    var isRaised: Bool { raised.load(ordering: .relaxed) }
    func raise() { raised.store(true, ordering: .relaxed) }
}
