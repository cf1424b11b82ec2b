/// A path with captures, as it stands in the route table and in `/openapi.json`.
///
/// A segment is a literal (`merges`, `accounts:batch`), a capture (`{id}`) or a capture with a verb (`{id}:undo`). Captures
/// are percent-decoded one segment at a time, so `%2F` inside a value does not end it.
public struct RoutePattern: Sendable, Hashable, CustomStringConvertible {
    enum Segment: Sendable, Hashable {
        case literal(String)
        /// `verb` is empty or begins with a colon.
        case capture(name: String, verb: String)
    }

    /// The text it was made from, for example `/v1/merges/{id}:undo`.
    public let template: String
    let segments: [Segment]

    /// The capture names in path order.
    public var captureNames: [String] {
        segments.compactMap { segment in
            if case .capture(let name, _) = segment { name } else { nil }
        }
    }

    public var description: String { template }

    public init(_ template: String) {
        self.template = template
        segments = RoutePattern.split(template).map { segment in
            guard segment.hasPrefix("{"), let end = segment.firstIndex(of: "}") else {
                return .literal(String(segment))
            }
            let name = segment[segment.index(after: segment.startIndex)..<end]
            return .capture(name: String(name), verb: String(segment[segment.index(after: end)...]))
        }
    }

    /// Segments of a path; one slash at the end means nothing.
    static func split(_ path: some StringProtocol) -> [Substring] {
        var segments = Substring(path).utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
            .map { Substring($0) }
        if segments.first?.isEmpty == true { segments.removeFirst() }
        if segments.count > 1, segments.last?.isEmpty == true { segments.removeLast() }
        return segments
    }
}
