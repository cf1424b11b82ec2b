public import FoundationEssentials

/// A value for one parameter of a statement, with its type. Sent in binary where that is cheaper than text.
///
/// Arrays are one-dimensional; a nil element is SQL null.
public enum Bind: Sendable, Equatable {
    /// SQL null of a type; use `.unspecified` to let the server infer it.
    case null(OID)
    case text(String)
    /// UTF-8 bytes of a `text` value, as they are.
    case utf8(ArraySlice<UInt8>)
    case int2(Int16)
    case int4(Int32)
    case int8(Int64)
    case double(Double)
    case bool(Bool)
    case uuid(UUID)
    /// Microseconds since 1970-01-01 UTC.
    case timestamptz(Int64)
    /// Days since 1970-01-01.
    case date(Int32)
    /// UTF-8 bytes of one JSON value.
    case jsonb(ArraySlice<UInt8>)
    case bytea(ArraySlice<UInt8>)
    /// The text form of a value of any type (`numeric`, `interval`, `int4range`, …); with `.unspecified` the server
    /// infers the type.
    case literal(String, OID)

    case textArray([String?])
    /// UTF-8 bytes of `text` elements.
    case utf8Array([ArraySlice<UInt8>?])
    case int2Array([Int16?])
    case int4Array([Int32?])
    case int8Array([Int64?])
    case doubleArray([Double?])
    case boolArray([Bool?])
    case uuidArray([UUID?])
    /// Microseconds since 1970-01-01 UTC.
    case timestamptzArray([Int64?])
    /// UTF-8 bytes of JSON values.
    case jsonbArray([ArraySlice<UInt8>?])
    case byteaArray([ArraySlice<UInt8>?])

    /// An integer as `bigint`.
    public static func int(_ value: Int) -> Bind { .int8(Int64(value)) }

    /// UTF-8 bytes of one JSON value.
    public static func jsonb(_ bytes: [UInt8]) -> Bind { .jsonb(bytes[...]) }

    /// UTF-8 bytes of one JSON value.
    public static func jsonb(_ bytes: ContiguousArray<UInt8>) -> Bind { .jsonb(Array(bytes)[...]) }

    /// JSON text.
    public static func jsonb(text: String) -> Bind { .jsonb(Array(text.utf8)[...]) }

    public static func bytea(_ bytes: [UInt8]) -> Bind { .bytea(bytes[...]) }

    /// A decimal number in text form, for example `12.50`.
    public static func numeric(_ decimal: String) -> Bind { .literal(decimal, .numeric) }

    /// Text whose type the server infers from the statement.
    public static func untyped(_ text: String) -> Bind { .literal(text, .unspecified) }

    /// The type that is declared for the parameter.
    public var type: OID {
        switch self {
        case .null(let oid): oid
        case .text, .utf8: .text
        case .int2: .int2
        case .int4: .int4
        case .int8: .int8
        case .double: .float8
        case .bool: .bool
        case .uuid: .uuid
        case .timestamptz: .timestamptz
        case .date: .date
        case .jsonb: .jsonb
        case .bytea: .bytea
        case .literal(_, let oid): oid
        case .textArray, .utf8Array: .textArray
        case .int2Array: .int2Array
        case .int4Array: .int4Array
        case .int8Array: .int8Array
        case .doubleArray: .float8Array
        case .boolArray: .boolArray
        case .uuidArray: .uuidArray
        case .timestamptzArray: .timestamptzArray
        case .jsonbArray: .jsonbArray
        case .byteaArray: .byteaArray
        }
    }
}

/// A Swift type that has one natural SQL type, so that `\(value)` in a `Statement` binds it.
public protocol Bindable {
    /// The type a nil is sent as.
    static var bindType: OID { get }

    /// The value as a parameter.
    var bind: Bind { get }
}

extension String: Bindable {
    public static var bindType: OID { .text }
    public var bind: Bind { .text(self) }
}

extension Int: Bindable {
    public static var bindType: OID { .int8 }
    public var bind: Bind { .int8(Int64(self)) }
}

extension Int64: Bindable {
    public static var bindType: OID { .int8 }
    public var bind: Bind { .int8(self) }
}

extension Int32: Bindable {
    public static var bindType: OID { .int4 }
    public var bind: Bind { .int4(self) }
}

extension Int16: Bindable {
    public static var bindType: OID { .int2 }
    public var bind: Bind { .int2(self) }
}

extension Double: Bindable {
    public static var bindType: OID { .float8 }
    public var bind: Bind { .double(self) }
}

extension Bool: Bindable {
    public static var bindType: OID { .bool }
    public var bind: Bind { .bool(self) }
}

extension UUID: Bindable {
    public static var bindType: OID { .uuid }
    public var bind: Bind { .uuid(self) }
}

extension Optional: Bindable where Wrapped: Bindable {
    public static var bindType: OID { Wrapped.bindType }
    public var bind: Bind { self?.bind ?? .null(Wrapped.bindType) }
}
