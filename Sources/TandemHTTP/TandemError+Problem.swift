import HTTPTypes
import Postgres
import FoundationEssentials
public import Tandem

extension Problem {
    /// The one place where the product's errors become HTTP. Nil for an error that is a fault of ours: the caller logs it
    /// and answers `internal_error`.
    init?(translating error: any Error) {
        if let error = error as? PostgresError {
            self.init(translating: error)
            return
        }
        guard let error = error as? TandemError else { return nil }
        switch error {
        case .merged(let id):
            self.init(.movedPermanently, error.code, error.message, members: ["merged_into": .string("\(id)")])
        case .versionMismatch(let current):
            self.init(
                .preconditionFailed, error.code, error.message,
                members: ["version": current.map { .number($0) } ?? .null])
        case .duplicate(let ids, let hidden):
            self = .duplicate(error, ids: ids.map { $0.uuidString.lowercased() }, hidden: hidden)
        case .invalid(let fields):
            self = .validation(fields.map { Item(pointer: $0.pointer, code: $0.code, detail: $0.detail) })
        case .inUse(let references):
            self.init(
                .conflict, error.code, error.message,
                members: [
                    "references": .object(JSONObject(references.sorted { $0.key < $1.key }.map { ($0, .number($1)) }))
                ])
        case .alreadyConverted(let found), .ambiguousConversion(let found), .alreadyMerged(let found):
            self.init(.conflict, error.code, error.message, members: found.object ?? [:])
        case .countDiffers(let count):
            self.init(.conflict, error.code, error.message, members: ["count": .number(count)])
        case .notUnique(let values):
            self.init(
                .conflict, error.code, error.message,
                members: [
                    "values": .object(JSONObject(values.sorted { $0.key < $1.key }.map { ($0, .number($1)) }))
                ])
        case .unavailable where error.isDiskFull:
            self = .diskFull
        case .unavailable:
            self = .unavailable(error.code, error.message)
        case .deadlineExceeded:
            self = .unavailable(error.code, error.message)
        case .staleRules:
            self = .unavailable(error.code, error.message)
        case .failure(_, let state?) where Problem.isOutOfRange(state):
            // What each value may be is checked before; what comes of several may be more than a column holds.
            self.init(
                .unprocessableContent, "out_of_range", "A number or a time that comes of the values is out of range.")
        case .failure:
            return nil
        case .notFound, .sameProfile, .refExists, .unknownIdentifier, .alreadyUndone, .erased, .alreadyDecided,
            .conflict, .limitReached, .notAuthor, .badRequest, .denied:
            self.init(Problem.status(of: error), error.code, error.message)
        }
    }

    private static func isOutOfRange(_ state: String) -> Bool { ["22003", "22007", "22008", "22009"].contains(state) }

    /// Who holds the key: ids as the API shows them, and how many others there are.
    public static func duplicate(_ error: TandemError, ids: [String], hidden: Int) -> Problem {
        var members: JSONObject = ["ids": .array(ids.map(JSON.string))]
        if hidden > 0 { members["hidden"] = .number(hidden) }
        return Problem(.conflict, error.code, error.message, members: members)
    }

    /// As `init(translating:)`, with `internal_error` for a fault of ours.
    public init(of error: TandemError) {
        self = Problem(translating: error) ?? .internalError
    }

    private init?(translating error: PostgresError) {
        switch error.kind {
        case .connection, .poolClosed, .poolTimeout, .cancelled:
            self = .unavailable("unavailable", "The database cannot be reached at this moment.")
        case .deadlineExceeded:
            self = .unavailable("deadline_exceeded", "The request took too long.")
        case .decoding:
            return nil
        case .server(let state):
            self.init(
                translating: TandemError(
                    sqlState: state.rawValue, message: error.message, detail: error.detail, hint: error.hint))
        }
    }

    /// Of the errors that have nothing but a status, a code and a message.
    private static func status(of error: TandemError) -> HTTPResponse.Status {
        switch error {
        case .notFound: .notFound
        case .unknownIdentifier: .unprocessableContent
        case .badRequest: .badRequest
        case .denied, .notAuthor: .forbidden
        default: .conflict
        }
    }
}
