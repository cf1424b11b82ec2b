import Foundation
import TandemSQL
import Testing

/// The files of `sql/`: the binary carries all of them, and each procedure is of use.
@Suite("Procedures")
struct ProcedureTests {
    @Test("The binary carries every file below sql/ as it is, but tests and the generated schema")
    func embedded() throws {
        let files = try SourceTree.files(below: "sql", ending: "sql").filter {
            !$0.path.hasPrefix("sql/tests/") && $0.path != "sql/tenant/schema.sql"
        }
        #expect(files.map(\.path) == EmbeddedSQL.files.map { "sql/" + $0.path })
        let changed = zip(files, EmbeddedSQL.files).filter { $0.text != $1.text }.map(\.0.path)
        #expect(changed == [])
    }

    private static func words(_ text: String) -> Set<Substring> {
        Set(text.split { !($0.isLetter || $0.isNumber || $0 == "_") })
    }

    /// Text without its comments.
    private static func code(_ text: String) -> String { text.replacing(#/--[^\n]*/#, with: "") }

    @Test("Every procedure is called by the program, by a view, or by a procedure that is")
    func reachable() throws {
        let procedures = Dictionary(
            uniqueKeysWithValues: EmbeddedSQL.files(below: "code").map { file in
                (String(file.path.split(separator: "/").last?.dropLast(4) ?? ""), Self.words(Self.code(file.text)))
            })
        #expect(procedures.count > 200)

        var open: [String] = []
        for file in try SourceTree.files(below: "Sources", ending: "swift") {
            // As the name of a call.
            open += file.text.matches(of: #/"([a-z][a-z0-9_]*)"/#).map { String($0.1) }
                .filter { procedures[$0] != nil }
            // Or in SQL that is composed.
            open += file.text.matches(of: #/(?:select|from) ([a-z][a-z0-9_]*)\(/#).map { String($0.1) }
                .filter { procedures[$0] != nil }
        }
        for file in EmbeddedSQL.files where !file.path.hasPrefix("code/") {
            open += Self.words(Self.code(file.text)).map(String.init).filter { procedures[$0] != nil }
        }
        var reached: Set<String> = []
        while let name = open.popLast() {
            guard reached.insert(name).inserted, let words = procedures[name] else { continue }
            open += words.map(String.init).filter { procedures[$0] != nil && !reached.contains($0) }
        }
        #expect(Set(procedures.keys).subtracting(reached).sorted() == [], "delete them")
    }
}
