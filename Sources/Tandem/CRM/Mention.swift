import Foundation

/// Somebody whom a text names: `@[Jo](user_…)`, or `@jo@acme.example`. Any other word behind an at sign is text.
struct Mention: Hashable {
    /// The id where the text has one.
    let user: UUID?
    /// The id as it stands there, or the address in its normal form.
    let words: String

    static let limit = 100

    /// Each once, in order, at most ``limit``.
    static func all(in text: String) -> [Mention] {
        var found: [Mention] = []
        var rest = text[...]
        var before: Character?
        while let mark = rest.firstIndex(of: "@"), found.count < limit {
            if mark > rest.startIndex { before = rest[rest.index(before: mark)] }
            rest = rest[rest.index(after: mark)...]
            // The at sign of an address is none that calls somebody.
            let isWord = before.map { $0.isLetter || $0.isNumber || "._%+-".contains($0) } ?? false
            before = "@"
            guard !isWord, let (mention, end) = linked(rest) ?? addressed(rest) else { continue }
            if !found.contains(mention) { found.append(mention) }
            before = nil
            rest = rest[end...]
        }
        return found
    }

    /// `[Jo](user_…)` at the beginning.
    private static func linked(_ text: Substring) -> (Mention, Substring.Index)? {
        guard text.first == "[", let middle = text.range(of: "]("),
            let end = text[middle.upperBound...].firstIndex(of: ")"),
            !text[..<middle.lowerBound].contains("\n")
        else { return nil }
        let id = text[middle.upperBound..<end]
        guard (1...100).contains(id.utf8.count), !id.contains(where: \.isWhitespace) else { return nil }
        return (Mention(user: PublicID(.user, text: id)?.uuid, words: String(id)), text.index(after: end))
    }

    /// An address at the beginning.
    private static func addressed(_ text: Substring) -> (Mention, Substring.Index)? {
        var word = text.prefix { !$0.isWhitespace && !",;:()<>[]\"'".contains($0) }
        while let last = word.last, ".!?".contains(last) { word.removeLast() }
        guard word.contains("@"), let address = Normalizer.email(String(word)) else { return nil }
        return (Mention(user: nil, words: address), word.endIndex)
    }
}
