import Foundation
import Postgres
import Tandem
import TandemHTTP

extension Console {
    /// Calls read procedures of the tenant in one transaction.
    func read(_ tenant: Tenant, _ statements: [Statement]) async throws -> [Rows] {
        do {
            return try await context.pool.withConnection(affinity: tenant.database.affinity) {
                (connection) throws(PostgresError) -> [Rows] in
                try connection.single(settings: tenant.database.settings(), statements)
            }
        } catch {
            throw TandemError(error)
        }
    }

    /// Runs reads of the product in one transaction of the tenant.
    func reading<Result: Sendable>(
        _ tenant: Tenant, _ body: @escaping @Sendable (Connection) throws(TandemError) -> Result
    ) async throws -> Result {
        try await context.pool.withConnection(affinity: tenant.database.affinity) {
            (connection) throws -> Result in
            try connection.inTenant(tenant.database, readOnly: true, body)
        }
    }

    /// The same with the tenant's objects as the visitor sees them.
    func reading<Result: Sendable>(
        _ tenant: Tenant, _ body: @escaping @Sendable (Connection, ObjectCatalog) throws(TandemError) -> Result
    ) async throws -> Result {
        let catalogs = context.catalogs
        return try await context.pool.withConnection(affinity: tenant.database.affinity) {
            (connection) throws -> Result in
            try connection.inTenant(tenant.database, readOnly: true, catalogs: catalogs) {
                (connection, catalog) throws(TandemError) in
                try body(connection, tenant.rights.map { $0.narrowed(catalog) } ?? catalog)
            }
        }
    }

    /// Runs writes of the product in one transaction of the tenant.
    func writing<Result: Sendable>(
        _ tenant: Tenant, _ body: @escaping @Sendable (Connection) throws(TandemError) -> Result
    ) async throws -> Result {
        try await context.pool.withConnection(affinity: tenant.database.affinity) {
            (connection) throws -> Result in
            try connection.inTenant(tenant.database, body)
        }
    }

    /// One call whose only column is one JSON value.
    func read<Value: Decodable>(_ tenant: Tenant, _ statement: Statement, as type: Value.Type) async throws -> Value {
        let rows = try await read(tenant, [statement])
        return try rows[0].one().decoded(0, as: type)
    }

    /// What operators do to a tenant from outside of it, in the name of the visitor.
    func withDirectory<Result: Sendable>(
        _ visit: Visit, _ body: @escaping @Sendable (TenantDirectory) throws -> Result
    ) async throws -> Result {
        let (context, actor) = (context, visit.actor)
        do {
            return try await context.pool.withConnection { (connection) throws in
                try body(TenantDirectory(connection, actor: actor, ids: context.ids, logger: context.logger))
            }
        } catch let error as PostgresError {
            throw TandemError(error)
        }
    }

    /// The tenant's roles by name.
    func roleChoices(_ tenant: Tenant) async throws -> [RecordChoice] {
        try await read(tenant, [.call("find_roles")])[0].map { row in
            RecordChoice(id: try row.uuid("id"), title: try row.decoded("role", as: RoleRead.self).name)
        }
    }

    /// What is wrong with a form, each error a sentence.
    static func sentences(_ errors: [TandemError.FieldError]) -> String {
        errors.map { $0.detail.prefix(1).uppercased() + $0.detail.dropFirst() + "." }.joined(separator: " ")
    }
}

extension Row {
    /// A JSON column as a value; SQL's names become Swift's.
    func decoded<Value: Decodable>(_ column: some ColumnReference, as type: Value.Type) throws -> Value {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try decoder.decode(type, from: Data(try json(column)))
    }
}

extension Rows {
    func decoded<Value: Decodable>(_ column: some ColumnReference, as type: Value.Type) throws -> [Value] {
        try map { try $0.decoded(column, as: type) }
    }
}

extension Call {
    /// A capture that is a public id; a malformed one is nobody's.
    func id(_ name: String, _ prefix: PublicID.Prefix) throws(Problem) -> UUID {
        guard let id = PublicID(prefix, text: capture(name)) else { throw .notFound }
        return id.uuid
    }

    /// A parameter that is a public id; nil without one, 404 for one that is nobody's.
    func optionalID(_ name: String, _ prefix: PublicID.Prefix) throws(Problem) -> UUID? {
        guard let text = text(name) else { return nil }
        guard let id = PublicID(prefix, text: text) else { throw .notFound }
        return id.uuid
    }

    /// A parameter that is there and not blank.
    func text(_ name: String) -> String? {
        guard let value = query[name]?.trimmingCharacters(in: .whitespacesAndNewlines), !value.isEmpty else {
            return nil
        }
        return String(value.prefix(500))
    }
}

extension Call {
    /// Where the page before ended, from `after` (a time) and `id`: two binds, both null without either.
    func place(_ prefix: PublicID.Prefix) -> (at: Bind, id: Bind) {
        guard let at = text("after").flatMap({ WireTime.parse($0) }),
            let id = text("id").flatMap({ PublicID(prefix, text: $0)?.uuid })
        else { return (.null(.timestamptz), .null(.uuid)) }
        return (.timestamptz(at), .uuid(id))
    }
}

/// A way to the next page of a list.
struct Pager {
    let href: String
}

/// Text for a query string.
func queryValue(_ text: String) -> String {
    var allowed = CharacterSet.alphanumerics
    allowed.insert(charactersIn: "-._~")
    return text.addingPercentEncoding(withAllowedCharacters: allowed) ?? ""
}
