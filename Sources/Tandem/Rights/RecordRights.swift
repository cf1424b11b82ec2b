public import Foundation
public import Postgres
import Synchronization

/// In whose name a transaction of a tenant runs: the settings that the predicate in SQL (`reach`) reads. Without one, everything is
/// allowed.
public struct RecordCaller: Sendable, Hashable {
    public let roles: [RecordID]
    /// Whose team and place count for what reaches own or team; nil: only what reaches all counts.
    public let user: RecordID?
    /// Set for a key, whose role it is then.
    public let key: UUID?

    public init(roles: [RecordID], user: RecordID?, key: UUID? = nil) {
        self.roles = roles
        self.user = user
        self.key = key
    }

    var settings: [Connection.Setting] {
        [
            (name: "tandem.roles", value: "{\(roles.map(\.text).joined(separator: ","))}"),
            (name: "tandem.user", value: user?.text ?? ""),
            (name: "tandem.key", value: key?.text ?? ""),
        ]
    }
}

/// What a caller may do with records: rows by a condition that SQL makes, fields by name. Read once a few seconds with the key.
public final class RecordRights: Sendable, Hashable {
    public static func == (left: RecordRights, right: RecordRights) -> Bool { left === right }

    public func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(self)) }

    public enum FieldAccess: String, Sendable, CaseIterable {
        case none, read, edit
    }

    struct ObjectRights: Sendable {
        let condition: RecordCondition?
        let levels: [String: String]
        let fields: [String: FieldAccess]
    }

    public let caller: RecordCaller
    /// Who writes, for histories: `user:sales@acme.example`; nil where no user is bound.
    public let actor: String?
    private let objects: [String: ObjectRights]
    /// For `tandem.hidden`: {object: [name on pages]} of what the caller may not see.
    let hidden: String
    private let narrowed = Mutex<(base: ObjectCatalog, catalog: ObjectCatalog)?>(nil)

    /// From what `caller_rights` answers.
    init(_ json: JSON, of caller: RecordCaller) {
        self.caller = caller
        actor = json["actor"]?.string
        var objects: [String: ObjectRights] = [:]
        for (name, rights) in json["objects"]?.object ?? [:] {
            let condition = rights["condition"]?.string ?? "false"
            var fields: [String: FieldAccess] = [:]
            for (field, access) in rights["fields"]?.object ?? [:] {
                fields[field] = access.string.flatMap(FieldAccess.init) ?? FieldAccess.none
            }
            objects[name] = ObjectRights(
                condition: condition == "true" ? nil : RecordCondition(ofProcedure: condition),
                levels: (rights["levels"]?.object ?? JSONObject()).reduce(into: [:]) { $0[$1.0] = $1.1.string },
                fields: fields)
        }
        self.objects = objects
        hidden = JSON.object(Self.hidden(objects)).text
    }

    private static func hidden(_ objects: [String: ObjectRights]) -> JSONObject {
        var hidden = JSONObject()
        for (name, rights) in objects where rights.fields.values.contains(.none) {
            var names = Set(rights.fields.filter { $0.value == .none }.keys)
            if let object = ObjectCatalog.standard.object(name) { names.formUnion(object.hidden(by: names)) }
            hidden[name] = .array(names.flatMap(Self.pageNames).sorted().map { .string($0) })
        }
        return hidden
    }

    /// What pages call a field: a link also by what it leads to, a part of an address also without that word.
    private static func pageNames(_ field: String) -> [String] {
        if field.hasSuffix("_id") { return [field, String(field.dropLast(3))] }
        if field.hasPrefix("address_") { return [field, String(field.dropFirst(8))] }
        return ["first_name", "last_name"].contains(field) ? [field, "name"] : [field]
    }

    /// The objects as the caller sees them: without the fields that the caller may not read, and bound to the records in reach.
    public func narrowed(_ base: ObjectCatalog) -> ObjectCatalog {
        if let known = narrowed.withLock({ $0 }), known.base.objects == base.objects { return known.catalog }
        let catalog = ObjectCatalog(
            base.objects.map { $0.narrowed(by: self, in: base) },
            beside: [ObjectDescription.attachment].map { $0.narrowed(by: self, in: base) })
        narrowed.withLock { $0 = (base, catalog) }
        return catalog
    }

    /// Whether the caller reads any record of the object.
    public func reads(_ object: String) -> Bool { may("read", object) }

    /// Whether the role allows an action with any record of the object, or in a part of Tandem (`RoleInput.areas`).
    public func may(_ action: String, _ object: String) -> Bool {
        (objects[object]?.levels[action] ?? "none") != "none"
    }

    /// Whether the caller may do it with all records of an object.
    public func mayAll(_ action: String, _ object: String) -> Bool { objects[object]?.levels[action] == "all" }

    /// Whether the caller may write a field.
    public func changes(_ field: String, of object: String) -> Bool { access(object, field) == .edit }

    /// Whether the caller sees a field at all.
    public func sees(_ field: String, of object: String) -> Bool { access(object, field) != .none }

    /// Nil: all records.
    func condition(_ object: String) -> RecordCondition? {
        guard let rights = objects[object] else { return RecordCondition(ofProcedure: "false") }
        return rights.condition
    }

    func access(_ object: String, _ field: String) -> FieldAccess { objects[object]?.fields[field] ?? .edit }
}

extension ObjectDescription {
    /// What no role can hide: without it there is no record to speak of, and lists have no order.
    static let alwaysRead: Set<String> = ["id", "version", "created_at"]

    /// The fields and arrays that hidden ones take with them.
    fileprivate func hidden(by names: Set<String>) -> Set<String> {
        var all = Set<String>()
        for field in fields {
            var sources = [field.name] + field.derivedFrom
            if case .money(let currency) = field.type { sources.append(currency) }
            if !names.isDisjoint(with: sources) { all.insert(field.name) }
        }
        for child in children where !names.isDisjoint(with: [child.name] + child.derivedFrom) { all.insert(child.name) }
        return all.subtracting(Self.alwaysRead)
    }

    /// The object as a caller with these rights sees it.
    func narrowed(by rights: RecordRights, in catalog: ObjectCatalog) -> ObjectDescription {
        var object = self
        object.condition = rights.condition(name)
        object.fields = fields.compactMap { field in
            let access = access(to: field.name, field.derivedFrom, rights)
            if access == .none { return nil }
            if case .money(let currency) = field.type, rights.access(name, currency) == .none { return nil }
            return field.narrowed(by: rights, in: catalog, isReadOnly: access == .read)
        }
        object.children = children.compactMap { child in
            let access = access(to: child.name, child.derivedFrom, rights)
            if access == .none { return nil }
            var narrowed = child
            narrowed.isReadOnly = access == .read
            narrowed.fields = child.fields.map { $0.narrowed(by: rights, in: catalog, isReadOnly: false) }
            return narrowed
        }
        object.keys = keys.filter { object.field($0) != nil }
        return object
    }

    /// The least of the rights to a field and to those that it tells of.
    private func access(
        to field: String, _ derivedFrom: [String], _ rights: RecordRights
    ) -> RecordRights.FieldAccess {
        if Self.alwaysRead.contains(field) { return .edit }
        let all = ([field] + derivedFrom).map { rights.access(name, $0) }
        return all.contains(.none) ? .none : all.contains(.read) ? .read : .edit
    }
}

extension ObjectDescription {
    /// Links to its records, as far as the caller reads them.
    public func target(_ base: LinkTarget) -> LinkTarget {
        var target = base
        target.condition = condition
        let isKnown = ObjectCatalog.standard.object(name)?.field(base.title) != nil
        target.showsTitle = !isKnown || field(base.title) != nil
        return target
    }
}

extension ObjectCatalog {
    /// The same for the target of a link.
    public func target(_ base: LinkTarget) -> LinkTarget { object(base.object)?.target(base) ?? base }
}

extension ObjectField {
    fileprivate func narrowed(
        by rights: RecordRights, in catalog: ObjectCatalog, isReadOnly: Bool
    ) -> ObjectField {
        var field = self
        if isReadOnly { field.isReadOnly = true }
        if case .link(var target) = type, let object = catalog.object(target.object) {
            target.condition = rights.condition(target.object)
            let sources = [target.title] + (object.field(target.title)?.derivedFrom ?? [])
            target.showsTitle = sources.allSatisfy { rights.access(target.object, $0) != .none }
            field.type = .link(target)
        }
        return field
    }
}

extension Connection {
    /// What a user's roles allow now. Runs in a transaction of its own.
    public func recordRights(
        _ tenant: TenantDatabase, of user: SignedInUser
    ) throws(PostgresError) -> RecordRights {
        try recordRights(tenant, of: RecordCaller(roles: user.roles, user: user.id))
    }

    /// What the caller may do, as of now.
    func recordRights(_ tenant: TenantDatabase, of caller: RecordCaller) throws(PostgresError) -> RecordRights {
        let rows = try single(settings: tenant.acting(for: caller).settings(), .call("caller_rights"))
        let text = try rows.one().text(0)
        do throws(JSONError) {
            return RecordRights(try JSON(parsing: text, depth: 64), of: caller)
        } catch {
            throw PostgresError(kind: .decoding, message: "not JSON: \(error)")
        }
    }
}
