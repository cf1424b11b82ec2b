import CZlib
import Testing

@testable import Tandem

@Suite struct GzipStreamTests {
    /// `{"hello":"world"}`, made by gzip.
    private let hello: [UInt8] = [
        0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x03, 0xab, 0x56, 0xca, 0x48, 0xcd, 0xc9, 0xc9, 0x57,
        0xb2, 0x52, 0x2a, 0xcf, 0x2f, 0xca, 0x49, 0x51, 0xaa, 0x05, 0x00, 0xd1, 0x41, 0x09, 0xd8, 0x11, 0x00, 0x00,
        0x00,
    ]

    private func read(_ bytes: [UInt8], piece: Int = .max) throws -> String {
        var rest = bytes[...]
        func next() -> [UInt8]? {
            if rest.isEmpty { return nil }
            defer { rest = rest.dropFirst(piece) }
            return Array(rest.prefix(piece))
        }
        let stream = try GzipStream(next() ?? [], name: "x")
        var output: [UInt8] = []
        while let bytes = try stream.next({ () throws(TandemError) in next() }) { output += bytes }
        return String(decoding: output, as: UTF8.self)
    }

    @Test(arguments: [1, 2, 7, 1_000])
    func membersInPiecesOfAnySize(piece: Int) throws {
        #expect(try read(hello + hello, piece: piece) == #"{"hello":"world"}{"hello":"world"}"#)
    }

    @Test func whatEndsEarlyOrIsDamagedSaysSo() throws {
        for bytes in [Array(hello.dropLast()), Array(hello.prefix(12)), hello + [0x1f]] {
            #expect(throws: TandemError.self) { try read(bytes) }
        }
        var damaged = hello
        damaged[20] ^= 0xFF
        #expect(throws: TandemError.self) { try read(damaged) }
    }

    @Test func aFileIsKnownByItsFirstBytes() throws {
        var source = try ImportFile(name: "x", bytes: hello).open()
        #expect(try source.next().map { String(decoding: $0, as: UTF8.self) } == #"{"hello":"world"}"#)
        #expect(try source.next() == nil)
        var plain = try ImportFile(name: "x.gz", bytes: Array("plain".utf8)).open()
        #expect(try plain.next() == Array("plain".utf8))
    }
}
