/// One thing that an `alter table` does.
enum TableAction: Equatable {
    case rename
    case dropColumn(Substring)
    case dropConstraint(Substring)
    /// Its words behind `add`.
    case addColumn([Substring])
    case addConstraint([Substring])
    case changeType, setNotNull, dropDefault, validate
    case other

    fileprivate init(_ words: [Substring]) {
        let (verb, what) = (words.first ?? "", words.dropFirst().first ?? "")
        switch (verb, what) {
        case ("rename", _): self = .rename
        case ("validate", _): self = .validate
        case ("drop", "constraint"): self = .dropConstraint(words.dropFirst(2).first ?? "")
        case ("drop", "column"): self = .dropColumn(words.dropFirst(2).first ?? "")
        case ("drop", _): self = .dropColumn(what)
        case ("add", "constraint"), ("add", "check"), ("add", "foreign"), ("add", "primary"), ("add", "unique"),
            ("add", "exclude"):
            self = .addConstraint(Array(words.dropFirst()))
        case ("add", _): self = .addColumn(Array(words.dropFirst(what == "column" ? 2 : 1)))
        case ("alter", _): self = Self.ofColumn(words.dropFirst(what == "column" ? 3 : 2).joined(separator: " "))
        default: self = .other
        }
    }

    private static func ofColumn(_ text: String) -> TableAction {
        if text.hasPrefix("type ") || text.hasPrefix("set data type ") { return .changeType }
        if text.hasPrefix("set not null") { return .setNotNull }
        return text.hasPrefix("drop default") ? .dropDefault : .other
    }

    /// A column without a value in rows that do not name it.
    var isBareColumn: Bool {
        guard case .addColumn(let words) = self else { return false }
        let given: Set<Substring> = ["default", "generated", "serial", "bigserial", "smallserial"]
        return words.indices.dropLast().contains { words[$0] == "not" && words[$0 + 1] == "null" }
            && given.isDisjoint(with: words)
    }
}

extension SQLStatement {
    /// Of `alter table NAME …` what it does, in order; of other statements nothing.
    var tableActions: [TableAction] {
        guard text.hasPrefix("alter table ") else { return [] }
        var rest = text.dropFirst("alter table ".count)
        for word in ["if exists ", "only "] where rest.hasPrefix(word) { rest = rest.dropFirst(word.count) }
        var depth = 0
        let actions = rest.drop { $0 != " " }.split { character in
            if character == "(" { depth += 1 }
            if character == ")" { depth -= 1 }
            return character == "," && depth == 0
        }
        return actions.map { action in
            let plain = action.replacing(" if not exists ", with: " ").replacing(" if exists ", with: " ")
            return TableAction(SQLStatement.words(of: Substring(plain)))
        }
    }

    /// Of `drop table NAME, …` and its like the names, else nothing.
    func names(droppedAs kind: String) -> [Substring] {
        guard text.hasPrefix("drop \(kind) ") else { return [] }
        var rest = text.dropFirst("drop \(kind) ".count)
        for word in ["concurrently ", "if exists "] where rest.hasPrefix(word) { rest = rest.dropFirst(word.count) }
        return rest.split(separator: ",").compactMap { Self.words(of: $0).first }
    }
}
