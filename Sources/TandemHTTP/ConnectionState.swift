import HTTPTypes

/// What a connection may do next: the decisions of `ConnectionGuard`, without the I/O.
struct ConnectionState {
    enum Inbound: Equatable {
        case forward
        /// The answer has said `Connection: close`; what still comes in is thrown away.
        case drop
    }

    enum AfterEnd: Equatable {
        case keep
        /// All of the request has been read: nothing can come that would turn the close into a reset.
        case close
        /// Part of the request is still on its way: close our side and read on for a moment, so that the client gets the
        /// answer and no reset.
        case linger
    }

    private(set) var reading = false
    private(set) var responding = false
    private(set) var open = 0
    private(set) var closing = false
    private var closeAfterEnd = false

    mutating func readHead() -> Inbound {
        if closing { return .drop }
        open += 1
        reading = true
        return .forward
    }

    mutating func readEnd() -> Inbound {
        reading = false
        return closing ? .drop : .forward
    }

    /// A whole answer may be written in place of the route's: nothing of one is on the wire.
    var mayAnswer: Bool { !responding && !closing }

    mutating func writeHead(_ head: HTTPResponse) {
        if head.status.kind == .informational { return }
        responding = true
        if head.headerFields[.connection]?.lowercased() == "close" { closeAfterEnd = true }
    }

    mutating func writeEnd() -> AfterEnd {
        responding = false
        open -= 1
        guard closeAfterEnd else { return .keep }
        closing = true
        return reading ? .linger : .close
    }
}
