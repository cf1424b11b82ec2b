/// A role as it is made or changed: `{"name", "description"?, "grants"?: {object: {action: level}}, "fields"?: {object: {field:
/// none|read|edit}}}`.
public struct RoleInput: Sendable {
    public static let actions = ["create", "read", "edit", "delete", "assign", "export", "merge"]
    public static let levels = ["all", "team", "own", "none"]
    /// All objects that a role says nothing of.
    public static let everyObject = "*"

    let json: JSON

    /// - Throws: `invalid` with every wrong part.
    public init(_ body: JSON, isNew: Bool, catalog: ObjectCatalog = .standard) throws(TandemError) {
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
                errors += Self.errors(in: value, at: pointer, catalog, everyObject: true) { action, level, _ in
                    if !Self.actions.contains(action) {
                        return "is none of \(Self.actions.joined(separator: ", "))"
                    }
                    return Self.levels.contains(level ?? "")
                        ? nil : "must be one of \(Self.levels.joined(separator: ", "))"
                }
            case "fields":
                errors += Self.errors(in: value, at: pointer, catalog, everyObject: false) { field, access, object in
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
        in json: JSON, at pointer: String, _ catalog: ObjectCatalog, everyObject: Bool,
        _ judge: (String, String?, ObjectDescription?) -> String?
    ) -> [TandemError.FieldError] {
        guard let objects = json.object else {
            return [.init(pointer: pointer, code: "not_an_object", detail: "must be a JSON object")]
        }
        var errors: [TandemError.FieldError] = []
        for (name, pairs) in objects {
            let place = pointer + "/" + JSONPointer.escaped(name)
            let object = catalog.object(name)
            guard object != nil || (everyObject && name == Self.everyObject), let pairs = pairs.object else {
                errors.append(.init(pointer: place, code: "unknown_object", detail: "is not the name of an object"))
                continue
            }
            for (key, value) in pairs {
                guard let detail = judge(key, value.string, object) else { continue }
                errors.append(.init(pointer: place + "/" + JSONPointer.escaped(key), code: "invalid", detail: detail))
            }
        }
        return errors
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
