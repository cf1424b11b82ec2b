/// An identifier as a small label: its type in words, its value short enough for one line.
struct IdentifierChip {
    let typeName: String
    let value: String
    let shortValue: String

    private static let limit = 28

    init(_ read: IdentifierRead) {
        typeName = Self.typeName(read.type)
        value = read.value
        shortValue = IdentityGraph.shortened(read.value, Self.limit)
    }

    /// Those that people read first, devices last.
    static func chips(_ reads: [IdentifierRead]) -> [IdentifierChip] {
        let order = ["email", "user_id", "phone"]
        func place(_ type: String) -> Int { order.firstIndex(of: type) ?? (type == "anonymous_id" ? 9 : 8) }
        return reads.enumerated().sorted { (place($0.1.type), $0.0) < (place($1.1.type), $1.0) }.map {
            IdentifierChip($0.1)
        }
    }

    /// A type of the tenant's own stands as it is.
    static func typeName(_ type: String) -> String {
        switch type {
        case "email": "Email"
        case "user_id": "User ID"
        case "phone": "Phone"
        case "anonymous_id": "Anonymous ID"
        default: type
        }
    }
}
