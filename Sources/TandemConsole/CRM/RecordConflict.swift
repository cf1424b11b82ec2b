import Tandem

/// What became of a record since somebody opened its form: each field's value then, and who changed it.
struct RecordConflict {
    let state: RecordFormState
    /// Entries of the history since then, newest first.
    let history: [JSON]
    let words: TimeWords

    /// The fields and child arrays that changed, each with its value then.
    private var before: [String: JSON] {
        var values: [String: JSON] = [:]
        for entry in history {
            for (name, pair) in entry["changes"]?.object ?? JSONObject() { values[name] = pair[0] ?? .null }
        }
        return values
    }

    /// What stands in the form: what was typed where somebody typed, else what the others wrote.
    func input(_ typed: RecordFormInput) -> RecordFormInput {
        var typed = typed
        let before = before
        for field in state.fields.fields(isNew: false) {
            guard let then = before[field.name], let text = typed[field.name],
                text == RecordFields.text(then, field, state.links, words)
            else { continue }
            typed[field.name] = RecordFields.text(state.record[field.name], field, state.links, words)
        }
        for child in state.fields.children {
            guard let then = before[child.name],
                let rows = typed.rows(of: child, state.fields.fields(of: child), state.links, words),
                state.texts(rows.map(JSON.object), of: child, words) == state.texts(then.array, of: child, words)
            else { continue }
            typed["\(child.name).count"] = nil
        }
        typed["version"] = nil
        return typed
    }

    var changes: [RecordFormPage.Change] {
        let before = before
        return state.fields.fields(isNew: false).compactMap { field in
            guard let then = before[field.name] else { return nil }
            let last = history.first { $0["changes"]?[field.name] != nil }
            let now = state.record[field.name] ?? .null
            return RecordFormPage.Change(
                changed: FieldWords.label(field), changedFrom: said(then, field), changedTo: said(now, field),
                changedBy: ActorWords.words(last?["actor"]?.string ?? "", cause: last?["cause"]?.string),
                changedAt: words.moment(last?["at"]?.string))
        }
    }

    private func said(_ value: JSON, _ field: ObjectField) -> String {
        if case .link(let target) = field.type, let id = PublicID(target.prefix, text: value.string ?? "")?.uuid {
            return state.links.title(id, target) ?? value.string ?? ""
        }
        let text = value.isNull ? "" : FieldWords.text(value, field, words)
        return text.isEmpty ? "nothing" : text
    }
}
