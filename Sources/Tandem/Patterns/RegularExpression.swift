import CRE2

/// A regular expression that is matched in time linear in the text whatever the expression: a tenant's pattern must not be
/// able to hold up the others' events, as backtracking matchers allow (see docs/decisions/0006).
///
/// The syntax is RE2's, and `\uXXXX` and `\cX` of ECMA-262 beside it. It matches anywhere in the text unless anchored. Back
/// references and look-around are refused.
final class RegularExpression: @unchecked Sendable {
    struct SyntaxError: Error, Hashable {
        var reason: String
    }

    static let sourceBytes = 1_000

    let source: String
    /// Immutable, and RE2 guards the cache in it.
    private let pattern: OpaquePointer

    init(_ source: String) throws(SyntaxError) {
        guard source.utf8.count <= Self.sourceBytes else {
            throw SyntaxError(reason: "A pattern has at most \(Self.sourceBytes) bytes.")
        }
        self.source = source
        pattern = try Self.compile(source)
    }

    /// Of a text in our own code.
    init(fixed source: StaticString) {
        self.source = source.description
        do throws(SyntaxError) {
            pattern = try Self.compile(self.source)
        } catch {
            preconditionFailure("\(source): \(error.reason)")
        }
    }

    deinit { cre2_free(pattern) }

    func matches(_ text: String) -> Bool {
        var text = text
        return text.withUTF8 { matches($0) }
    }

    /// - Parameter text: UTF-8.
    func matches(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        guard let base = text.baseAddress else { return cre2_matches(pattern, "", 0) }
        return base.withMemoryRebound(to: CChar.self, capacity: text.count) { cre2_matches(pattern, $0, text.count) }
    }

    private static func compile(_ source: String) throws(SyntaxError) -> OpaquePointer {
        let translated = translated(source)
        var fault = [CChar](repeating: 0, count: 256)
        guard let pattern = cre2_compile(translated, translated.utf8.count, &fault, fault.count) else {
            let reason = String(decoding: fault.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            throw SyntaxError(reason: "The pattern is not supported: \(reason).")
        }
        return pattern
    }

    /// Writes the escapes of ECMA-262 that RE2 does not know as it does.
    private static func translated(_ source: String) -> String {
        var result = ""
        var rest = Substring(source)
        while let slash = rest.firstIndex(of: "\\") {
            result += rest[..<slash]
            rest = rest[slash...].dropFirst()
            guard let kind = rest.popFirst() else { return result + "\\" }
            let digits = rest.prefix(4)
            if kind == "u", digits.count == 4, digits.allSatisfy(\.isHexDigit) {
                result += "\\x{\(digits)}"
                rest = rest.dropFirst(4)
            } else if kind == "c", let letter = rest.first?.asciiValue, rest.first?.isLetter == true {
                result += "\\x{\(String(letter & 31, radix: 16))}"
                rest = rest.dropFirst()
            } else {
                result += "\\\(kind)"
            }
        }
        return result + rest
    }
}
