import HTTPTypes

/// What a connection may do next: the decisions of `ConnectionGuard`, without the I/O.
struct ConnectionState {
    enum Inbound: Equatable {
        case forward
        /// The connection is closing; what still comes in is thrown away.
        case drop
    }

    enum AfterEnd: Equatable {
        case keep
        /// Our side closes; what comes in until the client closes too is read and thrown away, since bytes that nobody reads
        /// would turn the close into a reset.
        case close
    }

    private(set) var reading = false
    private(set) var responding = false
    /// Requests whose answer is not out.
    private(set) var open = 0
    private(set) var closing = false
    private var closeAfterEnd = false
    private var nextIsLast = false
    private var closeWhenAnswered = false

    /// The client said, by `Connection: close` or its version, that the request whose head comes next is its last.
    mutating func announceLast() { nextIsLast = true }

    mutating func readHead() -> Inbound {
        if closing || closeWhenAnswered { return .drop }
        closeWhenAnswered = nextIsLast
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

    /// No request is being read or answered.
    var isIdle: Bool { open == 0 && !reading && !closing }

    mutating func writeHead(_ head: HTTPResponse) {
        if head.status.kind == .informational { return }
        responding = true
        if head.headerFields[.connection]?.lowercased() == "close" { closeAfterEnd = true }
    }

    mutating func writeEnd() -> AfterEnd {
        responding = false
        open = max(0, open - 1)
        guard closeAfterEnd || (closeWhenAnswered && open == 0) else { return .keep }
        closing = true
        return .close
    }

    /// Closes without an answer.
    mutating func close() { closing = true }

    /// Closes as soon as what was asked is answered; true when that is now.
    mutating func closeSoon() -> Bool {
        guard open == 0, !reading else {
            closeWhenAnswered = true
            return false
        }
        closing = true
        return true
    }
}
