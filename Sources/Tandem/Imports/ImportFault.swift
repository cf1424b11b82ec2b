/// Why a row, or one cell of it, cannot be taken.
public struct ImportFault: Error, Sendable, Hashable {
    public var column: String?
    public var field: String?
    public var code: String
    public var reason: String
    /// The record that the row would repeat, where the fault is that.
    public var record: String?

    init(column: String? = nil, field: String? = nil, code: String, reason: String, record: String? = nil) {
        self.column = column
        self.field = field
        self.code = code
        self.reason = reason
        self.record = record
    }

    static let keysDiffer = "keys_differ"

    public var json: JSON {
        var object: JSONObject = ["code": .string(code), "reason": .string(reason)]
        if let column { object["column"] = .string(column) }
        if let field { object["field"] = .string(field) }
        if let record { object["record"] = .string(record) }
        return .object(object)
    }
}
