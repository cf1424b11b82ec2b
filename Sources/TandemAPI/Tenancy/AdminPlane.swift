import Foundation
import HTTPTypes
import Hummingbird
public import Logging
import NIOCore
import Postgres
public import Tandem
public import TandemHTTP

/// What the operators' keys reach, on a listener of its own: tenants, their keys, figures for monitoring.
public struct AdminPlane: Sendable {
    public let routes: [Route]
    let context: TandemContext
    let drain = Drain()

    /// - Parameters:
    ///   - data, installation: whose figures `/metrics` tells.
    public init(context: TandemContext, data: DataPlane, installation: Installation) {
        self.context = context
        let metrics = Route(.get, "/metrics", "Figures for Prometheus", feature: "Service", scope: .admin) { _ in
            let text = data.metrics.text() + Self.figures(context, data) + Self.figures(installation)
            let body = ResponseBody(byteBuffer: ByteBuffer(string: text))
            return Response(
                status: .ok, headers: [.contentType: "text/plain; version=0.0.4; charset=utf-8"], body: body)
        }
        routes =
            [metrics] + ServiceRoutes(context: context, drain: drain).routes
            + AdminTenantRoutes(context: context).routes
    }

    /// The listener as a service.
    /// - Parameters:
    ///   - port: 0 takes a free one, which `onListening` is told.
    ///   - edge: TLS and the proxies in front.
    public func listener(
        host: String, port: Int, edge: Edge = Edge(), drainDelay: Duration = .seconds(5), logger: Logger,
        onListening: @escaping @Sendable (_ host: String, _ port: Int) async -> Void = { _, _ in }
    ) -> Listener {
        let responder = RouteResponder(
            table: RouteTable(routes), authenticator: KeyAuthenticator(access: context.access, clock: context.clock),
            drain: drain, metrics: HTTPMetrics(), logger: logger)
        return Listener(
            host: host, port: port, responder: responder, edge: edge, drainDelay: drainDelay, logger: logger,
            onListening: onListening)
    }

    /// Of the pool and of ingest; no label names a tenant.
    private static func figures(_ context: TandemContext, _ data: DataPlane) -> String {
        let pool = context.pool.statistics
        let ingest = data.batcher.stats.values
        let refused = data.limiter.refusals
        let gauges: [(String, Int)] = [
            ("pg_pool_in_use", pool.inUse), ("pg_pool_waiting", pool.waiting),
            ("pg_pool_connections", pool.connections), ("ingest_queue_bytes", data.batcher.queueBytes),
            ("ingest_waiting_messages", data.batcher.waitingCount), ("ingest_duplicate_alarms", ingest.alarms),
        ]
        let counters: [(String, Int)] = [
            ("pg_pool_opened_total", pool.opened), ("pg_pool_timeouts_total", pool.timeouts),
            ("ingest_batches_total", ingest.batches), ("ingest_messages_total", ingest.messages),
            ("ingest_retries_total", ingest.retries),
        ]
        let events = [
            ("accepted", ingest.accepted), ("duplicate", ingest.duplicates), ("quarantined", ingest.quarantined),
            ("rejected", ingest.rejected),
        ]
        let full = QueueRefusal.allCases.map { ($0.rawValue, ingest.refusals[$0, default: 0]) }
        let rates = [("ingest", refused.ingest), ("source", refused.source), ("requests", refused.requests)]
        return gauges.map { "# TYPE \($0.0) gauge\n\($0.0) \($0.1)\n" }.joined()
            + counters.map { "# TYPE \($0.0) counter\n\($0.0) \($0.1)\n" }.joined()
            + "# TYPE ingest_events_total counter\n"
            + events.map { "ingest_events_total{outcome=\"\($0.0)\"} \($0.1)\n" }.joined()
            + "# TYPE ingest_refusals_total counter\n"
            + full.map { "ingest_refusals_total{reason=\"\($0.0)\"} \($0.1)\n" }.joined()
            + "# TYPE rate_limited_total counter\n"
            + rates.map { "rate_limited_total{policy=\"\($0.0)\"} \($0.1)\n" }.joined() + data.census.text()
    }

    /// Bytes of the database's disk, where it is this machine's, and whether events are turned away for want of it; sessions of BI.
    private static func figures(_ installation: Installation) -> String {
        let (room, bi) = (installation.room, installation.watch.figures)
        var lines = ["# TYPE disk_short gauge", "disk_short \(room.isShort ? 1 : 0)"]
        if let space = room.space {
            let bytes = [
                ("free", space.free), ("total", space.total), ("reserve", room.bounds.reserve(ofBytes: space.total)),
            ]
            for (name, value) in bytes { lines += ["# TYPE disk_\(name)_bytes gauge", "disk_\(name)_bytes \(value)"] }
        }
        if let backup = (try? installation.backups())?.first {
            let age = max(0, Int(-backup.finishedAt.timeIntervalSinceNow))
            lines += ["# TYPE backup_age_seconds gauge", "backup_age_seconds \(age)"]
        }
        lines += ["# TYPE bi_sessions gauge", "bi_sessions \(bi.open)", "# TYPE bi_sessions_ended_total counter"]
        for reason in BIWatch.Reason.allCases {
            lines.append("bi_sessions_ended_total{reason=\"\(reason.rawValue)\"} \(bi.ended[reason, default: 0])")
        }
        return lines.joined(separator: "\n") + "\n"
    }
}
