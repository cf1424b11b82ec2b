/// What is to be changed of a source, or said of a new one; nil: not.
public struct SourceChange: Sendable {
    public var name: String?
    public var isEnabled: Bool?
    public var mayIdentify: Bool?
    public var mayCreateAccounts: Bool?
    public var mayWriteCRM: Source.CRMRight?
    public var provenance: Source.Provenance?
    public var allowedOrigins: [AllowedOrigin]?
    /// 0: none of its own.
    public var ratePerSecond: Int?
    public var burst: Int?

    public init() {}

    /// The trust of a new source of a kind.
    public func trust(of kind: Source.Kind) -> Source.Trust {
        var trust = Source.Trust.default(for: kind)
        if provenance == .firstParty, Source.Provenance.default(for: kind) == .thirdParty { trust.mayIdentify = true }
        trust.mayIdentify = mayIdentify ?? trust.mayIdentify
        trust.mayCreateAccounts = mayCreateAccounts ?? trust.mayCreateAccounts
        trust.mayWriteCRM = mayWriteCRM ?? trust.mayWriteCRM
        return trust
    }

    /// Reads the body of `POST` and `PATCH /v1/sources`.
    /// - Parameter known: other keys that the body may have.
    /// - Throws: `invalid`, with all faults.
    public init(json body: JSONObject, known: Set<String> = []) throws(TandemError) {
        var faults: [TandemError.FieldError] = []
        func fail(_ key: String, _ code: String, _ detail: String) {
            faults.append(.init(pointer: "/\(key)", code: code, detail: detail))
        }
        func flag(_ key: String, _ value: JSON) -> Bool? {
            if value.bool == nil { fail(key, "not_boolean", "\(key) is true or false.") }
            return value.bool
        }
        func number(_ key: String, _ value: JSON) -> Int? {
            if let number = value.int, (0...1_000_000).contains(number) { return number }
            fail(key, "invalid", "\(key) is a whole number from 0 to 1000000; 0 is none of its own.")
            return nil
        }
        func word<Word: RawRepresentable<String> & CaseIterable>(_ key: String, _ value: JSON) -> Word? {
            if let word = value.string.flatMap({ Word(rawValue: $0) }) { return word }
            fail(key, "invalid", "\(key) is \(Word.allCases.map(\.rawValue).joined(separator: ", ")).")
            return nil
        }
        for (key, value) in body {
            switch key {
            case "name":
                name = value.string
                if !(1...200).contains(value.string?.utf8.count ?? 0) {
                    fail(key, "invalid", "name is 1 to 200 bytes.")
                }
            case "enabled": isEnabled = flag(key, value)
            case "may_identify": mayIdentify = flag(key, value)
            case "may_create_accounts": mayCreateAccounts = flag(key, value)
            case "may_write_crm": mayWriteCRM = word(key, value)
            case "provenance": provenance = word(key, value)
            case "rate_per_second": ratePerSecond = number(key, value)
            case "burst": burst = number(key, value)
            case "allowed_origins":
                guard let list = value.array, list.count <= AllowedOrigin.limit else {
                    fail(key, "not_array", "allowed_origins is a list of at most \(AllowedOrigin.limit) origins.")
                    continue
                }
                allowedOrigins = []
                for (index, item) in list.enumerated() {
                    if let origin = item.string.flatMap({ AllowedOrigin($0) }) {
                        allowedOrigins?.append(origin)
                    } else {
                        fail("\(key)/\(index)", "invalid_origin", AllowedOrigin.rule)
                    }
                }
            case _ where known.contains(key): break
            default: fail(key, "unknown_key", "A source has no \(key) that can be set.")
            }
        }
        if provenance == .thirdParty, mayIdentify == true {
            fail("may_identify", "third_party", "A third-party source never identifies.")
        }
        if !faults.isEmpty { throw .invalid(faults) }
    }
}
