/// Turns rows into messages of the wire protocol, so that imported events go the way of all events.
struct EventPlan: Sendable {
    private let mapping: Mapping
    private let timestamp: CellReader
    private let identifiers: [(type: String, column: Mapping.Column)]
    private let properties: [(name: String, column: Mapping.Column, reader: CellReader?)]
    /// `imp:<sha256 of the file>:`; the row follows.
    private let idPrefix: String
    private let header: [String]

    init(_ mapping: Mapping, survey: FileSurvey, header: [String]) throws(MappingError) {
        self.mapping = mapping
        self.header = header
        timestamp = try CellReader(.timestamp, mapping.timestamp ?? Mapping.Column())
        identifiers = mapping.identifiers.map { ($0.name, $0.value) }
        properties = try mapping.properties.map { (entry) throws(MappingError) in
            (entry.name, entry.value, try Self.reader(of: entry.value, isNumeric: survey.numericColumns))
        }
        idPrefix = "imp:" + survey.digest.hex + ":"
    }

    /// nil: text.
    private static func reader(
        of column: Mapping.Column, isNumeric: Set<String>
    ) throws(MappingError) -> CellReader? {
        switch column.type {
        case .number: try CellReader(.decimal, column)
        case .boolean: try CellReader(.bool, column)
        case .timestamp: try CellReader(.timestamp, column)
        case .text, .json: nil
        case nil:
            if column.format != nil || column.multiply != nil || column.name.map(isNumeric.contains) == true {
                try CellReader(.decimal, column)
            } else {
                nil
            }
        }
    }

    /// A message of the batch route.
    func message(_ row: StagedRow) -> Result<JSON, ImportFaults> {
        var faults: [ImportFault] = []
        var message: JSONObject = ["type": "track", "messageId": .string(idPrefix + String(row.number))]
        func fault(_ column: Mapping.Column, _ field: String, _ code: String, _ reason: String) {
            faults.append(ImportFault(column: column.name, field: field, code: code, reason: reason))
        }
        if let column = mapping.messageID {
            if let text = text(column, row.cells) {
                message["messageId"] = .string(text)
            } else {
                fault(column, "message_id", "required", "is empty")
            }
        }
        if let column = mapping.event {
            if let text = eventName(column, row.cells) {
                message["event"] = .string(text)
            } else {
                fault(column, "event", "required", "is empty")
            }
        }
        if let column = mapping.timestamp {
            switch text(column, row.cells).map(timestamp.read) {
            case .success(let time)?: message["timestamp"] = time
            case .failure(let failure)?: fault(column, "timestamp", failure.code, failure.reason)
            case nil: fault(column, "timestamp", "required", "is empty")
            }
        }
        addIdentifiers(row.cells, to: &message)
        var values = JSONObject()
        for property in properties {
            switch value(property.column, property.reader, row.cells) {
            case .success(let value?): values[property.name] = value
            case .success(nil): break
            case .failure(let failure): fault(property.column, property.name, failure.code, failure.reason)
            }
        }
        message["properties"] = .object(values)
        return faults.isEmpty ? .success(.object(message)) : .failure(ImportFaults(faults))
    }

    /// A column of the file, or else the name of all events.
    private func eventName(_ column: Mapping.Column, _ cells: JSONObject) -> String? {
        guard let name = column.name else { return column.value?.string }
        return cells[name] != nil || header.contains(name) ? text(column, cells) : name
    }

    private func text(_ column: Mapping.Column, _ cells: JSONObject) -> String? {
        switch RowConverter.Cell(column, cells) {
        case .text(let text): text
        case .value(let value): value.string ?? value.number?.text
        case .absent, .empty: nil
        }
    }

    private func addIdentifiers(_ cells: JSONObject, to message: inout JSONObject) {
        var external: [JSON] = []
        var traits = JSONObject()
        var context = JSONObject()
        for (type, column) in identifiers {
            guard let text = text(column, cells) else { continue }
            switch type {
            case Identifier.userID: message["userId"] = .string(text)
            case Identifier.anonymousID: message["anonymousId"] = .string(text)
            case Identifier.email, Identifier.phone: traits[type] = .string(text)
            case "group_id": context["groupId"] = .string(text)
            default:
                external.append(
                    ["id": .string(text), "type": .string(type), "collection": "users", "encoding": "none"])
            }
        }
        if !external.isEmpty { context["externalIds"] = .array(external) }
        if !traits.isEmpty { context["traits"] = .object(traits) }
        if !context.isEmpty { message["context"] = .object(context) }
    }

    private func value(
        _ column: Mapping.Column, _ reader: CellReader?, _ cells: JSONObject
    ) -> Result<JSON?, ImportFault> {
        // JSON lines bring their own types.
        if reader == nil, column.type == nil, column.values.isEmpty,
            let cell = column.name.flatMap({ RowConverter.Cell.raw($0, cells) }), cell.number != nil || cell.bool != nil
        {
            return .success(cell)
        }
        switch RowConverter.Cell(column, cells) {
        case .value(let value): return .success(value)
        case .absent: return .success(nil)
        case .empty:
            switch column.empty {
            case .keep: return .success(nil)
            case .clear: return .success(.null)
            case .reject: return .failure(ImportFault(code: "required", reason: "is empty"))
            }
        case .text(let text):
            if column.type == .json {
                guard let value = try? JSON(parsing: text) else {
                    return .failure(ImportFault(code: "invalid_json", reason: "is no JSON"))
                }
                return .success(value)
            }
            return reader.map { $0.read(text).map { $0 } } ?? .success(.string(text))
        }
    }
}

/// Several faults of one row.
struct ImportFaults: Error {
    var faults: [ImportFault]
    init(_ faults: [ImportFault]) { self.faults = faults }
}

extension [UInt8] {
    /// Lower-case hexadecimal digits.
    var hex: String {
        let digits = Array<UInt8>("0123456789abcdef".utf8)
        return String(decoding: flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}
