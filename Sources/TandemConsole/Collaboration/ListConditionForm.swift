import Foundation
import Tandem

/// Conditions on fields as a form has them: in each row a field, an operator and a value. A row without a field says nothing.
struct ListConditionForm {
    /// A row of the form.
    struct Row {
        let n: Int
        let fields: [Choice]
        let operators: [Choice]
        let value: String
    }

    private static let places = 1...3
    private static let operators: [(op: String, words: String)] = [
        ("is_set", "is filled"), ("is_not_set", "is empty"), ("eq", "is"), ("ne", "is not"), ("contains", "contains"),
        ("starts_with", "starts with"), ("lt", "is below or before"), ("gt", "is above or after"),
    ]

    let conditions: [JSON]
    /// For people: `Renewal date is filled`.
    let words: [String]
    /// Their fields, once each.
    let names: [String]

    init(_ form: Query, _ object: ObjectDescription) {
        var (conditions, words, names): ([JSON], [String], [String]) = ([], [], [])
        for place in Self.places {
            guard let field = form["field\(place)"].flatMap({ object.field($0) }),
                let (op, said) = Self.operators.first(where: { $0.op == form["op\(place)"] })
            else { continue }
            let value = (form["value\(place)"] ?? "").trimmingCharacters(in: .whitespaces)
            var condition: JSONObject = ["field": .string(field.name), "op": .string(op)]
            var text = FieldWords.label(field) + " " + said
            if op != "is_set" && op != "is_not_set" {
                condition["value"] = Self.value(value, field)
                text += " " + value
            }
            conditions.append(.object(condition))
            words.append(text)
            if !names.contains(field.name) { names.append(field.name) }
        }
        (self.conditions, self.words, self.names) = (conditions, words, names)
    }

    /// What was typed, as the API takes it.
    private static func value(_ text: String, _ field: ObjectField) -> JSON {
        switch field.type {
        case .integer, .decimal, .percent:
            (try? JSON(parsing: text)).flatMap { $0.number == nil ? nil : $0 } ?? .string(text)
        case .bool: ["yes": true, "true": true, "no": false, "false": false][text.lowercased()] ?? .string(text)
        default: .string(text)
        }
    }

    /// The rows of the form, with what was chosen before.
    static func rows(_ form: Query, _ object: ObjectDescription) -> [Row] {
        let fields = object.fields.filter(isComparable).map { (name: $0.name, label: FieldWords.label($0)) }
            .sorted { $0.label < $1.label }
        return places.map { place in
            Row(
                n: place,
                fields: [Choice(value: "", label: "no condition", isChosen: false)]
                    + fields.map {
                        Choice(value: $0.name, label: $0.label, isChosen: $0.name == form["field\(place)"])
                    },
                operators: operators.map {
                    Choice(value: $0.op, label: $0.words, isChosen: $0.op == form["op\(place)"])
                }, value: form["value\(place)"] ?? "")
        }
    }

    private static func isComparable(_ field: ObjectField) -> Bool {
        switch field.type {
        case .id, .record, .condition, .fieldNames: false
        default: true
        }
    }

    /// What is wrong with conditions, for people.
    static func words(_ error: (pointer: String, detail: String)) -> String {
        let part = error.pointer.split(separator: "/").last.map(String.init) ?? ""
        return "The \(part == "op" ? "operator" : part) of a condition \(error.detail)."
    }
}
