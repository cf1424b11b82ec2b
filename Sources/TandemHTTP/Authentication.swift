public import Hummingbird

/// Who calls.
public enum Principal: Sendable {
    case nobody
}

/// Turns the key that a request shows into who calls.
public protocol Authenticator: Sendable {
    /// For routes of scope `secret` and `admin`. Throws a `Problem`: 401 without a valid key, 403 for one that may not.
    func authenticate(_ request: Request, for route: Route) async throws -> Principal
}
