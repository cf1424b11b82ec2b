import Foundation
public import Logging
public import Postgres

/// Makes and changes the fields that a tenant gives its objects, while others read and write the same records.
///
/// A column appears in one short transaction of the tenant's owner, which reads no row. It waits for the table's lock for a few
/// hundredths of a second only, since everybody else waits behind it, and tries again a little later. Indexes (of unique
/// and searchable fields, and of links) are made beside the work of others; until they are there such a field is hidden.
public struct CustomFieldEditor {
    let connection: Connection
    let tenant: Tenant
    let actor: String
    let isDryRun: Bool
    let logger: Logger

    /// - Parameter isDryRun: all is checked and nothing stays.
    public init(_ connection: Connection, tenant: Tenant, actor: String, isDryRun: Bool, logger: Logger) {
        self.connection = connection
        self.tenant = tenant
        self.actor = actor
        self.isDryRun = isDryRun
        self.logger = logger
    }

    /// Everybody who comes later waits as long.
    private static let lockTimeout = Duration.milliseconds(60)
    private static let patience = Duration.seconds(8)

    /// - Parameter object: by its name, singular or plural.
    /// - Returns: the field as the API shows it, with `locked_ms`.
    /// - Throws: `notFound` of the object; `invalid`, `limitReached`; `unavailable` where somebody holds the table all the
    ///   time.
    public func create(_ object: String, _ body: JSONObject) throws(TandemError) -> JSON {
        let (description, catalog, _) = try look(object)
        let draft = try CustomFieldDraft(creating: body, of: description, catalog: catalog)
        var columns = draft.columns
        let isUnique = draft.isUnique ?? false
        let needed = Index.Kind.needed(
            isUnique: isUnique, isSearchable: columns["searchable"] == true, isLink: columns["type"] == "link")
        if !needed.isEmpty { columns["hidden"] = true }
        columns["unique"] = nil
        defer { renewGrants() }
        var made = try briefly(
            .call("add_custom_field", .text(description.name), .jsonb(JSON.object(columns).encoded()), .text(actor)))
        if needed.isEmpty { return made }
        let rest: JSONObject = ["unique": .bool(isUnique), "hidden": .bool(draft.isHidden ?? false)]
        if isDryRun {
            for (name, value) in rest { made = made.with(name, value) }
            return made
        }
        let name = columns["name"]?.string ?? ""
        for kind in needed { try makeIndex(kind, of: description, name) }
        let locked = made["locked_ms"] ?? 0
        made = try change(description, name, rest, version: nil)
        return made.with("locked_ms", locked)
    }

    /// - Parameter ifMatch: the version that the caller has seen.
    /// - Throws: `notFound`, `versionMismatch`, `invalid`, `inUse` (options that records hold), `notUnique`, `unavailable`.
    public func update(
        _ object: String, _ name: String, _ body: JSONObject, ifMatch: Int?
    ) throws(TandemError) -> JSON {
        let (description, catalog, fields) = try look(object)
        guard let field = fields.first(where: { $0.name == name }) else { throw .notFound() }
        let draft = try CustomFieldDraft(changing: field, body, of: description, catalog: catalog)
        if let ifMatch, ifMatch != field.version { throw .versionMismatch(current: field.version) }
        let isUnique = draft.isUnique ?? field.isUnique
        if isUnique && !field.isUnique { try refuseRepeated(description, name) }
        let isLink = field.target != nil
        let before = Index.Kind.needed(isUnique: field.isUnique, isSearchable: field.isSearchable, isLink: isLink)
        let needed = Index.Kind.needed(
            isUnique: isUnique, isSearchable: draft.columns["searchable"]?.bool ?? field.isSearchable, isLink: isLink)
        if !isDryRun { for kind in needed { try makeIndex(kind, of: description, name) } }
        let changed = try change(description, name, draft.columns, version: ifMatch)
        defer { renewGrants() }
        if !isDryRun {
            for kind in before where !needed.contains(kind) {
                try outsideTransaction([index(kind, of: description, name).remove])
            }
        }
        return changed
    }

    /// Takes a hidden field away for good, with its column and all values in it.
    ///
    /// - Returns: `{"object", "name", "values", "locked_ms"}`: how many records had a value.
    /// - Throws: `notFound`; `conflict` where it is not hidden; `inUse` where something names it; `unavailable`.
    public func drop(_ object: String, _ name: String) throws(TandemError) -> JSON {
        let (description, _, fields) = try look(object)
        guard fields.contains(where: { $0.name == name }) else { throw .notFound() }
        return try briefly(.call("drop_custom_field", .text(description.name), .text(name), .text(actor)))
    }

    /// BI logins with a role read the field, or do so no more. What fails here is done within a minute (``PromotionService``).
    private func renewGrants() {
        if isDryRun { return }
        do throws(TandemError) {
            _ = try BIGrants(connection, tenant: tenant).renew()
        } catch {
            logger.warning("rights of BI logins wait", metadata: ["tenant": "\(tenant.slug)", "error": "\(error)"])
        }
    }

    /// The object as it is now, the tenant's objects, and all custom fields of it.
    private func look(_ object: String) throws(TandemError) -> (ObjectDescription, ObjectCatalog, [CustomField]) {
        try connection.inTenant(tenant.database, readOnly: true, catalogs: CatalogDirectory()) {
            (connection, catalog) throws(TandemError) in
            let known = ObjectCatalog(
                catalog.objects.filter { $0.module.map(tenant.modules.contains) ?? true })
            guard let found = known.object(object) ?? known.object(plural: object) else {
                throw TandemError.notFound(code: "unknown_object")
            }
            return (found, known, try connection.customFields(of: found.name))
        }
    }

    private func change(
        _ object: ObjectDescription, _ name: String, _ columns: JSONObject, version: Int?
    ) throws(TandemError) -> JSON {
        try briefly(
            .call(
                "update_custom_field", .text(object.name), .text(name), .jsonb(JSON.object(columns).encoded()),
                version.map { .int4(Int32(clamping: $0)) } ?? .null(.int4), .text(actor)))
    }

    // MARK: short locks

    /// Runs a procedure of the owner that locks a table, again and again until it got the lock at once.
    private func briefly(_ call: Statement) throws(TandemError) -> JSON {
        let settings = ownerSettings(lockTimeout: Self.lockTimeout)
        let end = ContinuousClock.now + Self.patience
        var pause = 0.02
        while true {
            do throws(TandemError) {
                return try connection.transaction(settings: settings) { (connection) throws(TandemError) in
                    let row = try connection.run(call).first
                    let json = try row?.json(0) ?? .null
                    if isDryRun { try connection.discardChanges() }
                    return json
                }
            } catch {
                guard case .unavailable(_, .some(_)) = error, ContinuousClock.now < end else {
                    if case .unavailable = error {
                        logger.warning("a table is held by others all the time", metadata: ["tenant": "\(tenant.slug)"])
                    }
                    throw error
                }
                Thread.sleep(forTimeInterval: Double.random(in: 0.5...1) * pause)
                pause = min(pause * 1.5, 0.3)
            }
        }
    }

    private func ownerSettings(lockTimeout: Duration) -> [Connection.Setting] {
        tenant.database.ownerSettings(
            internalFirst: false, statementTimeout: .seconds(50), lockTimeout: lockTimeout)
    }

    // MARK: indexes

    private struct Index {
        enum Kind: String {
            case key, idx, trgm

            static func needed(isUnique: Bool, isSearchable: Bool, isLink: Bool) -> [Kind] {
                (isUnique ? [.key] : isLink ? [.idx] : []) + (isSearchable ? [.trgm] : [])
            }
        }

        let make: String
        let remove: String
        let isMade: Bool
    }

    private func index(
        _ kind: Index.Kind, of object: ObjectDescription, _ name: String
    ) throws(TandemError) -> Index {
        try reading { () throws(PostgresError) in
            let row = try connection.single(
                settings: ownerSettings(lockTimeout: .seconds(2)),
                .call("custom_field_index", .text(object.name), .text(name), .text(kind.rawValue))
            ).one()
            return Index(make: try row.text(0), remove: try row.text(1), isMade: try row.bool(2))
        }
    }

    /// Nothing if it is there. What an attempt left behind that failed is removed.
    private func makeIndex(
        _ kind: Index.Kind, of object: ObjectDescription, _ name: String
    ) throws(TandemError) {
        let index = try index(kind, of: object, name)
        if index.isMade { return }
        do throws(TandemError) {
            try outsideTransaction([index.remove, index.make])
        } catch {
            try? outsideTransaction([index.remove])
            if case .duplicate = error { try refuseRepeated(object, name) }
            throw error
        }
    }

    private func refuseRepeated(_ object: ObjectDescription, _ name: String) throws(TandemError) {
        _ = try reading { () throws(PostgresError) in
            try connection.single(
                settings: ownerSettings(lockTimeout: .seconds(2)),
                .call("refuse_repeated", .text(object.name), .text(name)))
        }
    }

    /// Statements that PostgreSQL runs outside of transactions only, each by itself, as the owner.
    private func outsideTransaction(_ statements: [String]) throws(TandemError) {
        try reading { () throws(PostgresError) in
            let settings = ownerSettings(lockTimeout: .seconds(20))
            defer { leave() }
            for setting in settings {
                try connection.execute(.call("set_config", .text(setting.name), .text(setting.value), .bool(false)))
            }
            for statement in statements { try connection.script(statement, deadline: .seconds(55)) }
        }
    }

    /// A connection that kept the owner's rights would be worse than none.
    private func leave() {
        do throws(PostgresError) {
            try connection.execute("reset role" as Statement)
            try connection.execute("reset search_path" as Statement)
            try connection.execute("reset statement_timeout" as Statement)
            try connection.execute("reset lock_timeout" as Statement)
        } catch {
            connection.close()
        }
    }
}

extension JSON {
    fileprivate func with(_ name: String, _ value: JSON) -> JSON {
        var object = object ?? [:]
        object[name] = value
        return .object(object)
    }
}
