import Foundation
import Testing

@testable import Tandem

@Suite struct RecordEncoderTests {
    @Test func `Ids are appended as they are described`() {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<200 {
            let (high, low) = (random.next() as UInt64, random.next() as UInt64)
            var bytes: [UInt8] = []
            PublicID.append(high: high, low: low, to: &bytes)
            #expect(
                "acct_" + String(decoding: bytes, as: UTF8.self)
                    == PublicID(.account, UUID(high: high, low: low)).description)
        }
    }
}
