/// RFC 6901.
enum JSONPointer {
    static func escaped(_ name: String) -> String {
        guard name.utf8.contains(where: { $0 == UInt8(ascii: "~") || $0 == UInt8(ascii: "/") }) else { return name }
        return name.replacing("~", with: "~0").replacing("/", with: "~1")
    }

    static func unescaped(_ name: Substring) -> String {
        name.replacing("~1", with: "/").replacing("~0", with: "~").description
    }
}

extension JSON {
    /// The value that a pointer names; nil if there is none.
    func value(at pointer: String) -> JSON? {
        guard pointer.isEmpty || pointer.hasPrefix("/") else { return nil }
        var value = self
        for part in pointer.split(separator: "/", omittingEmptySubsequences: false).dropFirst() {
            let name = JSONPointer.unescaped(part)
            guard let next = value[name] ?? Int(name).flatMap({ value[$0] }) else { return nil }
            value = next
        }
        return value
    }
}
