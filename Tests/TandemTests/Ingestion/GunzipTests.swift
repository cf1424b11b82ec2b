import Testing

@testable import Tandem

@Suite struct GunzipTests {
    /// `{"hello":"world"}`, made by gzip.
    private let hello: [UInt8] = [
        0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x03, 0xab, 0x56, 0xca, 0x48, 0xcd, 0xc9, 0xc9, 0x57,
        0xb2,
        0x52, 0x2a, 0xcf, 0x2f, 0xca, 0x49, 0x51, 0xaa, 0x05, 0x00, 0xd1, 0x41, 0x09, 0xd8, 0x11, 0x00, 0x00, 0x00,
    ]

    @Test func inflatesWhatGzipMade() throws {
        #expect(String(decoding: try Gunzip.inflate(hello, limit: 100), as: UTF8.self) == #"{"hello":"world"}"#)
    }

    @Test func inflatesMembersOneAfterTheOther() throws {
        #expect(try Gunzip.inflate(hello + hello, limit: 100).count == 34)
    }

    @Test func refusesMoreThanTheLimit() {
        #expect(throws: Gunzip.Failure.tooLarge) { try Gunzip.inflate(hello, limit: 16) }
    }

    @Test func refusesWhatIsCutShortOrDamaged() {
        #expect(throws: Gunzip.Failure.malformed) { try Gunzip.inflate(Array(hello.dropLast(9)), limit: 100) }
        #expect(throws: Gunzip.Failure.malformed) { try Gunzip.inflate(Array("{}".utf8), limit: 100) }
        #expect(throws: Gunzip.Failure.malformed) { try Gunzip.inflate([], limit: 100) }
        var damaged = hello
        damaged[30] ^= 0xff
        #expect(throws: Gunzip.Failure.malformed) { try Gunzip.inflate(damaged, limit: 100) }
    }
}
