public import HTTPTypes
public import Hummingbird
public import Logging
import NIOCore
public import Tandem

/// One request on its way through a route: what the handler gets.
public struct Call: Sendable {
    public let request: Request
    public let route: Route
    /// `req_…`, on every answer and in the log.
    public let id: String
    /// Who asks, as far as the connection or a proxy that is trusted tells.
    public let client: Client
    /// Percent-decoded.
    public let captures: [String: String]
    public let query: Query
    /// Who calls; `.nobody` on routes that ask for no key, and on ingest routes until the handler has read the body.
    public var principal: Principal
    /// Of ingest routes, whose key may also stand in the body: what a key in the header or the query opened.
    public var early: Early?
    /// Inflated; empty when the route reads none.
    public var body: [UInt8] = []
    public let received: ContinuousClock.Instant
    public let logger: Logger

    /// When the answer has to be out; counts from the end of the body.
    public var deadline: ContinuousClock.Instant = .now + Limits.answerDeadline

    /// A key that was looked up before the body was read.
    public struct Early: Sendable {
        public let key: String
        public let access: Access

        public init(key: String, access: Access) {
            self.key = key
            self.access = access
        }

        /// What it opens, unless one of the others is another.
        public func access(of others: [String?]) -> Access? {
            others.allSatisfy { $0 == nil || $0 == "" || $0 == key } ? access : nil
        }
    }

    public var headers: HTTPFields { request.headers }

    /// The capture of that name; the route table guarantees that those of its pattern are there.
    public func capture(_ name: String) -> String { captures[name] ?? "" }

    /// The body as JSON. 400 `invalid_json`.
    public func json() throws(Problem) -> JSON {
        do {
            return try JSON(parsing: body)
        } catch {
            throw .badRequest("invalid_json", "The body is not valid JSON: \(error)")
        }
    }

    /// The body as a JSON object. 400 `invalid_json`.
    public func jsonObject() throws(Problem) -> JSONObject {
        guard let object = try json().object else {
            throw .badRequest("invalid_json", "The body has to be a JSON object.")
        }
        return object
    }

    /// The body as the fields of a form. 400 `invalid_form`.
    public func form() throws(Problem) -> Query {
        guard let text = String(validating: body, as: UTF8.self), let fields = Query(text) else {
            throw .badRequest("invalid_form", "The form's fields cannot be read.")
        }
        return fields
    }

    /// `limit` of a list: 50 unless given, at most 1,000; 400 for a negative one.
    public func limit(default standard: Int = 50) throws(Problem) -> Int {
        guard let text = query["limit"] else { return standard }
        guard let limit = Int(text), limit >= 0 else {
            throw .badRequest("invalid_parameter", "limit has to be a whole number from 1 to 1000.")
        }
        return max(1, min(limit, 1_000))
    }

    /// A switch in the query, such as `dry_run=true`.
    public func flag(_ name: String) throws(Problem) -> Bool {
        switch query[name] {
        case nil, "false", "0": false
        case "true", "1", "": true
        default: throw .badRequest("invalid_parameter", "\(name) has to be true or false.")
        }
    }
}

/// What Hummingbird makes for each request.
public struct ConnectionContext: RequestContext {
    public var coreContext: CoreRequestContextStorage
    /// The peer's address, nil on a socket without one.
    let clientAddress: String?

    public init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
        clientAddress = source.channel.remoteAddress?.ipAddress
    }

    /// Made once for a connection, and by tests, which have no socket.
    init(logger: Logger, clientAddress: String?) {
        coreContext = CoreRequestContextStorage(source: LoggerSource(logger: logger))
        self.clientAddress = clientAddress
    }

    private struct LoggerSource: RequestContextSource {
        let logger: Logger
    }
}
