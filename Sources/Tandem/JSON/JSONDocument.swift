import CSimdJSON

/// Why a text was not taken as JSON.
public enum JSONError: Error, Sendable, Hashable {
    case empty
    case invalidUTF8
    case syntax
    /// Nested deeper than the caller allows.
    case tooDeep
    /// A number that is no finite double.
    case numberOutOfRange
    /// An object key over 256 bytes.
    case keyTooLong
    /// The text is over 2 GB or memory ran out.
    case tooLarge
}

/// A parsed text: its bytes and a flat array of nodes. Immutable, so it may be read from any thread.
final class JSONDocument: @unchecked Sendable {
    private var document = csj_document()

    /// Fails for what is no JSON at all. Depth, number range and key length are left to the reader, per value
    /// (``JSONNode/check(depth:)``), so that one bad event of a batch does not refuse the others.
    init(_ bytes: UnsafeRawBufferPointer) throws(JSONError) {
        let status = csj_parse(bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), bytes.count, &document)
        switch Int(status) {
        case CSJ_OK: return
        case CSJ_EMPTY: throw .empty
        case CSJ_INVALID_UTF8: throw .invalidUTF8
        case CSJ_SYNTAX: throw .syntax
        default: throw .tooLarge
        }
    }

    convenience init(_ bytes: [UInt8]) throws(JSONError) {
        let result: Result<JSONDocument, JSONError> = bytes.withUnsafeBytes { buffer in
            do throws(JSONError) {
                return .success(try JSONDocument(buffer))
            } catch {
                return .failure(error)
            }
        }
        let parsed = try result.get()
        self.init(taking: parsed)
    }

    private init(taking other: JSONDocument) {
        swap(&document, &other.document)
    }

    deinit { csj_free(&document) }

    /// Gives the root value to `body`. No node may outlive the document.
    func withRoot<Result, Failure: Error>(_ body: (JSONNode) throws(Failure) -> Result) throws(Failure) -> Result {
        defer { withExtendedLifetime(self) {} }
        guard let nodes = document.nodes, let text = document.text else {
            preconditionFailure("a parsed document has at least one node")
        }
        return try body(JSONNode(node: nodes, nodes: nodes, text: text))
    }
}
