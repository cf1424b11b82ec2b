/// A set of characters, as ranges.
struct PatternSet: Sendable {
    var ranges: [ClosedRange<UInt32>]
    var inverted = false

    func contains(_ scalar: Unicode.Scalar) -> Bool {
        ranges.contains { $0.contains(scalar.value) } != inverted
    }

    /// Whether all of a text is in the set.
    func containsAll(of text: String) -> Bool {
        for scalar in text.unicodeScalars where !contains(scalar) { return false }
        return true
    }

    static func ascii(_ first: Unicode.Scalar, _ last: Unicode.Scalar) -> ClosedRange<UInt32> {
        first.value...last.value
    }

    static let digits = [ascii("0", "9")]
    static let wordCharacters = [ascii("a", "z"), ascii("A", "Z"), ascii("0", "9"), ascii("_", "_")]
    static let spaces = [ascii(" ", " "), ascii("\t", "\r")]
}

indirect enum PatternTree: Sendable {
    case set(PatternSet)
    case start
    case end
    case sequence([PatternTree])
    case either([PatternTree])
    /// At least and at most so often.
    case repeated(PatternTree, Int, Int?)
}

enum PatternInstruction: Sendable {
    case consume(PatternSet)
    case split(Int, Int)
    case jump(Int)
    case start
    case end
    case match
}

struct PatternCompiler {
    private(set) var program: [PatternInstruction] = []

    private static let instructions = 2000

    private mutating func emit(_ instruction: PatternInstruction) throws(BlockedPattern.SyntaxError) {
        guard program.count < Self.instructions else {
            throw BlockedPattern.SyntaxError(reason: "The pattern's repetitions are too large.")
        }
        program.append(instruction)
    }

    mutating func compile(_ tree: PatternTree) throws(BlockedPattern.SyntaxError) {
        switch tree {
        case .set(let set): try emit(.consume(set))
        case .start: try emit(.start)
        case .end: try emit(.end)
        case .sequence(let parts): for part in parts { try compile(part) }
        case .either(let choices): try compileEither(choices[...])
        case .repeated(let part, let least, let most): try compileRepeated(part, least, most)
        }
    }

    private mutating func compileEither(_ choices: ArraySlice<PatternTree>) throws(BlockedPattern.SyntaxError) {
        guard let first = choices.first else { return }
        guard choices.count > 1 else { return try compile(first) }
        let split = program.count
        try emit(.split(0, 0))
        try compile(first)
        let jump = program.count
        try emit(.jump(0))
        program[split] = .split(split + 1, program.count)
        try compileEither(choices.dropFirst())
        program[jump] = .jump(program.count)
    }

    private mutating func compileRepeated(
        _ part: PatternTree, _ least: Int, _ most: Int?
    ) throws(BlockedPattern.SyntaxError) {
        for _ in 0..<least {
            let before = program.count
            try compile(part)
            if program.count == before { break }  // nested repetitions of nothing would never end
        }
        guard let most else {
            let split = program.count
            try emit(.split(0, 0))
            try compile(part)
            try emit(.jump(split))
            program[split] = .split(split + 1, program.count)
            return
        }
        var splits: [Int] = []
        for _ in least..<most {
            splits.append(program.count)
            try emit(.split(0, 0))
            try compile(part)
        }
        for split in splits { program[split] = .split(split + 1, program.count) }
    }
}

struct PatternParser {
    private let scalars: [Unicode.Scalar]
    private var position = 0
    private var depth = 0
    private(set) var ignoresCase = false

    private static let groups = 20
    private static let repetitions = 1000

    init(_ source: String) {
        var source = source[...]
        if source.hasPrefix("(?i)") {
            ignoresCase = true
            source = source.dropFirst(4)
        }
        scalars = Array((ignoresCase ? Normalizer.lowercased(String(source)) : String(source)).unicodeScalars)
    }

    private var next: Unicode.Scalar? { position < scalars.count ? scalars[position] : nil }

    private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
        guard next == scalar else { return false }
        position += 1
        return true
    }

    private func error(_ reason: String) -> BlockedPattern.SyntaxError { .init(reason: reason) }

    mutating func parse() throws(BlockedPattern.SyntaxError) -> PatternTree {
        let tree = try choices()
        guard next == nil else { throw error("A closing bracket has no opening one.") }
        return tree
    }

    private mutating func choices() throws(BlockedPattern.SyntaxError) -> PatternTree {
        var choices = [try sequence()]
        while take("|") { choices.append(try sequence()) }
        return choices.count == 1 ? choices[0] : .either(choices)
    }

    private mutating func sequence() throws(BlockedPattern.SyntaxError) -> PatternTree {
        var parts: [PatternTree] = []
        while let scalar = next, scalar != "|", scalar != ")" {
            parts.append(try quantified(try atom()))
        }
        return .sequence(parts)
    }

    private mutating func quantified(_ part: PatternTree) throws(BlockedPattern.SyntaxError) -> PatternTree {
        let bounds: (least: Int, most: Int?)
        if take("*") {
            bounds = (0, nil)
        } else if take("+") {
            bounds = (1, nil)
        } else if take("?") {
            bounds = (0, 1)
        } else if let braces = try self.braces() {
            bounds = braces
        } else {
            return part
        }
        switch part {
        case .start, .end: throw error("An anchor cannot be repeated.")
        default: break
        }
        _ = take("?")  // a lazy match finds the same values
        if let next, "*+?{".unicodeScalars.contains(next) { throw error("A repetition follows a repetition.") }
        return .repeated(part, bounds.least, bounds.most)
    }

    private mutating func braces() throws(BlockedPattern.SyntaxError) -> (least: Int, most: Int?)? {
        guard take("{") else { return nil }
        guard let least = number() else { throw error("Braces hold {m}, {m,} or {m,n}.") }
        var most: Int? = least
        if take(",") { most = number() }
        guard take("}"), most.map({ $0 >= least }) ?? true else { throw error("Braces hold {m}, {m,} or {m,n}.") }
        return (least, most)
    }

    private mutating func number() -> Int? {
        var value: Int?
        while let scalar = next, ("0"..."9").contains(scalar), value ?? 0 <= Self.repetitions {
            value = (value ?? 0) * 10 + Int(scalar.value - 0x30)
            position += 1
        }
        return value.flatMap { $0 <= Self.repetitions ? $0 : nil }
    }

    private mutating func atom() throws(BlockedPattern.SyntaxError) -> PatternTree {
        guard let scalar = next else { throw error("The pattern ends too early.") }
        position += 1
        switch scalar {
        case "^": return .start
        case "$": return .end
        case ".": return .set(PatternSet(ranges: [10...10], inverted: true))
        case "[": return .set(try set())
        case "(": return try group()
        case "\\": return .set(try escape())
        case "*", "+", "?", "{": throw error("A repetition has nothing to repeat.")
        default: return .set(PatternSet(ranges: [scalar.value...scalar.value]))
        }
    }

    private mutating func group() throws(BlockedPattern.SyntaxError) -> PatternTree {
        if take("?"), !take(":") { throw error("Only (…), (?:…) and a leading (?i) are supported.") }
        depth += 1
        guard depth <= Self.groups else { throw error("Groups are nested too deep.") }
        let tree = try choices()
        guard take(")") else { throw error("A group is not closed.") }
        depth -= 1
        return tree
    }

    private mutating func escape() throws(BlockedPattern.SyntaxError) -> PatternSet {
        guard let scalar = next else { throw error("The pattern ends in a backslash.") }
        position += 1
        switch scalar {
        case "d": return PatternSet(ranges: PatternSet.digits)
        case "D": return PatternSet(ranges: PatternSet.digits, inverted: true)
        case "w": return PatternSet(ranges: PatternSet.wordCharacters)
        case "W": return PatternSet(ranges: PatternSet.wordCharacters, inverted: true)
        case "s": return PatternSet(ranges: PatternSet.spaces)
        case "S": return PatternSet(ranges: PatternSet.spaces, inverted: true)
        case "t": return PatternSet(ranges: [9...9])
        case "n": return PatternSet(ranges: [10...10])
        case "r": return PatternSet(ranges: [13...13])
        default:
            let alphanumeric = PatternSet(ranges: PatternSet.wordCharacters).contains(scalar) && scalar != "_"
            guard !alphanumeric else { throw error("\\\(scalar) is not supported.") }
            return PatternSet(ranges: [scalar.value...scalar.value])
        }
    }

    private mutating func set() throws(BlockedPattern.SyntaxError) -> PatternSet {
        var set = PatternSet(ranges: [], inverted: take("^"))
        var first = true
        while true {
            guard let scalar = next else { throw error("A class is not closed.") }
            position += 1
            if scalar == "]", !first { return set }
            first = false
            var low = PatternSet(ranges: [scalar.value...scalar.value])
            if scalar == "\\" { low = try escape() }
            guard !low.inverted else { throw error("An opposite inside a class is not supported.") }
            let isRange = next == "-" && position + 1 < scalars.count && scalars[position + 1] != "]"
            guard isRange else {
                set.ranges += low.ranges
                continue
            }
            position += 1
            guard let end = next else { throw error("A class is not closed.") }
            position += 1
            var high = PatternSet(ranges: [end.value...end.value])
            if end == "\\" { high = try escape() }
            guard let from = single(low), let to = single(high), from <= to else {
                throw error("A range in a class goes from a lower to a higher character.")
            }
            set.ranges.append(from...to)
        }
    }

    private func single(_ set: PatternSet) -> UInt32? {
        guard set.ranges.count == 1, let range = set.ranges.first, range.count == 1 else { return nil }
        return range.lowerBound
    }
}
