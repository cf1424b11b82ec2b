import CSimdJSON
import Glibc

/// A value inside a ``JSONDocument``: three pointers, valid as long as the document lives.
struct JSONNode {
    enum Kind { case null, bool, number, string, array, object }

    let node: UnsafePointer<csj_node>
    let nodes: UnsafePointer<csj_node>
    let text: UnsafePointer<UInt8>

    var kind: Kind {
        switch Int(node.pointee.kind) {
        case CSJ_NULL: .null
        case CSJ_FALSE, CSJ_TRUE: .bool
        case CSJ_NUMBER: .number
        case CSJ_STRING: .string
        case CSJ_ARRAY: .array
        default: .object
        }
    }

    var isNull: Bool { Int(node.pointee.kind) == CSJ_NULL }
    var isString: Bool { Int(node.pointee.kind) == CSJ_STRING }
    var isObject: Bool { Int(node.pointee.kind) == CSJ_OBJECT }
    var isArray: Bool { Int(node.pointee.kind) == CSJ_ARRAY }
    var isEmpty: Bool { Int(node.pointee.next) == index + 1 }

    private var index: Int { node - nodes }

    /// Nodes of this value and all below it.
    var size: Int { Int(node.pointee.next) - index }

    private func has(_ flag: Int) -> Bool { Int(node.pointee.flags) & flag != 0 }

    var bool: Bool? {
        switch Int(node.pointee.kind) {
        case CSJ_TRUE: true
        case CSJ_FALSE: false
        default: nil
        }
    }

    /// A `\u0000` or lone surrogate at or below this value was replaced by U+FFFD.
    var hasReplacedText: Bool { has(CSJ_REPLACED) }

    /// The string's value, the number's text; nil for other kinds.
    var scalarText: String? {
        switch kind {
        case .string: string
        case .number: String(decoding: slice, as: UTF8.self)
        default: nil
        }
    }

    /// The bytes between a string's quotes, escapes as written; the text of any other value.
    var slice: UnsafeBufferPointer<UInt8> {
        let start = Int(node.pointee.start)
        return UnsafeBufferPointer(start: text + start, count: Int(node.pointee.end) - start)
    }

    /// The value as valid JSON text.
    var source: UnsafeBufferPointer<UInt8> {
        guard isString else { return slice }
        let start = Int(node.pointee.start) - 1
        return UnsafeBufferPointer(start: text + start, count: Int(node.pointee.end) + 1 - start)
    }

    /// Whether ``slice`` of this string differs from its value.
    var hasEscapes: Bool { has(CSJ_ESCAPED) }

    var string: String? {
        guard isString else { return nil }
        let slice = slice
        guard hasEscapes else { return String(decoding: slice, as: UTF8.self) }
        return String(unsafeUninitializedCapacity: slice.count) { buffer in
            csj_unescape(slice.baseAddress, slice.count, buffer.baseAddress)
        }
    }

    /// Whether this string's value is `other`.
    func equals(_ other: StaticString) -> Bool {
        guard isString else { return false }
        if hasEscapes { return string == other.description }
        let count = Int(node.pointee.end) - Int(node.pointee.start)
        guard count == other.utf8CodeUnitCount else { return false }
        return memcmp(text + Int(node.pointee.start), other.utf8Start, count) == 0
    }

    /// The last value of an object's key (as in jsonb); nil for an absent key and for a value that is no object.
    subscript(key: StaticString) -> JSONNode? {
        guard isObject else { return nil }
        var found: JSONNode?
        for (name, value) in members where name.equals(key) { found = value }
        return found
    }

    /// An object's keys and values in source order; empty for other kinds.
    var members: Members { Members(parent: self) }

    /// An array's elements; empty for other kinds.
    var elements: Elements { Elements(parent: self) }

    private func at(_ index: Int) -> JSONNode { JSONNode(node: nodes + index, nodes: nodes, text: text) }

    struct Members: Sequence, IteratorProtocol {
        private let parent: JSONNode
        private var position: Int
        private let end: Int

        init(parent: JSONNode) {
            self.parent = parent
            position = parent.index + 1
            end = parent.isObject ? Int(parent.node.pointee.next) : position
        }

        mutating func next() -> (key: JSONNode, value: JSONNode)? {
            guard position < end else { return nil }
            let key = parent.at(position)
            let value = parent.at(position + 1)
            position = Int(value.node.pointee.next)
            return (key, value)
        }
    }

    struct Elements: Sequence, IteratorProtocol {
        private let parent: JSONNode
        private var position: Int
        private let end: Int

        init(parent: JSONNode) {
            self.parent = parent
            position = parent.index + 1
            end = parent.isArray ? Int(parent.node.pointee.next) : position
        }

        mutating func next() -> JSONNode? {
            guard position < end else { return nil }
            let element = parent.at(position)
            position = Int(element.node.pointee.next)
            return element
        }
    }

    /// Refuses what PostgreSQL's jsonb or a double cannot hold.
    /// - Parameter depth: levels of arrays and objects allowed from here down.
    func check(depth: Int) throws(JSONError) {
        if Int(node.pointee.height) > depth { throw .tooDeep }
        if has(CSJ_BAD_NUMBER) { throw .numberOutOfRange }
        if has(CSJ_LONG_KEY) { throw .keyTooLong }
    }

    /// Whether the number has neither fraction nor exponent.
    var isInteger: Bool { has(CSJ_INTEGER) }
}
