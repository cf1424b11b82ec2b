import Foundation
import Testing

/// SQL text lives in `sql/`. What has to be composed comes from `SQLFragment`, in the files listed here and no other.
@Suite("SQL in Swift")
struct SQLTextTests {
    /// Lists, filters, sums and histories of any described object: table and columns are those of its description.
    private static let composing = [
        "Sources/Tandem/Operations/BulkOrder.swift",
        "Sources/Tandem/Operations/BulkWork.swift",
        "Sources/Tandem/Profiles/ProfileQuery.swift",
        "Sources/Tandem/Records/Connection+Record.swift",
        "Sources/Tandem/Records/Connection+RecordChoices.swift",
        "Sources/Tandem/Records/Connection+RecordHistory.swift",
        "Sources/Tandem/Records/Connection+RecordList.swift",
        "Sources/Tandem/Records/Connection+RecordSearch.swift",
        "Sources/Tandem/Records/Connection+RecordTags.swift",
        "Sources/Tandem/Records/Connection+RecordWrite.swift",
        "Sources/Tandem/Records/Connection+TenantTransaction.swift",
        "Sources/Tandem/Records/RecordAggregate.swift",
        "Sources/Tandem/Records/RecordFilter+SQL.swift",
        "Sources/Tandem/Records/RecordOrder.swift",
        "Sources/Tandem/Records/RecordSelection.swift",
        "Sources/Tandem/Records/SQLFragment.swift",
        "Sources/Tandem/Records/SavedView.swift",
    ]

    /// Files that hand over text that is no literal: the builder itself, and files of `sql/` that are embedded.
    private static let unchecked = [
        // Statements of COPY, which take no parameters, as procedures composed them from the catalog.
        "Sources/Tandem/Backup/TenantExport.swift",
        "Sources/Tandem/Backup/TenantRestore.swift",
        "Sources/Tandem/Records/SQLFragment.swift",
        "Sources/Tandem/Tenancy/ControlPlane.swift",
    ]

    /// Literals that no procedure can hold, with why.
    private static let literals = [
        // Control of a transaction and of its part.
        "Sources/Tandem/Profiles/TraitPromotion.swift",
        "Sources/Tandem/Records/Connection+RecordBatch.swift",
        // Before there are procedures: the database itself, and their deployment.
        "Sources/Tandem/Tenancy/CodeDeployer.swift",
        "Sources/Tandem/Tenancy/Embedded/EmbeddedServer.swift",
        // How statements begin that it looks for, and what to write in their place.
        "Sources/Tandem/Tenancy/MigrationLint.swift",
        "Sources/Tandem/Tenancy/TableAction.swift",
        // COPY takes no parameters and is no function's statement.
        "Sources/Tandem/Imports/ImportStaging.swift",
        // What an operator is told to type.
        "Sources/Tandem/Tenancy/Doctor.swift",
    ]

    @Test("No procedure reads a view of BI: a build that comes next makes them anew under servers of the one before")
    func proceduresReadTables() throws {
        let views = try SourceTree.files(below: "sql/tenant/views/bi", ending: "sql").map { file in
            String(file.path.split(separator: "/").last?.dropLast(4) ?? "")
        }
        let reads = try Regex("\\b(?:from|join)\\s+(?:\(views.joined(separator: "|")))\\b")
        #expect(!views.isEmpty)
        for file in try SourceTree.files(below: "sql/code", ending: "sql") {
            let text = file.text.replacing(/--.*/, with: "")
            #expect(text.firstMatch(of: reads) == nil, "\(file.path)")
        }
    }

    private static func files() throws -> [SourceTree.File] {
        try SourceTree.files(below: "Sources", ending: "swift").filter { file in
            // The client itself speaks SQL but knows no table; test support makes throw-away databases.
            !["Sources/Postgres/", "Sources/TandemTesting/"].contains { file.path.hasPrefix($0) }
        }
    }

    private static func paths(where matches: (String) -> Bool) throws -> [String] {
        try files().filter { matches($0.text) }.map(\.path)
    }

    @Test("Only the listed files compose SQL")
    func composing() throws {
        #expect(try Self.paths { $0.contains("SQLFragment") } == Self.composing)
    }

    @Test("Only the listed files hand over text that is no literal")
    func unchecked() throws {
        #expect(try Self.paths { $0.contains("Statement(unchecked:") } == Self.unchecked)
        // A script takes any text, but no value.
        let scripts = try Self.paths { $0.contains(#/\.script\(\s*"[^"]*\\\(/#) }
        #expect(scripts == [])
    }

    /// How statements begin, at the start of a literal or of a line of one. English does not.
    private static let beginnings = [
        #"select ([0-9*(\\]|[a-z_.]+[ ,(])"#, "insert into ", "update [a-z_.]+ set ", "delete from ", "truncate ",
        "(create|alter|drop) (table|schema|database|role|routine|view|index) ", #"copy [a-z_]+ \("#, "lock table ",
        "savepoint ", "rollback", #"explain \("#,
    ]

    @Test("Only the listed files hold a statement as a literal")
    func literals() throws {
        let statement = try Regex(#"(?m)("|^\s*)("# + Self.beginnings.joined(separator: "|") + ")")
        let found = try Self.files().filter { file in
            // Documentation quotes statements.
            let code = file.text.split(separator: "\n").filter { !$0.contains(#/^\s*\/\//#) }
            return code.joined(separator: "\n").contains(statement)
        }.map(\.path)
        let allowed = Set(Self.composing + Self.literals)
        #expect(found.filter { !allowed.contains($0) } == [])
        #expect(Self.literals.filter { !found.contains($0) } == [], "no longer needed")
    }
}
