/// Where in a message a rule applies: `properties.price`, `traits.address.city`, `properties.products[].price` (of each element).
/// A dot or bracket that belongs to a key has a backslash before it.
struct MappingPath: Sendable, Hashable {
    enum Step: Sendable, Hashable {
        case key(String)
        /// Every element of an array.
        case each
    }

    /// As written.
    let text: String
    let steps: [Step]

    static let roots = ["properties", "traits", "context"]
    private static let stepsLimit = 16
    private static let bytesLimit = 512

    /// Nil if it is no path.
    /// - Parameter roots: what the first key may be; nil: anything.
    init?(_ text: String, roots: [String]? = MappingPath.roots) {
        guard text.utf8.count <= Self.bytesLimit, let steps = Self.steps(of: text), steps.count <= Self.stepsLimit
        else {
            return nil
        }
        if let roots {
            guard steps.count > 1, case .key(let root) = steps[0], roots.contains(root) else { return nil }
        }
        self.text = text
        self.steps = steps
    }

    private static func steps(of text: String) -> [Step]? {
        var steps: [Step] = []
        var key = ""
        var rest = text.unicodeScalars[...]
        var afterEach = false
        func close() -> Bool {
            if afterEach, key.isEmpty { return true }
            if key.isEmpty || afterEach { return false }
            steps.append(.key(key))
            key = ""
            return true
        }
        while let scalar = rest.popFirst() {
            switch scalar {
            case "\\":
                guard let escaped = rest.popFirst() else { return nil }
                key.unicodeScalars.append(escaped)
            case ".":
                guard close() else { return nil }
                afterEach = false
            case "[":
                guard rest.popFirst() == "]", close() || steps.isEmpty else { return nil }
                steps.append(.each)
                afterEach = true
            default:
                key.unicodeScalars.append(scalar)
            }
        }
        return close() ? steps : nil
    }

    /// The places that the path means: traits stand at the top, or in the context.
    var places: [[Step]] {
        guard steps.first == .key("traits") else { return [steps] }
        return [steps, [.key("context")] + steps]
    }

    /// The steps up to the last array whose elements are gone through, that included; and the keys after it.
    var split: (container: [Step], keys: [String]) {
        let end = steps.lastIndex(of: .each).map { $0 + 1 } ?? 0
        let keys = steps[end...].compactMap { if case .key(let key) = $0 { key } else { nil } }
        return (Array(steps[..<end]), keys)
    }
}

extension JSON {
    /// The value with every part at `steps` replaced by what `change` makes of it; nil takes it out. Parts that are not
    /// there are not made.
    func replacing(
        _ steps: ArraySlice<MappingPath.Step>, _ change: (JSON) throws(MappingFault) -> JSON?
    ) throws(MappingFault) -> JSON? {
        guard let step = steps.first else { return try change(self) }
        switch (step, self) {
        case (.key(let key), .object(var object)):
            guard let part = object[key] else { return self }
            object[key] = try part.replacing(steps.dropFirst(), change)
            return .object(object)
        case (.each, .array(let elements)):
            var kept: [JSON] = []
            kept.reserveCapacity(elements.count)
            for element in elements {
                if let part = try element.replacing(steps.dropFirst(), change) { kept.append(part) }
            }
            return .array(kept)
        default:
            return self
        }
    }

    /// The value at keys, one inside the other.
    func at(_ keys: some Sequence<String>) -> JSON? {
        var value: JSON? = self
        for key in keys { value = value?[key] ?? Int(key).flatMap { value?[$0] } }
        return value
    }

    /// The object with `value` at keys, whose objects are made where they are missing; itself if something else is in the way.
    func setting(_ keys: ArraySlice<String>, to value: JSON) -> JSON {
        guard let key = keys.first else { return value }
        guard case .object(var object) = self else { return self }
        var part = object[key] ?? .null
        if part.isNull, keys.count > 1 { part = .object([:]) }
        object[key] = part.setting(keys.dropFirst(), to: value)
        return .object(object)
    }
}
