import Tandem

/// Makes the page of a record's form from the record, what was typed, and what is wrong with it.
struct RecordFormBuilder {
    let state: RecordFormState
    let input: RecordFormInput
    let errors: [TandemError.FieldError]
    let words: TimeWords

    /// Rows for more, below those that are there.
    private static let blankRows = 2

    func page(
        chrome: Chrome, heading: String, path: String, csrf: String, cancel: String, mayDelete: Bool,
        existing: [AccountPage.Link], changes: [RecordFormPage.Change]
    ) -> RecordFormPage {
        let description = state.description
        let one = state.snapshot.map { "\(path)/\(description.publicID($0.id))" }
        let fields = state.fields.fields(isNew: state.isNew).map { field($0) }
        let children = state.fields.children.map(self.child)
        let shown = Set(fields.map(\.name) + children.flatMap { $0.rows.flatMap { $0.cells.map(\.name) } })
        return RecordFormPage(
            chrome: chrome, heading: heading, action: one.map { "\($0)/edit" } ?? "\(path)/new",
            takeAction: one.map { "\($0)/take" }, cancelHref: cancel == "\(path)/new" ? path : cancel,
            deleteAction: mayDelete ? one.map { "\($0)/delete" } : nil, csrf: csrf,
            formVersion: state.snapshot.map { String($0.version) }, fields: fields, children: children,
            proposals: proposals, errors: errors.map { wrong($0, shown) }, hasErrors: !errors.isEmpty,
            conflict: changes, hasConflict: !changes.isEmpty, existing: existing, hasExisting: !existing.isEmpty,
            submitLabel: state.isNew ? "Create" : "Save",
            extras: input["back"].map { [.init(extraName: "back", extraValue: $0)] } ?? [])
    }

    /// One field with what was typed, else with the record's value.
    func field(_ field: ObjectField) -> RecordFormPage.Field {
        let text = input[field.name] ?? RecordFields.text(state.record[field.name], field, state.links, words)
        return RecordFormPage.Field(
            field, name: field.name, text: text, links: state.links, error: error(at: "/" + field.name, field),
            others: others(field))
    }

    private func child(_ child: ObjectChild) -> RecordFormPage.Child {
        let fields = state.fields.fields(of: child)
        let typed = input.rows(of: child, fields, state.links, words).map { $0.map(JSON.object) }
        let texts = state.texts(typed ?? state.record[child.name]?.array, of: child, words)
        let blank = Dictionary(uniqueKeysWithValues: fields.map { ($0.name, $0.type == .bool ? "false" : "") })
        let rows = (texts + Array(repeating: blank, count: Self.blankRows)).enumerated().map { index, row in
            RecordFormPage.Row(
                cells: fields.map { field in
                    let name = "\(child.name).\(index).\(field.name)"
                    return RecordFormPage.Field(
                        field, name: name, text: row[field.name] ?? "", links: state.links,
                        error: error(at: "/\(child.name)/\(index)/\(field.name)", field), isRow: true)
                })
        }
        return RecordFormPage.Child(
            childName: child.name, childLabel: FieldWords.label(child.name), childHint: child.summary, rows: rows,
            rowCount: String(rows.count),
            childError: errors.first { $0.pointer == "/" + child.name }.map { Self.sentence($0.detail) })
    }

    private func error(at pointer: String, _ field: ObjectField) -> String? {
        guard let error = errors.first(where: { $0.pointer == pointer }) else { return nil }
        if case .link(let target) = field.type, error.code == "not_an_id" {
            return "No \(target.object) alone has this name. Choose one that is proposed, or give its id."
        }
        return Self.sentence(error.detail)
    }

    /// `must be a date` is `Must be a date.`
    private static func sentence(_ detail: String) -> String {
        detail.prefix(1).uppercased() + detail.dropFirst() + "."
    }

    /// An error with the way to its input.
    private func wrong(_ error: TandemError.FieldError, _ shown: Set<String>) -> RecordFormPage.Wrong {
        let path = error.pointer.split(separator: "/").map(String.init)
        let name = path.joined(separator: ".")
        let label = path.last.map(FieldWords.label) ?? "The record"
        return RecordFormPage.Wrong(
            href: shown.contains(name) ? "#f-\(name)" : "#form", text: "\(label): \(error.detail)")
    }

    /// What other sources say of a field.
    private func others(_ field: ObjectField) -> [RecordFormPage.Other] {
        state.sources.compactMap { item in
            guard item["field"]?.string == field.name, item["shown"]?.bool == false, let value = item["value"],
                !value.isNull, let source = item["source"]?.string, value != state.record[field.name]
            else { return nil }
            var text = FieldWords.text(value, field, words)
            if case .link(let target) = field.type, let id = PublicID(target.prefix, text: text)?.uuid {
                text = state.links.title(id, target) ?? text
            }
            return RecordFormPage.Other(
                otherValue: text, otherSource: source == "people" ? "by hand before" : source,
                otherAt: words.moment(item["at"]?.string), take: "\(field.name)|\(source)")
        }
    }

    private var proposals: [RecordFormPage.Proposals] {
        state.links.choices.filter { !state.links.isMenu($0.key) }.sorted { $0.key.object < $1.key.object }.map {
            RecordFormPage.Proposals(listID: "list-\($0.key.object)", titles: $0.value.map(\.title))
        }
    }
}
