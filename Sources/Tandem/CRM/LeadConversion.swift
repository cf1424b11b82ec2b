public import Foundation
public import Postgres

/// What a caller wants of the conversion of a lead: `POST /v1/leads/{id}:convert`. See the procedure `convert_lead`.
public struct LeadConversion: Sendable {
    public enum Duplicates: String, Sendable, CaseIterable {
        /// The only record that is there already is used; several are an error.
        case use
        /// Any record that is there already is an error.
        case error
        /// New records, whatever is there.
        case create
    }

    private static let fields: [(name: String, prefix: PublicID.Prefix)] = [
        ("account_id", .account), ("contact_id", .contact), ("opportunity_id", .opportunity), ("owner_id", .user),
    ]

    private var options = JSONObject()

    /// - Throws: `invalid` with every wrong field.
    public init(_ body: JSONObject, catalog: ObjectCatalog) throws(TandemError) {
        var errors: [TandemError.FieldError] = []
        for (name, value) in body where value != .null {
            if let field = Self.fields.first(where: { $0.name == name }) {
                guard let id = value.string.flatMap({ PublicID(field.prefix, text: $0) }) else {
                    errors.append(
                        .init(
                            pointer: "/" + name, code: "invalid", detail: "has to be an id: \(field.prefix.rawValue)_…")
                    )
                    continue
                }
                options[name] = .string(id.uuid.text)
                continue
            }
            do throws(TandemError) {
                try take(name, value, catalog)
            } catch {
                guard case .invalid(let fields) = error else { throw error }
                errors += fields
            }
        }
        if options["opportunity"] != nil, options["opportunity_id"] != nil {
            errors.append(
                .init(
                    pointer: "/opportunity_id", code: "conflict",
                    detail: "either joins an opportunity or makes one, not both"))
        }
        guard errors.isEmpty else { throw .invalid(errors) }
    }

    private mutating func take(_ name: String, _ value: JSON, _ catalog: ObjectCatalog) throws(TandemError) {
        switch name {
        case "create_opportunity":
            guard let wanted = value.bool else { throw .invalid("/" + name, "invalid", "has to be true or false") }
            if wanted, options["opportunity"] == nil { options["opportunity"] = .object([:]) }
        case "opportunity":
            let input: RecordInput
            do throws(TandemError) {
                input = try RecordReader(catalog[.opportunity], catalog: catalog).read(value, isNew: false)
            } catch {
                throw error.below("/" + name)
            }
            guard input.references.isEmpty else {
                throw .invalid("/" + name, "invalid", "names other records by their id only")
            }
            options[name] = .object(input.data)
        case "on_duplicate":
            guard let known = value.string.flatMap(Duplicates.init(rawValue:)) else {
                let names = Duplicates.allCases.map(\.rawValue).joined(separator: ", ")
                throw .invalid("/" + name, "invalid", "has to be one of \(names)")
            }
            options[name] = .string(known.rawValue)
        default: throw .invalid("/" + JSONPointer.escaped(name), "unknown_field", "is no option of a conversion")
        }
    }

    fileprivate var bind: Bind { .jsonb(JSON.object(options).encoded()) }

    private static let prefixes: [String: PublicID.Prefix] = [
        "lead_id": .lead, "account_id": .account, "contact_id": .contact, "opportunity_id": .opportunity,
        "joined_account": .account,
    ]
    private static let objects: [String: PublicID.Prefix] = [
        "account": .account, "contact": .contact, "opportunity": .opportunity,
    ]

    /// What the procedures answer, and the details of their errors, with the ids' prefixes.
    public static func shown(_ json: JSON) -> JSON {
        guard var object = json.object else { return json }
        // The conversion's own id is nobody's business.
        object["id"] = nil
        for (name, value) in object {
            if let prefix = prefixes[name] {
                object[name] = id(value, prefix)
            } else if let prefix = objects[name] {
                object[name] = record(value, prefix)
            } else if let items = value.array {
                let named = name.hasSuffix("s") ? objects[String(name.dropLast())] : nil
                object[name] = .array(items.map { record($0, named ?? $0["object"]?.string.flatMap { objects[$0] }) })
            }
        }
        return .object(object)
    }

    /// The same as a caller may read it: without names and filled fields that the catalog's objects do not have.
    public static func seen(_ json: JSON, _ catalog: ObjectCatalog) -> JSON {
        guard var object = json.object else { return json }
        for (name, value) in object {
            if let items = value.array {
                let named = name.hasSuffix("s") ? String(name.dropLast()) : nil
                object[name] = .array(items.map { seen($0, of: $0["object"]?.string ?? named, catalog) })
            } else {
                object[name] = seen(value, of: name, catalog)
            }
        }
        return .object(object)
    }

    private static func seen(_ json: JSON, of name: String?, _ catalog: ObjectCatalog) -> JSON {
        guard var part = json.object, let name, let description = catalog.object(name) else { return json }
        // A contact without a name is told by its address.
        let titles = description.isPerson ? [description.title, "email", "phone"] : [description.title]
        if titles.contains(where: { description.field($0) == nil }) { part["name"] = nil }
        for key in ["filled", "fields"] {
            if let fields = part[key]?.object {
                part[key] = .object(JSONObject(fields.filter { description.field($0.0) != nil }))
            } else if let names = part[key]?.array {
                part[key] = .array(names.filter { description.field($0.string ?? "") != nil })
            }
        }
        return .object(part)
    }

    /// The ids in the details of an error, with names where they are known, in parentheses.
    static func words(_ json: JSON) -> String {
        let ids = (json.object ?? [:]).flatMap { _, value in
            if let id = value.string { return [id] }
            return (value.array ?? []).compactMap { item in
                item["id"]?.string.map { id in item["name"]?.string.map { "\(id) \($0)" } ?? id }
            }
        }
        return ids.isEmpty ? "" : " (\(ids.joined(separator: ", ")))"
    }

    private static func record(_ json: JSON, _ prefix: PublicID.Prefix?) -> JSON {
        guard var object = json.object, let prefix else { return json }
        if let value = object["id"] { object["id"] = id(value, prefix) }
        if let value = object["joined_account"] { object["joined_account"] = id(value, .account) }
        return .object(object)
    }

    private static func id(_ json: JSON, _ prefix: PublicID.Prefix) -> JSON {
        json.string.flatMap { UUID(uuidString: $0) }.map { .string(PublicID(prefix, $0).description) } ?? json
    }
}

// Inside a transaction of the tenant: `connection.inTenant(tenant.database) { … }`.

extension Connection {
    /// Makes a lead an account, a contact and an opportunity; answers what was done, or would be.
    ///
    /// - Throws: `notFound`, `conflict` (disqualified), `alreadyConverted`, `ambiguousConversion`, `invalid`.
    public func convertLead(
        _ id: UUID, _ conversion: LeadConversion, by actor: String, dryRun: Bool = false
    ) throws(TandemError) -> JSON {
        try answer(.call("convert_lead", .uuid(id), conversion.bind, .text(actor), .bool(dryRun)))
    }

    /// Takes the conversion of a lead back; answers what was removed, emptied and kept, or would be.
    ///
    /// - Throws: `notFound`, `conflict` (not converted).
    public func unconvertLead(_ id: UUID, by actor: String, dryRun: Bool = false) throws(TandemError) -> JSON {
        try answer(.call("unconvert_lead", .uuid(id), .text(actor), .bool(dryRun)))
    }

    private func answer(_ statement: Statement) throws(TandemError) -> JSON {
        guard let row = try run(statement).first, let json = try row.json(0) else { throw .notFound() }
        return LeadConversion.shown(json)
    }
}
