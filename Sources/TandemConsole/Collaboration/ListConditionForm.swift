import Foundation
import Tandem

/// Conditions on fields as a form has them: in each row a field, an operator and a value. A row without a field says nothing.
struct ListConditionForm {
    /// A row of the form.
    struct Row {
        let n: Int
        /// Names of the fields that are days, for the script of the page.
        let days: String
        let fields: [Choice]
        let operators: [Choice]
        let value: String
    }

    /// A condition that a row can hold.
    struct Given {
        let field: String
        let op: String
        let value: String
    }

    private static let places = 1...5
    private static let operators: [(op: String, words: String)] = [
        ("is_set", "is filled"), ("is_not_set", "is empty"), ("eq", "is"), ("ne", "is not"), ("contains", "contains"),
        ("starts_with", "starts with"), ("ends_with", "ends with"), ("lt", "is below"), ("lte", "is at most"),
        ("gt", "is above"), ("gte", "is at least"), ("before", "is before"), ("after", "is after"),
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
        rows(
            places.map {
                Given(
                    field: form["field\($0)"] ?? "", op: form["op\($0)"] ?? "", value: form["value\($0)"] ?? "")
            }, object)
    }

    /// The rows of the form with conditions that are there.
    static func rows(_ given: [Given], _ object: ObjectDescription) -> [Row] {
        let fields = object.fields.filter(isComparable).map { (name: $0.name, label: FieldWords.label($0)) }
            .sorted { $0.label < $1.label }
        let days = object.fields.filter { $0.type == .date }.map(\.name).joined(separator: " ")
        return places.map { place in
            let one = place <= given.count ? given[place - 1] : nil
            return Row(
                n: place, days: days,
                fields: [Choice(value: "", label: "no condition", isChosen: false)]
                    + fields.map { Choice(value: $0.name, label: $0.label, isChosen: $0.name == one?.field) },
                operators: operators.map { Choice(value: $0.op, label: $0.words, isChosen: $0.op == one?.op) },
                value: one?.value ?? "")
        }
    }

    /// The conditions that all have to hold, each by itself.
    static func parts(_ filter: JSON?) -> [JSON] {
        guard let filter, !filter.isNull else { return [] }
        return filter["all"]?.array ?? [filter]
    }

    /// What the rows can hold of these conditions, and the others.
    static func split(_ conditions: [JSON], _ object: ObjectDescription) -> (given: [Given], others: [JSON]) {
        var (given, others): ([Given], [JSON]) = ([], [])
        for condition in conditions {
            if given.count < places.count, let one = Given(condition, object) {
                given.append(one)
            } else {
                others.append(condition)
            }
        }
        return (given, others)
    }

    fileprivate static func isKnown(_ op: String) -> Bool { operators.contains { $0.op == op } }

    fileprivate static func words(of op: String) -> String {
        operators.first { $0.op == op }?.words ?? op.replacing("_", with: " ")
    }

    fileprivate static func isComparable(_ field: ObjectField) -> Bool {
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

extension ListConditionForm.Given {
    /// Nil: a condition of another form, or of a field that menus do not have.
    fileprivate init?(_ condition: JSON, _ object: ObjectDescription) {
        guard let name = condition["field"]?.string, let field = object.field(name),
            ListConditionForm.isComparable(field)
        else { return nil }
        if case .link = field.type { return nil }
        self.field = name
        op = condition["op"]?.string ?? "eq"
        guard ListConditionForm.isKnown(op), let text = Self.text(condition["value"] ?? .null) else { return nil }
        value = text
    }

    /// Nil: a list of values.
    private static func text(_ value: JSON) -> String? {
        if value.isNull { return "" }
        return value.string ?? value.number?.text ?? value.bool.map { $0 ? "yes" : "no" }
    }
}

/// A condition for people: `Owner is Ann`.
struct ConditionWords {
    let object: ObjectDescription
    /// Of users, by id.
    let titles: [String: String]

    func text(_ condition: JSON) -> String {
        for (key, joint) in [("all", " and "), ("any", " or ")] {
            if let parts = condition[key]?.array {
                return parts.map { isGroup($0) ? "(\(text($0)))" : text($0) }.joined(separator: joint)
            }
        }
        if let part = condition["not"] { return "not (\(text(part)))" }
        guard let field = condition["field"]?.string else { return condition.text }
        let op = condition["op"]?.string ?? "eq"
        let said = "\(label(field)) \(ListConditionForm.words(of: op))"
        return op == "is_set" || op == "is_not_set" ? said : "\(said) \(text(value: condition["value"] ?? .null))"
    }

    private func isGroup(_ condition: JSON) -> Bool { condition["all"] != nil || condition["any"] != nil }

    /// `account.industry` is `Account industry`.
    private func label(_ path: String) -> String {
        if let field = object.field(path) { return FieldWords.label(field) }
        let parts = path.split(separator: ".").map(String.init)
        guard let last = parts.last, parts.count > 1 else { return FieldWords.label(path) }
        return FieldWords.label(parts[0]) + " " + FieldWords.label(last).lowercased()
    }

    private func text(value: JSON) -> String {
        if let values = value.array { return values.map { text(value: $0) }.joined(separator: ", ") }
        if let text = value.string { return titles[text] ?? text }
        return value.number?.text ?? value.bool.map { $0 ? "yes" : "no" } ?? value.text
    }
}
