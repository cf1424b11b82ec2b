/// The object identifier of a data type in the server's catalog; the constants are the same on every server.
public struct OID: RawRepresentable, Hashable, Sendable {
    public let rawValue: UInt32

    public init(rawValue: UInt32) { self.rawValue = rawValue }

    init(_ rawValue: UInt32) { self.rawValue = rawValue }

    /// Lets the server infer the type from the statement.
    public static let unspecified = OID(0)
    public static let bool = OID(16)
    public static let bytea = OID(17)
    public static let char = OID(18)
    public static let name = OID(19)
    public static let int8 = OID(20)
    public static let int2 = OID(21)
    public static let int4 = OID(23)
    public static let text = OID(25)
    public static let oid = OID(26)
    public static let json = OID(114)
    public static let xml = OID(142)
    public static let float4 = OID(700)
    public static let float8 = OID(701)
    public static let unknown = OID(705)
    public static let bpchar = OID(1042)
    public static let varchar = OID(1043)
    public static let date = OID(1082)
    public static let timestamp = OID(1114)
    public static let timestamptz = OID(1184)
    public static let interval = OID(1186)
    public static let numeric = OID(1700)
    public static let void = OID(2278)
    public static let cstring = OID(2275)
    public static let uuid = OID(2950)
    public static let jsonb = OID(3802)

    public static let boolArray = OID(1000)
    public static let byteaArray = OID(1001)
    public static let nameArray = OID(1003)
    public static let int2Array = OID(1005)
    public static let int4Array = OID(1007)
    public static let textArray = OID(1009)
    public static let varcharArray = OID(1015)
    public static let int8Array = OID(1016)
    public static let float8Array = OID(1022)
    public static let dateArray = OID(1182)
    public static let timestamptzArray = OID(1185)
    public static let numericArray = OID(1231)
    public static let uuidArray = OID(2951)
    public static let jsonbArray = OID(3807)

    /// Whether the server sends values of the type as their text.
    var isPlainText: Bool {
        switch self {
        case .text, .varchar, .bpchar, .name, .char, .json, .xml, .unknown, .cstring: true
        default: false
        }
    }

    /// Types made by users (enums, domains of extensions such as citext) start here.
    static let firstUserDefined: UInt32 = 16_384
}
