import Foundation

/// What the cells of one column are, after all of them were seen. Several readings may be left; then nobody but the file's
/// owner knows.
struct ColumnProfile {
    enum Kind: String {
        case empty, boolean, integer, number, date, email, phone, text
    }

    let name: String
    private(set) var filled = 0
    private(set) var empty = 0
    private(set) var examples: [String] = []
    private var dates = Self.dateFormats
    private var numbers = NumberShape.all
    private var isInteger = true
    private var isBoolean = true
    private var isEmail = true
    private var isPhone = true

    private static let dateFormats: [(text: String, format: DateFormat)] = {
        let days = ["YYYY-MM-DD", "DD.MM.YYYY", "DD/MM/YYYY", "MM/DD/YYYY", "DD-MM-YYYY", "MM-DD-YYYY", "YYYY/MM/DD"]
        let all = ["iso8601"] + days + days.flatMap { ["\($0) HH:mm", "\($0) HH:mm:ss"] } + ["D/M/YYYY", "M/D/YYYY"]
        return all.compactMap { text in (try? DateFormat(text)).map { (text, $0) } }
    }()

    init(_ name: String) { self.name = name }

    mutating func take(_ text: String) {
        guard !text.isEmpty else {
            empty += 1
            return
        }
        filled += 1
        if examples.count < 3, !examples.contains(text) { examples.append(text) }
        if !dates.isEmpty { dates.removeAll { $0.format.read(text) == nil } }
        if !numbers.isEmpty { numbers.removeAll { !$0.fits(text) } }
        if isInteger { isInteger = text.utf8.count <= 18 && Int(text) != nil }
        if isBoolean { isBoolean = ["true", "false", "yes", "no", "y", "n"].contains(text.lowercased()) }
        if isEmail { isEmail = text.contains("@") && !text.contains(" ") && text.contains(".") }
        if isPhone {
            isPhone = text.count { $0.isNumber } >= 7 && text.allSatisfy { $0.isNumber || "+-()/. ".contains($0) }
        }
    }

    var kind: Kind {
        if filled == 0 { return .empty }
        if !dates.isEmpty { return .date }
        if isBoolean { return .boolean }
        if isInteger { return .integer }
        if !numbers.isEmpty { return .number }
        if isEmail { return .email }
        return isPhone ? .phone : .text
    }

    /// The ways in which every date, or every number, can be read; one: it is known.
    var readings: [String] {
        switch kind {
        case .date:
            // All that is ISO 8601 is read in the same way by its own format.
            if dates.contains(where: { $0.text == "iso8601" }) { return ["iso8601"] }
            // D/M/YYYY reads what DD/MM/YYYY does, and more.
            let strict = dates.map(\.text).filter { !$0.hasPrefix("D/") && !$0.hasPrefix("M/") }
            return strict.isEmpty ? dates.map(\.text) : strict
        case .number:
            // Without a group in any of them, plain numbers can be read as grouped ones too, with the same outcome.
            if numbers.contains(.plain) {
                return numbers.contains(.commaGrouped) ? [NumberShape.plain, .commaGrouped].map(\.sample) : []
            }
            return numbers.map(\.sample)
        default: return []
        }
    }
}

/// How numbers may be written.
enum NumberShape: CaseIterable {
    case plain, pointGrouped, commaGrouped

    static let all = allCases

    /// As the mapping's `format` takes it.
    var sample: String {
        switch self {
        case .plain: "1234.5"
        case .pointGrouped: "1,234.5"
        case .commaGrouped: "1.234,5"
        }
    }

    /// Whether a number is written so; groups are of three digits, and there is at least one.
    func fits(_ text: String) -> Bool {
        let body = text.trimmingCharacters(in: CharacterSet(charactersIn: "$€£¥%-+ \u{00a0}"))
        let (point, group): (Character, Character?) =
            switch self {
            case .plain: (".", nil)
            case .pointGrouped: (".", ",")
            case .commaGrouped: (",", ".")
            }
        let parts = body.split(separator: point, maxSplits: 1, omittingEmptySubsequences: false)
        guard let whole = parts.first, !whole.isEmpty else { return false }
        func isDigits(_ text: Substring) -> Bool { !text.isEmpty && text.allSatisfy { $0.isASCII && $0.isNumber } }
        if parts.count == 2, !isDigits(parts[1]) { return false }
        guard let group, whole.contains(group) else { return isDigits(whole) }
        let groups = whole.split(separator: group, omittingEmptySubsequences: false)
        return groups.allSatisfy(isDigits) && groups[0].count <= 3 && groups.dropFirst().allSatisfy { $0.count == 3 }
    }
}
