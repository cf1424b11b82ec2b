/// Ids may arrive as numbers.
enum WireID {
    /// The text of a string or number; nil for other kinds. A whole number has no fraction and no exponent, so that
    /// `42` and `42.0` of two SDKs are one person.
    static func text(of node: JSONNode) -> String? {
        switch node.kind {
        case .string: return node.string
        case .number:
            let text = String(decoding: node.slice, as: UTF8.self)
            if node.isInteger, text != "-0" { return text }
            guard let value = Double(text), let whole = Int64(exactly: value), whole.magnitude < 1 << 53 else {
                return text
            }
            return String(whole)
        default: return nil
        }
    }
}

/// Where the parts of a message are, by its type.
struct MessageContent {
    let type: MessageType
    let context: MergedObject
    let integrations: MergedObject
    let properties: JSONNode?
    /// Top-level traits as sent.
    let traits: JSONNode?
    /// `context.traits`, if it is an object.
    let contextTraits: JSONNode?
    /// As sent; nil if blank.
    let userID: String?
    let anonymousID: String?
    let previousID: String?

    init(type: MessageType, fields: WireFields, envelope: MessageEnvelope) throws(MessageError) {
        self.type = type
        if let context = fields.context, !context.isObject { throw .contextNotObject }
        context = MergedObject(own: fields.context, shared: envelope.context)
        integrations = MergedObject(own: fields.integrations, shared: envelope.integrations)
        properties = fields.properties
        traits = fields.traits
        contextTraits = context["traits"].flatMap { $0.isObject ? $0 : nil }
        userID = try Self.id(fields.userID)
        anonymousID = try Self.id(fields.anonymousID)
        previousID = try Self.id(fields.previousID)
        if type == .alias, userID == nil || previousID == nil { throw .idRequired }
        if type == .identify, let own = personTraits {
            var count = 0
            for _ in own.members { count += 1 }
            if count > MessageLimits.traits { throw .tooManyTraits }
        }
    }

    private static func id(_ node: JSONNode?) throws(MessageError) -> String? {
        guard let node else { return nil }
        guard let text = WireID.text(of: node) else { throw .idNotString }
        return Normalizer.trimmed(text[...]).isEmpty ? nil : text
    }

    /// An identify call without traits of its own has them in context (RudderStack's SDKs).
    private var usesContextTraits: Bool {
        type == .identify && (traits?.isEmpty ?? true) && !(contextTraits?.isEmpty ?? true)
    }

    /// What an identify call says of the person; nil for other calls.
    var personTraits: JSONNode? {
        guard type == .identify else { return nil }
        return usesContextTraits ? contextTraits : traits
    }

    /// What a group call says of the account; nil for other calls.
    var accountTraits: JSONNode? { type == .group ? traits : nil }

    /// The traits that are stored as such: of the person or of the account.
    var storedTraits: JSONNode? {
        guard let traits = personTraits ?? accountTraits, !traits.isEmpty else { return nil }
        return traits
    }

    /// What a tracking plan has a schema for.
    var plannedData: JSONNode? {
        switch type {
        case .track, .page, .screen: properties
        case .identify: personTraits
        case .group: accountTraits
        case .alias: nil
        }
    }

    /// Of the event's schema, as Segment's SDKs name it.
    var eventVersion: Int? {
        context["protocols"]?["event_version"].flatMap(WireID.text).flatMap { Int($0) }
    }

    /// The JSON that is kept with the event.
    /// - Parameters:
    ///   - originalTimes: keep the times as sent, since the event's differs.
    ///   - ip: the address that the message came from, where the message wants it in its context.
    ///   - identity: note whom it names and what it says of them: of a source that identifies nobody that is kept nowhere
    ///     else.
    func payload(_ fields: WireFields, originalTimes: Bool, ip: String?, identity: Bool) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(128 + (properties?.source.count ?? 0) + (context.own?.source.count ?? 0))
        bytes.append(UInt8(ascii: "{"))
        func key(_ key: StaticString) {
            if bytes.count > 1 { bytes.append(UInt8(ascii: ",")) }
            bytes.append(UInt8(ascii: "\""))
            bytes.append(contentsOf: UnsafeBufferPointer(start: key.utf8Start, count: key.utf8CodeUnitCount))
            bytes.append(UInt8(ascii: "\""))
            bytes.append(UInt8(ascii: ":"))
        }
        func scalar(_ name: StaticString, _ node: JSONNode?) {
            guard let node else { return }
            key(name)
            bytes.append(contentsOf: node.source)
        }
        if let properties, !properties.isEmpty { scalar("properties", properties) }
        if !context.isEmpty || ip != nil {
            key("context")
            context.append(to: &bytes, without: usesContextTraits ? "traits" : nil, ip: ip)
        }
        if let own = integrations.own, !own.isObject {
            scalar("integrations", own)
        } else if !integrations.isEmpty {
            key("integrations")
            integrations.append(to: &bytes)
        }
        scalar("category", fields.category)
        scalar("channel", fields.channel)
        scalar("version", fields.version)
        if identity {
            scalar("userId", fields.userID)
            scalar("anonymousId", fields.anonymousID)
            scalar("previousId", fields.previousID)
        }
        // What a group call says beyond the fields of an account is kept nowhere else.
        if identity || type == .group, let traits, !traits.isEmpty { scalar("traits", traits) }
        if originalTimes {
            scalar("originalTimestamp", fields.originalTimestamp ?? fields.timestamp)
            scalar("sentAt", fields.sentAt)
        }
        bytes.append(UInt8(ascii: "}"))
        return bytes
    }
}

/// The account that a message names by its own id in the sender's system.
struct GroupReference {
    /// Trimmed; nil if its value names nothing.
    let id: String?

    /// Nil if the message names none.
    init?(type: MessageType, fields: WireFields, context: MergedObject) throws(MessageError) {
        let node = type == .group ? fields.groupID ?? context["groupId"] : context["groupId"]
        guard let node else {
            if type == .group { throw .idRequired }
            return nil
        }
        guard let text = WireID.text(of: node) else { throw .idNotString }
        let plain = Normalizer.trimmed(text[...])
        guard !plain.isEmpty else {
            if type == .group { throw .idRequired }
            return nil
        }
        if plain.utf8.count > MessageLimits.groupIDCharacters,
            plain.unicodeScalars.count > MessageLimits.groupIDCharacters
        {
            throw .groupIDTooLong
        }
        id = CompanyCandidate.isBlocked(String(plain)) ? nil : String(plain)
    }
}
