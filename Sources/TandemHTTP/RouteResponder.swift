import HTTPTypes
public import Hummingbird
public import Logging
import NIOCore
import Postgres
public import Tandem

/// From a request to its answer: every request of a listener passes here, in this order: path, method, key, module, rate,
/// body, handler. Whatever is thrown on the way leaves as a problem.
public struct RouteResponder: HTTPResponder {
    public typealias Context = ConnectionContext

    public let table: RouteTable
    let authenticator: any Authenticator
    let drain: Drain
    let idempotency: Idempotency?
    let limiter: RateLimiter?
    let metrics: HTTPMetrics
    let errorPage: ErrorPage?
    let requestLog: RequestLog?
    let logger: Logger
    let bodies = BodyBudget()
    /// Of the listener.
    var edge = Edge()

    /// What is known of a request when it is answered.
    private struct Progress {
        var route: Route?
        var verdict: RateLimiter.Verdict?
        /// What the key in the headers opens.
        var access: Access?
    }

    /// Shows a problem to people; nil where a program asks, which gets `application/problem+json`.
    public typealias ErrorPage = @Sendable (_ problem: Problem, _ request: Request, _ id: String) -> Response?

    /// - Parameters:
    ///   - idempotency: nil on listeners without tenants.
    ///   - limiter: counts the requests of tenants' secret keys; nil on listeners without tenants.
    ///   - errorPage: nil on listeners without pages.
    ///   - requestLog: nil: none.
    public init(
        table: RouteTable, authenticator: any Authenticator, drain: Drain, idempotency: Idempotency? = nil,
        limiter: RateLimiter? = nil, metrics: HTTPMetrics, errorPage: ErrorPage? = nil,
        requestLog: RequestLog? = nil, logger: Logger
    ) {
        self.requestLog = requestLog
        self.table = table
        self.authenticator = authenticator
        self.drain = drain
        self.idempotency = idempotency
        self.limiter = limiter
        self.metrics = metrics
        self.errorPage = errorPage
        self.logger = logger
    }

    public func respond(to request: Request, context: ConnectionContext) async throws -> Response {
        await respond(to: request, of: context)
    }

    /// The same without an error: whatever is thrown on the way is a problem here already.
    func respond(to request: Request, of context: ConnectionContext) async -> Response {
        let received = ContinuousClock.now
        let id = RequestIdentifier.make()
        let client = edge.client(of: request.head, peer: context.clientAddress)
        var progress = Progress()
        var response: Response
        var code: String?
        do {
            response = try await answer(request, id, client, received, &progress)
        } catch {
            let problem = error as? Problem ?? problem(of: error, id, progress.route)
            code = problem.code
            response = shown(problem, request, id)
        }
        let route = progress.route
        progress.verdict?.mark(&response.headers)
        finish(&response, request, id, route)
        if client.isSecure { response.headers.append(Self.strictTransport) }
        let (method, template) = (route?.method.rawValue ?? "?", route?.pattern.template ?? "?")
        let (status, duration) = (response.status.code, .now - received)
        metrics.record(
            method: method, route: template, status: status, duration: duration,
            retry: request.headers[.retryCount] ?? request.headers[.rudderRetryAttempt])
        if let requestLog, requestLog.wants(status: status, duration: duration) {
            requestLog.write(
                .init(
                    id: id, access: progress.access ?? authenticator.remembered(request.headers[.authorization]),
                    method: method, route: template, status: status, duration: duration,
                    bytes: response.body.contentLength, code: code))
        }
        return response
    }

    private func shown(_ problem: Problem, _ request: Request, _ id: String) -> Response {
        errorPage?(problem, request, id) ?? problem.response(requestID: id, path: request.uri.path)
    }

    private func answer(
        _ request: Request, _ id: String, _ client: Client, _ received: ContinuousClock.Instant,
        _ progress: inout Progress
    ) async throws -> Response {
        guard let host = request.head.authority, !host.isEmpty else {
            throw Problem.badRequest("missing_host", "The request has no Host header.")
        }
        let path = request.uri.path
        if request.method == .options { return try options(request, path) }
        let method = request.method == .head ? .get : request.method
        let (route, captures) = try find(method, path)
        progress.route = route
        guard let query = Query(request.uri.query) else {
            throw Problem.badRequest("invalid_query", "An escape in the query string is malformed.")
        }
        try check(query, of: route)
        var call = Call(
            request: request, route: route, id: id, client: client, captures: captures, query: query,
            principal: .nobody, received: received, logger: logger)
        call.deadline = received + route.time
        return try await RequestTime.$end.withValue(call.deadline) {
            try await open(&call, &progress)
            let share = BodyBudget.Share(bodies)
            let opened = ContinuousClock.now
            call.body = try await body(of: request, for: route, share)
            // The time that a slow client takes for its body is not counted.
            let waited = call.body.isEmpty ? .zero : ContinuousClock.now - opened
            if waited < .milliseconds(5) { return try await run(call) }
            call.deadline += waited
            return try await RequestTime.$end.withValue(call.deadline) { try await run(call) }
        }
    }

    /// Who calls, and whether that may go on, before the body is read.
    private func open(_ call: inout Call, _ progress: inout Progress) async throws {
        let route = call.route
        if route.scope == .secret || route.scope == .admin {
            call.principal = try await authenticator.authenticate(call.request, for: route)
        }
        if case .key(let access) = call.principal { progress.access = access }
        if let admit = route.admit {
            call.early = try await admit(call)
            progress.access = call.early?.access
        }
        if route.scope == .secret, let limiter, let tenant = call.principal.tenant {
            let verdict = limiter.takeRequest(of: tenant)
            progress.verdict = verdict
            if let problem = verdict.problem { throw problem }
        }
    }

    private func run(_ call: Call) async throws -> Response {
        if let idempotency, call.route.isRepeatable, call.headers[.idempotencyKey] != nil {
            return try await idempotency.respond(call, call.route.answer)
        }
        return try await call.route.answer(call)
    }

    private func find(_ method: HTTPRequest.Method, _ path: String) throws(Problem) -> (Route, [String: String]) {
        switch table.match(method, path) {
        case .found(let route, let captures):
            return (route, captures)
        case .wrongMethod(let allowed):
            let names = (allowed.map(\.rawValue) + (allowed.contains(.get) ? ["HEAD"] : []) + ["OPTIONS"]).sorted()
            throw Problem(
                .methodNotAllowed, "method_not_allowed", "This path does not take \(method.rawValue).",
                headers: [.allow: names.joined(separator: ", ")])
        case .unknown:
            throw Problem.notFound
        case .malformed:
            throw Problem.badRequest("invalid_path", "An escape in the path is malformed.")
        }
    }

    private func options(_ request: Request, _ path: String) throws(Problem) -> Response {
        let methods = table.methods(at: path)
        if methods.isEmpty { throw .notFound }
        if CrossOrigin.isPreflight(request), isOpenToBrowsers(path, methods) {
            return CrossOrigin.preflight(request, methods: methods)
        }
        let names = methods.map(\.rawValue) + (methods.contains(.get) ? ["HEAD"] : []) + ["OPTIONS"]
        return Response(status: .noContent, headers: [.allow: names.sorted().joined(separator: ", ")])
    }

    private func isOpenToBrowsers(_ path: String, _ methods: [HTTPRequest.Method]) -> Bool {
        methods.contains { method in
            if case .found(let route, _) = table.match(method, path) { return route.isPublic }
            return false
        }
    }

    private func check(_ query: Query, of route: Route) throws(Problem) {
        if route.scope == .write || route.takesFields || query.items.isEmpty { return }
        for (name, _) in query.items where !route.parameters.contains(where: { $0.name == name }) {
            throw Problem.badRequest("unknown_parameter", "This endpoint has no parameter \(name).")
        }
    }

    private func body(
        of request: Request, for route: Route, _ share: BodyBudget.Share
    ) async throws -> [UInt8] {
        switch route.body {
        case .none:
            return []
        case .json(let limit):
            let bytes = try await request.inflatedBody(limit: limit, share)
            let type = request.mediaType
            if !bytes.isEmpty, type != "application/json", type?.hasSuffix("+json") != true {
                throw Problem(
                    .unsupportedMediaType, "unsupported_media_type", "Content-Type has to be application/json.")
            }
            return bytes
        case .bytes(let limit): return try await request.inflatedBody(limit: limit, share)
        case .ingest:
            switch request.mediaType {
            case nil, "", "application/json", "text/plain": break
            default:
                throw Problem(
                    .unsupportedMediaType, "unsupported_media_type",
                    "Content-Type has to be application/json or text/plain.")
            }
            return try await request.inflatedBody(limit: Limits.body, share)
        case .form(let limit):
            guard request.mediaType == "application/x-www-form-urlencoded" else {
                throw Problem(
                    .unsupportedMediaType, "unsupported_media_type",
                    "Content-Type has to be application/x-www-form-urlencoded.")
            }
            return try await request.inflatedBody(limit: limit, share)
        }
    }

    func problem(of error: any Error, _ id: String, _ route: Route?) -> Problem {
        if let problem = Problem(translating: error) { return problem }
        logger.error(
            "request failed",
            metadata: [
                "request_id": .string(id), "route": .string(route?.pattern.template ?? "?"),
                "error": .string("\(error)"),
            ])
        return .internalError
    }

    // Made once, since their texts are checked each time.
    private static let always = [
        HTTPField(name: .xContentTypeOptions, value: "nosniff"),
        HTTPField(name: .referrerPolicy, value: "no-referrer"),
    ]
    private static let usually = [
        HTTPField(name: .cacheControl, value: "no-store"),
        HTTPField(name: .contentSecurityPolicy, value: "default-src 'none'; frame-ancestors 'none'"),
    ]

    /// Of answers that came by TLS: a browser that has seen it asks in no other way, for a year.
    static let strictTransport = HTTPField(name: .strictTransportSecurity, value: "max-age=31536000")

    /// All of these.
    static let usual = HTTPFields(always + usually)

    /// The headers that every answer has.
    private func finish(_ response: inout Response, _ request: Request, _ id: String, _ route: Route?) {
        response.headers.append(HTTPField(name: .requestID, value: id))
        response.headers.append(contentsOf: Self.always)
        for field in Self.usually where response.headers[field.name] == nil { response.headers.append(field) }
        if route?.isPublic == true || (request.method == .options && response.headers[.allow] == nil) {
            CrossOrigin.mark(&response.headers, request: request)
        }
        // A refused body may still be on its way; draining servers want no more requests.
        let unread =
            response.status == .contentTooLarge || response.status == .unsupportedMediaType
            || (response.status == .serviceUnavailable && request.headers[.contentLength] == nil
                && request.method == .post)
        if drain.isDraining || unread { response.headers[.connection] = "close" }
        if request.method == .head { response.body = .init() }
    }
}
