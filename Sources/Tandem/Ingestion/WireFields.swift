/// The fields of one message, found in one pass over its keys. Explicit nulls are absent fields.
struct WireFields {
    var type: JSONNode?
    var messageID: JSONNode?
    var userID: JSONNode?
    var anonymousID: JSONNode?
    var groupID: JSONNode?
    var previousID: JSONNode?
    var event: JSONNode?
    var name: JSONNode?
    var category: JSONNode?
    var channel: JSONNode?
    var version: JSONNode?
    var properties: JSONNode?
    var traits: JSONNode?
    var context: JSONNode?
    var integrations: JSONNode?
    var timestamp: JSONNode?
    var originalTimestamp: JSONNode?
    var sentAt: JSONNode?

    init(_ message: JSONNode) {
        for (key, value) in message.members { take(key, value.isNull ? nil : value) }
    }

    private mutating func take(_ key: JSONNode, _ value: JSONNode?) {
        switch key.slice.count {
        case 4 where key.equals("type"): type = value
        case 4 where key.equals("name"): name = value
        case 5 where key.equals("event"): event = value
        case 6 where key.equals("userId"): userID = value
        case 6 where key.equals("traits"): traits = value
        case 6 where key.equals("sentAt"): sentAt = value
        case 7 where key.equals("context"): context = value
        case 7 where key.equals("groupId"): groupID = value
        case 7 where key.equals("channel"): channel = value
        case 7 where key.equals("version"): version = value
        case 8 where key.equals("category"): category = value
        case 9 where key.equals("messageId"): messageID = value
        case 9 where key.equals("timestamp"): timestamp = value
        case 10 where key.equals("properties"): properties = value
        case 10 where key.equals("previousId"): previousID = value
        case 11 where key.equals("anonymousId"): anonymousID = value
        case 12 where key.equals("integrations"): integrations = value
        case 17 where key.equals("originalTimestamp"): originalTimestamp = value
        default: takeEscaped(key, value)
        }
    }

    /// A key written with escapes is as good as any, if slower.
    private mutating func takeEscaped(_ key: JSONNode, _ value: JSONNode?) {
        guard key.hasEscapes else { return }
        switch key.string {
        case "type": type = value
        case "name": name = value
        case "event": event = value
        case "userId": userID = value
        case "traits": traits = value
        case "sentAt": sentAt = value
        case "context": context = value
        case "groupId": groupID = value
        case "channel": channel = value
        case "version": version = value
        case "category": category = value
        case "messageId": messageID = value
        case "timestamp": timestamp = value
        case "properties": properties = value
        case "previousId": previousID = value
        case "anonymousId": anonymousID = value
        case "integrations": integrations = value
        case "originalTimestamp": originalTimestamp = value
        default: break
        }
    }
}

/// An object of a message with what its batch says for all messages below it: the message's own keys come first.
struct MergedObject {
    var own: JSONNode?
    var shared: JSONNode?

    /// Nil for an absent key and for an explicit null.
    subscript(key: StaticString) -> JSONNode? {
        let value = own?[key] ?? shared?[key]
        return value.flatMap { $0.isNull ? nil : $0 }
    }

    var isEmpty: Bool { (own?.isEmpty ?? true) && (shared?.isEmpty ?? true) }

    var hasReplacedText: Bool { own?.hasReplacedText ?? false || shared?.hasReplacedText ?? false }

    /// Appends the merged object's JSON.
    /// - Parameters:
    ///   - dropped: a key that is left out.
    ///   - ip: becomes `ip`; only characters that JSON takes as they are.
    func append(to bytes: inout [UInt8], without dropped: StaticString? = nil, ip: String? = nil) {
        if shared?.isEmpty ?? true, dropped == nil, ip == nil, let own {
            bytes.append(contentsOf: own.source)
            return
        }
        bytes.append(UInt8(ascii: "{"))
        var separator = false
        func append(_ key: JSONNode, _ value: JSONNode) {
            if let dropped, key.equals(dropped) { return }
            if separator { bytes.append(UInt8(ascii: ",")) }
            separator = true
            bytes.append(contentsOf: key.source)
            bytes.append(UInt8(ascii: ":"))
            bytes.append(contentsOf: value.source)
        }
        // A repeated key's last value counts: what the batch says is written first.
        if let shared { for (key, value) in shared.members { append(key, value) } }
        if let own { for (key, value) in own.members { append(key, value) } }
        if let ip { bytes.append(contentsOf: "\(separator ? "," : "")\"ip\":\"\(ip)\"".utf8) }
        bytes.append(UInt8(ascii: "}"))
    }
}
