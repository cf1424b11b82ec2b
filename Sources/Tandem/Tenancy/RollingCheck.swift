/// Finds in a migration what servers of the build before it do not survive: what they read is gone, or what they write is refused.
struct RollingCheck {
    private let path: String
    /// What the file says of itself; nil: nothing.
    private let stated: Bool?
    private(set) var findings: [MigrationLint.Finding] = []
    /// What the same file makes: no older build knows it.
    private var made: Set<Substring> = []
    /// Constraints that the file drops; one of that name that it adds again takes their place.
    private var dropped: Set<Substring> = []

    init(_ file: TenantSQLFile) {
        path = file.path
        stated = TenantSQLFile.header(of: file.text)["rolling"].map { $0 == "yes" }
    }

    mutating func look(at statement: SQLStatement) {
        if stated == false { return }
        let words = statement.words.filter {
            !["if", "not", "exists", "only", "concurrently", "unlogged"].contains($0)
        }
        guard words.count > 2 else { return }
        switch (words[0], words[1]) {
        case ("create", "table"): made.insert(words[2])
        case ("create", "unique"):
            if let on = words.firstIndex(of: "on"), on + 1 < words.count, !made.contains(words[on + 1]) {
                perhaps(statement, "\(words[on + 1]) refuses rows that the build before may write")
            }
        case ("drop", "table"), ("drop", "column"), ("drop", "sequence"), ("drop", "type"), ("drop", "domain"):
            if !made.contains(words[2]) { surely(statement, "the build before uses \(words[2])") }
        case ("alter", "table") where !made.contains(words[2]): lookAtTable(statement, words)
        default: break
        }
    }

    private mutating func lookAtTable(_ statement: SQLStatement, _ words: [Substring]) {
        let (text, table) = (statement.text, words[2])
        if text.contains(" drop column ") || text.contains(" rename ") {
            surely(statement, "the build before uses the name in \(table)")
        }
        if text.contains(" alter column ") && text.contains(" type ") {
            surely(statement, "the build before reads and writes the former type in \(table)")
        }
        if text.contains(" set not null") || text.contains(" drop default") {
            perhaps(statement, "\(table) refuses rows in which the build before leaves the column out")
        }
        let names = words.indices.dropLast(2).filter { words[$0 + 1] == "constraint" }
        for place in names where words[place] == "drop" { dropped.insert(words[place + 2]) }
        let replaces = names.contains { words[$0] == "add" && dropped.contains(words[$0 + 2]) }
        let adds = ["add constraint", "add check", "add foreign key", "add primary key", "add unique", "add exclude"]
        if !replaces, adds.contains(where: text.contains) {
            perhaps(statement, "\(table) refuses rows that the build before may write")
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
