import Foundation

/// The body of one ingest request: parsed once, its messages read on demand.
///
/// Reading is pure. It may be repeated with newer identity rules, and answers the same but for message ids that it has
/// to make.
public struct MessageBatch: Sendable {
    /// Most messages of one request; the body's size bounds them before that.
    public static let messagesLimit = 20_000
    /// Largest body after inflating.
    public static let bodyBytesLimit = 4 << 20

    private let document: JSONDocument
    public let path: IngestPath
    /// Number of messages.
    public let count: Int
    /// `writeKey` in the body, where senders without an Authorization header put it.
    public let writeKey: String?

    /// What reading a message depends on beside the message.
    public struct Circumstances: Sendable {
        public var source: MessageSource
        public var rules: ReadingRules
        /// Microseconds since 1970.
        public var receivedAt: Int64
        /// From the header `SentAt`, microseconds since 1970.
        public var sentAtHeader: Int64?
        /// The address that the request came from, as digits, hexadecimal letters, dots and colons.
        public var clientAddress: String?
        /// Makes a message id where the sender gave none, by the message's place in the request.
        public var makeMessageID: @Sendable (Int) -> String
        /// Of messages that another product kept: when that had received the one at a place, where the message itself does
        /// not say so. See ``ClockRule/init(archived:original:sent:received:now:)``.
        var archivedAt: (@Sendable (Int) -> Int64?)?

        public init(
            source: MessageSource, rules: ReadingRules, receivedAt: Int64, sentAtHeader: Int64? = nil,
            clientAddress: String? = nil,
            makeMessageID: @escaping @Sendable (Int) -> String = { _ in MessageBatch.randomMessageID() }
        ) {
            self.source = source
            self.rules = rules
            self.receivedAt = receivedAt
            self.sentAtHeader = sentAtHeader
            self.clientAddress = clientAddress
            self.makeMessageID = makeMessageID
        }
    }

    /// A random id in the form that most SDKs send.
    public static func randomMessageID() -> String { UUID().uuidString.lowercased() }

    public struct Result: Sendable {
        /// In the order of the request.
        public var messages: [WireMessage] = []
        /// In the order of the request.
        public var refused: [RefusedMessage] = []
    }

    /// - Parameter body: inflated, at most ``Gunzip/bytesLimit``.
    public init(_ body: [UInt8], path: IngestPath) throws(BodyError) {
        guard body.count <= Self.bodyBytesLimit else { throw .bodyTooLarge }
        do throws(JSONError) {
            document = try JSONDocument(body)
        } catch {
            throw .invalidJSON
        }
        self.path = path
        let (isObject, count, key) = document.withRoot { root -> (Bool, Int, String?) in
            guard root.isObject else { return (false, 0, nil) }
            let key = root["writeKey"]?.string
            guard path == .batch else { return (true, 1, key) }
            var count = 0
            if let items = root["batch"] { for _ in items.elements { count += 1 } }
            return (true, count, key)
        }
        guard isObject else { throw .invalidJSON }
        guard count > 0 else { throw .emptyBatch }
        guard count <= Self.messagesLimit else { throw .batchTooLarge }
        self.count = count
        writeKey = key
    }

    public func read(_ circumstances: Circumstances) -> Result {
        document.withRoot { root in
            var result = Result()
            result.messages.reserveCapacity(count)
            let envelope = envelope(of: root)
            let reader = MessageReader(envelope, circumstances)
            let mapped = MappedReader(envelope, circumstances)
            forEachItem(of: root) { index, item in
                var refused = RefusedMessage(index: index, reason: .init(.eventNotObject))
                do throws(MessageError) {
                    let type = type(of: item)
                    let message: WireMessage?
                    switch try mapped?.read(item, index: index, type: type) {
                    case .message(let changed)?: message = changed
                    case .quarantined(let reason)?:
                        (message, refused.reason, refused.answer) = (nil, reason, .quarantined)
                    case nil: message = try reader.read(item, index: index, type: type)
                    }
                    if let message {
                        guard let refusal = message.finding?.refusal else { return result.messages.append(message) }
                        (refused.reason, refused.answer) = refusal
                        refused.note = message.planNote
                    }
                } catch {
                    refused.reason = .init(error)
                }
                refused.messageID = shownMessageID(of: item)
                result.refused.append(refused)
            }
            return result
        }
    }

    /// What the quarantine shows and keeps of a message that nobody validates now.
    public struct Outline: Sendable, Hashable {
        public var index: Int
        public var messageID: String?
        public var type: String?
        public var name: String?
        /// The message's bytes as sent (but for replaced text).
        public var original: ArraySlice<UInt8>
        /// Text of the message, or of the context that it shares, was replaced.
        public var hasReplacedText = false
    }

    /// The messages at `indexes`, in order.
    public func outlines(at indexes: Set<Int>) -> [Outline] {
        document.withRoot { root in
            let sharesReplacedText = envelope(of: root).context?.hasReplacedText ?? false
            var outlines: [Outline] = []
            forEachItem(of: root) { index, item in
                guard indexes.contains(index) else { return }
                let type: String? = if case .message(let type) = path { type.rawValue } else { shown(item["type"]) }
                outlines.append(
                    Outline(
                        index: index, messageID: shownMessageID(of: item), type: type,
                        name: shown(item["event"] ?? item["name"]), original: Array(item.source)[...],
                        hasReplacedText: sharesReplacedText || item.hasReplacedText))
            }
            return outlines
        }
    }

    /// What a batch says for all its messages, as a JSON object without the messages; nil if it says nothing.
    var envelopeJSON: [UInt8]? {
        document.withRoot { root in
            let envelope = envelope(of: root)
            var json: [UInt8] = []
            for (key, node) in [
                ("context", envelope.context), ("integrations", envelope.integrations), ("sentAt", envelope.sentAt),
            ] {
                guard let node else { continue }
                json += json.isEmpty ? Array("{".utf8) : Array(",".utf8)
                json += Array("\"\(key)\":".utf8) + Array(node.source)
            }
            return json.isEmpty ? nil : json + Array("}".utf8)
        }
    }

    private func envelope(of root: JSONNode) -> MessageEnvelope {
        guard path == .batch else { return MessageEnvelope() }
        let present = { (node: JSONNode?) in node.flatMap { $0.isNull ? nil : $0 } }
        return MessageEnvelope(
            context: present(root["context"]), integrations: present(root["integrations"]),
            sentAt: present(root["sentAt"]))
    }

    private func forEachItem(of root: JSONNode, _ body: (Int, JSONNode) -> Void) {
        guard path == .batch else { return body(0, root) }
        guard let items = root["batch"] else { return }
        var index = 0
        for item in items.elements {
            body(index, item)
            index += 1
        }
    }

    private func type(of item: JSONNode) -> MessageType? {
        if case .message(let type) = path { return type }
        guard let node = item["type"] else { return nil }
        if node.equals("track") { return .track }
        if node.equals("identify") { return .identify }
        if node.equals("page") { return .page }
        return node.string.flatMap(MessageType.init)
    }

    private static let shownCharacters = 200

    private func shown(_ node: JSONNode?) -> String? {
        node?.scalarText.map { String($0.prefix(Self.shownCharacters)) }
    }

    private func shownMessageID(of item: JSONNode) -> String? { shown(item["messageId"]) }
}
