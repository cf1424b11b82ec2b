import Foundation
import Logging
import Postgres
import Tandem

/// What `tandem serve` was told, checked before anything starts.
struct ServePlan {
    let databaseURL: String?
    let dataDirectory: DataDirectory
    let listen: (host: String, port: Int)
    let adminListen: (host: String, port: Int)
    let biListen: (host: String, port: Int)?
    let connections: Int
    let ingestConnections: Int
    let drainDelay: Duration
    let quarantineDays: Int

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
        let cores = ProcessInfo.processInfo.activeProcessorCount
        connections = try settings.number(.connections, default: min(40, max(6, 4 * cores)), in: 1...200)
        ingestConnections = try settings.number(.ingestConnections, default: 2, in: 1...32)
        drainDelay = .seconds(try settings.number(.drainDelay, default: 1, in: 0...300))
        quarantineDays = try settings.number(.quarantineDays, default: 30, in: 1...3_650)
        for (key, address) in [(Settings.Key.listen, listen), (.adminListen, adminListen)] {
            if address.port != 0 && !TCPPort.isFree(host: address.host, port: address.port) {
                throw CommandFailure.configuration(
                    "\(key.rawValue): port \(address.port) of \(address.host) is in use by another process",
                    hint: "give another one, or port 0 for a free one")
            }
        }
    }

    /// Nil with a database URL.
    func embeddedServer(logger: Logger) throws -> EmbeddedServer? {
        if databaseURL != nil { return nil }
        return try EmbeddedServer.open(dataDirectory, for: .serve(biListen: biListen), logger: logger)
    }
}
