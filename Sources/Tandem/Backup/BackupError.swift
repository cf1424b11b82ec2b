public import Postgres

/// Why something was not saved or restored.
public enum BackupError: Error, Sendable, CustomStringConvertible {
    case database(PostgresError)
    case product(TandemError)
    /// The data directory is another user's.
    case denied(String, hint: String)
    /// A file or folder cannot be read or written.
    case file(String)
    /// What was saved is not whole any more, or is none of ours.
    case damaged(String)
    /// The state of things does not allow it; what to do instead.
    case conflict(String, hint: String?)
    /// There is no such backup.
    case notFound(String)
    /// The disk has too little room.
    case noSpace(String)
    /// A program of PostgreSQL failed.
    case program(String)

    public var description: String {
        switch self {
        case .database(let error): error.message
        case .product(let error): error.message
        case .denied(let text, _), .file(let text), .damaged(let text), .conflict(let text, _), .notFound(let text),
            .noSpace(let text),
            .program(let text):
            text
        }
    }
}

extension BackupError: PostgresFailure {
    public init(_ error: PostgresError) { self = .database(error) }
}

/// Steps of another layer that end in a backup's error.
@discardableResult
func backing<Value>(_ body: () throws -> Value) throws(BackupError) -> Value {
    do {
        return try body()
    } catch let error as BackupError {
        throw error
    } catch let error as PostgresError {
        throw .database(error)
    } catch let error as TandemError {
        throw .product(error)
    } catch EmbeddedServerError.denied(let text, let hint) {
        throw .denied(text, hint: hint)
    } catch {
        throw .file("\(error)")
    }
}
