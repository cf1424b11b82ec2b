import ArgumentParser
import Foundation
import Logging
import Postgres
import ServiceLifecycle
import Tandem
import TandemHTTP
import UnixSignals

struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve", abstract: "Start PostgreSQL (unless a URL is given), the API and the console.",
        discussion: """
            Stays in the foreground. Ctrl-C lets open requests end, then stops everything; a second Ctrl-C does not wait.
            When ready it prints one line on standard error: {"msg":"listening","listen":…,"admin_listen":…,"pid":…}.

            tandem serve --listen 0.0.0.0:443 --tls-certificate fullchain.pem --tls-key privkey.pem
            tandem serve --trusted-proxy 10.0.0.0/8         a proxy there ends TLS and says who asks

            A renewed certificate is taken within seconds, at once by SIGHUP. The admin plane is served by TLS too, unless it
            listens on loopback.
            """)

    @OptionGroup var global: GlobalOptions
    @Option(help: "Address of the API and the console (TANDEM_LISTEN; 127.0.0.1:8080).") var listen: String?
    @Option(help: "Address of the admin plane and the metrics (TANDEM_ADMIN_LISTEN; 127.0.0.1:8081).")
    var adminListen: String?
    @Option(help: "Open the embedded PostgreSQL to BI tools elsewhere, over TLS (TANDEM_BI_LISTEN).")
    var biListen: String?
    @Option(
        help: "Serve API and console over TLS with this certificate, PEM, its chain behind it (TANDEM_TLS_CERTIFICATE)."
    )
    var tlsCertificate: String?
    @Option(help: "The key of that certificate, PEM, without a passphrase (TANDEM_TLS_KEY).") var tlsKey: String?
    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp(
            "Proxies whose X-Forwarded-For, -Proto and -Host count: addresses or ranges (TANDEM_TRUSTED_PROXY; none).",
            valueName: "cidr"))
    var trustedProxy: [String] = []
    @Option(help: "Seconds between the first sign of a stop and the end of listening (TANDEM_DRAIN_DELAY; 1).")
    var drainDelay: String?
    @Flag(help: "Make and fill the demo tenants first.") var demo = false
    @Option(help: "The folder with the demo's data (Demo beside the binary).") var demoDir: String?

    func validate() throws {
        guard !global.dryRun else {
            throw ValidationError("serve has no dry run; tandem migrate plan says what it would bring to the database.")
        }
    }

    func run() async throws {
        let settings = try Settings(
            global,
            flags: [
                .listen: listen, .adminListen: adminListen, .biListen: biListen, .drainDelay: drainDelay,
                .tlsCertificate: tlsCertificate, .tlsKey: tlsKey,
                .trustedProxy: trustedProxy.isEmpty ? nil : trustedProxy.joined(separator: ","),
            ])
        let level = try settings.logLevel(default: .info)
        LoggingSystem.bootstrap { label in
            var handler = JSONLogHandler(label: label)
            handler.logLevel = level
            return handler
        }
        let plan = try ServePlan(settings)
        FileLimit.raise()
        let logger = Logger(label: "tandem")
        // Before anything is made.
        let certificate = try plan.certificate?.keeper(logger: logger)
        for exposure in plan.exposures {
            logger.warning(
                "keys and passwords come here unencrypted: \(exposure.advice)",
                metadata: ["\(exposure.key.rawValue)": "\(exposure.address.host):\(exposure.address.port)"])
        }
        let demoFolder = demo ? try DemoFolder.named(demoDir) : nil
        let server = try plan.embeddedServer(logger: logger)
        do {
            try await serve(plan, server, certificate, demoFolder, logger: logger)
        } catch {
            _ = try? server?.close()
            throw error
        }
        if let server, try server.close() { logger.info("PostgreSQL is stopped") }
        logger.info("stopped")
    }

    private func serve(
        _ plan: ServePlan, _ server: EmbeddedServer?, _ certificate: CertificateKeeper?, _ demoFolder: DemoFolder?,
        logger: Logger
    ) async throws {
        var database = try server?.connection ?? ConnectionConfiguration(conninfo: plan.databaseURL ?? "")
        database.logger = logger
        database.keywords["application_name"] = database.keywords["application_name"] ?? "tandem"
        // Nobody else serves an embedded PostgreSQL: its folder is locked. What says so may be a server that was killed.
        try Self.migrate(database, isAlone: server != nil, logger: logger)
        let demo = demoFolder.map {
            DemoServing(plan: plan, database: database, server: server, folder: $0, logger: logger)
        }
        try await demo?.load()
        let context = try await TandemContext.open(
            database, connections: plan.connections, logger: logger)
        let installation = Installation(
            server: server, database: database,
            room: DiskRoom(path: server?.clusterPath, bounds: plan.diskReserve, logger: logger),
            watch: BIWatch(server: server, database: database, bounds: plan.bi, logger: logger),
            vitals: Vitals(server: server, database: database, logger: logger),
            biAddress: BIAddress(server: server, database: database, replica: plan.biReplica),
            more: { [files = plan.certificate] in files.map { [$0.finding()] } ?? [] }, logger: logger)
        let presence = ServerPresence(context, configuration: database)
        var services: [any Service] =
            [presence, DoctorRounds(context, installation: installation, server: presence.id)]
            + backgroundServices(context, database: database, plan: plan, installation: installation)
        if let server { services.append(EmbeddedServerWatch(server, logger: logger)) }
        services += httpServices(
            context, database: database, plan: plan, certificate: certificate, installation: installation, demo: demo,
            presence: presence, logger: logger)
        // Shut down from the last to the first: listeners before what they stand on.
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: services.map { .init(service: $0) }, gracefulShutdownSignals: [.sigterm, .sigint],
                logger: Self.quiet(logger)))
        let impatience = Task { await Self.leaveOnSecondSignal(server, logger: logger) }
        let renewal = certificate.map { keeper in Task { await Self.reloadOnHangUp(keeper) } }
        defer {
            impatience.cancel()
            renewal?.cancel()
        }
        try await group.run()
        await context.shutdown()
    }

    private static func migrate(
        _ configuration: ConnectionConfiguration, isAlone: Bool, logger: Logger
    ) throws {
        var patient = configuration
        patient.queryTimeout = .seconds(600)
        patient.startupSettings["idle_in_transaction_session_timeout"] = "10min"
        let connection = try Connection.open(patient, deadline: .seconds(60))
        defer { connection.close() }
        try ControlPlane.prepare(connection, anyway: isAlone, staysBehind: !isAlone, logger: logger)
        guard try ControlPlane.isNewest(connection) else {
            logger.notice("servers of a newer build run: tenants are left to them")
            return
        }
        let failures = try Migrator(connection, logger: logger).migrateAll(anyway: isAlone) { done, total, tenant in
            logger.info("migrated", metadata: ["tenant": "\(tenant.slug)", "done": "\(done)", "total": "\(total)"])
        }
        guard failures.isEmpty else {
            let names = failures.map { "\($0.tenant.slug): \($0.error)" }.joined(separator: "; ")
            throw CommandFailure(
                exit: .failed, code: "migrations_failed", message: "not all tenants were migrated: \(names)",
                hint: "tandem migrate plan lists them; tandem migrate up tries again")
        }
    }

    /// The first signal begins the drain (the service group sees it too); the second ends the process.
    private static func leaveOnSecondSignal(_ server: EmbeddedServer?, logger: Logger) async {
        var count = 0
        for await signal in await UnixSignalsSequence(trapping: .sigterm, .sigint) {
            count += 1
            if count == 1 {
                ServiceManager.say("STOPPING=1")
                logger.notice("stopping; again to stop at once", metadata: ["signal": "\(signal)"])
                continue
            }
            _ = try? server?.close()
            Foundation.exit(130)
        }
    }

    private static func reloadOnHangUp(_ keeper: CertificateKeeper) async {
        for await _ in await UnixSignalsSequence(trapping: .sighup) { keeper.reload() }
    }

    private static func quiet(_ logger: Logger) -> Logger {
        var logger = logger
        logger.logLevel = max(logger.logLevel, .warning)
        return logger
    }
}
