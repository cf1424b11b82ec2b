import Mustache

/// Text inside markup. Scalar by scalar: a letter that is joined to a mark beside it (`<` before U+0301, or behind U+0600) is another
/// `Character`, and for browsers the same `<`.
func escaped(_ text: String) -> String {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.utf8.count + 16)
    for byte in text.utf8 {
        switch byte {
        case UInt8(ascii: "<"): bytes.append(contentsOf: "&lt;".utf8)
        case UInt8(ascii: ">"): bytes.append(contentsOf: "&gt;".utf8)
        case UInt8(ascii: "&"): bytes.append(contentsOf: "&amp;".utf8)
        case UInt8(ascii: "\""): bytes.append(contentsOf: "&quot;".utf8)
        case UInt8(ascii: "'"): bytes.append(contentsOf: "&#39;".utf8)
        default: bytes.append(byte)
        }
    }
    return String(decoding: bytes, as: UTF8.self)
}

/// How every template escapes: the library's own way goes by `Character`.
struct Markup: MustacheContentType {
    static let name = "MARKUP"
    /// What each template begins with, those too that others take in: the library forgets it there.
    static let pragma = "{{% CONTENT_TYPE:\(name)}}"

    func escapeText(_ text: String) -> String { escaped(text) }
}
