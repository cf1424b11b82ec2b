import NIOHTTPTypes

/// Whose turn it is on a connection: the decisions of `WholeRequests`, without the I/O.
struct RequestTurn {
    private(set) var isAnswering = false
    /// Requests handed on whose answers are not out.
    private var theirs = 0
    /// One of them is still coming in.
    private var isComing = false

    var isTheirs: Bool { theirs > 0 || isComing }

    mutating func begin() { isAnswering = true }
    mutating func end() { isAnswering = false }

    mutating func handOn(_ part: HTTPRequestPart) {
        switch part {
        case .head:
            theirs += 1
            isComing = true
        case .body:
            break
        case .end:
            isComing = false
        }
    }

    mutating func theirsAnswered() { theirs = max(0, theirs - 1) }
}
