import Foundation
import Hummingbird
import Tandem
import TandemHTTP

/// A document of rules as a form: a row a rule, with empty ones to add more, and settings that hold for all of them. It works without JavaScript:
/// an emptied row is a rule that goes.
struct RulesFormPage {
    struct Field {
        let fieldName: String
        let fieldID: String
        let fieldLabel: String
        let fieldValue: String
        let fieldHint: String?
        let isArea: Bool
        let isNumber: Bool
        let options: [Choice]
        let hasOptions: Bool
        /// What is wrong with it.
        let wrong: String?

        enum Kind {
            case text, number, area
            case choice([(value: String, label: String)])
        }

        /// - Parameters:
        ///   - name: as the form sends it.
        ///   - wrong: what is wrong with it.
        init(
            _ name: String, _ label: String, _ value: String, _ kind: Kind = .text, hint: String? = nil,
            wrong: String? = nil
        ) {
            fieldName = name
            fieldID = name.replacing(".", with: "-")
            (fieldLabel, fieldValue, fieldHint, self.wrong) = (label, value, hint, wrong)
            var (isArea, isNumber, options) = (false, false, [Choice]())
            switch kind {
            case .text: break
            case .number: isNumber = true
            case .area: isArea = true
            case .choice(let values):
                options = values.map { Choice(value: $0.value, label: $0.label, isChosen: $0.value == value) }
            }
            (self.isArea, self.isNumber, self.options, hasOptions) = (isArea, isNumber, options, !options.isEmpty)
        }
    }

    struct Choice {
        let value: String
        let label: String
        let isChosen: Bool
    }

    struct RuleRow {
        let legend: String
        let fields: [Field]
        /// What is wrong with the rule as a whole.
        let rowWrong: String?
    }

    /// What the rules would do, before they are put into force.
    struct Preview {
        struct Example {
            let title: String
            let lines: [String]
        }

        let summary: [String]
        let examples: [Example]
    }

    var chrome: Chrome
    let heading: String
    let lead: String
    let state: String
    /// Nil: the visitor may not change them.
    let action: String?
    let csrf: String
    let formVersion: Int
    let error: String?
    let faults: [String]
    let hasFaults: Bool
    let rows: [RuleRow]
    let settings: [Field]
    let hasSettings: Bool
    let preview: Preview?
    /// What the button for it says; nil: there is nothing to preview.
    let previewLabel: String?
    let isSafe: Bool
    let backHref: String?
    let backLabel: String?
}

/// What a form of rules holds, and what is wrong with it.
struct RulesDraft {
    /// One a rule, by the names of its fields.
    var rows: [[String: String]] = []
    var settings: [String: String] = [:]
    var version = 0
    var faults: [TandemError.FieldError] = []
    var error: String?
    var preview: RulesFormPage.Preview?

    private static let rowsMaximum = 200

    init(version: Int) { self.version = version }

    /// `r.0.purpose=marketing`, `s.max_ids=1000`, `version=3`. Rows without a value in `key` are left out.
    init(_ form: Query, key: String) {
        version = form["version"].flatMap { Int($0) } ?? 0
        var found: [Int: [String: String]] = [:]
        for item in form.items {
            let parts = item.name.split(separator: ".", maxSplits: 2).map(String.init)
            let value = item.value.trimmingCharacters(in: .whitespacesAndNewlines)
            if parts.count == 3, parts[0] == "r", let row = Int(parts[1]), (0..<Self.rowsMaximum).contains(row) {
                found[row, default: [:]][parts[2]] = value
            } else if parts.count == 2, parts[0] == "s" {
                settings[parts[1]] = value
            }
        }
        rows = found.sorted { $0.key < $1.key }.map(\.value).filter { $0[key]?.isEmpty == false }
    }

    /// A rule in the form, or an empty row for one more.
    struct Row {
        let place: Int
        let values: [String: String]
        let isNew: Bool
        /// Of the rule, in the document.
        let pointer: String
        let draft: RulesDraft

        /// What is wrong with the rule as a whole.
        var wrong: String? { draft.faults.first { $0.pointer == pointer }?.detail }

        func field(
            _ name: String, _ label: String, _ kind: RulesFormPage.Field.Kind = .text, hint: String? = nil
        ) -> RulesFormPage.Field {
            .init(
                "r.\(place).\(name)", label, values[name] ?? "", kind, hint: hint,
                wrong: draft.wrong("\(pointer)/\(name)"))
        }
    }

    /// The rules, which stand at `list` in the document, and as many empty rows as there are to add more.
    func shown(in list: String, spare: Int = 2) -> [Row] {
        (rows + Array(repeating: [:], count: spare)).enumerated().map { place, values in
            Row(
                place: place, values: values, isNew: place >= rows.count, pointer: "\(list)/\(place)", draft: self)
        }
    }

    /// What is wrong with the value that a pointer leads to, or below it.
    func wrong(_ pointer: String) -> String? {
        let found = faults.filter { $0.pointer == pointer || $0.pointer.hasPrefix(pointer + "/") }.map(\.detail)
        return found.isEmpty ? nil : found.joined(separator: " ")
    }

    /// The faults that stand at no field, for the head of the form.
    func faultsElsewhere(_ pointers: [String]) -> [String] {
        faults.filter { fault in !pointers.contains { fault.pointer == $0 || fault.pointer.hasPrefix($0 + "/") } }
            .map { "\($0.pointer): \($0.detail)" }
    }

    /// A list that stands in one field, a line or a comma apart.
    static func list(_ text: String?) -> [JSON] {
        (text ?? "").split { $0 == "," || $0.isNewline }.map { $0.trimmingCharacters(in: .whitespaces) }
            .filter { !$0.isEmpty }.map(JSON.string)
    }

    /// The same, where a comma may be a part of a value.
    static func lines(_ text: String?) -> [JSON] {
        (text ?? "").split(whereSeparator: \.isNewline).map { $0.trimmingCharacters(in: .whitespaces) }
            .filter { !$0.isEmpty }.map(JSON.string)
    }

    /// A number as the rules' reader checks it: what is none stays a text, so that the reader says so.
    static func number(_ text: String?) -> JSON {
        guard let text, !text.isEmpty else { return .null }
        return Int(text).map { .number($0) } ?? .string(text)
    }
}

extension Console {
    /// What a form of rules orders: nothing is written by a preview.
    enum RulesOrder: String {
        case preview, save
    }

    /// What went wrong with a draft: the fields that are wrong, or somebody else was first. Other errors pass through.
    static func note(_ error: TandemError, in draft: inout RulesDraft) throws(TandemError) {
        switch error {
        case .invalid(let faults): draft.faults = faults
        case .versionMismatch:
            draft.error = "Somebody has changed the rules meanwhile. Load the page again, and change them anew."
        default: throw error
        }
    }

    /// Of rules, who put them into force and when.
    static func stateWords(_ rules: JSON, _ words: TimeWords, none: String) -> String {
        guard let version = rules["version"]?.int, version > 0, let author = rules["author"]?.string else {
            return none
        }
        let moment = words.moment(rules["created_at"]?.string)?.text ?? ""
        return "Version \(version), by \(ActorWords.words(author)), \(moment)."
    }
}
