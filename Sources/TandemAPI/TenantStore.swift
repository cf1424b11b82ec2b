import Foundation
import HTTPTypes
import Hummingbird
import Postgres
import Tandem
import TandemHTTP

/// A tenant's data as the handlers reach it: one transaction a call, under the tenant's role.
struct TenantStore: Sendable {
    let context: TandemContext

    /// The tenant of the key; routes of scope `secret` always have one.
    func tenant(_ call: Call) throws(Problem) -> Tenant {
        guard let tenant = call.principal.tenant else { throw KeyAuthenticator.invalid }
        return tenant
    }

    /// Its database, with the rights of the key's role.
    func database(_ call: Call) throws(Problem) -> TenantDatabase {
        try tenant(call).database.acting(for: call.principal.rights?.caller)
    }

    /// Runs statements as one transaction.
    func single(_ call: Call, _ statements: [Statement]) async throws -> [Rows] {
        let database = try database(call)
        return try await context.pool.withConnection(affinity: database.affinity, deadline: .seconds(10)) {
            (connection) throws(PostgresError) in
            try connection.single(settings: database.settings(), statements)
        }
    }

    func single(_ call: Call, _ statement: Statement) async throws -> Rows {
        try await single(call, [statement]).first ?? .empty
    }

    /// Calls a function that answers one jsonb value; null becomes 404.
    func value(_ call: Call, _ statement: Statement) async throws -> JSON {
        guard let row = try await single(call, statement).first, let text = try row.optionalText(0) else {
            throw Problem.notFound
        }
        return try JSON(stored: text)
    }

    /// Runs synchronous code on a connection of the tenant, for glue that makes its own transactions.
    func withConnection<Result: Sendable>(
        _ call: Call, deadline: Duration = .seconds(10),
        _ body: @escaping @Sendable (Connection, Tenant) throws -> Result
    ) async throws -> Result {
        let tenant = try tenant(call)
        return try await context.pool.withConnection(affinity: tenant.database.affinity, deadline: deadline) {
            connection in try body(connection, tenant)
        }
    }

    /// Runs synchronous code in one transaction of the tenant.
    func inTenant<Result: Sendable>(
        _ call: Call, readOnly: Bool = false, deadline: Duration = .seconds(10),
        _ body: @escaping @Sendable (Connection) throws(TandemError) -> Result
    ) async throws -> Result {
        let database = try database(call)
        return try await withConnection(call, deadline: deadline) { (connection, _) throws(TandemError) in
            try connection.inTenant(database, readOnly: readOnly, body)
        }
    }

    /// A page of a list whose function takes the keys of the last item before it and a limit, and answers rows of those
    /// keys with the item as jsonb in the last column.
    ///
    /// - Parameters:
    ///   - filter: what the caller filtered by; a cursor holds for it alone.
    ///   - keys: number of keys.
    ///   - shape: makes the item as the API shows it.
    func page(
        _ call: Call, filter: String = "", keys count: Int = 2,
        _ statement: (_ after: [Bind], _ limit: Bind) -> Statement, shape: (JSON) throws -> JSON
    ) async throws -> Response {
        try await items(call, filter: filter, keys: count, limit: call.limit(), statement, shape: shape).response
    }

    /// The same, for answers of another form.
    /// - Parameter cursor: the parameter that names the page before.
    func items(
        _ call: Call, filter: String = "", keys count: Int = 2, limit: Int, cursor parameter: String = "after",
        _ statement: (_ after: [Bind], _ limit: Bind) -> Statement, shape: (JSON) throws -> JSON
    ) async throws -> Page {
        let scope = "\(try tenant(call).schema.name)\(call.request.uri.path)"
        let fingerprint = Array(filter.utf8)
        var after = [Bind](repeating: .null(.unspecified), count: count)
        if let text = call.query[parameter], !text.isEmpty {
            let cursor = try PageCursor(
                opening: text, with: context.sealingKey, scope: scope, fingerprint: fingerprint)
            after = cursor.keys.map { $0.map { .untyped($0) } ?? .null(.unspecified) }
            guard after.count == count else {
                throw Problem.badRequest("invalid_cursor", "The cursor is not one of this list.")
            }
        }
        let rows = try await single(call, statement(after, .int4(Int32(limit) + 1)))
        let shown = rows.prefix(limit)
        var items: [JSON] = []
        for row in shown { items.append(try shape(JSON(stored: row.text(count)))) }
        var next: String?
        if rows.count > limit, let last = shown.last {
            var keys: [String?] = []
            for index in 0..<count { keys.append(try last.optionalText(index)) }
            next = PageCursor(keys: keys, fingerprint: fingerprint).sealed(with: context.sealingKey, scope: scope)
        }
        return Page(items: items, next: next)
    }
}

/// A list as every route answers it.
struct Page {
    let items: [JSON]
    let next: String?

    static let parameters = [
        Route.Parameter("limit", "Items on a page, 50 unless given, at most 1000"),
        Route.Parameter("after", "The cursor of the page before"),
    ]

    var response: Response {
        Response(json: [
            "items": .array(items), "page": ["next": .string(orNull: next), "has_more": .bool(next != nil)],
        ])
    }
}

extension JSON {
    /// What PostgreSQL holds: deeper than what the outside may send, since a value may hold a message whole.
    init(stored text: String) throws {
        try self.init(parsing: text, depth: 60)
    }
}

extension Call {
    /// A capture as an id of that kind; what is none is not there.
    func id(_ prefix: PublicID.Prefix, _ name: String = "id") throws(Problem) -> UUID {
        guard let id = PublicID(prefix, text: capture(name)) else { throw .notFound }
        return id.uuid
    }
}
