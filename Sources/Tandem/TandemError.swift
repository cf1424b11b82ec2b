public import Foundation
public import Postgres

/// Everything that the product refuses or cannot do. Layers above map `code` to their own answers (HTTP status, exit
/// code); nothing below raises another type across the module's border.
public enum TandemError: Error, Sendable, Hashable {
    /// No such record in this tenant. `code` is `not_found` unless something more exact holds.
    case notFound(code: String = "not_found")
    /// The record was merged; its data lives on under another id.
    case merged(into: UUID)
    /// The record is not at the version that the caller named.
    case versionMismatch(current: Int?)
    /// Other live records hold the key; `hidden`: how many of them the caller may not read.
    case duplicate(ids: [UUID], hidden: Int = 0)
    /// The input is wrong; one entry a field.
    case invalid([FieldError])
    /// Other records refer to it. `references`: relation name → number of rows.
    case inUse(references: [String: Int])
    case sameProfile
    case refExists
    case unknownIdentifier
    case alreadyUndone
    case erased
    /// The identity rules changed since the caller read them: reload and retry.
    case staleRules
    case alreadyDecided
    /// The lead was converted before; what it became.
    case alreadyConverted(JSON)
    /// A conversion would meet records that are there already: `{"accounts", "contacts"}`.
    case ambiguousConversion(JSON)
    /// A condition means so many records, which is not the number that the caller expects.
    case countDiffers(count: Int)
    /// There are as many as there may be; words for people.
    case limitReached(String)
    /// Values repeat, so that the field cannot be unique: value → number of records.
    case notUnique(values: [String: Int])
    /// Somebody else wrote the comment.
    case notAuthor
    /// A record that was to be merged was merged before: `{"id", "merged_into"}`.
    case alreadyMerged(JSON)
    /// The state of the record does not allow it.
    case conflict(String)
    /// The request itself cannot be understood (a cursor, a filter, a parameter).
    case badRequest(code: String, detail: String)
    /// The caller may not do this; `code` says why (`insufficient_scope`, `module_disabled`, …).
    case denied(code: String, detail: String)
    /// A temporary fault: the same call may work in a moment. `sqlState` where the database reported it.
    case unavailable(String, sqlState: String? = nil)
    /// The call took longer than it was given.
    case deadlineExceeded
    /// A fault of Tandem's own. `sqlState` where the database reported it; the text is for the log, not for the caller.
    case failure(String, sqlState: String?)

    /// A field that is wrong: where (a JSON pointer), how (a stable code), and words for people.
    public struct FieldError: Sendable, Hashable, Codable {
        public var pointer: String
        public var code: String
        public var detail: String

        public init(pointer: String, code: String, detail: String) {
            self.pointer = pointer
            self.code = code
            self.detail = detail
        }
    }

    /// One field's error.
    public static func invalid(_ pointer: String, _ code: String, _ detail: String) -> TandemError {
        .invalid([FieldError(pointer: pointer, code: code, detail: detail)])
    }

    /// True when the same transaction may succeed if it is run again as a whole at once: it met another writer, or one
    /// who took a column away or made it another (the next time it knows the table as it is then).
    public var isRetryable: Bool {
        switch self {
        case .unavailable(_, let sqlState): sqlState == "40001" || sqlState == "40P01"
        case .failure(_, let sqlState):
            sqlState == SQLState.undefinedColumn.rawValue || sqlState == SQLState.featureNotSupported.rawValue
        case .duplicate(let ids, let hidden): ids.isEmpty && hidden == 0
        default: false
        }
    }

    /// True when nobody knows whether the database did what it was asked: the connection, or the time, ended before its answer.
    public var isOutcomeUnknown: Bool {
        switch self {
        case .unavailable(_, let sqlState): sqlState == nil
        case .deadlineExceeded: true
        default: false
        }
    }

    /// True when what it needed was held by somebody else for longer than it waits.
    public var isLockTimeout: Bool {
        if case .unavailable(_, let sqlState) = self { sqlState == SQLState.lockNotAvailable.rawValue } else { false }
    }

    /// True when the database has no room to write; what reads is answered all the same.
    public var isDiskFull: Bool {
        if case .unavailable(_, let sqlState) = self { sqlState == SQLState.diskFull.rawValue } else { false }
    }

    /// The stable machine word for the error, in snake_case.
    public var code: String {
        switch self {
        case .notFound(let code): code
        case .merged: "merged"
        case .versionMismatch: State.versionMismatch.name
        case .duplicate: State.duplicate.name
        case .invalid: State.validationFailed.name
        case .inUse: State.inUse.name
        case .sameProfile: State.sameProfile.name
        case .refExists: State.refExists.name
        case .unknownIdentifier: State.unknownIdentifier.name
        case .alreadyUndone: State.alreadyUndone.name
        case .erased: State.erased.name
        case .staleRules: State.staleRules.name
        case .alreadyDecided: State.alreadyDecided.name
        case .alreadyConverted: State.alreadyConverted.name
        case .ambiguousConversion: State.ambiguousConversion.name
        case .countDiffers: State.countDiffers.name
        case .limitReached: State.limitReached.name
        case .notUnique: State.notUnique.name
        case .notAuthor: State.notAuthor.name
        case .alreadyMerged: State.alreadyMerged.name
        case .conflict: State.conflict.name
        case .badRequest(let code, _): code
        case .denied(let code, _): code
        case .unavailable: isDiskFull ? "disk_full" : "unavailable"
        case .deadlineExceeded: "deadline_exceeded"
        case .failure: "internal"
        }
    }

    /// Words for people. Never the database's text.
    public var message: String {
        switch self {
        case .notFound("unknown_object"): "There is no such object."
        case .notFound("unknown_key"): "Records of this kind are not looked up by this field."
        case .notFound: "There is no such record."
        case .merged(let id): "The record was merged into \(id.uuidString.lowercased())."
        case .versionMismatch(let current):
            "The record has changed" + (current.map { "; its version is now \($0)." } ?? ".")
        case .duplicate(let ids, let hidden):
            "\(ids.count + hidden == 1 ? "Another record holds" : "Other records hold") this key"
                + (hidden == 0
                    ? "." : "; \(hidden == 1 && ids.isEmpty ? "it is" : "\(hidden) are") out of the role's reach.")
        case .invalid(let fields):
            fields.count == 1 ? "\(fields[0].pointer): \(fields[0].detail)" : "\(fields.count) fields are invalid."
        case .inUse(let references):
            "It is in use by "
                + references.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }
                .joined(separator: ", ") + "."
        case .sameProfile: "Both ends are one profile."
        case .refExists: "The ref names an earlier merge."
        case .unknownIdentifier: "Nobody owns this identifier."
        case .alreadyUndone: "It was undone before."
        case .erased: "One side of the merge was erased."
        case .staleRules: "The identity rules have changed."
        case .alreadyDecided: "The review was decided before."
        case .alreadyConverted(let became): "The lead was converted before\(LeadConversion.words(became))."
        case .ambiguousConversion(let found):
            "There are such records already\(LeadConversion.words(found)): name one of them, or say on_duplicate create."
        case .countDiffers(let count): "The condition means \(count) records, not as many as expected."
        case .notUnique(let values):
            "Values repeat: "
                + values.sorted { $0.key < $1.key }.map { "\($0.key) in \($0.value) records" }.joined(separator: ", ")
                + "."
        case .notAuthor: "Only its author may change what a comment says."
        case .alreadyMerged: "One of the records was merged into another one before."
        case .limitReached(let detail), .conflict(let detail), .badRequest(_, let detail), .denied(_, let detail):
            detail
        case .unavailable where isDiskFull:
            "The server's disk is nearly full: nothing is stored until there is room, reads are answered. Keep the request and "
                + "send it again as Retry-After says; operators find what to do with tandem doctor."
        case .unavailable: "The service cannot answer at this moment."
        case .deadlineExceeded: "The request took too long."
        case .failure: "Something went wrong on our side."
        }
    }
}

extension TandemError: PostgresFailure {
    /// The SQLSTATEs of Tandem's own class, as `sql/README.md` lists them.
    public enum State: String, Sendable, CaseIterable {
        case notFound = "TD001"
        case versionMismatch = "TD002"
        case duplicate = "TD003"
        case validationFailed = "TD004"
        case inUse = "TD005"
        case sameProfile = "TD006"
        case refExists = "TD007"
        case unknownIdentifier = "TD008"
        case alreadyUndone = "TD009"
        case erased = "TD010"
        case staleRules = "TD011"
        case alreadyDecided = "TD012"
        case conflict = "TD013"
        case alreadyConverted = "TD014"
        case ambiguousConversion = "TD015"
        case limitReached = "TD016"
        case notUnique = "TD017"
        case forbidden = "TD018"
        case recordMerged = "TD020"
        case alreadyMerged = "TD021"
        case countDiffers = "TD022"
        case notAuthor = "TD025"

        /// The name in the table, which is also the error's `code`.
        public var name: String {
            switch self {
            case .notFound: "not_found"
            case .versionMismatch: "version_mismatch"
            case .duplicate: "duplicate"
            case .validationFailed: "validation_failed"
            case .inUse: "in_use"
            case .sameProfile: "same_profile"
            case .refExists: "ref_exists"
            case .unknownIdentifier: "unknown_identifier"
            case .alreadyUndone: "already_undone"
            case .erased: "erased"
            case .staleRules: "stale_rules"
            case .alreadyDecided: "already_decided"
            case .conflict: "conflict"
            case .alreadyConverted: "already_converted"
            case .ambiguousConversion: "ambiguous_conversion"
            case .countDiffers: "count_differs"
            case .limitReached: "limit_reached"
            case .notUnique: "not_unique"
            case .notAuthor: "not_author"
            case .forbidden: "forbidden"
            case .recordMerged: "merged"
            case .alreadyMerged: "already_merged"
            }
        }
    }

    /// What the database client reported, as the product's error.
    public init(_ error: PostgresError) {
        switch error.kind {
        case .server:
            self.init(sqlState: error.sqlState, message: error.message, detail: error.detail, hint: error.hint)
        case .deadlineExceeded: self = .deadlineExceeded
        // As PostgreSQL says that it takes no more connections: nothing was asked of it.
        case .poolClosed, .poolTimeout: self = .unavailable(error.description, sqlState: "53300")
        case .connection, .cancelled: self = .unavailable(error.description)
        case .decoding: self = .failure(error.message, sqlState: nil)
        }
    }

    /// What PostgreSQL reported, as the product's error.
    ///
    /// Codes of class TD keep their meaning. Serialization faults, deadlocks and lost connections are temporary; a
    /// cancelled statement ran out of time; all else is a fault of ours, with its text kept for the log.
    public init(sqlState: String, message: String, detail: String?, hint: String?) {
        if let state = State(rawValue: sqlState) {
            self.init(state: state, message: message, detail: detail, hint: hint)
            return
        }
        switch sqlState.prefix(2) {
        case "08", "53", "40": self = .unavailable(message, sqlState: sqlState)
        case "57": self = sqlState == "57014" ? .deadlineExceeded : .unavailable(message, sqlState: sqlState)
        case "23":
            // The procedures look before they write; who still meets a constraint lost a race.
            self = sqlState == "23505" ? .duplicate(ids: []) : .conflict("The record was changed by someone else.")
        case "55":
            self =
                sqlState == "55P03" ? .unavailable(message, sqlState: sqlState) : .failure(message, sqlState: sqlState)
        default: self = .failure(message, sqlState: sqlState)
        }
    }

    private init(state: State, message: String, detail: String?, hint: String?) {
        let json = detail.map { Data($0.utf8) } ?? Data()
        switch state {
        case .recordMerged:
            let winner = detail.flatMap { try? JSON(parsing: $0) }?["merged_into"]?.string.flatMap {
                UUID(uuidString: $0)
            }
            self = winner.map { .merged(into: $0) } ?? .notFound()
        case .alreadyMerged: self = .alreadyMerged(detail.flatMap { try? JSON(parsing: $0) } ?? .object([:]))
        case .notFound: self = .notFound()
        case .versionMismatch: self = .versionMismatch(current: hint.flatMap { Int($0) })
        case .duplicate:
            let hidden = detail.flatMap { try? JSON(parsing: $0) }?["hidden"]?.int
            self = .duplicate(ids: Self.ids(in: json), hidden: hidden ?? 0)
        case .validationFailed:
            let fields = try? JSONDecoder().decode([FieldError].self, from: json)
            self = .invalid(fields ?? [FieldError(pointer: "", code: "invalid", detail: message)])
        case .inUse: self = .inUse(references: (try? JSONDecoder().decode([String: Int].self, from: json)) ?? [:])
        case .sameProfile: self = .sameProfile
        case .refExists: self = .refExists
        case .unknownIdentifier: self = .unknownIdentifier
        case .alreadyUndone: self = .alreadyUndone
        case .erased: self = .erased
        case .staleRules: self = .staleRules
        case .alreadyDecided: self = .alreadyDecided
        case .conflict: self = .conflict(detail ?? message)
        case .alreadyConverted: self = .alreadyConverted(Self.conversion(detail))
        case .ambiguousConversion: self = .ambiguousConversion(Self.conversion(detail))
        case .countDiffers: self = .countDiffers(count: hint.flatMap { Int($0) } ?? 0)
        case .limitReached: self = .limitReached(detail ?? message)
        case .notUnique:
            self = .notUnique(values: (try? JSONDecoder().decode([String: Int].self, from: json)) ?? [:])
        case .notAuthor: self = .notAuthor
        case .forbidden: self = .denied(code: state.name, detail: detail ?? "The role does not allow this.")
        }
    }

    private static func conversion(_ detail: String?) -> JSON {
        LeadConversion.shown(detail.flatMap { try? JSON(parsing: $0) } ?? .object([:]))
    }

    private struct Identifiers: Decodable { let ids: [UUID] }

    /// Ids as a JSON array or as `{"ids": […]}`.
    private static func ids(in json: Data) -> [UUID] {
        let decoder = JSONDecoder()
        return (try? decoder.decode([UUID].self, from: json))
            ?? (try? decoder.decode(Identifiers.self, from: json).ids) ?? []
    }
}
