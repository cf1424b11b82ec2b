import Foundation
public import Postgres

/// Many writes in one request: `{"mode": "partial" | "all", "items": [{"op", "id"?, "match"?, "if_match"?, "data"}]}`.
public struct RecordBatch: Sendable {
    /// `partial`: what is right stands; `all`: one wrong item undoes all.
    public enum Mode: String, Sendable {
        case partial, all
    }

    public let mode: Mode
    public let items: [JSON]

    public static let itemLimit = 1000

    /// - Throws: `invalid` if the batch itself is wrong; its items are read one by one later.
    public init(_ body: JSON) throws(TandemError) {
        guard let items = body["items"]?.array else { throw .invalid("/items", "not_an_array", "must be an array") }
        guard (1...Self.itemLimit).contains(items.count) else {
            throw .invalid("/items", "out_of_range", "has 1 to \(Self.itemLimit) items")
        }
        var mode = Mode.partial
        if let text = body["mode"] {
            guard let known = text.string.flatMap(Mode.init) else {
                throw .invalid("/mode", "unknown_option", "must be partial or all")
            }
            mode = known
        }
        self.mode = mode
        self.items = items
    }
}

// Runs inside a transaction of the tenant: `connection.inTenant(tenant.database) { connection in … }`.

extension Connection {
    /// One outcome an item, in their order. In mode `all`, if any item is wrong nothing is written, and the right ones
    /// are errors too: `conflict`, not applied.
    public func recordBatch(
        _ description: ObjectDescription, _ batch: RecordBatch, by author: RecordAuthor,
        catalog: ObjectCatalog, region: String = Normalizer.noRegion
    ) throws(TandemError) -> [RecordOutcome] {
        let reader = RecordReader(description, catalog: catalog, region: region)
        var outcomes: [RecordOutcome] = []
        var writes: [RecordWrite] = []
        var positions: [Int] = []
        for (index, item) in batch.items.enumerated() {
            do throws(TandemError) {
                writes.append(try RecordWrite(batchItem: item, reader, region: region))
                positions.append(index)
            } catch {
                outcomes.append(RecordOutcome(index: index, status: .error, error: error))
            }
        }
        if batch.mode == .all, !outcomes.isEmpty {
            return Self.notApplied(outcomes, count: batch.items.count)
        }
        if batch.mode == .all { _ = try run("savepoint record_batch" as Statement) }
        for outcome in try recordWrite(description, writes, by: author) {
            outcomes.append(
                RecordOutcome(
                    index: positions[outcome.index], id: outcome.id, status: outcome.status, version: outcome.version,
                    error: outcome.error, detail: outcome.detail))
        }
        if batch.mode == .all, outcomes.contains(where: { $0.status == .error }) {
            _ = try run("rollback to savepoint record_batch" as Statement)
            return Self.notApplied(outcomes.filter { $0.status == .error }, count: batch.items.count)
        }
        return outcomes.sorted { $0.index < $1.index }
    }

    private static func notApplied(_ wrong: [RecordOutcome], count: Int) -> [RecordOutcome] {
        let byIndex = Dictionary(wrong.map { ($0.index, $0) }, uniquingKeysWith: { $1 })
        return (0..<count).map { index in
            byIndex[index]
                ?? RecordOutcome(
                    index: index, status: .error, error: .conflict("Not applied, because another item is wrong."))
        }
    }
}

extension RecordWrite {
    /// One item of a batch, in wire form.
    init(batchItem item: JSON, _ reader: RecordReader, region: String) throws(TandemError) {
        guard let object = item.object else { throw .invalid("", "not_an_object", "must be a JSON object") }
        for name in object.names where !["op", "id", "match", "if_match", "data", "allow_duplicate"].contains(name) {
            throw .invalid("/" + JSONPointer.escaped(name), "unknown_field", "is not known here")
        }
        guard let operation = object["op"]?.string.flatMap(Operation.init) else {
            throw .invalid("/op", "unknown_option", "must be create, update, upsert, delete or restore")
        }
        self.init(operation)
        if let text = object["id"] {
            guard let id = text.string.flatMap({ PublicID(reader.description.prefix, text: $0) }) else {
                throw .invalid("/id", "not_an_id", "must be the id of a \(reader.description.name)")
            }
            self.id = id.uuid
        }
        if let match = object["match"] { self.match = try Self.match(match, reader.description, region: region) }
        if operation != .create, id == nil, match == nil {
            throw .invalid("", "no_record", "names no record: id or match is needed")
        }
        if let version = object["if_match"] {
            guard let number = version.int else { throw .invalid("/if_match", "not_an_integer", "must be a version") }
            ifMatch = number
        }
        allowDuplicate = object["allow_duplicate"]?.bool ?? false
        switch operation {
        case .create, .update: input = try reader.read(object["data"] ?? [:], isNew: operation == .create)
        case .upsert:
            // What finds the record is also what a new one has.
            var data = object["data"]?.object ?? JSONObject()
            for (name, value) in object["match"]?.object ?? JSONObject() where data[name] == nil && name != "id" {
                data[name] = value
            }
            input = try reader.read(.object(data), isNew: false)
        case .delete, .restore: break
        }
    }

    /// Columns and values, in the form in which they are stored.
    private static func match(
        _ json: JSON, _ description: ObjectDescription, region: String
    ) throws(TandemError) -> JSONObject {
        guard let object = json.object, !object.isEmpty else {
            throw .invalid("/match", "not_an_object", "must be a JSON object with at least one field")
        }
        var match = JSONObject()
        for (name, value) in object {
            let pointer = "/match/" + JSONPointer.escaped(name)
            guard let text = value.string ?? value.number?.text else {
                throw .invalid(pointer, "not_a_text", "must be a string")
            }
            do throws(TandemError) {
                let key = try RecordKey(description, name, text, region: region)
                match[key.columnName] = .string(key.value)
            } catch {
                guard case .invalid(let fields) = error, let field = fields.first else {
                    throw .invalid(pointer, "unknown_key", "is no field by which a \(description.name) is looked up")
                }
                throw .invalid(pointer, field.code, field.detail)
            }
        }
        return match
    }
}
