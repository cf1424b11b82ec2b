import Foundation
import Tandem
import TandemHTTP

/// A role as a form has it.
struct RoleDraft {
    var id: RecordID?
    var name = ""
    var purpose = ""
    var version: Int?
    /// object → action → level.
    var grants: [String: [String: String]] = [:]
    /// object → field → none or read.
    var fields: [String: [String: String]] = [:]
    var error: String?

    init(grants: [String: [String: String]]) { self.grants = grants }

    init(_ read: RoleRead) {
        id = read.id
        name = read.name
        purpose = read.description ?? ""
        version = read.version
        grants = read.grants
        fields = read.fields
    }

    /// `g.contact.read=team`, `f.contact.email=none`, `add.1.field=contact.phone` with `add.1.access=read`.
    init(_ form: Query) {
        name = (form["name"] ?? "").trimmingCharacters(in: .whitespacesAndNewlines)
        purpose = (form["description"] ?? "").trimmingCharacters(in: .whitespacesAndNewlines)
        version = form["version"].flatMap { Int($0) }
        for item in form.items where !item.value.isEmpty {
            let parts = item.name.split(separator: ".").map(String.init)
            guard parts.count == 3 else { continue }
            switch parts[0] {
            case "g": grants[parts[1], default: [:]][parts[2]] = item.value
            case "f" where item.value != "edit": fields[parts[1], default: [:]][parts[2]] = item.value
            case "add" where parts[2] == "field":
                let named = item.value.split(separator: ".").map(String.init)
                let access = form["add.\(parts[1]).access"] ?? "none"
                if named.count == 2 { fields[named[0], default: [:]][named[1]] = access }
            default: break
            }
        }
    }

    var body: JSON {
        func json(_ pairs: [String: [String: String]]) -> JSON {
            .object(
                JSONObject(
                    pairs.sorted { $0.key < $1.key }.map { object, inner in
                        let sorted = inner.sorted { $0.key < $1.key }.map { ($0.key, JSON.string($0.value)) }
                        return (object, JSON.object(JSONObject(sorted)))
                    }))
        }
        return [
            "name": .string(name), "description": purpose.isEmpty ? .null : .string(purpose), "grants": json(grants),
            "fields": json(fields),
        ]
    }

    /// The matrix: every other object first, then the objects, then the parts of Tandem that are no records.
    func rows(_ objects: [ObjectDescription]) -> [RolePage.Row] {
        [row(RoleInput.everyObject, "every other object", hint: "what has no word of its own")]
            + objects.map { row($0.name, $0.plural, hint: nil) }
            + RoleInput.areas.map { row($0, Self.areaName($0), hint: Self.areaHint($0)) }
    }

    private func row(_ object: String, _ label: String, hint: String?) -> RolePage.Row {
        let isArea = RoleInput.areas.contains(object)
        let isRest = object == RoleInput.everyObject
        return RolePage.Row(
            rowLabel: label, rowHint: hint,
            cells: RoleInput.actions.map { action in
                let chosen = grants[object]?[action] ?? ""
                var levels = isArea ? ["all", "none"] : RoleInput.levels
                if isArea, !["read", "edit"].contains(action) { levels = [] }
                let options = levels.map { Choice(value: $0, label: $0, isChosen: $0 == chosen) }
                let first = Choice(value: "", label: isRest ? "none" : "same", isChosen: chosen.isEmpty)
                let rest = isRest ? options.filter { $0.value != "none" || $0.isChosen } : options
                return RolePage.Cell(
                    cellName: "g.\(object).\(action)", cellLabel: "\(label): \(action)", columnName: action,
                    level: chosen.isEmpty ? (isRest ? "none" : "same") : chosen,
                    options: levels.isEmpty ? [] : [first] + rest, hasOptions: !levels.isEmpty)
            })
    }

    static func areaName(_ area: String) -> String {
        switch area {
        case "profile": "people"
        case "setting": "settings"
        default: area + "s"
        }
    }

    private static func areaHint(_ area: String) -> String {
        switch area {
        case "profile": "profiles, events, quarantine; edit: merges"
        case "setting": "sources and plans; edit: fields, replay, sending"
        default: "edit: whoever may, may everything"
        }
    }

    func fieldRows(_ catalog: ObjectCatalog) -> [RolePage.FieldRow] {
        fields.sorted { $0.key < $1.key }.flatMap { object, inner in
            inner.sorted { $0.key < $1.key }.map { field, access in
                RolePage.FieldRow(
                    fieldName: "f.\(object).\(field)", fieldLabel: "\(object).\(field)", access: access,
                    options: RecordRights.FieldAccess.allCases.map {
                        Choice(value: $0.rawValue, label: $0.rawValue, isChosen: $0.rawValue == access)
                    })
            }
        }
    }

    /// `contact.email`: what a field right may name.
    static func fieldNames(_ objects: [ObjectDescription]) -> [String] {
        objects.flatMap { object in
            (object.fields.map(\.name) + object.children.map(\.name)).map { "\(object.name).\($0)" }
        }
    }
}
