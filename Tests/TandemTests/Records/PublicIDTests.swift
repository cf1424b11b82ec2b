import Foundation
import Postgres
import TandemTesting
import Testing

@testable import Tandem

@Suite struct PublicIDTests {
    @Test func aKnownUUIDHasAKnownForm() throws {
        let zero = try #require(UUID(uuidString: "00000000-0000-0000-0000-000000000000"))
        #expect(PublicID(.account, zero).description == "acct_00000000000000000000000000")
        let ones = try #require(UUID(uuidString: "ffffffff-ffff-ffff-ffff-ffffffffffff"))
        #expect(PublicID(.account, ones).description == "acct_7ZZZZZZZZZZZZZZZZZZZZZZZZZ")
        // The ULID specification's example value and its UUID.
        let ulid = try #require(PublicID(.profile, text: "prof_01ARZ3NDEKTSV4RRFFQ69G5FAV"))
        #expect(ulid.uuid.uuidString.lowercased() == "01563e3a-b5d3-d676-4c61-efb99302bd5b")
    }

    @Test func itIsReadBackFromItsTextAndFromAPlainUUID() throws {
        for _ in 0..<200 {
            let id = UUID.v7()
            #expect(PublicID(.lead, text: PublicID(.lead, id).description)?.uuid == id)
            #expect(PublicID(.lead, text: PublicID(.lead, id).description.lowercased())?.uuid == id)
            #expect(PublicID(.lead, text: id.uuidString.lowercased())?.uuid == id)
        }
    }

    @Test(arguments: [
        "acct_01ARZ3NDEKTSV4RRFFQ69G5FAV", "lead_01ARZ3NDEKTSV4RRFFQ69G5FA", "lead_8ZZZZZZZZZZZZZZZZZZZZZZZZZ",
        "lead_01ARZ3NDEKTSV4RRFFQ69G5FAU", "lead_", "lead", "", "lead_01ARZ3NDEKTSV4RRFFQ69G5FAVV",
        "lead_äääääääääääää",
        "lead_ 1ARZ3NDEKTSV4RRFFQ69G5FAV",
    ])
    func anythingElseIsNoId(text: String) {
        #expect(PublicID(.lead, text: text) == nil)
    }

    @Test func letterCaseAndLookAlikesAreForgiven() {
        #expect(
            PublicID(.lead, text: "LEAD_O1ARZ3NDEKTSV4RRFFQ69G5FAV")?.uuid
                == PublicID(.lead, text: "lead_0IARZ3NDEKTSV4RRFFQ69G5FAV")?.uuid)
    }

    @Test func versionSevenCarriesItsTime() {
        var random = SystemRandomNumberGenerator()
        let id = UUID.v7(at: Date(timeIntervalSince1970: 1_700_000_000.123), using: &random)
        let text = id.uuidString.lowercased()
        #expect(text.hasPrefix("018bcfe5-687b-7") || text.hasPrefix("018bcfe5-687a-7"))
        #expect("89ab".contains(text[text.index(text.startIndex, offsetBy: 19)]))
    }

    /// All but the random bits.
    @Test(arguments: [0, 1, 999_999, 1_700_000_000_123_456, 4_102_444_800_000_999])
    func swiftAndSQLMakeTheSame(microseconds: Int64) throws {
        try TestTenant.shared.rolledBack { connection in
            let sql = try connection.execute("select uuidv7(\(bind: .timestamptz(microseconds)))").one().uuid(0)
            var random = SystemRandomNumberGenerator()
            // Half a microsecond more: a Double is not exact at this size.
            let date = Date(timeIntervalSince1970: (Double(microseconds) + 0.5) / 1_000_000)
            let swift = UUID.v7(at: date, using: &random)
            #expect(sql.text.prefix(18) == swift.text.prefix(18))
            let variants = try [sql, swift].map { try #require($0.text.dropFirst(19).first) }
            #expect(variants.allSatisfy { "89ab".contains($0) })
        }
    }
}
