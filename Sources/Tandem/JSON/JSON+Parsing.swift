import CSimdJSON

extension JSON {
    /// Nesting that readers allow unless told otherwise.
    public static let depthLimit = 32

    /// Parses a complete text. `\u0000` and lone surrogates become U+FFFD.
    /// - Parameter depth: allowed levels of arrays and objects, at most 64.
    public init(parsing bytes: [UInt8], depth: Int = JSON.depthLimit) throws(JSONError) {
        let document = try JSONDocument(bytes)
        self = try document.withRoot { (root) throws(JSONError) in
            try root.check(depth: min(depth, Int(CSJ_DEPTH_OF_NODES)))
            return JSON(root)
        }
    }

    public init(parsing text: String, depth: Int = JSON.depthLimit) throws(JSONError) {
        try self.init(parsing: Array(text.utf8), depth: depth)
    }

    /// Copies a value whose depth was checked.
    init(_ node: JSONNode) {
        switch node.kind {
        case .null:
            self = .null
        case .bool:
            self = .bool(node.bool ?? false)
        case .number:
            self = .number(JSONNumber(checked: String(decoding: node.slice, as: UTF8.self)))
        case .string:
            self = .string(node.string ?? "")
        case .array:
            self = .array(node.elements.map(JSON.init))
        case .object:
            var object = JSONObject()
            for (key, value) in node.members { object[key.string ?? ""] = JSON(value) }
            self = .object(object)
        }
    }
}
