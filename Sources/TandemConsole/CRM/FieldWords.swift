import Tandem

/// What pages call a field.
enum FieldWords {
    /// `owner_id` is `Owner`, `address_postal_code` is `Postal code`, `group_id` keeps its id.
    static func label(_ field: String) -> String {
        var name = field[...]
        if name.hasSuffix("_id"), name != "group_id", name != "external_id", name != "thread_id" {
            name = name.dropLast(3)
        }
        if name.hasPrefix("address_") { name = name.dropFirst(8) }
        if let known = exceptions[String(name)] { return known }
        let words = name.replacing("_", with: " ")
        return words.prefix(1).uppercased() + words.dropFirst()
    }

    /// What the tenant calls a field of its own, else what its name says.
    static func label(_ field: ObjectField) -> String { field.custom?.label ?? label(field.name) }

    private static let exceptions = [
        "group_id": "Group ID", "external_id": "External ID", "duration_s": "Duration in seconds", "sku": "SKU",
        "due_at": "Due at", "thread_id": "Thread ID", "recording_url": "Recording",
    ]

    /// A value on the wire in words.
    static func text(_ value: JSON, _ field: ObjectField, _ words: TimeWords) -> String {
        switch field.type {
        case .bool: return value.bool == true ? "yes" : "no"
        case .date: return TimeWords.day(value.string) ?? ""
        case .timestamp: return words.moment(value.string)?.text ?? ""
        case .integer: return value.int.map { Figures.count($0) } ?? ""
        case .money: return Figures.money(value.string, nil) ?? ""
        case .tags, .multiSelect: return (value.array ?? []).compactMap(\.string).joined(separator: ", ")
        default: return value.string ?? value.number?.text ?? ""
        }
    }
}
