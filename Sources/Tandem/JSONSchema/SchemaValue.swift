/// A JSON value as JSON Schema compares them: numbers by their value, objects without order.
enum SchemaValue: Sendable, Hashable {
    case null
    case bool(Bool)
    case number(ExactNumber)
    case string(String)
    case array([SchemaValue])
    case object([String: SchemaValue])

    init(_ node: JSONNode) {
        switch node.kind {
        case .null: self = .null
        case .bool: self = .bool(node.bool ?? false)
        case .number: self = .number(ExactNumber(node.slice))
        case .string: self = .string(node.string ?? "")
        case .array: self = .array(node.elements.map(SchemaValue.init))
        case .object:
            self = .object(
                Dictionary(node.members.map { ($0.key.string ?? "", SchemaValue($0.value)) }, uniquingKeysWith: { $1 }))
        }
    }

    init(_ json: JSON) {
        switch json {
        case .null: self = .null
        case .bool(let value): self = .bool(value)
        case .number(let value): self = .number(ExactNumber(value))
        case .string(let value): self = .string(value)
        case .array(let values): self = .array(values.map(SchemaValue.init))
        case .object(let object):
            self = .object(Dictionary(object.map { ($0, SchemaValue($1)) }, uniquingKeysWith: { $1 }))
        }
    }
}
