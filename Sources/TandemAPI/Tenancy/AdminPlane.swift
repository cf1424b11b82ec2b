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
    private let metrics: HTTPMetrics
    private let requestLog: RequestLog?

    /// - Parameters:
    ///   - requestLog: nil: none.
    ///   - data, installation, certificate: whose figures `/metrics` tells.
    ///   - version: of the binary.
    public init(
        context: TandemContext, data: DataPlane, installation: Installation, certificate: CertificateKeeper? = nil,
        version: String, requestLog: RequestLog? = nil
    ) {
        self.requestLog = requestLog
        self.context = context
        let own = HTTPMetrics(listener: "admin")
        self.metrics = own
        let figures = Figures(
            context: context, data: data, installation: installation, certificate: certificate, version: version)
        let metrics = Route(.get, "/metrics", "Figures for Prometheus", feature: "Service", scope: .admin) { _ in
            let text = HTTPMetrics.text([data.metrics, own]) + figures.text()
            let body = ResponseBody(byteBuffer: ByteBuffer(string: text))
            return Response(
                status: .ok, headers: [.contentType: "text/plain; version=0.0.4; charset=utf-8"], body: body)
        }
        let readiness = Readiness(context: context, drains: [data.drain, drain], batcher: data.batcher)
        routes =
            [metrics] + ServiceRoutes(readiness: readiness, isDetailed: true).routes
            + AdminTenantRoutes(context: context).routes + AdminAuditRoutes(context: context).routes
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
            drain: drain, metrics: metrics, requestLog: requestLog, logger: logger)
        return Listener(
            host: host, port: port, responder: responder, edge: edge, drainDelay: drainDelay, logger: logger,
            onListening: onListening)
    }
}
