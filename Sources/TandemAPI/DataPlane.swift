import Hummingbird
public import Logging
public import Tandem
public import TandemHTTP

/// Everything that tenants' keys reach: ingest, profiles, records. One value makes the routes, their description and the
/// listener.
public struct DataPlane: Sendable {
    public let routes: [Route]
    public let metrics = HTTPMetrics()
    public let drain: Drain
    public let census: ConnectionCensus
    let limiter: RateLimiter
    let context: TandemContext
    let batcher: Batcher
    let errorPage: RouteResponder.ErrorPage?
    let requestLog: RequestLog?

    /// - Parameters:
    ///   - batcher: a service of its own, which has to stop after the listeners.
    ///   - version: of the binary, for `/openapi.json`.
    ///   - extra: routes of other layers (the console) on the same listener.
    ///   - errorPage: how a browser sees a problem.
    ///   - limiter: the rates of tenants and sources.
    ///   - census: the bounds of connections.
    ///   - drain: for routes of other layers that answer without an end.
    ///   - oidc: asks identity providers.
    ///   - attachmentLimit: bytes of a file.
    ///   - requestLog: nil: none.
    ///   - holdDays: how long events of suspended tenants, disabled sources and expired keys are held.
    public init(
        context: TandemContext, batcher: Batcher, readingRules: ReadingRulesDirectory, version: String,
        extra: [Route] = [],
        errorPage: RouteResponder.ErrorPage? = nil,
        limiter: RateLimiter = RateLimiter(), census: ConnectionCensus = ConnectionCensus(), drain: Drain = Drain(),
        oidc: OIDCClient = OIDCClient(),
        attachmentLimit: Int = AttachmentUpload.standardLimit, holdDays: Int = 7, requestLog: RequestLog? = nil
    ) {
        self.requestLog = requestLog
        self.limiter = limiter
        self.census = census
        self.drain = drain
        self.context = context
        self.batcher = batcher
        self.errorPage = errorPage
        let authenticator = KeyAuthenticator(access: context.access, clock: context.clock)
        let ingest = IngestService(
            context: context, batcher: batcher, readingRules: readingRules, authenticator: authenticator,
            holdDays: holdDays, limiter: limiter)
        let store = TenantStore(context: context)
        let records = RecordStore(store: store)
        let own =
            IngestRoutes(service: ingest).routes + PixelRoutes(service: ingest).routes
            + SettingsRoutes(context: context, authenticator: authenticator).routes + [SnippetRoute.route]
            + QuarantineRoutes(store: store, readingRules: readingRules).routes
            + TailRoute(store: store, tail: batcher.tail, drain: drain).routes + ReplayRoute(store: store).routes
            + OperationRoutes(store: store, catalog: records.standard).routes + TimerRoutes(store: store).routes
            + ExportRoutes(store: store).routes
            + AuditRoutes(store: store).routes + SourceStatsRoutes(store: store).routes
            + TrackingPlanRoutes(store: store, readingRules: readingRules).routes
            + PlanViolationRoutes(store: store).routes
            + SourceRoutes(store: store).routes + WebhookRoutes(service: ingest).routes
            + MappingRoutes(store: store, readingRules: readingRules).routes
            + IdentityRulesRoutes(store: store, readingRules: readingRules).routes
            + MergeRoutes(store: store, readingRules: readingRules).routes
            + ProfileRoutes(store: store, readingRules: readingRules).routes
            + ProfileAPIRoutes(store: store, readingRules: readingRules).routes
            + ConsentRoutes(store: store, readingRules: readingRules).routes
            + RetentionRoutes(store: store).routes + PrivacyRoutes(store: store).routes
            + records.standard.objects.flatMap { RecordRoutes(description: $0, records: records).routes }
            + TagRoute(records: records).routes + AttachmentRoutes(records: records, limit: attachmentLimit).routes
            + FormRoutes(store: store).routes + LeadRoutes(records: records).routes
            + ReminderRoutes(store: store).routes
            + UserRoutes(store: store).routes + OIDCRoutes(store: store, client: oidc).routes
            + RoleRoutes(records: records).routes
            + RecordMergeRoutes(records: records).routes + DuplicateRoutes(records: records).routes
            + ObjectRoutes(records: records).routes + FieldRoutes(records: records).routes
            + SearchRoute(records: records).routes
            + ChangeRoute(records: records).routes
            + ServiceRoutes(
                readiness: Readiness(context: context, drains: [drain], batcher: batcher), isDetailed: false
            ).routes
        routes = own + DescriptionRoutes(version: version, records: records).routes(describing: own) + extra
    }

    /// What answers a request, without a socket.
    public func responder(logger: Logger) -> RouteResponder {
        RouteResponder(
            table: RouteTable(routes), authenticator: KeyAuthenticator(access: context.access, clock: context.clock),
            drain: drain, idempotency: Idempotency(pool: context.pool), limiter: limiter, metrics: metrics,
            errorPage: errorPage, requestLog: requestLog, logger: logger)
    }

    /// The listener as a service.
    /// - Parameters:
    ///   - port: 0 takes a free one, which `onListening` is told.
    ///   - edge: TLS and the proxies in front.
    public func listener(
        host: String, port: Int, edge: Edge = Edge(), drainDelay: Duration = .seconds(5), logger: Logger,
        onListening: @escaping @Sendable (_ host: String, _ port: Int) async -> Void = { _, _ in }
    ) -> Listener {
        return Listener(
            host: host, port: port, responder: responder(logger: logger), edge: edge, drainDelay: drainDelay,
            census: census, logger: logger, onListening: onListening)
    }
}
