import Foundation
import Postgres
import TandemTesting
import Testing

@testable import Tandem

@Suite struct AccountTests {
    @Test func anAccountShowsItsPeopleAndWhatItsOpportunitiesAddUpTo() throws {
        try TestTenant.shared.rolledBack { connection in
            let author = RecordAuthor(actor: "tester")
            let account = try connection.recordCreate(.account, ["name": "A"], by: author)
            let id = account.json["id"] ?? .null
            let contact = try connection.recordCreate(
                .contact, ["last_name": "L", "email": "l@x.example", "accounts": [["id": id, "role": "buyer"]]],
                by: author)
            for amount in ["10", "20.5"] {
                _ = try connection.recordCreate(
                    .opportunity, ["name": "O", "account_id": id, "amount": .string(amount), "currency": "EUR"],
                    by: author)
            }
            let shown = try connection.accountShow(account.id)
            #expect(shown["account"] == account.json)
            #expect(shown["people"]?.array?.count == 1)
            #expect(shown["people"]?[0]?["id"] == contact.json["id"])
            #expect(shown["people"]?[0]?["profile_id"] == contact.json["profile_id"])
            #expect(shown["people"]?[0]?["role"] == "buyer")
            #expect(shown["totals"] == [["count": 2, "amount": "30.50", "status": "open", "currency": "EUR"]])
            #expect(shown["opportunities"]?.array?.count == 2)
            #expect(throws: TandemError.self) { try connection.accountShow(RecordID()) }
        }
    }

    @Test func aTenantWithoutTheCRMHasAccountsToo() throws {
        let tenant = try TestTenant(modules: [.cdp])
        try tenant.rolledBack { connection in
            let author = RecordAuthor(actor: "tester")
            let account = try connection.recordCreate(.account, ["name": "A"], by: author)
            #expect(try connection.accountShow(account.id)["people"] == nil)
            try connection.recordDelete(.account, id: account.id, by: author)
            #expect(try connection.recordRestore(.account, id: account.id, by: author).json["name"] == "A")
        }
    }
}
