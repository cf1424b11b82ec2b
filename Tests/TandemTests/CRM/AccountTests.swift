import TandemTesting
import Testing

@testable import Tandem

@Suite struct AccountTests {
    @Test func aTenantWithoutTheCRMHasAccountsToo() throws {
        let tenant = try TestTenant(modules: [.cdp])
        try tenant.rolledBack { connection in
            let author = RecordAuthor(actor: "tester")
            let account = try connection.recordCreate(.account, ["name": "A"], by: author, catalog: .standard)
            try connection.recordDelete(.account, id: account.id, by: author)
            #expect(
                try connection.recordRestore(.account, id: account.id, by: author, catalog: .standard).json["name"]
                    == "A")
        }
    }
}
