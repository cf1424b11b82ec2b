import Foundation
import Testing

@testable import Tandem

/// Reads bodies as one fixed request would, received at 2024-06-01T12:00:00Z.
struct ReadMessages {
    static let received = WireTime.parse("2024-06-01T12:00:00Z") ?? 0

    var source = MessageSource(id: 3, trust: .default(for: .server), isPublic: false)
    var rules = IdentityRules()
    var mappings: [Int16: SourceMapping] = [:]
    var phoneRegion = Normalizer.noRegion
    var sentAtHeader: Int64?

    static let browser = ReadMessages(source: MessageSource(id: 4, trust: .publicKey, isPublic: true))

    func all(_ body: [UInt8], path: IngestPath) throws -> MessageBatch.Result {
        try MessageBatch(body, path: path).read(
            MessageBatch.Circumstances(
                source: source,
                rules: ReadingRules(identity: IdentifierPolicy(rules, phoneRegion: phoneRegion), mappings: mappings),
                receivedAt: Self.received,
                sentAtHeader: sentAtHeader, makeMessageID: { _ in "made-here" }))
    }

    func batch(_ body: String) throws -> MessageBatch.Result { try all(Array(body.utf8), path: .batch) }

    /// The one message of a body, or the reason why it was refused.
    func one(_ type: MessageType, _ body: String) throws -> WireMessage {
        let result = try all(Array(body.utf8), path: .message(type))
        if let refused = result.refused.first { throw try #require(MessageError(rawValue: refused.reason.code)) }
        return try #require(result.messages.first)
    }

    func one(_ type: MessageType, _ body: JSON) throws -> WireMessage { try one(type, body.text) }
}

extension MessageBatch.Result {
    /// What is wrong with the refused messages.
    var errors: [MessageError?] { refused.map { MessageError(rawValue: $0.reason.code) } }
}

func json(_ bytes: [UInt8]?) throws -> JSON? { try bytes.map { try JSON(parsing: $0) } }

func fixture(_ name: String) throws -> [UInt8] {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    return Array(try Data(contentsOf: folder.appending(path: "Fixtures/\(name)")))
}
