/// A regular expression over identifier values, matched in time linear in the value whatever the pattern: a tenant's
/// pattern must not be able to hold up the others' events, as backtracking matchers allow.
///
/// Literals, `.`, classes, `\d \w \s` and their opposites, groups, `|`, `* + ? {m,n}`, `^`, `$`, and `(?i)` in front. It
/// matches anywhere in the value unless anchored. Back references and look-around are refused.
struct BlockedPattern: Sendable {
    struct SyntaxError: Error, Hashable {
        var reason: String
    }

    static let sourceBytes = 256

    private let program: [PatternInstruction]
    private let ignoresCase: Bool
    /// For `^[…]*$` of ASCII, the class alone decides.
    private let only: PatternSet?

    init(_ source: String) throws(SyntaxError) {
        guard source.utf8.count <= Self.sourceBytes else {
            throw SyntaxError(reason: "A pattern has at most \(Self.sourceBytes) bytes.")
        }
        var parser = PatternParser(source)
        let tree = try parser.parse()
        ignoresCase = parser.ignoresCase
        var compiler = PatternCompiler()
        try compiler.compile(tree)
        program = compiler.program + [.match]
        if case .sequence(let parts) = tree, parts.count == 3, case .start = parts[0], case .end = parts[2],
            case .repeated(.set(let set), 0, nil) = parts[1]
        {
            only = set
        } else {
            only = nil
        }
    }

    func matches(_ value: String) -> Bool {
        let text = ignoresCase ? Normalizer.lowercased(value) : value
        if let only { return only.containsAll(of: text) }
        return run(text.unicodeScalars)
    }

    /// Keeps the set of places in the program that a match could have reached (Thompson's construction).
    private func run(_ scalars: String.UnicodeScalarView) -> Bool {
        var current = PatternThreads(capacity: program.count)
        var next = PatternThreads(capacity: program.count)
        var index = scalars.startIndex
        var atStart = true
        while true {
            let atEnd = index == scalars.endIndex
            if current.add(0, program: program, atStart: atStart, atEnd: atEnd) { return true }
            if atEnd { return false }
            let scalar = scalars[index]
            index = scalars.index(after: index)
            next.removeAll()
            for place in current.places {
                if case .consume(let set) = program[place], set.contains(scalar) {
                    let reached = next.add(
                        place + 1, program: program, atStart: false, atEnd: index == scalars.endIndex)
                    if reached { return true }
                }
            }
            swap(&current, &next)
            atStart = false
        }
    }
}

/// Places reached at one position, each once.
private struct PatternThreads {
    private(set) var places: [Int] = []
    private var seen: [Bool]

    init(capacity: Int) { seen = Array(repeating: false, count: capacity) }

    mutating func removeAll() {
        places.removeAll(keepingCapacity: true)
        for index in seen.indices { seen[index] = false }
    }

    /// Follows what needs no character; true if the match is complete.
    mutating func add(_ start: Int, program: [PatternInstruction], atStart: Bool, atEnd: Bool) -> Bool {
        var pending = [start]
        while let place = pending.popLast() {
            if seen[place] { continue }
            seen[place] = true
            switch program[place] {
            case .match: return true
            case .consume: places.append(place)
            case .split(let first, let second): pending += [second, first]
            case .jump(let target): pending.append(target)
            case .start: if atStart { pending.append(place + 1) }
            case .end: if atEnd { pending.append(place + 1) }
            }
        }
        return false
    }
}
