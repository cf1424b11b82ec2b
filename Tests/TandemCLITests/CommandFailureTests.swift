import Foundation
import Tandem
import Testing

@testable import TandemCLI

@Suite struct CommandFailureTests {
    /// The column exit of the table of states in sql/README.md.
    /// What a state always comes with.
    private static let details = ["TD020": #"{"merged_into": "01890000-0000-7000-8000-000000000000"}"#]

    @Test func theTableOfStatesSaysTheExitCodeOfEach() throws {
        let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../sql/README.md")
        let rows = try String(contentsOf: file, encoding: .utf8).split(separator: "\n").filter { $0.hasPrefix("| TD") }
        #expect(rows.count == TandemError.State.allCases.count)
        for row in rows {
            let cells = row.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
            let error = TandemError(sqlState: cells[0], message: "m", detail: Self.details[cells[0]], hint: nil)
            #expect(CommandFailure(translating: error).map { String($0.exit.rawValue) } == cells[4], "\(cells[0])")
        }
    }
}
