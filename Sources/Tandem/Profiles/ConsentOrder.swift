/// What somebody records of a person's consent: `{"categories": {name: true|false}, "proof"?: {…}, "at"?}`.
///
/// A category is a purpose (`marketing`), or a channel and a purpose (`email.marketing`).
public struct ConsentOrder: Sendable {
    let categories: JSONObject
    /// Whatever shows that it was said: words, a document's place, who was there.
    let proof: JSONObject
    /// Microseconds since 1970; nil: now.
    let at: Int64?

    static let categoryLimit = 100

    /// - Throws: `invalid`.
    public init(_ body: JSONObject) throws(TandemError) {
        if let name = body.names.first(where: { !["categories", "proof", "at"].contains($0) }) {
            throw .invalid("/" + JSONPointer.escaped(name), "unknown_field", "is not known here")
        }
        guard let categories = body["categories"]?.object, !categories.isEmpty,
            categories.names.count <= Self.categoryLimit
        else {
            throw .invalid(
                "/categories", "required", "has 1 to \(Self.categoryLimit) purposes, each with true or false")
        }
        for (name, value) in categories {
            let pointer = "/categories/" + JSONPointer.escaped(name)
            guard value.bool != nil else { throw .invalid(pointer, "invalid", "has to be true or false") }
            guard !name.isEmpty, name.utf8.count <= 200 else {
                throw .invalid(pointer, "invalid", "has a name of 1 to 200 bytes")
            }
        }
        self.categories = categories
        switch body["proof"] {
        case nil, .some(.null): proof = [:]
        case .some(.string(let text)): proof = ["text": .string(text)]
        case .some(.object(let object)): proof = object
        default: throw .invalid("/proof", "invalid", "is a text or an object")
        }
        switch body["at"] {
        case nil, .some(.null): at = nil
        case .some(let value):
            guard let time = value.string.flatMap(WireTime.parse) else {
                throw .invalid("/at", "invalid", "is an ISO 8601 time")
            }
            at = time
        }
    }
}
