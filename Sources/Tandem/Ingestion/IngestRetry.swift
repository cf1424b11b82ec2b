import Postgres

/// What a lane does after its transaction failed: a decision, without the I/O.
enum IngestRetry: Equatable {
    /// Run the same transaction again after a pause.
    case again(afterMilliseconds: Int)
    /// The identity rules have changed: read them, build the columns anew, run again.
    case reloadRules
    /// Something in the batch cannot be stored: each half on its own, down to the message that is to blame.
    case halve
    /// Open a new connection after a pause and run again; messages that were stored after all come out as duplicates.
    case reconnect(afterMilliseconds: Int)
    case giveUp(IngestFailure)

    private static let attempts = 12

    /// - Parameters:
    ///   - attempt: how often this transaction has failed before.
    ///   - jitter: 0..<1.
    static func decide(
        _ error: PostgresError, attempt: Int, timeLeft: Duration, jitter: Double
    ) -> IngestRetry {
        guard timeLeft > .zero else { return .giveUp(.deadlineExceeded) }
        // A server that is away may come back within the request's time, so only that bounds the attempts to reach it.
        guard attempt < attempts || error.kind == .connection else { return .giveUp(.unavailable) }
        let pause = min(500.0, 5.0 * Double(1 << min(attempt, 8)))
        let milliseconds = Int(pause * (0.5 + jitter / 2))
        if error.isRetryable { return .again(afterMilliseconds: milliseconds) }
        switch error.kind {
        case .connection:
            return .reconnect(afterMilliseconds: attempt == 0 ? 0 : max(50, milliseconds))
        case .deadlineExceeded:
            return .reconnect(afterMilliseconds: 0)
        case .poolClosed, .poolTimeout, .cancelled:
            return .giveUp(.unavailable)
        case .decoding:
            return .giveUp(.failed)
        case .server(let state):
            return decide(state, attempt: attempt, milliseconds)
        }
    }

    private static func decide(_ state: SQLState, attempt: Int, _ milliseconds: Int) -> IngestRetry {
        if state.rawValue == "TD011" { return .reloadRules }
        // A field of the tenant's own was dropped while the batch was on its way.
        if state == .undefinedColumn, attempt < 4 { return .again(afterMilliseconds: milliseconds) }
        if state == .lockNotAvailable { return .again(afterMilliseconds: milliseconds) }
        switch state.classCode {
        // Data that a type refuses, or a limit of the server.
        case "22", "54": return .halve
        // A constraint: most likely another writer was faster, so nothing is wrong with the message.
        case "23": return attempt < 4 ? .again(afterMilliseconds: milliseconds) : .halve
        // A full disk does not get empty within a request's time.
        case _ where state == .diskFull: return .giveUp(.diskFull)
        // Out of memory or connections.
        case "53": return .again(afterMilliseconds: max(100, milliseconds))
        case "57":
            return state == .queryCanceled
                ? .again(afterMilliseconds: milliseconds) : .reconnect(afterMilliseconds: max(50, milliseconds))
        default: return .giveUp(.failed)
        }
    }
}
