import TandemSQL

/// Finds in a migration what servers of the build before do not survive; and in one of tenants what would hold up a tenant's requests for as long as its tables are large, or what
/// its first line promises otherwise. Tables that the same file makes are empty: anything may be done to them.
public enum MigrationLint {
    public enum Rule: String, Sendable, CaseIterable {
        case rewrite
        case volatileDefault = "volatile-default"
        case index
        case notNull = "not-null"
        case constraint
        case wholeTable = "whole-table"
        case declared
        case header
        case rolling
        case resumable

        /// What to do in place of it.
        public var remedy: String {
            switch self {
            case .rewrite:
                "add a new column, fill it in portions by a service, then use it in place of the old one"
            case .volatileDefault: "add the column without a default, then set the default, then fill it in portions"
            case .index:
                "create index concurrently if not exists, in a file that says -- transaction: none; events: on each new partition"
            case .notNull:
                "add constraint … check (… is not null) not valid, validate constraint, set not null, drop the constraint"
            case .constraint: "add it not valid, and validate it in a later statement"
            case .wholeTable: "give it a condition that an index knows, or let a service do it in portions"
            case .declared: "state -- safety: locks-briefly"
            case .rolling:
                "state -- rolling: no; or do it a release after the servers have stopped using it; -- rolling: yes if the build "
                    + "before never writes what it refuses"
            case .resumable:
                "in a file that says -- transaction: none: create index concurrently if not exists, drop index concurrently if "
                    + "exists, validate constraint, comment on; nothing else, and these nowhere else"
            case .header: "its first lines are -- safety, -- module and -- schema: see sql/README.md"
            }
        }
    }

    public struct Finding: Sendable, Hashable {
        public let path: String
        public let line: Int
        public let rule: Rule
        public let detail: String
    }

    /// What was in use before there were these rules: run again for nobody, since each tenant has it.
    static let settled: Set<String> = [
        "0015_forms", "0040_privacy", "0041_rights_of_sessions", "0041_tasks", "0055_anomaly_guard",
        "0085_likeness_reviews", "0002_sources",
    ]

    /// Of the binary's own migrations.
    public static func ownFindings() throws -> [Finding] {
        (EmbeddedSQL.files(below: "control/migrations") + EmbeddedSQL.files(below: "tenant/migrations"))
            .filter { file in !settled.contains { file.path.hasSuffix("/\($0).sql") } }
            .flatMap { findings(path: $0.path, text: $0.text) }
    }

    /// - Parameter path: for the findings.
    public static func findings(path: String, text: String) -> [Finding] {
        do throws(TenantSQLFile.HeaderError) {
            let rolling = try rolling(path: path, text: text)
            return path.contains("control/migrations") ? rolling : try held(path: path, text: text) + rolling
        } catch {
            return [Finding(path: path, line: 1, rule: .header, detail: error.reason)]
        }
    }

    private static func rolling(path: String, text: String) throws(TenantSQLFile.HeaderError) -> [Finding] {
        var check = RollingCheck(path: path, try MigrationHeader(path: path, text: text))
        for statement in SQLStatements(text) { check.look(at: statement) }
        return check.findings
    }

    private static func held(path: String, text: String) throws(TenantSQLFile.HeaderError) -> [Finding] {
        let file = try TenantSQLFile(path: path, text: text)
        var check = Check(file)
        for statement in SQLStatements(text) { check.look(at: statement) }
        // An offline one says that a tenant's requests wait.
        return file.safety == .offline ? check.findings.filter { $0.rule == .resumable } : check.findings
    }
}

/// One file, statement by statement.
private struct Check {
    private let path: String
    private let isOnline: Bool
    private let isByStatement: Bool
    private(set) var findings: [MigrationLint.Finding] = []
    private var made: Set<Substring> = []
    private var hasValidated = false

    private static let volatile = [
        "random(", "clock_timestamp(", "timeofday(", "nextval(", "gen_random_uuid(", "uuid_generate", "uuidv7(",
    ]

    init(_ file: TenantSQLFile) {
        path = file.path
        isOnline = file.safety == .online
        isByStatement = file.isByStatement
    }

    private static let resumable = [
        "create index concurrently if not exists ", "create unique index concurrently if not exists ",
        "drop index concurrently if exists ", "comment on ",
    ]

    mutating func look(at statement: SQLStatement) {
        let isResumable =
            Self.resumable.contains(where: statement.text.hasPrefix)
            || !statement.tableActions.isEmpty && statement.tableActions.allSatisfy { $0 == .validate }
        if isByStatement != isResumable, isByStatement || statement.text.contains(" index concurrently ") {
            note(
                .resumable, statement,
                isByStatement ? "it cannot be run twice, or holds up others" : "it cannot run in a transaction")
        }
        if isByStatement { return }
        let words = statement.tableWords
        switch words.first {
        case "create":
            if words.count > 2, words[1] == "table" { made.insert(words[2]) }
            if words.contains("index") { lookAtIndex(statement, words) }
        case "alter" where words.count > 2 && words[1] == "table" && !made.contains(words[2]):
            lookAtTable(statement, String(words[2]))
        case "update", "delete":
            let table = words.first == "delete" ? words.dropFirst(2).first : words.dropFirst().first
            if let table, !made.contains(table), !statement.text.contains(" where ") {
                note(.wholeTable, statement, "\(words[0]) touches every row of \(table) in one transaction")
            }
        default: break
        }
    }

    private mutating func lookAtIndex(_ statement: SQLStatement, _ words: [Substring]) {
        guard let on = words.firstIndex(of: "on"), on + 1 < words.count, !made.contains(words[on + 1]) else { return }
        note(.index, statement, "nobody writes to \(words[on + 1]) while the index is built")
    }

    private mutating func lookAtTable(_ statement: SQLStatement, _ table: String) {
        let (text, actions) = (statement.text, statement.tableActions)
        if actions.contains(.validate) { hasValidated = true }
        let added = actions.compactMap { action -> [Substring]? in
            if case .addColumn(let words) = action { words } else { nil }
        }
        let isRewrite =
            actions.contains(.changeType)
            || added.contains { $0.contains("stored") || $0.contains("serial") || $0.contains("bigserial") }
            || text.contains("set access method")
            || text.contains(" set logged") || text.contains(" set unlogged")
        if isRewrite { note(.rewrite, statement, "\(table) is written anew") }
        if !added.isEmpty, text.contains(" default "), Self.volatile.contains(where: text.contains) {
            note(.volatileDefault, statement, "each row of \(table) gets another value, so it is written anew")
        }
        let isBare = actions.contains(where: \.isBareColumn)
        if isBare || actions.contains(.setNotNull) && !hasValidated {
            note(
                .notNull, statement,
                isBare ? "rows that are there have no value" : "every row of \(table) is read under a lock")
        }
        let isChecked = actions.contains {
            guard case .addConstraint(let words) = $0 else { return false }
            let text = words.joined(separator: " ")
            return !text.contains("not valid") && !text.contains("using index")
        }
        if isChecked { note(.constraint, statement, "every row of \(table) is checked under a lock") }
        if isOnline, !actions.contains(.validate) {
            note(.declared, statement, "it waits for everybody who uses \(table), and then they for it")
        }
    }

    private mutating func note(_ rule: MigrationLint.Rule, _ statement: SQLStatement, _ detail: String) {
        findings.append(MigrationLint.Finding(path: path, line: statement.line, rule: rule, detail: detail))
    }
}
