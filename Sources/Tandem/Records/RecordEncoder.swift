import Foundation
import Postgres

/// Writes the rows of a `RecordSelection` straight as the JSON of the API, without a value for each field on the way: building and
/// taking apart those costs a list more than PostgreSQL does.
struct RecordEncoder {
    private let selection: RecordSelection
    private let presenter: RecordPresenter
    private let fields: [Field]
    private var children: [Child]
    private let followed: [(name: [UInt8], target: LinkTarget?)]

    /// A class, because a copy of a description of a field for every value costs more than the value.
    private final class Field: Sendable {
        /// `"name":`, with a comma before it for all but the first of a record.
        let name: [UInt8]
        let column: Int
        let deciding: Int?
        let form: Form

        init(_ field: ObjectField, name: [UInt8], column: Int, deciding: Int?, of description: ObjectDescription) {
            self.name = name
            self.column = column
            self.deciding = deciding
            form = Form(field.type, of: description)
        }
    }

    /// How a value is written.
    private enum Form {
        /// An id, behind `"prefix_`.
        case id([UInt8])
        case ids([UInt8])
        /// An id whose prefix another column decides.
        case record
        case text, texts, integer, bool, timestamp, decimal, money, json

        init(_ type: FieldType, of description: ObjectDescription) {
            self =
                switch type {
                case .id: .id(Self.opening(description.prefix))
                case .link(let target): .id(Self.opening(target.prefix))
                case .links(let target): .ids(Self.opening(target.prefix))
                case .record: .record
                case .tags, .multiSelect, .fieldNames: .texts
                case .integer: .integer
                case .bool: .bool
                case .timestamp: .timestamp
                case .decimal, .percent: .decimal
                case .money: .money
                case .condition: .json
                case .text, .longText, .currency, .date, .email, .phone, .domain, .url, .select: .text
                }
        }

        private static func opening(_ prefix: PublicID.Prefix) -> [UInt8] { Array("\"\(prefix.rawValue)_".utf8) }
    }

    private struct Child {
        let name: [UInt8]
        let column: Int
        let currency: Int?
        var rows: ChildRowEncoder
    }

    init(_ selection: RecordSelection, catalog: ObjectCatalog) {
        let presenter = RecordPresenter(description: selection.description, catalog: catalog)
        var isFirst = true
        func named(_ name: String) -> [UInt8] {
            var bytes: [UInt8] = isFirst ? [] : [UInt8(ascii: ",")]
            isFirst = false
            JSON.appendString(name, to: &bytes)
            return bytes + [UInt8(ascii: ":")]
        }
        self.selection = selection
        self.presenter = presenter
        fields = selection.fields.enumerated().map { index, field in
            Field(
                field, name: named(field.name), column: selection.column(ofField: index),
                deciding: selection.column(deciding: field), of: selection.description)
        }
        children = selection.children.enumerated().map { index, child in
            Child(
                name: named(child.name), column: selection.column(ofChild: index),
                currency: selection.column(deciding: child), rows: ChildRowEncoder(child.fields, presenter))
        }
        followed = selection.followed.map { field in
            let name = named(RecordSelection.name(ofFollowed: field))
            if case .link(let target) = field.type { return (name, target) }
            return (name, nil)
        }
    }

    /// The record of a row.
    mutating func snapshot(_ row: Row) throws(TandemError) -> RecordSnapshot {
        var bytes: [UInt8] = []
        try append(row, to: &bytes)
        let id = try reading { () throws(PostgresError) in try row.uuid(RecordSelection.idColumn) }
        let version = try reading { () throws(PostgresError) in try row.int(RecordSelection.versionColumn) }
        do throws(JSONError) {
            return RecordSnapshot(id: id, version: version, json: try JSON(parsing: bytes))
        } catch {
            throw .failure("a record that is no JSON: \(error)", sqlState: nil)
        }
    }

    /// Appends the record of a row.
    mutating func append(_ row: Row, to bytes: inout [UInt8]) throws(TandemError) {
        bytes.append(UInt8(ascii: "{"))
        for field in fields {
            bytes.append(contentsOf: field.name)
            try reading { () throws(PostgresError) in try append(row, field, to: &bytes) }
        }
        for index in children.indices { try append(row, child: index, to: &bytes) }
        for (index, link) in followed.enumerated() {
            bytes.append(contentsOf: link.name)
            try followed(row, index, link.target).append(to: &bytes)
        }
        bytes.append(UInt8(ascii: "}"))
    }

    private func append(_ row: Row, _ field: Field, to bytes: inout [UInt8]) throws(PostgresError) {
        let column = field.column
        if try row.isNull(column) { return bytes.append(contentsOf: "null".utf8) }
        switch field.form {
        case .id(let opening): Self.append(opening, try row.uuid(column), to: &bytes)
        case .ids(let opening):
            let ids = try row.uuids(column)
            appendList(ids, to: &bytes) { Self.append(opening, $0, to: &$1) }
        case .record: append(try row.uuid(column), of: try deciding(row, field), to: &bytes)
        case .texts:
            let texts = try row.texts(column)
            appendList(texts, to: &bytes) { JSON.appendString($0, to: &$1) }
        case .integer: bytes.append(contentsOf: String(try row.int(column)).utf8)
        case .bool: bytes.append(contentsOf: try row.bool(column) ? "true".utf8 : "false".utf8)
        case .timestamp:
            bytes.append(UInt8(ascii: "\""))
            RecordTime.append(try row.timestamp(column), to: &bytes)
            bytes.append(UInt8(ascii: "\""))
        case .decimal: DecimalNumber.append(try row.text(column), to: &bytes)
        case .money:
            bytes.append(UInt8(ascii: "\""))
            DecimalNumber.append(
                try row.text(column), decimals: CurrencyDecimals.of(try deciding(row, field)), to: &bytes)
            bytes.append(UInt8(ascii: "\""))
        case .json: bytes.append(contentsOf: try row.json(column))
        case .text:
            try row.withUTF8(column) { text in
                if let text { JSON.appendString(utf8: text, to: &bytes) }
            }
        }
    }

    private func deciding(_ row: Row, _ field: Field) throws(PostgresError) -> String? {
        guard let column = field.deciding else { return nil }
        return try row.optionalText(column)
    }

    private static func append(_ opening: [UInt8], _ id: UUID, to bytes: inout [UInt8]) {
        bytes.append(contentsOf: opening)
        PublicID.append(id, to: &bytes)
        bytes.append(UInt8(ascii: "\""))
    }

    /// The id of a record of any object; a plain UUID where the object is not known here.
    private func append(_ id: UUID, of object: String?, to bytes: inout [UInt8]) {
        let prefix = object.flatMap { presenter.catalog.object($0)?.prefix }
        JSON.appendString(prefix.map { PublicID($0, id).description } ?? id.text, to: &bytes)
    }

    private func appendList<Element>(
        _ elements: [Element], to bytes: inout [UInt8], _ append: (Element, inout [UInt8]) -> Void
    ) {
        bytes.append(UInt8(ascii: "["))
        for (index, element) in elements.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            append(element, &bytes)
        }
        bytes.append(UInt8(ascii: "]"))
    }

    private mutating func append(_ row: Row, child index: Int, to bytes: inout [UInt8]) throws(TandemError) {
        bytes.append(contentsOf: children[index].name)
        guard let list = try Self.document(row, children[index].column) else {
            return bytes.append(contentsOf: "[]".utf8)
        }
        var currency: JSON?
        if let column = children[index].currency {
            currency = try reading { () throws(PostgresError) in try row.optionalText(column) }.map(JSON.string)
        }
        bytes.append(UInt8(ascii: "["))
        list.withRoot { root in
            for (number, element) in root.elements.enumerated() {
                if number > 0 { bytes.append(UInt8(ascii: ",")) }
                children[index].rows.append(element, currency: currency, to: &bytes)
            }
        }
        bytes.append(UInt8(ascii: "]"))
    }

    /// The record of a followed link, by its position among them; null where there is none.
    private func followed(_ row: Row, _ index: Int, _ target: LinkTarget?) throws(TandemError) -> JSON {
        guard let target, let pair = try row.json(selection.column(ofFollowed: index)),
            let id = pair[0]?.string.flatMap(RecordID.init(uuidString:))
        else { return .null }
        return ["id": .string(PublicID(target.prefix, id).description), "name": pair[1] ?? .null]
    }

    /// The text of a column, parsed; nil for null.
    private static func document(_ row: Row, _ column: Int) throws(TandemError) -> JSONDocument? {
        let parsed = try reading { () throws(PostgresError) in
            try row.withBytes(column) { bytes -> Result<JSONDocument, JSONError>? in
                guard let bytes else { return nil }
                do throws(JSONError) {
                    return .success(try JSONDocument(bytes))
                } catch {
                    return .failure(error)
                }
            }
        }
        do throws(JSONError) {
            return try parsed?.get()
        } catch {
            throw .failure("a record that is no JSON: \(error)", sqlState: nil)
        }
    }
}
