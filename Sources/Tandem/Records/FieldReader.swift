import Foundation

/// Reads one value of a field as JSON on the wire into the form that its column takes.
struct FieldReader {
    let region: String

    enum Result: Hashable {
        case value(JSON)
        case external(LinkTarget, String)
        case wrong(code: String, detail: String)
    }

    static let longTextBytes = 100_000
    static let phoneBytes = 100
    static let urlBytes = 2048
    static let tagLimit = 100

    /// With what the tenant says of the values of its own fields.
    func read(_ field: ObjectField, _ value: JSON) -> Result {
        let result = readPlain(field, value)
        if field.isFileName, case .value(let read) = result, let name = read.string, !AttachmentUpload.isName(name) {
            return .wrong(code: "invalid", detail: AttachmentUpload.nameRule)
        }
        guard let custom = field.custom, case .value(let read) = result else { return result }
        return custom.checked(read)
    }

    /// By the type alone: for values that are compared, not kept.
    func readPlain(_ field: ObjectField, _ value: JSON) -> Result {
        if value.isNull { return .value(.null) }
        switch field.type {
        case .id: return .wrong(code: "read_only", detail: "cannot be written")
        case .text(let maximum): return text(value, maximum)
        case .longText: return text(value, Self.longTextBytes)
        case .integer(let range): return integer(value, range)
        case .decimal, .money: return decimal(value, in: nil)
        case .percent: return decimal(value, in: 0...100)
        case .currency: return currency(value)
        case .bool:
            return value.bool.map { .value(.bool($0)) }
                ?? .wrong(code: "not_a_boolean", detail: "must be true or false")
        case .date: return date(value)
        case .timestamp: return timestamp(value)
        case .email: return email(value, isKept: field.companion != nil)
        case .phone: return text(value, Self.phoneBytes)
        case .domain: return domain(value)
        case .url: return text(value, Self.urlBytes)
        case .select(let options):
            guard let text = value.string, options.contains(text) else {
                return .wrong(code: "unknown_option", detail: "must be one of " + options.joined(separator: ", "))
            }
            return .value(value)
        case .link(let target): return link(value, target)
        case .record: return .wrong(code: "not_an_id", detail: "must be an id")
        case .tags, .fieldNames: return tags(value)
        case .multiSelect(let options): return tags(value, among: options)
        case .links(let target): return links(value, target)
        case .condition:
            return value.object == nil ? .wrong(code: "not_an_object", detail: "must be a condition") : .value(value)
        }
    }

    /// Trimmed; an empty text is no text. Numbers count as text, because systems send ids as numbers.
    private func text(_ value: JSON, _ maximum: Int) -> Result {
        guard let text = value.string ?? value.number?.text else {
            return .wrong(code: "not_a_text", detail: "must be a string")
        }
        let plain = Normalizer.trimmed(text[...])
        guard plain.utf8.count <= maximum else {
            return .wrong(code: "too_long", detail: "has at most \(maximum) bytes")
        }
        return .value(plain.isEmpty ? .null : .string(String(plain)))
    }

    private func integer(_ value: JSON, _ range: ClosedRange<Int>) -> Result {
        guard let number = value.int ?? value.string.flatMap({ Int($0) }) else {
            return .wrong(code: "not_an_integer", detail: "must be a whole number")
        }
        guard range.contains(number) else {
            return .wrong(
                code: "out_of_range", detail: "must be between \(range.lowerBound) and \(range.upperBound)")
        }
        return .value(.number(number))
    }

    /// A number or its text, with at most 15 digits before and 4 (percent: 2) behind the point; kept exactly.
    private func decimal(_ value: JSON, in range: ClosedRange<Double>?) -> Result {
        guard let text = value.string ?? value.number?.text, let plain = DecimalNumber(text) else {
            return .wrong(code: "not_a_number", detail: "must be a decimal number")
        }
        guard plain.integerDigits <= 15, plain.fractionDigits <= (range == nil ? 4 : 2) else {
            return .wrong(
                code: "out_of_range",
                detail: "has at most 15 digits and \(range == nil ? 4 : 2) decimals")
        }
        if let range, !range.contains(Double(plain.text) ?? -1) {
            return .wrong(code: "out_of_range", detail: "must be between 0 and 100")
        }
        return .value(JSONNumber(plain.text).map(JSON.number) ?? .null)
    }

    private func currency(_ value: JSON) -> Result {
        guard let text = value.string?.uppercased(), text.utf8.count == 3,
            text.utf8.allSatisfy({ (0x41...0x5a).contains($0) })
        else { return .wrong(code: "not_a_currency", detail: "must be three letters of ISO 4217") }
        return .value(.string(text))
    }

    private func date(_ value: JSON) -> Result {
        guard let text = value.string, text.utf8.count == 10, let time = WireTime.parse(text),
            RecordTime.years.contains(time)
        else { return .wrong(code: "not_a_date", detail: "must be a date as 2026-01-31, of the years 1 to 9999") }
        return .value(value)
    }

    private func timestamp(_ value: JSON) -> Result {
        guard let text = value.string, let time = WireTime.parse(text), RecordTime.years.contains(time) else {
            return .wrong(
                code: "not_a_timestamp", detail: "must be a time as 2026-01-31T12:00:00Z, of the years 1 to 9999")
        }
        return .value(.string(RecordTime.text(time)))
    }

    /// The address itself without a display name; its normal form where no other column holds that.
    private func email(_ value: JSON, isKept: Bool) -> Result {
        guard let text = value.string else { return .wrong(code: "not_a_text", detail: "must be a string") }
        let plain = Normalizer.trimmed(text[...])
        if plain.isEmpty { return .value(.null) }
        guard let normal = Normalizer.email(text) else {
            return .wrong(code: "invalid_email", detail: "is not an e-mail address")
        }
        return .value(.string(isKept && !plain.hasSuffix(">") ? String(plain) : normal))
    }

    private func domain(_ value: JSON) -> Result {
        guard let text = value.string else { return .wrong(code: "not_a_text", detail: "must be a string") }
        if Normalizer.trimmed(text[...]).isEmpty { return .value(.null) }
        guard let domain = Normalizer.domain(text) else {
            return .wrong(code: "invalid_domain", detail: "is not a host name")
        }
        return .value(.string(domain))
    }

    private func link(_ value: JSON, _ target: LinkTarget) -> Result {
        if let external = value["external_id"] {
            guard let id = external.string ?? external.number?.text else {
                return .wrong(code: "not_a_text", detail: "external_id must be a string")
            }
            return .external(target, id)
        }
        guard let text = value.string ?? value["id"]?.string, let id = PublicID(target.prefix, text: text) else {
            return .wrong(code: "not_an_id", detail: "must be an id of \(target.object)")
        }
        return .value(.string(id.uuid.text))
    }

    private func links(_ value: JSON, _ target: LinkTarget) -> Result {
        guard let array = value.array, array.count <= Self.tagLimit else {
            return .wrong(code: "not_an_array", detail: "must be an array of at most \(Self.tagLimit) ids")
        }
        var ids: [String] = []
        for element in array {
            guard let id = element.string.flatMap({ PublicID(target.prefix, text: $0) }) else {
                return .wrong(code: "not_an_id", detail: "each must be an id of \(target.object)")
            }
            if !ids.contains(id.uuid.text) { ids.append(id.uuid.text) }
        }
        return .value(.array(ids.map(JSON.string)))
    }

    private func tags(_ value: JSON, among options: [String]? = nil) -> Result {
        guard let array = value.array else {
            return .wrong(code: "not_an_array", detail: "must be an array of strings")
        }
        var tags: [String] = []
        for element in array {
            guard let text = element.string else {
                return .wrong(code: "not_an_array", detail: "must be an array of strings")
            }
            let tag = String(Normalizer.trimmed(text[...]))
            guard (1...100).contains(tag.utf8.count) else {
                return .wrong(code: "out_of_range", detail: "each has 1 to 100 bytes")
            }
            if let options, !options.contains(tag) {
                return .wrong(
                    code: "unknown_option", detail: "must be some of " + options.joined(separator: ", "))
            }
            if !tags.contains(tag) { tags.append(tag) }
        }
        guard tags.count <= Self.tagLimit else {
            return .wrong(code: "too_many", detail: "has at most \(Self.tagLimit) entries")
        }
        return .value(.array(tags.map(JSON.string)))
    }
}
