import Testing

@testable import Tandem

@Suite struct ArchiveTests {
    private func found(_ line: String, _ format: ArchiveFormat) -> [String]? {
        try? format.messages(of: Array(line.utf8)).get().map { message in
            String(decoding: message.json, as: UTF8.self) + (message.receivedAt.map { "@\($0)" } ?? "")
        }
    }

    @Test(
        arguments: [
            (#"{"type":"track"}"#, [#"{"type":"track"}"#]),
            (#"{"payload":{"type":"page"},"createdAt":"1970-01-01T00:00:01Z"}"#, [#"{"type":"page"}@1000000"#]),
            (
                #"{"payload":{"batch":[{"a":1},{"b":2}],"receivedAt":"1970-01-01T00:00:02Z"},"createdAt":"1970-01-01T00:00:09Z"}"#,
                [#"{"a":1}@2000000"#, #"{"b":2}@2000000"#]
            ),
            (#"{"batch":[{"a":1}]}"#, [#"{"a":1}"#]), (#"{"batch":[]}"#, nil), (#"{"payload":"x"}"#, nil), ("[]", nil),
            ("{", nil),
        ] as [(String, [String]?)])
    func rudderstackHasItsMessagesInSeveralPlaces(line: String, messages: [String]?) {
        #expect(found(line, .rudderstack) == messages)
    }

    @Test func segmentHasAMessageALine() {
        #expect(found(#"{"payload":{"type":"page"}}"#, .segment) == [#"{"payload":{"type":"page"}}"#])
        #expect(found("17", .segment) == nil)
    }

    @Test func linesAreNumberedAndSkipped() throws {
        let file = ImportFile(name: "x", bytes: Array("\n{}\r\n \n[]\n{\"a\":1}".utf8))
        let job = ArchiveJob(file: file, format: .segment)
        var reader = try ArchiveReader(job, digest: [0xAB])
        let lines = try reader.next(10)
        #expect(lines.map(\.number) == [1, 2, 3] && lines.map(\.line) == [2, 4, 5])
        #expect(lines.map { try? $0.messages.get().map(\.id) } == [["imp:ab:1"], nil, ["imp:ab:3"]])
        var second = try ArchiveReader(job, digest: [0xAB])
        try second.skip(2)
        #expect(try second.next(10).map(\.number) == [3])
        #expect(try second.next(10).isEmpty)
    }

    private static let second: Int64 = 1_000_000

    @Test(
        arguments: [
            // Corrected there; the sender's own time counts no more.
            (10, 99, 98, 11, 10, false), (10, nil, nil, nil, 10, false),
            // Kept before that: by the usual rule.
            (nil, 5, 6, 20, 19, true), (nil, 5, nil, 20, 5, false), (nil, 5, 6, nil, 5, false),
            (nil, nil, 6, 20, 20, false),
        ] as [(Int64?, Int64?, Int64?, Int64?, Int64, Bool)])
    func timesOfAnArchiveHold(
        timestamp: Int64?, original: Int64?, sent: Int64?, received: Int64?, time: Int64, isCorrected: Bool
    ) throws {
        let rule = try ClockRule(
            archived: timestamp.map { $0 * Self.second }, original: original.map { $0 * Self.second },
            sent: sent.map { $0 * Self.second }, received: received.map { $0 * Self.second }, now: 1_000 * Self.second)
        #expect(rule.timestamp == time * Self.second)
        #expect(rule.flags.contains(.skewCorrected) == isCorrected)
    }

    @Test func anArchivedMessageWithoutATimeIsRefused() {
        #expect(throws: MessageError.invalidTimestamp) {
            try ClockRule(archived: nil, original: nil, sent: 1, received: nil, now: 2)
        }
    }
}
