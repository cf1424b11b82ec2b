import Foundation
import Tandem
import TandemHTTP

/// The form of a record, new or there already: any object's, made from its description.
struct RecordFormPage {
    /// What another source says of a field.
    struct Other {
        let otherValue: String
        let otherSource: String
        let otherAt: Moment?
        /// What the button sends: field and source.
        let take: String
    }

    struct Field {
        let name: String
        let label: String
        let fieldHint: String?
        let value: String
        let isArea: Bool
        let isMenu: Bool
        let isCheck: Bool
        let isInput: Bool
        let inputType: String
        let inputMode: String?
        let isChecked: Bool
        let isRequired: Bool
        let menu: [Choice]
        /// The list whose titles it proposes.
        let listRef: String?
        let fieldError: String?
        let others: [Other]
    }

    struct Row {
        let cells: [Field]
    }

    struct Child {
        let childName: String
        let childLabel: String
        let childHint: String
        let rows: [Row]
        let rowCount: String
        let childError: String?
    }

    /// Titles that an input proposes.
    struct Proposals {
        let listID: String
        let titles: [String]
    }

    struct Wrong {
        let href: String
        let text: String
    }

    /// A change that somebody else made since the form was opened.
    struct Change {
        let changed: String
        let changedFrom: String
        let changedTo: String
        let changedBy: String
        let changedAt: Moment?
    }

    let chrome: Chrome
    let heading: String
    let action: String
    let takeAction: String?
    let cancelHref: String
    /// Nil for who may not delete it.
    let deleteAction: String?
    let csrf: String
    let formVersion: String?
    let fields: [Field]
    let children: [Child]
    let proposals: [Proposals]
    let errors: [Wrong]
    let hasErrors: Bool
    let conflict: [Change]
    let hasConflict: Bool
    let existing: [AccountPage.Link]
    let hasExisting: Bool
    let submitLabel: String
    /// Hidden values to come back with.
    let extras: [Extra]

    struct Extra {
        let extraName: String
        let extraValue: String
    }
}

/// What somebody typed into the form of a record.
struct RecordFormInput {
    /// Last value of each name: a checkbox comes behind the hidden input that says no.
    private var values: [String: String]

    init(_ form: Query) {
        values = Dictionary(
            form.items.map { ($0.name, $0.value.replacing("\r\n", with: "\n")) }, uniquingKeysWith: { $1 })
    }

    init(_ values: [String: String]) { self.values = values }

    subscript(_ name: String) -> String? {
        get { values[name] }
        set { values[name] = newValue }
    }

    /// The rows that were typed into a child array, without those that are blank; nil if the form had none.
    func rows(
        of child: ObjectChild, _ fields: [ObjectField], _ links: LinkDirectory, _ words: TimeWords
    ) -> [JSONObject]? {
        guard let count = values["\(child.name).count"].flatMap({ Int($0) }), (0...200).contains(count) else {
            return nil
        }
        return (0..<count).compactMap { index in
            var row = JSONObject()
            for field in fields {
                guard let text = values["\(child.name).\(index).\(field.name)"] else { continue }
                row[field.name] = RecordFields.value(text, field, links, words)
            }
            // A row without what it is about was cleared, or never filled in.
            let isBlank = fields.filter { field in
                if field.type == .bool { return false }
                if case .select = field.type { return false }
                return true
            }.allSatisfy { row[$0.name].map(\.isNull) ?? true }
            return isBlank ? nil : row
        }
    }
}

extension RecordFormPage.Field {
    /// - Parameters:
    ///   - name: of the input, which for a row's field has the row's place in it.
    ///   - text: what stands in it.
    init(
        _ field: ObjectField, name: String, text: String, links: LinkDirectory, error: String?,
        others: [RecordFormPage.Other] = [], isRow: Bool = false
    ) {
        self.name = name
        label = FieldWords.label(field)
        value = text
        // A row may stay blank.
        isRequired = field.isRequired && !isRow
        fieldError = error
        self.others = others
        var menu: [Choice] = []
        var proposals: String?
        var inputType = "text"
        var inputMode: String?
        var hint: String?
        var isArea = false
        switch field.type {
        case .longText: isArea = true
        case .integer: inputMode = "numeric"
        case .decimal, .money: inputMode = "decimal"
        case .percent: (inputMode, hint) = ("decimal", "0 to 100")
        case .currency: hint = "three letters, such as EUR"
        case .date: inputType = "date"
        case .timestamp: inputType = "datetime-local"
        case .email: inputMode = "email"
        case .phone: (inputType, inputMode) = ("tel", "tel")
        case .url: inputMode = "url"
        case .tags: hint = "with commas between"
        case .multiSelect(let options): hint = "with commas between, of " + options.joined(separator: ", ")
        case .select(let options):
            let offered = options.filter { $0 != "converted" || $0 == text }
            menu =
                Self.blank(text, field)
                + offered.map {
                    Choice(value: $0, label: $0.replacing("_", with: " "), isChosen: $0 == text)
                }
        case .link(let target):
            guard links.isMenu(target) else {
                proposals = "list-\(target.object)"
                break
            }
            menu =
                Self.blank(text, field)
                + (links.choices[target] ?? []).map { choice in
                    let id = "\(PublicID(target.prefix, choice.id))"
                    return Choice(value: id, label: choice.title, isChosen: id == text)
                }
            // What is chosen but not offered, such as what is not there any more, is kept as it is.
            if !text.isEmpty, !menu.contains(where: \.isChosen) {
                menu.append(Choice(value: text, label: text, isChosen: true))
            }
        case .text where field.name == "recurrence":
            hint = text.isEmpty ? "a rule such as FREQ=WEEKLY;BYDAY=MO" : RecurrenceWords.text(text)
        case .bool, .text, .domain, .id, .record, .links, .condition, .fieldNames: break
        }
        self.menu = menu
        listRef = proposals
        self.inputType = inputType
        self.inputMode = inputMode
        self.isArea = isArea
        fieldHint = hint
        isMenu = !menu.isEmpty
        isCheck = field.type == .bool
        isChecked = field.type == .bool && text == "true"
        isInput = !isArea && menu.isEmpty && field.type != .bool
    }

    private static func blank(_ text: String, _ field: ObjectField) -> [Choice] {
        [Choice(value: "", label: field.isRequired ? "Choose" : "none", isChosen: text.isEmpty)]
    }
}
