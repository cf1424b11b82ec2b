import Foundation
import Testing

@testable import Tandem

@Suite("Keys")
struct KeyTests {
    @Test("A key is read back from its text", arguments: APIKey.Kind.allCases)
    func roundTrip(kind: APIKey.Kind) throws {
        let key = KeyText.random(kind)
        let parts = key.text.split(separator: "_")
        #expect(parts.count == 5 && parts[3].count == 12 && parts[4].count == 38)
        #expect(KeyText(parsing: key.text) == key)
    }

    @Test("One wrong character is noticed without a database")
    func checksum() {
        let text = KeyText.random(.secret).text
        for index in text.indices where text[index] != "_" {
            var broken = text
            broken.replaceSubrange(index...index, with: text[index] == "x" ? "y" : "x")
            #expect(KeyText(parsing: broken) == nil, "\(broken)")
        }
        #expect(KeyText(parsing: text + " ") == nil)
        #expect(KeyText(parsing: String(text.dropLast())) == nil)
        #expect(KeyText(parsing: "") == nil)
    }

    @Test("The checksum is CRC-32")
    func crc() {
        // The check value of CRC-32/ISO-HDLC.
        #expect(CRC32.checksum("123456789".utf8) == 0xCBF4_3926)
        #expect(Base62.encode(0) == "000000")
        #expect(Base62.encode(.max) == "4gfFC3")
    }

    @Test("A SCRAM verifier is the one of RFC 7677's example")
    func scram() {
        // RFC 7677, section 3: user "user", password "pencil".
        let salt = Array(Data(base64Encoded: "W22ZaJ0SNY7soEsUEjb6gQ==") ?? Data())
        let verifier = SCRAM.verifier(password: "pencil", salt: salt)
        #expect(
            verifier
                == "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY="
                + ":wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=")
    }
}
