/// ``IdentityRules`` prepared for reading events: compiled patterns, sets and the order of types. Made once per version.
///
/// A class, because each message is read by it.
public final class IdentifierPolicy: Sendable {
    public let rules: IdentityRules
    /// Two-letter country code for phone numbers in national form.
    public let phoneRegion: String

    /// Types that keys of traits feed under other rules, and that these may not know; for simulations.
    let fedElsewhere: Set<String>

    private let ranks: [String: Int]
    private let blocked: Set<String>
    /// A longer value need not be looked up.
    private let blockedBytes: Int
    private let patterns: [RegularExpression]
    private let blockedOfType: [String: Set<String>]
    private let patternsOfType: [String: [RegularExpression]]
    /// Types that a key of traits or properties feeds, with both spellings of the key.
    let traits: [(type: String, keys: [String])]

    /// - Parameter fedElsewhere: types that keys of traits feed under other rules.
    public init(
        _ rules: IdentityRules, phoneRegion: String = Normalizer.noRegion, fedElsewhere: Set<String> = []
    ) {
        self.rules = rules
        self.phoneRegion = phoneRegion
        self.fedElsewhere = fedElsewhere
        // A pattern that was stored by a newer version and is not understood here blocks nothing.
        let compile = { (sources: [String]) in sources.compactMap { try? RegularExpression($0) } }
        let ordered = rules.identifiers.sorted { $0.priority < $1.priority }
        ranks = Dictionary(ordered.enumerated().map { ($1.type, $0) }, uniquingKeysWith: min)
        blocked = Set(rules.blocked)
        blockedBytes = rules.blocked.lazy.map(\.utf8.count).max() ?? 0
        patterns = compile(rules.blockedPatterns)
        blockedOfType = Dictionary(
            ordered.lazy.filter { !$0.blocked.isEmpty }.map { ($0.type, Set($0.blocked)) }, uniquingKeysWith: { $1 })
        patternsOfType = Dictionary(
            ordered.lazy.filter { !$0.blockedPatterns.isEmpty }.map { ($0.type, compile($0.blockedPatterns)) },
            uniquingKeysWith: { $1 })
        traits = ordered.compactMap { entry in
            IdentityRules.trait(of: entry).map { (entry.type, KeySpelling.both($0)) }
        }
    }

    /// Whether a type is listed, has a place of its own, or came with an event before is the caller's to know; this
    /// answers for the first two.
    public func knows(type: String) -> Bool {
        ranks[type] != nil || IdentityRules.builtInTypes.contains(type)
    }

    public func isBlocked(_ identifier: Identifier) -> Bool {
        if identifier.value.utf8.count <= blockedBytes, blocked.contains(identifier.value) { return true }
        if patterns.contains(where: { $0.matches(identifier.value) }) { return true }
        if let values = blockedOfType[identifier.type], values.contains(identifier.value) { return true }
        return patternsOfType[identifier.type]?.contains { $0.matches(identifier.value) } ?? false
    }

    /// Listed types by priority, then the others by name; inside a type by value.
    public func precedes(_ left: Identifier, _ right: Identifier) -> Bool {
        if left.type == right.type { return left.value.precedesInBytes(right.value) }
        switch (ranks[left.type], ranks[right.type]) {
        case (let first?, let second?): return first < second
        case (_?, nil): return true
        case (nil, _?): return false
        case (nil, nil): return left.type.precedesInBytes(right.type)
        }
    }
}

/// `app_id` and `appId` are one key.
enum KeySpelling {
    static func both(_ key: String) -> [String] {
        let snake = snakeCase(key)
        let camel = camelCase(snake)
        return [key, snake, camel].reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
    }

    private static func snakeCase(_ key: String) -> String {
        var result = ""
        for character in key {
            if character.isUppercase, !result.isEmpty, result.last != "_" { result += "_" }
            result += character.lowercased()
        }
        return result
    }

    private static func camelCase(_ key: String) -> String {
        let parts = key.split(separator: "_")
        guard let first = parts.first else { return key }
        return String(first) + parts.dropFirst().map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined()
    }
}
