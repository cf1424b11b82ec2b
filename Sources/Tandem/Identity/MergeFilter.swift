public import Postgres

/// Which merges of profiles a list shows.
public struct MergeFilter: Sendable, Hashable {
    /// What made it: an event that named both, an alias call, somebody, a review.
    public enum Cause: String, CaseIterable, Sendable {
        case event, alias, manual, review
    }

    public enum State: String, CaseIterable, Sendable {
        case applied, undone, erased
    }

    public var cause: Cause?
    public var state: State?

    public init(cause: Cause? = nil, state: State? = nil) {
        self.cause = cause
        self.state = state
    }

    /// As people say it.
    /// - Throws: `badRequest` (`invalid_parameter`) for what is none.
    public init(cause: String?, state: String?) throws(TandemError) {
        self.init(cause: try Self.read(cause, "cause"), state: try Self.read(state, "state"))
    }

    private static func read<Choice: RawRepresentable<String> & CaseIterable>(
        _ text: String?, _ name: String
    ) throws(TandemError) -> Choice? {
        guard let text else { return nil }
        if let choice = Choice(rawValue: text) { return choice }
        let choices = Choice.allCases.map(\.rawValue).joined(separator: ", ")
        throw .badRequest(code: "invalid_parameter", detail: "\(name) has to be one of \(choices).")
    }

    /// For `merge_list` and `merge_feed`.
    public var binds: [Bind] { [(cause?.rawValue).bind, (state?.rawValue).bind] }
}
