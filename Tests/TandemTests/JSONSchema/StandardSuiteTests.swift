import Foundation
import Testing

@testable import Tandem

/// Debian's `json-schema-test-suite` (draft 7), the standard's own cases.
@Suite struct StandardSuiteTests {
    private static let folder = "/usr/share/json-schema-test-suite/tests/draft7/"

    /// Groups that are not run, by file and description: what they need is refused when a schema is saved. "*" is all of a file.
    private static let excluded: [(file: String, group: String, reason: String)] = [
        ("refRemote.json", "*", "fetches schemas from elsewhere"),
        ("definitions.json", "*", "refers to the standard's own schema, which lies elsewhere"),
        ("ref.json", "remote ref, containing refs itself", "fetches a schema from elsewhere"),
        ("ref.json", "Recursive references between schemas", "has an $id in a part of the schema"),
        ("ref.json", "escaped pointer ref", "has keywords that do not exist"),
        ("ref.json", "ref overrides any sibling keywords", "has a keyword beside $ref, which draft 7 ignores"),
        ("optional/content.json", "*", "contentEncoding and contentMediaType are not in the subset"),
        ("optional/ecmascript-regex.json", "*", "the format regex is not in the subset"),
    ]
    /// Of the folder optional/format: the formats of the subset.
    private static let formats = StringFormat.allCases.map { "optional/format/\($0.rawValue).json" }

    private struct Case {
        var name: String
        var schema: JSON
        var value: JSON
        var isValid: Bool
    }

    private static func files() throws -> [String] {
        let names = try #require(
            FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String },
            "json-schema-test-suite is not installed: scripts/packages test")
        return names.filter { name in
            name.hasSuffix(".json") && (!name.hasPrefix("optional/format/") || formats.contains(name))
        }.sorted()
    }

    private static func cases(_ file: String) throws -> (run: [Case], refused: [JSON]) {
        let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: folder + file)))
        let groups = try #require(try JSON(parsing: bytes).array)
        var (run, refused): ([Case], [JSON]) = ([], [])
        for group in groups {
            let title = group["description"]?.string ?? ""
            let schema = try #require(group["schema"])
            if excluded.contains(where: { $0.file == file && ($0.group == "*" || $0.group == title) }) {
                refused.append(schema)
                continue
            }
            for test in group["tests"]?.array ?? [] {
                run.append(
                    Case(
                        name: "\(file): \(title): \(test["description"]?.string ?? "")", schema: schema,
                        value: try #require(test["data"]), isValid: test["valid"] == true))
            }
        }
        return (run, refused)
    }

    @Test func everyCaseOfTheSubsetIsDecidedAsTheStandardDoes() throws {
        var count = 0
        for file in try Self.files() {
            for test in try Self.cases(file).run {
                count += 1
                let schema = try JSONSchema(test.schema)
                let found = try JSONDocument(test.value.encoded()).withRoot { schema.violations(of: $0) }
                #expect(found.isEmpty == test.isValid, "\(test.name): \(found)")
            }
        }
        #expect(count == 445)
    }

    @Test func whatIsNotRunIsRefused() throws {
        for file in try Self.files() {
            for schema in try Self.cases(file).refused {
                #expect(throws: TandemError.self, "\(file): \(schema.text)") { try JSONSchema(schema) }
            }
        }
    }
}
