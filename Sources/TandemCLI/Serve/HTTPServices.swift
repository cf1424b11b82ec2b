import Foundation
import Logging
import Postgres
import ServiceLifecycle
import Synchronization
import Tandem
import TandemAPI
import TandemConsole
import TandemHTTP

/// Ingest and the listeners, in the order in which they start; they stop the other way round, so that what was accepted
/// is stored.
func httpServices(
    _ context: TandemContext, database: ConnectionConfiguration, plan: ServePlan, certificate: CertificateKeeper?,
    installation: Installation, demo: DemoServing?, presence: ServerPresence, logger: Logger
) -> [any Service] {
    let readingRules = ReadingRulesDirectory()
    var settings = Batcher.Settings()
    settings.lanes = plan.ingestConnections
    settings.bounds = plan.queue
    let batcher = Batcher(
        configuration: database, readingRules: readingRules, settings: settings, room: installation.room,
        logger: logger)
    let drain = Drain()
    let oidc = OIDCClient()
    let console = Console(
        context: context, batcher: batcher, readingRules: readingRules, drain: drain, oidc: oidc,
        installation: installation, version: VersionCommand.number, attachmentLimit: plan.attachmentLimit)
    let requestLog = RequestLog(plan.requestLog, slow: plan.slowRequest, logger: logger)
    let data = DataPlane(
        context: context, batcher: batcher, readingRules: readingRules, version: VersionCommand.number,
        extra: console.routes, errorPage: console.errorPage, limiter: RateLimiter(plan.rates),
        census: ConnectionCensus(plan.clients), drain: drain, oidc: oidc,
        attachmentLimit: plan.attachmentLimit, requestLog: requestLog)
    let admin = AdminPlane(
        context: context, data: data, installation: installation, certificate: certificate,
        version: VersionCommand.number, requestLog: requestLog)
    let ready = ReadyLine(demo, isSecure: certificate != nil)
    let edge = Edge(certificate: certificate, proxies: plan.proxies)
    // Prometheus and scripts on this machine need no certificate.
    let adminEdge = ServePlan.isLoopback(plan.adminListen.host) ? Edge(proxies: plan.proxies) : edge
    return (certificate.map { [$0] } ?? []) + [
        TallyService(context, stats: batcher.stats), batcher,
        admin.listener(
            host: plan.adminListen.host, port: plan.adminListen.port, edge: adminEdge, drainDelay: plan.drainDelay,
            logger: logger
        ) { ready.admin("\($0):\($1)") },
        data.listener(
            host: plan.listen.host, port: plan.listen.port, edge: edge, drainDelay: plan.drainDelay, logger: logger
        ) {
            presence.listens(at: "\($0):\($1)")
            ready.data("\($0):\($1)")
        },
    ]
}

/// Says once that both listeners are up, and where.
private final class ReadyLine: Sendable {
    private let addresses = Mutex<(data: String?, admin: String?)>((nil, nil))
    private let demo: DemoServing?
    private let isSecure: Bool

    init(_ demo: DemoServing?, isSecure: Bool) {
        self.demo = demo
        self.isSecure = isSecure
    }

    func data(_ address: String) { note { $0.data = address } }
    func admin(_ address: String) { note { $0.admin = address } }

    private func note(_ change: (inout sending (data: String?, admin: String?)) -> Void) {
        let known = addresses.withLock { addresses in
            change(&addresses)
            return addresses
        }
        guard let data = known.data, let admin = known.admin else { return }
        var line: JSONObject = [
            "msg": .string("listening"), "listen": .string(data), "admin_listen": .string(admin),
            "pid": .number(getpid()),
        ]
        if isSecure { line["tls"] = .bool(true) }
        JSONLogHandler.write(line)
        ServiceManager.say("READY=1\nSTATUS=listening at \(data)")
        guard let demo else { return }
        let base = (isSecure ? "https://" : "http://") + data
        DedicatedThread.spawn(name: "first-steps") {
            guard let text = try? demo.firstSteps(base: base) else { return }
            FileHandle.standardError.write(Data(text.utf8))
        }
    }
}
