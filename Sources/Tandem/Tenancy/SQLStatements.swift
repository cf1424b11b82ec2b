/// One statement of a SQL file, without comments, in lower case, with single spaces; what stands in quotes is `''`.
struct SQLStatement: Sendable, Hashable {
    /// Where it begins, from 1.
    let line: Int
    let text: String
    /// As it stands in the file, with its comments.
    let source: String

    var words: [Substring] { Self.words(of: text[...]) }

    /// The same without what may stand before a name.
    var tableWords: [Substring] {
        words.filter { !["if", "not", "exists", "only", "concurrently", "unlogged"].contains($0) }
    }

    static func words(of text: Substring) -> [Substring] {
        text.split { !($0.isLetter || $0.isNumber || $0 == "_") }
    }
}

/// Cuts a SQL file into statements: semicolons inside quotes, bodies and comments do not count.
struct SQLStatements: Sequence, IteratorProtocol {
    private var rest: Substring
    private var line = 1

    init(_ text: String) { rest = text[...] }

    mutating func next() -> SQLStatement? {
        while !rest.isEmpty {
            var text = ""
            var begin: Int?
            let start = rest
            while let character = rest.first, character != ";" {
                let piece = take()
                if begin == nil, piece.contains(where: { !$0.isWhitespace }) {
                    begin = line - piece.count { $0.isNewline }
                }
                text += piece
            }
            let source = String(start[..<rest.startIndex])
            _ = rest.popFirst()
            let words = text.lowercased().split(whereSeparator: \.isWhitespace)
            if let begin, !words.isEmpty {
                return SQLStatement(line: begin, text: words.joined(separator: " "), source: source)
            }
        }
        return nil
    }

    /// The next character, or a whole comment or quotation as one piece.
    private mutating func take() -> String {
        if rest.hasPrefix("--") {
            skip(rest.prefix { !$0.isNewline }.count)
            return " "
        }
        if rest.hasPrefix("/*") { return skipped(behind: "*/", as: " ") }
        if rest.first == "'" { return skipped(behind: "'", as: "''") }
        if rest.first == "$", let end = rest.dropFirst().firstIndex(of: "$") {
            let tag = rest[rest.startIndex...end]
            if tag.dropFirst().dropLast().allSatisfy({ $0.isLetter || $0 == "_" }) {
                return skipped(behind: String(tag), as: "''")
            }
        }
        let character = rest.removeFirst()
        if character.isNewline { line += 1 }
        return String(character)
    }

    private mutating func skipped(behind mark: String, as text: String) -> String {
        skip(mark.count)
        while !rest.isEmpty, !rest.hasPrefix(mark) { skip(1) }
        skip(mark.count)
        return text
    }

    private mutating func skip(_ count: Int) {
        for character in rest.prefix(count) where character.isNewline { line += 1 }
        rest = rest.dropFirst(count)
    }
}
