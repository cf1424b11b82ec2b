import Foundation
import Logging
import Postgres
import Tandem
import TandemHTTP

/// What `tandem serve` was told, checked before anything starts.
struct ServePlan {
    let databaseURL: String?
    let dataDirectory: DataDirectory
    let listen: (host: String, port: Int)
    let adminListen: (host: String, port: Int)
    let biListen: (host: String, port: Int)?
    let certificate: CertificateFiles?
    let proxies: TrustedProxies
    let connections: Int
    let ingestConnections: Int
    let drainDelay: Duration
    let quarantineDays: Int
    let rates: RateLimiter.Defaults
    let clients: ConnectionCensus.Bounds
    let queue: QueueBounds
    let diskReserve: DiskRoom.Bounds
    let bi: BIWatch.Bounds
    let biReplica: (host: String, port: Int)?
    /// Bytes of a file beside a record.
    let attachmentLimit: Int
    let requestLog: RequestLog.Mode
    /// A request that takes so long is logged.
    let slowRequest: Duration

    /// - Throws: `CommandFailure` with exit code 78, also for a busy port, which it names.
    init(_ settings: Settings) throws {
        databaseURL = settings[.databaseURL]
        dataDirectory = DataDirectory(settings.dataDirectory)
        listen = try settings.address(.listen, default: "127.0.0.1:8080")
        adminListen = try settings.address(.adminListen, default: "127.0.0.1:8081")
        biListen = try settings[.biListen].map { try Settings.address($0, of: .biListen) }
        if biListen != nil && databaseURL != nil {
            throw CommandFailure.configuration(
                "bi_listen opens the embedded PostgreSQL; with database_url open your own to BI")
        }
        certificate = try CertificateFiles(settings)
        proxies = try Self.proxies(settings)
        let cores = ProcessInfo.processInfo.activeProcessorCount
        connections = try settings.number(.connections, default: min(40, max(6, 4 * cores)), in: 1...200)
        ingestConnections = try settings.number(.ingestConnections, default: 2, in: 1...32)
        drainDelay = .seconds(try settings.number(.drainDelay, default: 1, in: 0...300))
        quarantineDays = try settings.number(.quarantineDays, default: 30, in: 1...3_650)
        rates = try Self.rates(settings)
        clients = ConnectionCensus.Bounds(
            connections: try settings.number(.clientConnections, default: Limits.connections, in: 1...100_000),
            perAddress: try settings.number(
                .clientConnectionsPerAddress, default: Limits.connectionsPerAddress, in: 1...100_000))
        queue = try Self.queue(settings)
        let limit = try settings.number(.biTransactionLimit, default: 600, in: 0...86_400)
        bi = BIWatch.Bounds(
            transaction: limit == 0 ? nil : .seconds(limit),
            sessions: try settings.number(.biConnections, default: 50, in: 0...10_000))
        biReplica = try settings[.biReplica].map { try Settings.address($0, of: .biReplica) }
        diskReserve = try settings.diskReserve()
        attachmentLimit =
            try settings.number(.attachmentMegabytes, default: AttachmentUpload.standardLimit >> 20, in: 1...100) << 20
        requestLog = try Self.requestLog(settings)
        slowRequest = .milliseconds(try settings.number(.slowRequestMilliseconds, default: 1_000, in: 1...600_000))
        for (key, address) in [(Settings.Key.listen, listen), (.adminListen, adminListen)] {
            if let fault = TCPPort.fault(host: address.host, port: address.port) {
                throw CommandFailure.configuration(
                    "\(key.rawValue): " + fault.words(host: address.host, port: address.port), hint: fault.advice)
            }
        }
    }

    private static func requestLog(_ settings: Settings) throws -> RequestLog.Mode {
        guard let text = settings[.requestLog] else { return .slow }
        guard let mode = RequestLog.Mode(rawValue: text) else {
            let words = RequestLog.Mode.allCases.map(\.rawValue).joined(separator: ", ")
            throw CommandFailure.configuration("request_log must be one of \(words), not \(text)")
        }
        return mode
    }

    private static func rates(_ settings: Settings) throws -> RateLimiter.Defaults {
        let standard = RateLimiter.Defaults()
        func rate(_ key: Settings.Key, _ fallback: Rate?) throws -> Rate? {
            let number = try settings.number(key, default: fallback?.perSecond ?? 0, in: 0...Rate.range.upperBound)
            return number == 0 ? nil : Rate(perSecond: number)
        }
        return RateLimiter.Defaults(
            events: try rate(.eventRate, standard.events), requests: try rate(.requestRate, standard.requests))
    }

    private static func proxies(_ settings: Settings) throws -> TrustedProxies {
        let names = (settings[.trustedProxy] ?? "").split { $0 == "," || $0.isWhitespace }.map(String.init)
        return TrustedProxies(
            try names.map { name in
                guard let range = AddressRange(name) else {
                    throw CommandFailure.configuration(
                        "trusted_proxy: \(name) is no address and no range of addresses",
                        hint: "such as 10.0.0.7, 10.0.0.0/8 or fd00::/8; names are not looked up")
                }
                return range
            })
    }

    private static func queue(_ settings: Settings) throws -> QueueBounds {
        var bounds = QueueBounds()
        bounds.bytes = try settings.number(.queueMegabytes, default: bounds.bytes >> 20, in: 1...4_096) << 20
        bounds.tenantBytes = bounds.bytes / 2
        return bounds
    }

    /// An address to which keys and passwords come in clear, and what to do.
    struct Exposure {
        let key: Settings.Key
        let address: (host: String, port: Int)
        let advice: String
    }

    var exposures: [Exposure] {
        [exposure(.listen, listen), exposure(.adminListen, adminListen)].compactMap { $0 }
    }

    private func exposure(_ key: Settings.Key, _ address: (host: String, port: Int)) -> Exposure? {
        if certificate != nil || Self.isLoopback(address.host) { return nil }
        if proxies.isEmpty {
            return Exposure(
                key: key, address: address,
                advice: "give --tls-certificate and --tls-key, or put a proxy in front and listen on its side alone")
        }
        // An address on the proxy's side is the operator's word that only the proxy comes there.
        guard NetworkAddress.isWildcard(address.host) else { return nil }
        return Exposure(
            key: key, address: address,
            advice:
                "whoever reaches this machine comes past the proxy: listen on the address on the proxy's side alone, "
                + "or give --tls-certificate and --tls-key")
    }

    static func isLoopback(_ host: String) -> Bool {
        host.hasPrefix("127.") || host == "::1" || host == "localhost"
    }

    /// Nil with a database URL.
    func embeddedServer(logger: Logger) throws -> EmbeddedServer? {
        if databaseURL != nil { return nil }
        let most = EmbeddedServer.connections(requests: connections, events: ingestConnections, bi: bi.sessions)
        return try EmbeddedServer.open(
            dataDirectory, for: .serve(biListen: biListen, connections: most), logger: logger)
    }
}
