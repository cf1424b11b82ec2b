import TandemSQL

/// Finds in a migration what servers of the build before it do not survive: what they read is gone, or what they write is refused.
struct RollingCheck {
    private let path: String
    /// What the file says of itself; nil: nothing.
    private let stated: Bool?
    private(set) var findings: [MigrationLint.Finding] = []
    /// What the same file makes: no older build knows it.
    private var made: Set<Substring> = []

    init(path: String, _ header: MigrationHeader) {
        self.path = path
        stated = header.rolling
    }

    /// Unique indexes of this binary: an older build may name their columns in `on conflict`.
    private static let unique: Set<String> = {
        var names: Set<String> = []
        for folder in ["tenant/migrations", "control/migrations"] {
            for file in EmbeddedSQL.files(below: folder) where file.text.lowercased().contains("unique index") {
                names.formUnion(SQLStatements(file.text).compactMap(\.uniqueIndex))
            }
        }
        return names
    }()

    mutating func look(at statement: SQLStatement) {
        if stated == false { return }
        let statement = statement.unqualified
        let words = statement.tableWords
        guard words.count > 2 else { return }
        switch (words[0], words[1]) {
        case ("create", "table"): made.insert(words[2])
        case ("create", "unique"):
            if let on = words.firstIndex(of: "on"), on + 1 < words.count, !made.contains(words[on + 1]) {
                perhaps(statement, "\(words[on + 1]) refuses rows that the build before may write")
            }
        case ("drop", "index"):
            for name in statement.names(droppedAs: "index") where Self.unique.contains(String(name)) {
                perhaps(statement, "the build before may write on conflict with the columns of \(name)")
            }
        case ("drop", "table"), ("drop", "sequence"), ("drop", "type"), ("drop", "domain"):
            for name in statement.names(droppedAs: String(words[1])) where !made.contains(name) {
                surely(statement, "the build before uses \(name)")
            }
        case ("alter", "table") where !made.contains(words[2]):
            for action in statement.tableActions { look(at: action, of: words[2], statement) }
        default: break
        }
    }

    private mutating func look(at action: TableAction, of table: Substring, _ statement: SQLStatement) {
        switch action {
        case .rename, .dropColumn: surely(statement, "the build before uses the name in \(table)")
        case .changeType: surely(statement, "the build before reads and writes the former type in \(table)")
        case .addColumn where action.isBareColumn:
            surely(statement, "\(table) refuses rows of the build before, which leave the column out")
        case .setNotNull, .dropDefault:
            perhaps(statement, "\(table) refuses rows in which the build before leaves the column out")
        case .addConstraint: perhaps(statement, "\(table) refuses rows that the build before may write")
        // As PostgreSQL names those of unique and primary keys.
        case .dropConstraint(let name) where name.hasSuffix("_key") || name.hasSuffix("_pkey"):
            perhaps(statement, "the build before may write on conflict with the columns of \(name)")
        case .addColumn, .dropConstraint, .validate, .other: break
        }
    }

    /// The file may know better.
    private mutating func perhaps(_ statement: SQLStatement, _ detail: String) {
        if stated == nil { surely(statement, detail) }
    }

    private mutating func surely(_ statement: SQLStatement, _ detail: String) {
        findings.append(MigrationLint.Finding(path: path, line: statement.line, rule: .rolling, detail: detail))
    }
}

extension SQLStatement {
    /// Without the schema that control migrations name.
    fileprivate var unqualified: SQLStatement {
        SQLStatement(line: line, text: text.replacing("tandem.", with: ""), source: source)
    }

    /// The name in `create unique index NAME on …`, else nil.
    fileprivate var uniqueIndex: String? {
        let words = tableWords
        guard words.starts(with: ["create", "unique", "index"]) else { return nil }
        return words.dropFirst(3).first.map(String.init)
    }
}
