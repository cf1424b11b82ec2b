import Foundation
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import Postgres
import Tandem
import TandemAPI
import TandemTesting

@testable import TandemHTTP

/// The data plane on a database of its own, called without a socket.
struct APIHarness: Sendable {
    struct TenantKeys: Sendable {
        let tenant: Tenant
        let write: String
        let browser: String
        let secret: String
    }

    struct Answer: Sendable {
        let status: Int
        let headers: HTTPFields
        let json: JSON

        subscript(key: String) -> JSON? { json[key] }
    }

    let database: TestDatabase
    let context: TandemContext
    let plane: DataPlane
    let first: TenantKeys
    let second: TenantKeys
    /// For the test that suspends it.
    let third: TenantKeys
    let responder: RouteResponder

    /// One for all tests of the process.
    static let shared = Task { try await APIHarness() }

    /// One of its own, for a test that disturbs.
    init() async throws {
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        database = try TestServer.shared.database()
        let connection = try database.connect()
        try ControlPlane.prepare(connection, logger: logger)
        first = try Self.tenant("first", connection, logger)
        second = try Self.tenant("second", connection, logger)
        third = try Self.tenant("third", connection, logger)
        connection.close()
        context = try await TandemContext.open(database.configuration, connections: 4, logger: logger)
        let readingRules = ReadingRulesDirectory()
        let batcher = Batcher(configuration: database.configuration, readingRules: readingRules, logger: logger)
        plane = DataPlane(context: context, batcher: batcher, readingRules: readingRules, version: "test")
        responder = plane.responder(logger: logger)
        Task { try await batcher.run() }
    }

    private static func tenant(_ slug: String, _ connection: Connection, _ logger: Logger) throws -> TenantKeys {
        let directory = TenantDirectory(connection, actor: "test", logger: logger)
        let created = try directory.create(TenantDirectory.Draft(slug: slug))
        let web = try directory.source(created.tenant, "web")
        let browser = try directory.keys(created.tenant).first { $0.source == web.id }
        return TenantKeys(
            tenant: created.tenant, write: created.writeKey.text, browser: browser?.clear ?? "",
            secret: created.secretKey.text)
    }

    /// A request with a body as it is.
    func send(
        _ method: HTTPRequest.Method, _ path: String, headers: HTTPFields = [:], body: [UInt8] = []
    ) async throws -> Answer {
        let head = HTTPRequest(
            method: method, scheme: "http", authority: "test", path: path, headerFields: headers)
        let request = Request(head: head, body: RequestBody(buffer: ByteBuffer(bytes: body)))
        let context = ConnectionContext(logger: self.context.logger, clientAddress: "127.0.0.1")
        let response = try await responder.respond(to: request, context: context)
        let bytes = try await response.collected()
        let json = try? JSON(parsing: bytes, depth: 60)
        return Answer(status: response.status.code, headers: response.headers, json: json ?? .null)
    }

    /// A request of the data plane with the first tenant's secret key.
    func api(
        _ method: HTTPRequest.Method, _ path: String, _ body: JSON? = nil, key: String? = nil,
        headers: HTTPFields = [:]
    ) async throws -> Answer {
        var headers = headers
        headers[.authorization] = "Bearer \(key ?? first.secret)"
        if body != nil { headers[.contentType] = "application/json" }
        return try await send(method, path, headers: headers, body: body?.encoded() ?? [])
    }

    /// A request with the first tenant's write key, as the vendors' SDKs send it.
    func ingest(
        _ path: String, _ body: JSON, key: String? = nil, headers: HTTPFields = [:]
    ) async throws -> Answer {
        var headers = headers
        headers[.authorization] = "Basic " + Data("\(key ?? first.write):".utf8).base64EncodedString()
        headers[.contentType] = "application/json"
        return try await send(.post, path, headers: headers, body: body.encoded())
    }

    /// One statement within a tenant.
    func sql(_ statement: Statement, in tenant: Tenant? = nil) async throws -> [[String?]] {
        let tenant = tenant ?? first.tenant
        return try await context.pool.withConnection { connection in
            try connection.single(settings: tenant.database.settings(), statement).map { row in
                try row.columns.indices.map { try row.optionalText($0) }
            }
        }
    }
}
