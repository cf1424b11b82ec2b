public import HTTPTypes
public import Hummingbird
import Tandem

/// One entry of the route table: all that the router, `/openapi.json` and the generated tests know of an endpoint.
///
/// A class, because each request hands it on several times.
public final class Route: Sendable {
    /// Which key a caller must show.
    public enum Scope: String, Sendable {
        /// Anybody; the handler may still authenticate in its own way.
        case none
        /// A source's write key; a secret key does as well. It may stand in the header, in the body or in the query.
        case write
        /// A tenant's secret key, or a restricted one that holds the route's permission.
        case secret
        /// An admin key, which belongs to no tenant.
        case admin
    }

    /// The module that the caller's tenant must have.
    public enum Module: String, Sendable {
        case any, cdp, crm
    }

    /// What the endpoint reads as its body.
    public enum Body: Sendable, Equatable {
        case none
        /// One JSON value; the type has to be application/json or end in +json.
        case json(limit: Int)
        /// As the vendors' SDKs send it: application/json, text/plain or no type.
        case ingest
        /// The fields of an HTML form: application/x-www-form-urlencoded.
        case form(limit: Int)
        /// A file of any type.
        case bytes(limit: Int)
    }

    /// A query parameter; one that is not listed is refused with `unknown_parameter`, except on ingest routes.
    public struct Parameter: Sendable {
        public let name: String
        public let summary: String

        public init(_ name: String, _ summary: String) {
            self.name = name
            self.summary = summary
        }
    }

    /// What body and answer are, by names under `components.schemas` of the description; nil: any JSON.
    public struct Schemas: Sendable {
        public let body: String?
        public let answer: String?

        public init(body: String? = nil, answer: String? = nil) {
            self.body = body
            self.answer = answer
        }
    }

    public typealias Handler = @Sendable (Call) async throws -> Response

    /// Runs before the body is read; may refuse. What the key opened that stands in the header or the query.
    public typealias Admission = @Sendable (Call) async throws -> Call.Early?

    public let method: HTTPRequest.Method
    public let pattern: RoutePattern
    /// One sentence for the documentation, without a full stop.
    public let summary: String
    /// The feature it belongs to, as the folder is called.
    public let feature: String
    public let scope: Scope
    public let module: Module
    /// What a restricted key must hold, for example `accounts:read`; nil where `scope` is not `secret`.
    public let permission: String?
    /// The same for a key with a role, whose scopes are those of records.
    let recordPermission: String?
    public let body: Body
    public let parameters: [Parameter]
    /// Fields of records are parameters too; the handler refuses what is none.
    public let takesFields: Bool
    /// Reads and writes nothing but what the rights of the caller's role allow. Keys with a role reach such routes alone, so that one
    /// that nobody thought of is closed to them.
    public let obeysRights: Bool
    /// Pages of any origin may read the answer; so it is with ingest routes and what SDKs in browsers ask for.
    public let isPublic: Bool
    /// The status of success.
    public let success: Int
    /// Other statuses that are no refusal: of a dry run, of what becomes an operation, of an upsert that creates, 304.
    public let also: [Int]
    public let schemas: Schemas
    /// From the end of the request to its answer; no wait for the database goes beyond it.
    public let time: Duration
    public let admit: Admission?
    /// Whether its answer may be kept for an `Idempotency-Key`; not where it is a secret that is stored as a hash alone.
    let isRepeatable: Bool
    /// Whether the handler does little beside asking PostgreSQL. Then it stays on the connection's event loop.
    let isBrief: Bool
    /// Answers short requests without a task of their own; see ``ShortRequest``.
    public let prompt: Prompt?
    public let handler: Handler

    public init(
        _ method: HTTPRequest.Method, _ template: String, _ summary: String, feature: String, scope: Scope,
        module: Module = .any, permission: String? = nil, body: Body? = nil, parameters: [Parameter] = [],
        takesFields: Bool = false, obeysRights: Bool = false, isPublic: Bool? = nil, success: Int = 200,
        also: [Int] = [], schemas: Schemas = Schemas(),
        time: Duration = Limits.answerDeadline, admit: Admission? = nil, isRepeatable: Bool = true,
        isBrief: Bool = false, prompt: Prompt? = nil, handler: @escaping Handler
    ) {
        self.method = method
        pattern = RoutePattern(template)
        self.summary = summary
        self.feature = feature
        self.scope = scope
        self.module = module
        self.permission = scope == .secret ? permission ?? Route.permission(method, template, feature) : nil
        recordPermission = scope == .secret && obeysRights ? Route.permission(method, template, "CRM") : nil
        self.body = body ?? ([.post, .put, .patch].contains(method) ? .json(limit: Limits.body) : .none)
        self.parameters = parameters
        self.takesFields = takesFields
        self.obeysRights = obeysRights
        self.isPublic = isPublic ?? (scope == .write)
        self.success = success
        self.also = also
        self.schemas = schemas
        self.time = time
        self.admit = admit
        self.isRepeatable = isRepeatable
        self.isBrief = isBrief
        self.prompt = prompt
        self.handler = handler
    }

    /// Runs the handler. Taking a few events is a matter of microseconds and stays on the connection's event loop, as do brief
    /// handlers; everything else leaves it, so that no other connection waits for it.
    func answer(_ call: Call) async throws -> Response {
        if isBrief || body == .ingest, call.body.count <= Limits.shortBody { return try await handler(call) }
        return try await withTaskExecutorPreference(globalConcurrentExecutor) { try await handler(call) }
    }

    /// The scope of the feature, for reading or writing: `POST /v1/accounts/search` reads, `POST /v1/accounts` writes.
    private static func permission(_ method: HTTPRequest.Method, _ template: String, _ feature: String) -> String {
        // A person's data in whole, or for good: reading takes the same scope, which no other route asks for.
        if feature == "Privacy" { return "privacy:write" }
        let resource =
            switch feature {
            case "CRM": "crm"
            case "Profiles", "Identity": "profiles"
            case "Audiences": "audiences"
            // Who opens the console for whom, and may what there.
            case "Access": "access"
            default: "settings"
            }
        let last = RoutePattern.split(template).last ?? ""
        let reads =
            method == .get || last == "search"
            || [":aggregate", ":preview", ":simulate", ":export"].contains(where: last.hasSuffix)
        return "\(resource):\(reads ? "read" : "write")"
    }
}

/// Limits that hold for every request.
public enum Limits {
    /// Of an inflated body, bytes.
    public static let body = 4 << 20
    /// An ingest body that is read on the event loop, bytes.
    static let shortBody = 64 << 10
    /// Of an event, bytes of its JSON as sent.
    public static let event = 32 << 10
    /// Of all header fields together, bytes.
    public static let headers = 16 << 10
    /// Of a listener; of one client address.
    public static let connections = 2_000
    public static let connectionsPerAddress = 1_500
    /// From the first byte of a request's head to its last, or from the connection to it, seconds.
    public static let headDeadlineSeconds = 10
    /// From the first byte of a request to its last, seconds.
    public static let requestDeadlineSeconds = 15
    /// From a request's last byte to its answer.
    public static let answerDeadline: Duration = .milliseconds(4_500)
    /// A client that does not read its answer, seconds.
    public static let writeStallSeconds = 15
    /// A connection without a request, seconds.
    public static let idleSeconds = 60
    /// Of all request bodies in memory together, bytes.
    public static let bodies = 128 << 20
}
