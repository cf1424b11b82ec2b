/// Why a row, or one cell of it, cannot be taken.
public struct ImportFault: Error, Sendable, Hashable {
    public var column: String?
    public var field: String?
    public var code: String
    public var reason: String

    init(column: String? = nil, field: String? = nil, code: String, reason: String) {
        self.column = column
        self.field = field
        self.code = code
        self.reason = reason
    }

    public var json: JSON {
        var object: JSONObject = ["code": .string(code), "reason": .string(reason)]
        if let column { object["column"] = .string(column) }
        if let field { object["field"] = .string(field) }
        return .object(object)
    }
}
