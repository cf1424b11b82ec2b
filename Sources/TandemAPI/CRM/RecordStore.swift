import Foundation
import HTTPTypes
import Hummingbird
import Postgres
import Tandem
import TandemHTTP

/// Records as the handlers reach them: a transaction of the tenant with its objects, and errors with ids in their outside
/// form.
struct RecordStore: Sendable {
    let store: TenantStore

    /// The product's own objects: what has routes.
    var standard: ObjectCatalog { store.context.catalogs.standard }

    /// Runs `body` in one transaction, with the tenant's objects as the caller sees them: what the caller's role may not
    /// read is not in the catalog.
    func transaction<Result: Sendable>(
        _ call: Call, readOnly: Bool = false, deadline: Duration = .seconds(10),
        _ body: @escaping @Sendable (Connection, ObjectCatalog) throws(TandemError) -> Result
    ) async throws -> Result {
        let (catalogs, rights) = (store.context.catalogs, call.principal.rights)
        let database = try store.database(call)
        return try await store.withConnection(call, deadline: deadline) { (connection, _) throws(TandemError) in
            try connection.inTenant(database, readOnly: readOnly, catalogs: catalogs) {
                (connection, catalog) throws(TandemError) in
                try body(connection, rights.map { $0.narrowed(catalog) } ?? catalog)
            }
        }
    }

    /// The same for records of one object, whose description comes with the catalog that it stands in.
    func transaction<Result: Sendable>(
        _ call: Call, _ description: ObjectDescription, readOnly: Bool = false, deadline: Duration = .seconds(10),
        _ body: @escaping @Sendable (Connection, ObjectDescription, ObjectCatalog) throws(TandemError) -> Result
    ) async throws -> Result {
        try await explaining(description) {
            try await transaction(call, readOnly: readOnly, deadline: deadline) {
                (connection, catalog) throws(TandemError) in
                try body(connection, catalog[description], catalog)
            }
        }
    }

    /// Reads of few statements, of records of one object: no transaction, one round trip each.
    func read<Result: Sendable>(
        _ call: Call, _ description: ObjectDescription, byKey: Bool = false,
        _ body: @escaping @Sendable (Connection, ObjectDescription, ObjectCatalog) throws(TandemError) -> Result
    ) async throws -> Result {
        let (catalogs, rights) = (store.context.catalogs, call.principal.rights)
        let database = try store.database(call)
        return try await explaining(description) {
            try await store.withConnection(call) { (connection, _) throws(TandemError) in
                try connection.readTenant(database, catalogs: catalogs, byKey: byKey) {
                    (connection, catalog) throws(TandemError) in
                    let seen = rights.map { $0.narrowed(catalog) } ?? catalog
                    return try body(connection, seen[description], seen)
                }
            }
        }
    }

    private func explaining<Result>(
        _ description: ObjectDescription, _ body: () async throws -> Result
    ) async throws -> Result {
        do {
            return try await body()
        } catch let error as TandemError {
            throw RecordStore.problem(error, description) ?? error
        }
    }

    /// The product's own objects as the caller sees them.
    func catalog(of call: Call) -> ObjectCatalog {
        call.principal.rights.map { $0.narrowed(standard) } ?? standard
    }

    func seal(_ call: Call) throws -> CursorSeal {
        CursorSeal(key: store.context.sealingKey, tenant: try store.tenant(call).database)
    }

    /// Somebody's hand: whoever calls the data plane acts for a person.
    func author(_ call: Call) -> RecordAuthor { RecordAuthor(actor: call.principal.actor, cause: "edit") }

    /// Errors that name records, with their ids as the API shows them.
    static func problem(_ error: TandemError, _ description: ObjectDescription) -> Problem? {
        switch error {
        case .duplicate(let ids, let hidden):
            Problem.duplicate(error, ids: ids.map { description.publicID($0) }, hidden: hidden)
        case .merged(let id):
            Problem(
                .movedPermanently, error.code, "The record was merged into another one.",
                members: ["merged_into": .string(description.publicID(id))],
                headers: [.location: "/v1/\(description.plural)/\(description.publicID(id))"])
        case .alreadyMerged(let found):
            Problem(
                .conflict, error.code, error.message,
                members: JSONObject(
                    (found.object ?? [:]).map { name, value in
                        let id = value.string.flatMap { UUID(uuidString: $0) }
                        return (name, id.map { .string(description.publicID($0)) } ?? value)
                    }))
        default:
            nil
        }
    }
}

/// `ETag`, `If-Match` and `If-None-Match` of versioned resources.
enum EntityTag {
    static func text(_ version: Int) -> String { "\"v\(version)\"" }

    /// The version that If-Match names; nil for none and for `*`. 400 for one that was never an ETag here.
    static func ifMatch(_ call: Call) throws(Problem) -> Int? {
        guard let header = call.headers[.ifMatch], header != "*" else { return nil }
        guard let version = version(header) else {
            throw .badRequest("invalid_if_match", "If-Match has to be an ETag such as \"v3\".")
        }
        return version
    }

    /// True when the caller has this version already.
    static func isKnown(_ call: Call, _ version: Int) -> Bool {
        guard let header = call.headers[.ifNoneMatch] else { return false }
        return header.split(separator: ",").contains { self.version($0.filter { $0 != " " }) == version }
    }

    private static func version(_ text: some StringProtocol) -> Int? {
        var rest = text[...]
        if rest.hasPrefix("W/") { rest = rest.dropFirst(2) }
        rest = rest.drop { $0 == "\"" }
        if rest.hasPrefix("v") { rest = rest.dropFirst() }
        while rest.last == "\"" { rest = rest.dropLast() }
        return Int(rest)
    }
}

extension Response {
    /// A versioned resource: with its ETag, or 304 when the caller has it.
    static func resource(
        _ call: Call, _ json: JSON, version: Int, status: HTTPResponse.Status = .ok, location: String? = nil
    ) -> Response {
        resource(call, json.encoded(), version: version, status: status, location: location)
    }

    /// The same of JSON text.
    static func resource(
        _ call: Call, _ json: [UInt8], version: Int, status: HTTPResponse.Status = .ok, location: String? = nil
    ) -> Response {
        var headers: HTTPFields = [.eTag: EntityTag.text(version)]
        if call.request.method == .get || call.request.method == .head, EntityTag.isKnown(call, version) {
            return Response(status: .notModified, headers: headers)
        }
        if let location { headers[.location] = location }
        return Response(jsonBytes: json, status: status, headers: headers)
    }
}
