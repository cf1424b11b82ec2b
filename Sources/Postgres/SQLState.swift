/// A five-character error code of the server, for example `23505`.
///
/// The two first characters are the class (`SQLState.classCode`). A code of the server that has no constant here is
/// still a value of this type: `SQLState("TD004")`.
public struct SQLState: RawRepresentable, Hashable, Sendable, ExpressibleByStringLiteral, CustomStringConvertible {
    /// The code as the server sends it.
    public let rawValue: String

    public init(rawValue: String) { self.rawValue = rawValue }

    public init(_ rawValue: String) { self.rawValue = rawValue }

    public init(stringLiteral value: String) { self.rawValue = value }

    /// The first two characters, for example `23` for every violated constraint.
    public var classCode: Substring { rawValue.prefix(2) }

    public var description: String { rawValue }

    public static let uniqueViolation = SQLState("23505")
    public static let foreignKeyViolation = SQLState("23503")
    public static let notNullViolation = SQLState("23502")
    public static let checkViolation = SQLState("23514")
    public static let exclusionViolation = SQLState("23P01")
    public static let serializationFailure = SQLState("40001")
    public static let deadlockDetected = SQLState("40P01")
    public static let diskFull = SQLState("53100")
    public static let queryCanceled = SQLState("57014")
    public static let adminShutdown = SQLState("57P01")
    public static let crashShutdown = SQLState("57P02")
    public static let cannotConnectNow = SQLState("57P03")
    public static let lockNotAvailable = SQLState("55P03")
    public static let objectInUse = SQLState("55006")
    public static let insufficientPrivilege = SQLState("42501")
    public static let undefinedColumn = SQLState("42703")
    public static let undefinedTable = SQLState("42P01")
    public static let undefinedFunction = SQLState("42883")
    public static let undefinedObject = SQLState("42704")
    public static let duplicateObject = SQLState("42710")
    public static let duplicateDatabase = SQLState("42P04")
    public static let duplicateSchema = SQLState("42P06")
    public static let duplicateTable = SQLState("42P07")
    public static let syntaxError = SQLState("42601")
    public static let readOnlyTransaction = SQLState("25006")
    public static let activeTransaction = SQLState("25001")
    public static let failedTransaction = SQLState("25P02")
    public static let featureNotSupported = SQLState("0A000")
    public static let invalidStatementName = SQLState("26000")
    public static let connectionFailure = SQLState("08006")
    public static let unableToConnect = SQLState("08001")
}
