import Foundation
import Logging
import TOMLKit
import Tandem

/// What flags, then environment variables `TANDEM_…`, then the configuration file say. One name everywhere.
struct Settings {
    /// Every key that the file may have and, in capitals after `TANDEM_`, the environment.
    enum Key: String, CaseIterable {
        case databaseURL = "database_url"
        case dataDir = "data_dir"
        case listen
        case adminListen = "admin_listen"
        case biListen = "bi_listen"
        case tlsCertificate = "tls_certificate"
        case tlsKey = "tls_key"
        case trustedProxy = "trusted_proxy"
        case logLevel = "log_level"
        case tenant
        case output
        case connections
        case ingestConnections = "ingest_connections"
        case drainDelay = "drain_delay"
        case quarantineDays = "quarantine_days"
        case eventRate = "event_rate"
        case requestRate = "request_rate"
        case clientConnections = "client_connections"
        case clientConnectionsPerAddress = "client_connections_per_address"
        case queueMegabytes = "queue_mb"
        case diskReserve = "disk_reserve"
        case biTransactionLimit = "bi_transaction_limit"
        case biConnections = "bi_connections"
        case biReplica = "bi_replica"
        case attachmentMegabytes = "attachment_mb"
        case requestLog = "request_log"
        case slowRequestMilliseconds = "slow_request_ms"

        var explanation: String {
            switch self {
            case .databaseURL: "a PostgreSQL of your own; without it the embedded one is used"
            case .dataDir: "where the embedded PostgreSQL lies (default .tandem)"
            case .listen: "address of the API and the console (default 127.0.0.1:8080; port 0 takes a free one)"
            case .adminListen: "address of the admin plane and the metrics (default 127.0.0.1:8081)"
            case .biListen: "address that opens the embedded PostgreSQL to BI tools elsewhere, over TLS"
            case .tlsCertificate:
                "PEM file by which API and console are served over TLS: own certificate, then the chain"
            case .tlsKey: "PEM file with the key of that certificate"
            case .trustedProxy:
                "addresses or ranges of proxies whose X-Forwarded-* headers count, by commas (default none)"
            case .logLevel: "trace, debug, info, notice, warning, error or critical (default info when serving)"
            case .tenant: "the tenant that commands without --tenant mean"
            case .output: "table, json, jsonl, csv or name (default table)"
            case .connections: "database connections for requests (default four a core, at least 6, at most 40)"
            case .ingestConnections: "database connections for events (default 2)"
            case .drainDelay: "seconds between the first sign of a stop and the end of listening (default 1)"
            case .quarantineDays: "days for which events that were not stored are kept (default 30)"
            case .eventRate: "events a second of a tenant that has no rate of its own (default 50000; 0: no limit)"
            case .requestRate: "the same of requests of the API (default 2000; 0: no limit)"
            case .clientConnections: "HTTP connections at a time (default 2000)"
            case .clientConnectionsPerAddress:
                "HTTP connections at a time from one address (default 1500; behind a proxy as many as in whole)"
            case .queueMegabytes: "MB of events that may wait to be stored; a tenant has half of it (default 64)"
            case .diskReserve: "percent of the database's disk that is left free (default 5; 0: none)"
            case .biTransactionLimit: "seconds after which a BI transaction is ended (default 600; 0: never)"
            case .biConnections: "sessions of BI logins, of all tenants together (default 50; 0: no limit)"
            case .biReplica: "HOST:PORT of a standby that BI reads from: new logins are told to connect there, over TLS"
            case .attachmentMegabytes: "MB of a file beside a record (default 25)"
            case .requestLog: "which requests are logged: slow (and answers of 5xx), all or off (default slow)"
            case .slowRequestMilliseconds: "milliseconds from which a request is slow (default 1000)"
            }
        }

        var variable: String { "TANDEM_" + rawValue.uppercased() }
    }

    private let values: [Key: String]

    subscript(key: Key) -> String? { values[key] }

    /// - Parameter flags: more flags than the global ones.
    /// - Throws: `CommandFailure` with exit code 78 for a file that is missing, malformed or has an unknown key.
    init(
        _ options: GlobalOptions, flags: [Key: String?] = [:],
        environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws {
        var given = flags.compactMapValues { $0 }
        let global: [Key: String?] = [
            .output: options.output?.rawValue, .tenant: options.tenant, .dataDir: options.dataDir,
            .databaseURL: options.databaseURL, .logLevel: options.logLevel,
        ]
        given.merge(global.compactMapValues { $0 }) { first, _ in first }
        var values: [Key: String] = [:]
        let path = options.config ?? environment["TANDEM_CONFIG"]
        if path != nil || FileManager.default.fileExists(atPath: "tandem.toml") {
            values = try Self.file(path ?? "tandem.toml")
        }
        for key in Key.allCases {
            if let value = environment[key.variable], !value.isEmpty { values[key] = value }
        }
        values.merge(given) { _, flag in flag }
        self.values = values
    }

    static func file(_ path: String) throws -> [Key: String] {
        let text: String
        do {
            text = try String(contentsOfFile: path, encoding: .utf8)
        } catch {
            throw CommandFailure.configuration("\(path) cannot be read")
        }
        let table: TOMLTable
        do {
            table = try TOMLTable(string: text)
        } catch {
            throw CommandFailure.configuration("\(path) is no TOML: \(error)")
        }
        var values: [Key: String] = [:]
        for name in table.keys.sorted() {
            guard let key = Key(rawValue: name) else {
                throw CommandFailure.configuration(
                    "\(path) has the unknown key \(name)", hint: "tandem help configuration lists the keys")
            }
            guard let value = table[name],
                let text = value.string ?? value.int.map({ String($0) })
                    ?? value.array.map({ $0.compactMap(\.string).joined(separator: ",") })
            else {
                throw CommandFailure.configuration("\(path): \(name) must be a string, an integer or a list of strings")
            }
            values[key] = text
        }
        return values
    }

    /// An address `HOST:PORT`.
    func address(_ key: Key, default fallback: String) throws -> (host: String, port: Int) {
        try Self.address(values[key] ?? fallback, of: key)
    }

    static func address(_ text: String, of key: Key) throws -> (host: String, port: Int) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count >= 2, let last = parts.last, let port = Int(last), (0...65535).contains(port) else {
            throw CommandFailure.configuration("\(key.rawValue) must be HOST:PORT, not \(text)")
        }
        let host = text.dropLast(last.count + 1).trimmingCharacters(in: ["[", "]"])
        return (host.isEmpty ? "127.0.0.1" : host, port)
    }

    func number(_ key: Key, default fallback: Int, in range: ClosedRange<Int>) throws -> Int {
        guard let text = values[key] else { return fallback }
        guard let number = Int(text), range.contains(number) else {
            throw CommandFailure.configuration(
                "\(key.rawValue) must be \(range.lowerBound) to \(range.upperBound), not \(text)")
        }
        return number
    }

    /// How much of the database's disk is kept free.
    func diskReserve() throws -> DiskRoom.Bounds {
        DiskRoom.Bounds(percent: try number(.diskReserve, default: 5, in: 0...50))
    }

    func logLevel(default fallback: Logger.Level) throws -> Logger.Level {
        guard let text = values[.logLevel] else { return fallback }
        guard let level = Logger.Level(rawValue: text) else {
            throw CommandFailure.configuration("log_level must be one of trace … critical, not \(text)")
        }
        return level
    }

    var dataDirectory: String { values[.dataDir] ?? ".tandem" }
}
