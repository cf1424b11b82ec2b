import Foundation
import Testing

@testable import Tandem

@Suite struct TandemErrorTests {
    /// The table in sql/README.md and the enum are one list.
    @Test func theTableOfStatesAgrees() throws {
        let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../sql/README.md")
        let rows = try String(contentsOf: file, encoding: .utf8).split(separator: "\n").filter { $0.hasPrefix("| TD") }
        let listed = rows.map { row in
            row.split(separator: "|").prefix(2).map { $0.trimmingCharacters(in: .whitespaces) }
        }
        #expect(listed == TandemError.State.allCases.map { [$0.rawValue, $0.name] })
    }

    @Test func statesOfTheDatabaseBecomeErrors() throws {
        let id = try #require(UUID(uuidString: "01563e3a-b5d3-d676-4c61-efb99302bd5b"))
        func error(_ state: String, detail: String? = nil, hint: String? = nil) -> TandemError {
            TandemError(sqlState: state, message: "m", detail: detail, hint: hint)
        }
        #expect(error("TD001") == .notFound())
        #expect(error("TD002", hint: "7") == .versionMismatch(current: 7))
        #expect(error("TD003", detail: #"["\#(id)"]"#) == .duplicate(ids: [id]))
        #expect(error("TD003", detail: #"{"ids":["\#(id)"]}"#) == .duplicate(ids: [id]))
        #expect(
            error("TD004", detail: #"[{"pointer":"/name","code":"required","detail":"d"}]"#)
                == .invalid("/name", "required", "d"))
        #expect(error("TD005", detail: #"{"opportunities":2}"#) == .inUse(references: ["opportunities": 2]))
        #expect(error("40P01") == .unavailable("m", sqlState: "40P01") && error("40P01").isRetryable)
        #expect(error("53300") == .unavailable("m", sqlState: "53300") && !error("53300").isRetryable)
        #expect(error("23505").isRetryable)
        #expect(error("57014") == .deadlineExceeded)
        #expect(error("42P01") == .failure("m", sqlState: "42P01"))
    }
}
