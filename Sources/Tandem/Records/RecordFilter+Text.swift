/// The short form of a condition in a query parameter:
/// `lifecycle eq "customer" and (employee_count gte 100 or tags contains "vip") and not name is_not_set`.
struct RecordFilterText {
    let reader: RecordFilterReader
    private var tokens: [Token]
    private var position = 0

    private enum Token: Hashable {
        case word(String)
        case text(String)
        case open, close, comma
    }

    static func read(_ text: String, _ reader: RecordFilterReader) throws(TandemError) -> RecordFilter {
        guard text.utf8.count <= 4000, let tokens = tokens(text) else { throw wrong("an unfinished text") }
        var parser = RecordFilterText(reader: reader, tokens: tokens)
        let filter = try parser.disjunction(depth: 1)
        guard parser.position == tokens.count else { throw wrong("something behind its end") }
        guard filter.conditionCount <= RecordFilter.conditionLimit else { throw wrong("too many conditions") }
        return filter
    }

    private static func wrong(_ what: String) -> TandemError {
        .badRequest(code: "invalid_filter", detail: "The filter has \(what).")
    }

    private static func tokens(_ text: String) -> [Token]? {
        var tokens: [Token] = []
        var rest = text[...]
        while let first = rest.first {
            switch first {
            case _ where first.isWhitespace: rest.removeFirst()
            case "(", ")", ",":
                tokens.append(first == "(" ? .open : first == ")" ? .close : .comma)
                rest.removeFirst()
            case "\"", "'":
                rest.removeFirst()
                var value = ""
                while let next = rest.popFirst() {
                    if next == first {
                        tokens.append(.text(value))
                        value = ""
                        break
                    }
                    if next == "\\" {
                        guard let escaped = rest.popFirst() else { return nil }
                        value.append(escaped)
                    } else {
                        value.append(next)
                    }
                    if rest.isEmpty { return nil }
                }
            default:
                let word = rest.prefix { !$0.isWhitespace && !"(),\"'".contains($0) }
                tokens.append(.word(String(word)))
                rest = rest.dropFirst(word.count)
            }
        }
        return tokens
    }

    private var next: Token? { position < tokens.count ? tokens[position] : nil }

    private mutating func take(_ word: String) -> Bool {
        guard case .word(let text) = next, text.lowercased() == word else { return false }
        position += 1
        return true
    }

    private mutating func disjunction(depth: Int) throws(TandemError) -> RecordFilter {
        var parts = [try conjunction(depth: depth)]
        while take("or") { parts.append(try conjunction(depth: depth)) }
        return parts.count == 1 ? parts[0] : .any(parts)
    }

    private mutating func conjunction(depth: Int) throws(TandemError) -> RecordFilter {
        var parts = [try term(depth: depth)]
        while take("and") { parts.append(try term(depth: depth)) }
        return parts.count == 1 ? parts[0] : .all(parts)
    }

    private mutating func term(depth: Int) throws(TandemError) -> RecordFilter {
        guard depth <= RecordFilter.depthLimit else { throw Self.wrong("too many brackets") }
        if take("not") { return .not(try term(depth: depth + 1)) }
        if next == .open {
            position += 1
            let inner = try disjunction(depth: depth + 1)
            guard next == .close else { throw Self.wrong("an open bracket") }
            position += 1
            return inner
        }
        return try comparison()
    }

    private mutating func comparison() throws(TandemError) -> RecordFilter {
        guard case .word(let name) = next else { throw Self.wrong("no field where one must be") }
        guard let path = RecordFilter.FieldPath(name, of: reader.description, catalog: reader.catalog) else {
            throw .badRequest(code: "unknown_field", detail: "\(name) is not a field of \(reader.description.name).")
        }
        position += 1
        guard case .word(let op) = next, let comparison = RecordFilter.Comparison.named(op.lowercased()) else {
            throw Self.wrong("no operator behind \(name)")
        }
        position += 1
        var value: JSON?
        switch comparison {
        case .isSet, .isNotSet: break
        case .in, .notIn, .inLast, .inNext, .olderThan: value = .array(try list())
        default: value = try scalar()
        }
        do throws(TandemError) {
            return try reader.compare(path, comparison, value, at: "/filter")
        } catch {
            guard case .invalid(let fields) = error, let field = fields.first else { throw error }
            throw .badRequest(code: "invalid_filter", detail: "The filter on \(name): \(field.detail).")
        }
    }

    private mutating func list() throws(TandemError) -> [JSON] {
        guard next == .open else { throw Self.wrong("no list where one must be") }
        position += 1
        var values = [try scalar()]
        while next == .comma {
            position += 1
            values.append(try scalar())
        }
        guard next == .close else { throw Self.wrong("an open bracket") }
        position += 1
        return values
    }

    private mutating func scalar() throws(TandemError) -> JSON {
        defer { position += 1 }
        switch next {
        case .text(let text): return .string(text)
        case .word("true"): return true
        case .word("false"): return false
        case .word("null"): return .null
        case .word(let word): return JSONNumber(word).map(JSON.number) ?? .string(word)
        default: throw Self.wrong("no value where one must be")
        }
    }
}
