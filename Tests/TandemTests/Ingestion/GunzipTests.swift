import CZlib
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

    /// 4 MB of zeros in 4 kB.
    @Test func refusesWhatGrowsMoreThanAHundredfold() throws {
        let zeros = try gzip([UInt8](repeating: 0, count: 4 << 20))
        #expect(zeros.count < 8 << 10)
        #expect(throws: Gunzip.Failure.tooLarge) { try Gunzip.inflate(zeros, limit: 8 << 20) }
        let few = try gzip([UInt8](repeating: 0, count: 60 << 10))
        #expect(try Gunzip.inflate(few, limit: 8 << 20).count == 60 << 10, "below 64 kB the ratio says nothing")
    }

    private func gzip(_ input: [UInt8]) throws -> [UInt8] {
        var stream = z_stream()
        #expect(
            deflateInit2_(
                &stream, 9, Z_DEFLATED, 15 + 16, 9, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
                CInt(MemoryLayout<z_stream>.size)) == Z_OK)
        defer { deflateEnd(&stream) }
        var input = input
        var output = [UInt8](repeating: 0, count: input.count + 1_024)
        let count = input.withUnsafeMutableBufferPointer { source in
            output.withUnsafeMutableBufferPointer { target in
                stream.next_in = source.baseAddress
                stream.avail_in = UInt32(source.count)
                stream.next_out = target.baseAddress
                stream.avail_out = UInt32(target.count)
                #expect(deflate(&stream, Z_FINISH) == Z_STREAM_END)
                return target.count - Int(stream.avail_out)
            }
        }
        return Array(output[..<count])
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
