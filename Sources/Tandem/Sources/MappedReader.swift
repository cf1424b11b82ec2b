/// Reads the messages of a source that has a mapping: those that a rule may change are copied, changed and read as if they had
/// been sent that way.
struct MappedReader {
    enum Outcome {
        case message(WireMessage)
        case quarantined(QuarantineReason)
    }

    private let mapping: SourceMapping
    /// What the batch says in its context for all messages, which becomes part of each.
    private let context: JSONNode?
    private let reader: MessageReader

    /// Nil for a source without rules.
    init?(_ envelope: MessageEnvelope, _ circumstances: MessageBatch.Circumstances) {
        guard let mapping = circumstances.rules.mappings[circumstances.source.id] else { return nil }
        self.mapping = mapping
        var envelope = envelope
        context = envelope.context.flatMap { $0.isObject ? $0 : nil }
        if context != nil { envelope.context = nil }
        reader = MessageReader(envelope, circumstances)
    }

    /// Nil: the message is to be read as it is, be it right or wrong.
    func read(_ item: JSONNode, index: Int, type: MessageType?) throws(MessageError) -> Outcome? {
        guard let type, item.isObject, mapping.concerns(item, type) else { return nil }
        let size = item.source.count + (context?.source.count ?? 0)
        guard size <= MessageLimits.eventBytes, Self.isSound(item, JSON.depthLimit),
            context.map({ Self.isSound($0, JSON.depthLimit - 1) }) ?? true
        else { return nil }
        var message = JSON(item)
        if let context { message = Self.merged(message, context: JSON(context)) }
        switch mapping.apply(to: message, type: type) {
        case .unchanged: return nil
        case .quarantined(let reason): return .quarantined(reason)
        case .changed(let changed):
            guard let document = try? JSONDocument(changed.encoded()) else { throw .eventNotObject }
            var read = try document.withRoot { (root) throws(MessageError) in
                try reader.read(root, index: index, type: type)
            }
            if item.hasReplacedText || context?.hasReplacedText == true { read.flags.insert(.textReplaced) }
            return .message(read)
        }
    }

    /// Whether the value may be copied: not too deep, for one.
    private static func isSound(_ node: JSONNode, _ depth: Int) -> Bool {
        (try? node.check(depth: depth)) != nil
    }

    /// The message's own keys come first, as in ``MergedObject``.
    private static func merged(_ message: JSON, context: JSON) -> JSON {
        guard var result = context.object else { return message }
        switch message["context"] {
        case nil, .null?: break
        case .object(let own)?: for (key, value) in own { result[key] = value }
        default: return message
        }
        return message.setting(["context"], to: .object(result))
    }
}
