/// How the payloads of a provider become messages: which headers sign them, where the event's id, type and time stand, and for
/// each type the messages that are made of it.
public struct WebhookMapping: Sendable, Hashable {
    /// For people, and the beginning of the messages' ids.
    public let name: String
    let signature: WebhookSignature?
    let id: WebhookExpression
    let type: WebhookExpression
    let time: WebhookExpression?
    let events: [Event]
    let format: Format
    /// What the provider gets for an answer, where it wants one of its own.
    public let reply: Reply?
    /// As it was given.
    public let json: JSON

    enum Format: String, Sendable, CaseIterable { case json, form }

    public struct Reply: Sendable, Hashable {
        public let type: String
        public let body: String
    }

    struct Event: Sendable, Hashable {
        /// Types; an asterisk at the end stands for anything.
        var types: [String]
        var messages: [Message]

        func takes(_ type: String) -> Bool {
            types.contains { $0.last == "*" ? type.hasPrefix($0.dropLast()) : $0 == type }
        }
    }

    struct Message: Sendable, Hashable {
        var type: MessageType
        /// One message for each of its elements.
        var each: WebhookPath?
        /// The message is made only where all of these have a value.
        var conditions: [WebhookExpression]
        /// By the message's keys.
        var fields: WebhookExpression
        /// It is a call or a text: see ``ActivityReader``.
        var isActivity = false
    }

    /// A payload's messages, or why there are none.
    enum Outcome {
        case messages([JSON])
        case unmapped(QuarantineReason)
    }

    /// What the quarantine calls a payload that became no message.
    static let payloadType = "webhook"

    /// What is in a payload; nil if it is not of the provider's form.
    func content(of bytes: [UInt8]) -> JSON? {
        switch format {
        case .json: return try? JSON(parsing: bytes)
        case .form:
            guard let fields = String(validating: bytes, as: UTF8.self).flatMap({ Query($0) }), !fields.items.isEmpty
            else {
                return nil
            }
            return .object(
                JSONObject(fields.items.map { (field) -> (String, JSON) in (field.name, .string(field.value)) }))
        }
    }

    /// The provider's name of the event and its id, as far as they are there.
    func outline(of payload: JSON) -> (type: String?, id: String?) {
        let payload = WebhookPayload(root: payload)
        return (type.value(payload)?.string, id.value(payload).flatMap { ValueCast.text($0)?.string })
    }

    /// The messages of a payload; each has an id that a redelivery has too.
    func messages(of root: JSON) -> Outcome {
        let (type, id) = outline(of: root)
        guard let type, !type.isEmpty, let id, !id.isEmpty else {
            return .unmapped(
                .init(code: "mapping_failed", message: "The payload has no type or no id where \(name) has them."))
        }
        guard let event = events.first(where: { $0.takes(type) }) else {
            return .unmapped(.init(code: "unmapped_event", message: "The mapping \(name) has nothing for \(type)."))
        }
        let payload = WebhookPayload(root: root)
        let time = time?.value(payload)
        var messages: [JSON] = []
        for definition in event.messages {
            var elements: [WebhookPayload] = [payload]
            if let each = definition.each {
                elements = (payload.at(each)?.array ?? []).map { payload.with(item: $0) }
            }
            for element in elements {
                guard definition.conditions.allSatisfy({ $0.value(element) != nil }),
                    var message = definition.fields.value(element)?.object
                else { continue }
                message["type"] = .string(definition.type.rawValue)
                if message["messageId"] == nil {
                    message["messageId"] = .string(Self.messageID(name, id, messages.count))
                }
                if message["timestamp"] == nil, let time { message["timestamp"] = time }
                if definition.isActivity {
                    do throws(ActivityReader.Fault) {
                        _ = try ActivityReader.read(message["properties"]?.object ?? [:])
                    } catch {
                        return .unmapped(.init(code: "invalid_activity", message: "Of \(type): \(error.detail)."))
                    }
                }
                messages.append(.object(message))
            }
        }
        if messages.isEmpty {
            return .unmapped(
                .init(code: "mapping_failed", message: "Nothing of what \(type) needs is in the payload."))
        }
        return .messages(messages)
    }

    /// `stripe:evt_1`, and `stripe:evt_1:1` for a second message.
    private static func messageID(_ name: String, _ id: String, _ place: Int) -> String {
        place == 0 ? "\(name):\(id)" : "\(name):\(id):\(place)"
    }

    /// A payload as a request with messages; nil if it becomes none.
    func batch(_ payload: [UInt8]) -> MessageBatch? {
        guard let json = content(of: payload), case .messages(let messages) = messages(of: json) else {
            return nil
        }
        return Self.batch(messages)
    }

    static func batch(_ messages: [JSON]) -> MessageBatch? {
        let body: JSON = ["batch": .array(messages)]
        return try? MessageBatch(body.encoded(), path: .batch)
    }
}
