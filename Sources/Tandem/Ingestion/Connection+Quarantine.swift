public import Foundation
public import Postgres

extension Connection {
    /// Events of the quarantine, newest first. Inside a transaction of the tenant.
    public func quarantineList(_ filter: QuarantineFilter, limit: Int) throws(TandemError) -> [JSON] {
        let rows = try run(
            .call("quarantine_list", filter.bind, .null(.timestamptz), .null(.uuid), .int4(Int32(clamping: limit))))
        return try rows.map { (row) throws(TandemError) in OperationPresenter.shown(try row.json(2) ?? .null) }
    }

    /// How many there are, by state, code and source. Inside a transaction of the tenant.
    public func quarantineSummary(_ filter: QuarantineFilter) throws(TandemError) -> JSON {
        let rows = try run(.call("quarantine_summary", filter.bind))
        return try rows.first.flatMap { (row) throws(TandemError) in try row.json(0) } ?? .null
    }

    /// One event with its bytes; nil: there is none of that id. Inside a transaction of the tenant.
    public func quarantineShow(_ id: UUID) throws(TandemError) -> JSON? {
        guard let row = try run(.call("quarantine_show", .uuid(id))).first else { return nil }
        let bytes = try reading { () throws(PostgresError) in (try row.bytea(1), try row.optionalBytea(2)) }
        return Quarantine.shown(try row.json(0) ?? .null, original: bytes.0, corrected: bytes.1)
    }

    /// Orders that events be decided; answers the operation. Inside a transaction of the tenant.
    ///
    /// - Parameter filter: as `QuarantineOrder.scope(of:)` made it.
    public func quarantineOrder(
        _ order: QuarantineOrder, _ filter: QuarantineFilter, id: UUID, actor: String
    ) throws(TandemError) -> JSON {
        let rows = try run(
            .call("quarantine_order", .uuid(id), .text(order.operationType), filter.bind, .text(actor)))
        return OperationPresenter.shown(
            try rows.first.flatMap { (row) throws(TandemError) in try row.json(0) } ?? .null)
    }

    /// An operation; nil: there is none of that id. Inside a transaction of the tenant.
    public func operationShow(_ id: UUID) throws(TandemError) -> JSON? {
        let rows = try run(.call("operation_show", .uuid(id)))
        return try rows.first.flatMap { (row) throws(TandemError) in try row.json(0) }.map(OperationPresenter.shown)
    }
}

extension Quarantine {
    /// An event as API and command line show it: `original` as text, or `original_base64` where the bytes are no UTF-8;
    /// `corrected` as somebody changed it.
    public static func shown(_ item: JSON, original: [UInt8], corrected: [UInt8]? = nil) -> JSON {
        var object = OperationPresenter.shown(item).object ?? [:]
        if let text = String(validating: original, as: UTF8.self) {
            object["original"] = .string(text)
        } else {
            object["original_base64"] = .string(Data(original).base64EncodedString())
        }
        if let corrected { object["corrected"] = .string(String(decoding: corrected, as: UTF8.self)) }
        return .object(object)
    }
}

/// Operations and what refers to them, with ids as people see them.
public enum OperationPresenter {
    /// An operation (it has `counts`), or an item that names one in `operation`.
    public static func shown(_ json: JSON) -> JSON {
        guard var object = json.object else { return json }
        let key = object["counts"] == nil ? "operation" : "id"
        if let id = object[key]?.string.flatMap(UUID.init(uuidString:)) {
            object[key] = .string(PublicID(.operation, id).description)
        }
        // In whose name it is done is Tandem's own affair; who ordered it is the actor.
        if var input = object["input"]?.object, input["caller"] != nil {
            input["caller"] = nil
            object["input"] = .object(input)
        }
        return .object(object)
    }
}
