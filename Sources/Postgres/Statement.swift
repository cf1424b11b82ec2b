/// SQL text with its parameters.
///
/// Text comes only from source code (`StaticString`), values only go into parameters, so the two cannot mix:
///
/// ```swift
/// let statement: Statement = "select id from account where name = \(name) and size > \(size)"
/// let call = Statement.call("find_account", .text(name), .int8(size))
/// ```
///
/// A connection prepares each text once and keeps the most recently used ones.
public struct Statement: Sendable, Equatable, ExpressibleByStringInterpolation {
    /// The text with `$1`, `$2`, … for the values.
    public let sql: String

    /// One value per parameter, in order.
    public let binds: [Bind]

    /// See ``scoped(to:)``.
    private(set) var scope: String?

    public init(sql: StaticString, _ binds: [Bind] = []) {
        self.sql = sql.description
        self.binds = binds
    }

    /// Text that is not a literal. Only for a builder that composes SQL from static strings and identifiers of the
    /// catalog, and for files of SQL that are part of the program; never for text from outside.
    public init(unchecked sql: String, _ binds: [Bind] = []) {
        self.sql = sql
        self.binds = binds
    }

    public init(stringLiteral value: StaticString) {
        self.init(sql: value)
    }

    public init(stringInterpolation: StringInterpolation) {
        sql = stringInterpolation.sql
        binds = stringInterpolation.binds
    }

    /// `select * from name($1, …)`.
    public static func call(_ name: StaticString, _ binds: Bind...) -> Statement {
        call(name, binds)
    }

    /// `select * from name($1, …)`.
    public static func call(_ name: StaticString, _ binds: [Bind]) -> Statement {
        call(name, first: [], binds)
    }

    /// `select * from name(null::type, $1, …)`: of a function whose first parameter is polymorphic, for the sake of its type.
    public static func call(_ name: StaticString, nullOf type: StaticString, _ binds: [Bind]) -> Statement {
        call(name, first: ["null::\(type.description)"], binds)
    }

    private static func call(_ name: StaticString, first: [String], _ binds: [Bind]) -> Statement {
        let arguments = first + binds.indices.map { "$\($0 + 1)" }
        return Statement(
            unchecked: "select * from \(name.description)(\(arguments.joined(separator: ", ")))", binds)
    }

    /// The same, prepared apart from that of other scopes: for text whose names mean other things on another search path. PostgreSQL
    /// would analyze and plan one prepared statement anew at each change of the path. Each takes memory of the session.
    public func scoped(to scope: String) -> Statement {
        var statement = self
        statement.scope = scope
        return statement
    }

    /// Refuses what libpq cannot carry, before it is sent.
    func check() throws(PostgresError) {
        guard binds.count <= Self.maximumBinds else {
            throw PostgresError(
                kind: .server("54000"), message: "\(binds.count) parameters, at most \(Self.maximumBinds) are possible")
        }
        for case .literal(let text, _) in binds where text.utf8.contains(0) {
            // In text format a zero byte would end the value early; in binary the server itself refuses it so.
            throw PostgresError(kind: .server("22021"), message: "a value contains a zero byte")
        }
    }

    /// The protocol counts parameters in 16 bits.
    private static let maximumBinds = 65_535

    public struct StringInterpolation: StringInterpolationProtocol {
        public typealias StringLiteralType = StaticString

        var sql = ""
        var binds: [Bind] = []

        public init(literalCapacity: Int, interpolationCount: Int) {
            sql.reserveCapacity(literalCapacity + interpolationCount * 3)
            binds.reserveCapacity(interpolationCount)
        }

        public mutating func appendLiteral(_ literal: StaticString) {
            sql += literal.description
        }

        public mutating func appendInterpolation(bind: Bind) {
            binds.append(bind)
            sql += "$\(binds.count)"
        }

        public mutating func appendInterpolation(_ value: some Bindable) {
            appendInterpolation(bind: value.bind)
        }
    }
}
