/// Turns a record as SQL gives it (`to_jsonb` of its row, children beside it) into the record on the wire.
struct RecordPresenter {
    let description: ObjectDescription
    let catalog: ObjectCatalog

    /// - Parameters:
    ///   - row: the columns by name, with child arrays under their names.
    ///   - names: the fields and children to show; nil: all.
    func present(_ row: JSONObject, only names: Set<String>? = nil) -> JSON {
        var record = JSONObject()
        for field in description.fields {
            guard names?.contains(field.name) ?? true, let value = row[field.name] else { continue }
            record[field.name] = present(value, field, beside: row)
        }
        for child in description.children {
            guard names?.contains(child.name) ?? true, let rows = row[child.name] else { continue }
            record[child.name] = .array(
                (rows.array ?? []).map { element in
                    guard let object = element.object else { return element }
                    var shown = JSONObject()
                    for field in child.fields {
                        guard let value = object[field.name] else { continue }
                        var beside = object
                        beside["currency"] = row["currency"]
                        shown[field.name] = present(value, field, beside: beside)
                    }
                    return .object(shown)
                })
        }
        return .object(record)
    }

    /// One value of a field; `beside` holds the fields that decide its form.
    func present(_ value: JSON, _ field: ObjectField, beside row: JSONObject) -> JSON {
        if value.isNull { return .null }
        switch field.type {
        case .id: return id(value, description.prefix)
        case .link(let target): return id(value, target.prefix)
        case .links(let target): return value.array.map { .array($0.map { id($0, target.prefix) }) } ?? value
        case .record(let objectField):
            return row[objectField]?.string.flatMap { catalog.object($0)?.prefix }.map { id(value, $0) } ?? value
        case .money(let currency):
            guard let text = value.number?.text ?? value.string, let number = DecimalNumber(text) else { return value }
            return .string(number.text(decimals: CurrencyDecimals.of(row[currency]?.string)))
        case .decimal, .percent:
            guard let text = value.number?.text ?? value.string, let number = DecimalNumber(text) else { return value }
            return JSONNumber(number.text).map(JSON.number) ?? value
        case .timestamp:
            guard let time = value.string.flatMap(WireTime.parse) else { return value }
            return .string(RecordTime.text(time))
        default: return value
        }
    }

    private func id(_ value: JSON, _ prefix: PublicID.Prefix) -> JSON {
        guard let text = value.string, let id = PublicID(prefix, text: text) else { return value }
        return .string(id.description)
    }

    /// The object that a link to any object led to on one side of a change.
    private static func beside(_ field: ObjectField, _ side: Int, of changes: JSONObject) -> JSONObject {
        guard case .record(let name) = field.type, let object = changes[name]?[side] else { return [:] }
        return [name: object]
    }

    /// The changes of a history row, `{field: [old, new]}`, in wire form. Columns that are no fields are left out.
    func present(changes: JSONObject) -> JSON {
        var shown = JSONObject()
        for (name, pair) in changes {
            guard let values = pair.array else { continue }
            if let field = description.field(name) {
                shown[name] = .array(
                    values.enumerated().map { present($1, field, beside: Self.beside(field, $0, of: changes)) })
            } else if let child = description.child(name) {
                shown[name] = .array(
                    values.map { rows in
                        present([child.name: rows], only: [child.name])[child.name] ?? .null
                    })
            }
        }
        return .object(shown)
    }
}
