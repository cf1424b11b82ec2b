/// One identity of a person: a type such as `user_id` or `email`, and the normalised value.
public struct Identifier: Sendable, Hashable {
    public var type: String
    public var value: String

    public init(type: String, value: String) {
        self.type = type
        self.value = value
    }

    public static let userID = "user_id"
    public static let anonymousID = "anonymous_id"
    public static let email = "email"
    public static let phone = "phone"

    /// Longest value, in bytes of its normalised form, and longest type name.
    public static let valueBytes = 512
    public static let typeBytes = 128

    /// The form in which values of a type are stored and looked up; nil if nothing is left.
    /// - Parameter phoneRegion: two-letter country code for phone numbers in national form.
    public static func normalize(
        type: String, value: String, phoneRegion: String = Normalizer.noRegion
    ) -> String? {
        switch type {
        case email:
            let plain = Normalizer.trimmed(value[...])
            guard !plain.isEmpty else { return nil }
            return Normalizer.email(value) ?? Normalizer.lowercased(String(plain))
        case phone:
            return Normalizer.phone(value, region: phoneRegion)
        default:
            if let first = value.utf8.first, let last = value.utf8.last, Normalizer.isInk(first), Normalizer.isInk(last)
            {
                return value
            }
            let plain = Normalizer.trimmed(value[...])
            return plain.isEmpty ? nil : String(plain)
        }
    }
}

extension String {
    /// Order and equality by bytes, as PostgreSQL's collation "C" has them (Swift's own go by canonical equivalence).
    func precedesInBytes(_ other: String) -> Bool { utf8.lexicographicallyPrecedes(other.utf8) }
    func equalsInBytes(_ other: String) -> Bool { utf8.elementsEqual(other.utf8) }
}
