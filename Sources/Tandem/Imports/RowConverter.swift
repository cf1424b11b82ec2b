import Foundation

/// What a row says of its record, in the form that the API takes.
struct ConvertedRow: Sendable {
    /// The record that the row names itself, or that an earlier import made of it.
    var id: UUID?
    /// What finds its record, by preference: field and value.
    var match: [(field: String, value: JSON)] = []
    var data = JSONObject()
    /// Child arrays that join what the record has.
    var add = JSONObject()
    var createdAt: JSON?
    /// Of opportunities: when the stage was entered, null where the file does not prove it.
    var changedAt: JSON?
    var history: [JSON] = []
    /// Fields that the row leaves open.
    var unknown: [String] = []
    /// Links to rows further down.
    var deferred: [(target: RowPlan.Target, value: String)] = []
    var faults: [ImportFault] = []
}

/// Turns rows into records by a plan. Pure: what must be looked up comes in.
struct RowConverter: Sendable {
    let plan: RowPlan
    let references: References
    let stages: StageTable?
    /// Values of the fields that rows of this file refer to each other by, by SQL column.
    let ownKeys: [String: Set<String>]
    let phoneRegion: String
    /// Nothing but links to records of the object itself.
    var onlyOwnLinks = false

    /// The values of a row that must be looked up, with their keys.
    static func lookups(of cells: JSONObject, _ plan: RowPlan, phoneRegion: String) -> [(ReferenceKey, String)] {
        plan.targets.compactMap { target in
            guard let key = target.reference, case .text(let text) = Cell(target.column, cells) else { return nil }
            return (key, normal(text, key, phoneRegion))
        }
    }

    /// The form in which a column of normal forms holds a value.
    static func normal(_ text: String, _ key: ReferenceKey, _ phoneRegion: String) -> String {
        switch key.column {
        case FieldCompanion.emailNorm.column: Normalizer.email(text) ?? text
        case FieldCompanion.phoneE164.column: Normalizer.phone(text, region: phoneRegion) ?? text
        default: text
        }
    }

    /// What a cell holds once `values` is applied.
    enum Cell {
        case absent
        case empty
        case text(String)
        case value(JSON)

        init(_ column: Mapping.Column, _ cells: JSONObject) {
            guard let name = column.name else {
                self = column.value.map(Cell.value) ?? .absent
                return
            }
            guard let cell = Cell.raw(name, cells) else {
                self = .absent
                return
            }
            let text: String
            switch cell {
            case .null: text = ""
            case .string(let string): text = string.trimmingCharacters(in: .whitespacesAndNewlines)
            case .number(let number): text = number.text
            case .bool(let value): text = value ? "true" : "false"
            case .array, .object:
                self = .value(cell)
                return
            }
            if let mapped = column.values[text] {
                if mapped.isNull || mapped == "" {
                    self = .empty
                } else {
                    self = mapped.string.map(Cell.text) ?? .value(mapped)
                }
            } else {
                self = text.isEmpty ? .empty : .text(text)
            }
        }

        /// What stands in a column; `a.b` reaches into a JSON line.
        static func raw(_ name: String, _ cells: JSONObject) -> JSON? {
            if let cell = cells[name] { return cell }
            guard name.contains(".") else { return nil }
            var value: JSON? = .object(cells)
            for part in name.split(separator: ".") { value = value?[String(part)] }
            return value
        }
    }

    func convert(_ cells: JSONObject, known: UUID?) -> ConvertedRow {
        var row = ConvertedRow()
        if plan.match.isEmpty { row.id = known }
        if onlyOwnLinks {
            for target in plan.targets where target.isOwnKind {
                if let value = value(of: target, cells, &row), !value.isNull { row.data[target.field] = value }
            }
            return row
        }
        var children: [String: [(slot: String, value: JSONObject)]] = [:]
        for target in plan.targets {
            guard let value = value(of: target, cells, &row) else { continue }
            if let child = target.child {
                let slot = children[child]?.firstIndex { $0.slot == target.slot }
                if let slot {
                    children[child]?[slot].value[target.field] = value
                } else {
                    children[child, default: []].append((target.slot, [target.field: value]))
                }
            } else if target.field == "id" {
                row.id = value.string.flatMap { PublicID(plan.object.prefix, text: $0)?.uuid }
                if row.id == nil { row.faults.append(fault(target, "invalid_id", "is no id of \(plan.object.plural)")) }
            } else if target.field == "created_at" {
                row.createdAt = value
            } else {
                row.data[target.field] = value
            }
        }
        for (field, value) in plan.defaults where row.data[field.name] == nil {
            row.data[field.name] = value
            row.unknown.removeAll { $0 == field.name }
        }
        for (name, values) in children { place(values.map(\.value), in: name, &row) }
        if plan.object.name == "opportunity" { addHistory(cells, &row) }
        findMatch(&row, known)
        return row
    }

    private func fault(_ target: RowPlan.Target, _ code: String, _ reason: String) -> ImportFault {
        ImportFault(column: target.column.name, field: target.name, code: code, reason: reason)
    }

    /// nil: the record keeps what it has.
    private func value(of target: RowPlan.Target, _ cells: JSONObject, _ row: inout ConvertedRow) -> JSON? {
        switch Cell(target.column, cells) {
        case .absent where target.column.name != nil && plan.mapping.format.kind != .jsonl:
            row.faults.append(fault(target, "missing_column", "the file has no column `\(target.column.name ?? "")`"))
            return nil
        case .absent, .empty:
            row.unknown.append(target.name)
            switch target.column.empty {
            // A line's unknown price stays unknown, where leaving it out would take the list price.
            case .keep: return target.child == "products" && target.field == "unit_price" ? .null : nil
            case .clear: return .null
            case .reject:
                row.faults.append(fault(target, "required", "is empty"))
                return nil
            }
        case .value(let value):
            return value
        case .text(let text):
            if target.reference != nil { return link(target, text, &row) }
            switch target.reader.read(text) {
            case .success(let value): return value
            case .failure(let failure):
                row.faults.append(fault(target, failure.code, failure.reason))
                return nil
            }
        }
    }

    private func link(_ target: RowPlan.Target, _ text: String, _ row: inout ConvertedRow) -> JSON? {
        guard let key = target.reference, let prefix = target.referencePrefix else { return nil }
        if plan.finds(stageBy: key), let stages {
            return stage(target, text, stages, row: &row)
        }
        let value = Self.normal(text, key, phoneRegion)
        switch references[key, value] ?? .missing {
        case .found(let id):
            return .string(PublicID(prefix, id).description)
        case .several(let count):
            row.faults.append(
                fault(
                    target, "ambiguous_reference",
                    "`\(text)` is the \(key.column) of \(count) records of \(target.referenceTitle)"))
        case .missing:
            if target.isOwnKind, ownKeys[key.column]?.contains(value) == true {
                row.deferred.append((target, value))
            } else if target.column.onMissing == .null {
                row.unknown.append(target.name)
                return .null
            } else {
                row.faults.append(
                    fault(
                        target, "unknown_reference",
                        references.missingReason(text, of: key, title: target.referenceTitle)))
            }
        }
        return nil
    }

    private func stage(
        _ target: RowPlan.Target, _ text: String, _ stages: StageTable, row: inout ConvertedRow
    ) -> JSON? {
        let pipeline = row.data["pipeline_id"]?.string.flatMap { PublicID(.pipeline, text: $0)?.uuid }
        let found = stages.find(text, field: target.column.reference?.field ?? "name", pipeline: pipeline)
        if found.count == 1 { return .string(PublicID(.stage, found[0].id).description) }
        if found.isEmpty {
            let near = Spelling.nearest(to: text, among: stages.stages.map(\.name))
            let hint = near.map { "; did you mean `\($0)`? add values: {\(text): \($0)}" } ?? ""
            row.faults.append(fault(target, "unknown_reference", "`\(text)` is no stage\(hint)"))
        } else {
            row.faults.append(
                fault(
                    target, "ambiguous_reference", "`\(text)` is a stage of \(found.count) pipelines; map pipeline_id"))
        }
        return nil
    }

    /// Lines have an order and are replaced; accounts, contacts, links join those that are there.
    private func place(_ values: [JSONObject], in name: String, _ row: inout ConvertedRow) {
        guard let child = plan.object.child(name) else { return }
        let given = values.filter { value in
            child.fields.allSatisfy { !$0.isRequired || !(value[$0.name] ?? defaultValue(of: $0)).isNull }
        }
        guard !given.isEmpty else { return }
        let array = JSON.array(given.map(JSON.object))
        if child.fields.contains(where: { $0.name == "line" }) { row.data[name] = array } else { row.add[name] = array }
    }

    /// A link's object is told from its id.
    private func defaultValue(of field: ObjectField) -> JSON {
        if case .select = field.type, field.name == "object" { "" } else { .null }
    }

    /// A key without a value is passed over where there are several; a row that has none of them is known by file and place.
    private func findMatch(_ row: inout ConvertedRow, _ known: UUID?) {
        guard let first = plan.match.first, first != "id", row.faults.isEmpty else { return }
        for field in plan.match {
            if let value = row.data[field], !value.isNull { row.match.append((field, value)) }
        }
        guard row.match.isEmpty else { return }
        if plan.match.count > 1 {
            row.id = known
        } else {
            row.faults.append(
                ImportFault(field: first, code: "required", reason: "the row has no \(first) to match by"))
        }
    }

    /// What the file proves of an opportunity's past: each stage whose column has a date was entered then; of its present
    /// stage the time is null where nothing says it.
    private func addHistory(_ cells: JSONObject, _ row: inout ConvertedRow) {
        guard let stages, let id = row.data["stage_id"]?.string.flatMap({ PublicID(.stage, text: $0)?.uuid }),
            let present = stages.stage(id)
        else { return }
        row.changedAt = .null
        var earlier: [(position: Int, value: JSON)] = []
        for target in plan.history {
            guard let stage = stages.sibling(target.name, of: present) else {
                row.faults.append(fault(target, "unknown_reference", "`\(target.name)` is no stage of the pipeline"))
                continue
            }
            let isPast = stage.isOpen && stage != present && (!present.isOpen || stage.position < present.position)
            guard stage == present || isPast, case .text(let text) = Cell(target.column, cells) else { continue }
            switch target.reader.read(text) {
            case .failure(let failure): row.faults.append(fault(target, failure.code, failure.reason))
            case .success(let at) where stage == present: row.changedAt = at
            case .success(let at):
                earlier.append(
                    (stage.position, ["stage_id": .string(stage.id.uuidString.lowercased()), "at": at]))
            }
        }
        row.history = earlier.sorted { $0.position < $1.position }.map(\.value)
        if row.changedAt?.isNull == true { row.unknown.append("stage entered") }
    }
}
