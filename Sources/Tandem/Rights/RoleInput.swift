/// A role as it is made or changed: `{"name", "description"?, "grants"?: {object: {action: level}}, "fields"?: {object: {field:
/// none|read|edit}}}`.
public struct RoleInput: Sendable {
    public static let actions = ["create", "read", "edit", "delete", "assign", "export", "merge"]
    public static let levels = ["all", "team", "own", "none"]
    /// Parts of Tandem that are no records: people with their events and merges, settings, roles. Each is read and edited as a whole.
    public static let areas = ["profile", "setting", "role"]
    /// All objects that a role says nothing of.
    public static let everyObject = "*"

    let json: JSON

    /// - Throws: `invalid` with every wrong part.
    public init(_ body: JSON, isNew: Bool, catalog: ObjectCatalog) throws(TandemError) {
        guard let object = body.object else { throw .invalid("", "not_an_object", "must be a JSON object") }
        var errors: [TandemError.FieldError] = []
        for (name, value) in object {
            let pointer = "/" + JSONPointer.escaped(name)
            switch name {
            case "name":
                let text = value.string ?? ""
                if !(1...255).contains(text.utf8.count) || String(Normalizer.trimmed(text[...])) != text {
                    errors.append(.init(pointer: pointer, code: "out_of_range", detail: "has 1 to 255 bytes"))
                }
            case "description":
                if !value.isNull, (value.string?.utf8.count ?? .max) > 1000 {
                    errors.append(
                        .init(pointer: pointer, code: "not_a_text", detail: "must be a text of at most 1000 bytes"))
                }
            case "grants":
                errors += Self.errors(in: value, at: pointer, catalog, ofFields: false) { action, level, object, name in
                    Self.wrong(action: action, level, inArea: object == nil && name != Self.everyObject)
                }
            case "fields":
                errors += Self.errors(in: value, at: pointer, catalog, ofFields: true) { field, access, object, _ in
                    Self.wrong(field, access, object)
                }
            default: errors.append(.init(pointer: pointer, code: "unknown_field", detail: "is not a field of role"))
            }
        }
        if isNew, object["name"] == nil {
            errors.append(.init(pointer: "/name", code: "required", detail: "is required"))
        }
        guard errors.isEmpty else { throw .invalid(errors) }
        json = body
    }

    /// `{object: {key: value}}`, judged pair by pair.
    private static func errors(
        in json: JSON, at pointer: String, _ catalog: ObjectCatalog, ofFields: Bool,
        _ judge: (String, String?, ObjectDescription?, String) -> String?
    ) -> [TandemError.FieldError] {
        guard let objects = json.object else {
            return [.init(pointer: pointer, code: "not_an_object", detail: "must be a JSON object")]
        }
        var errors: [TandemError.FieldError] = []
        for (name, pairs) in objects {
            let place = pointer + "/" + JSONPointer.escaped(name)
            let object = catalog.object(name)
            guard object != nil || (!ofFields && (areas + [everyObject]).contains(name)), let pairs = pairs.object
            else {
                errors.append(.init(pointer: place, code: "unknown_object", detail: "is not the name of an object"))
                continue
            }
            for (key, value) in pairs {
                guard let detail = judge(key, value.string, object, name) else { continue }
                errors.append(.init(pointer: place + "/" + JSONPointer.escaped(key), code: "invalid", detail: detail))
            }
        }
        return errors
    }

    private static func wrong(action: String, _ level: String?, inArea: Bool) -> String? {
        let (actions, levels) = inArea ? (["read", "edit"], ["all", "none"]) : (Self.actions, Self.levels)
        if !actions.contains(action) { return "is none of \(actions.joined(separator: ", "))" }
        return levels.contains(level ?? "") ? nil : "must be one of \(levels.joined(separator: ", "))"
    }

    private static func wrong(_ field: String, _ access: String?, _ object: ObjectDescription?) -> String? {
        guard let object, object.field(field) != nil || object.child(field) != nil else {
            return "is not a field of \(object?.name ?? "it")"
        }
        guard let access = access.flatMap(RecordRights.FieldAccess.init) else { return "must be none, read or edit" }
        if ObjectDescription.alwaysRead.contains(field), access == .none { return "is part of every record" }
        if object.field(field)?.isRequired == true, access == .none {
            return "is required in every record: it can be read at least"
        }
        return nil
    }
}
