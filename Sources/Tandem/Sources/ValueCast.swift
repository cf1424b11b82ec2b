import Foundation

/// Makes values of one type. Nothing is guessed: what does not say clearly what it is, is refused.
enum ValueCast: Sendable, Hashable {
    case text, number, boolean
    /// ISO 8601 in UTC.
    case time(DateFormat)

    static let names = ["text", "number", "boolean", "time"]

    var name: String {
        switch self {
        case .text: "text"
        case .number: "number"
        case .boolean: "boolean"
        case .time: "time"
        }
    }

    /// Reads a type's name and a time's format.
    /// - Parameters:
    ///   - nameKey, prefix: how the keys are called.
    ///   - pointer: of the object that they stand in.
    /// - Throws: `invalid`.
    init(
        name: JSON?, nameKey: String = "cast", format: JSON?, at pointer: String, prefix: String = ""
    ) throws(TandemError) {
        guard let name = name?.string, Self.names.contains(name) else {
            throw .invalid(
                "\(pointer)/\(prefix)\(nameKey)", "invalid",
                "\(prefix)\(nameKey) is \(Self.names.joined(separator: ", ")).")
        }
        if format != nil, name != "time" {
            throw .invalid("\(pointer)/\(prefix)format", "unknown_key", "Only a time has a format.")
        }
        switch name {
        case "text": self = .text
        case "number": self = .number
        case "boolean": self = .boolean
        default:
            do throws(DateFormat.FormatError) {
                self = .time(
                    try format.map { (format) throws(DateFormat.FormatError) in
                        try DateFormat(format.string ?? "")
                    } ?? .iso8601)
            } catch {
                throw .invalid(
                    "\(pointer)/\(prefix)format", "invalid_format", "The format of the time is \(error.reason).")
            }
        }
    }

    /// The value as that type, null as it is; nil if it cannot be.
    func callAsFunction(_ value: JSON) -> JSON? {
        if value.isNull { return value }
        switch self {
        case .text: return Self.plainText(value).map(JSON.string)
        case .number: return Self.number(value)
        case .boolean: return Self.boolean(value)
        case .time(let format):
            return Self.plainText(value).flatMap { format.microseconds(of: Self.trimmed($0)) }.map {
                .string(Date(microseconds: $0).iso8601)
            }
        }
    }

    private static func trimmed(_ text: String) -> String { String(Normalizer.trimmed(text[...])) }

    private static func plainText(_ value: JSON) -> String? {
        switch value {
        case .string(let text): text
        case .number(let number): number.text
        case .bool(let flag): flag ? "true" : "false"
        case .null, .array, .object: nil
        }
    }

    private static func number(_ value: JSON) -> JSON? {
        switch value {
        case .number: value
        case .string(let text): JSONNumber(trimmed(text)).map(JSON.number)
        default: nil
        }
    }

    private static func boolean(_ value: JSON) -> JSON? {
        switch value {
        case .bool: return value
        case .number(let number):
            switch number.int {
            case 1: return true
            case 0: return false
            default: return nil
            }
        case .string(let text):
            switch trimmed(text).lowercased() {
            case "true", "yes", "1": return true
            case "false", "no", "0": return false
            default: return nil
            }
        default: return nil
        }
    }
}

extension DateFormat {
    /// The time that a text names, in UTC unless it says another zone; microseconds since 1970.
    func microseconds(of text: String) -> Int64? {
        read(text).map { $0.days * WireTime.day + $0.time - ($0.offset ?? 0) }
    }
}
