/// What a batch says for all its messages.
struct MessageEnvelope {
    var context: JSONNode?
    var integrations: JSONNode?
    var sentAt: JSONNode?
}

/// Turns one message's JSON into a ``WireMessage``, or says why not.
struct MessageReader {
    private let envelope: MessageEnvelope
    private let circumstances: MessageBatch.Circumstances
    private let batchSentAt: Int64?
    private let sourceFlags: MessageFlags
    /// Bytes that the batch adds to each message, and what is wrong with them.
    private let sharedBytes: Int
    private let sharedError: MessageError?
    /// What the source's messages are checked by.
    private let plan: PlanInForce?

    /// - Parameter checksPlan: false for what was checked already.
    init(_ envelope: MessageEnvelope, _ circumstances: MessageBatch.Circumstances, checksPlan: Bool = true) {
        self.envelope = envelope
        self.circumstances = circumstances
        plan = checksPlan ? circumstances.rules.plans[circumstances.source.id] : nil
        batchSentAt = envelope.sentAt.flatMap { WireTime.parse($0) } ?? circumstances.sentAtHeader
        var flags = circumstances.source.flags
        if circumstances.rules.enforcing.contains(circumstances.source.id) { flags.insert(.enforcesConsent) }
        sourceFlags = flags
        let shared = [envelope.context, envelope.integrations].compactMap { $0 }
        sharedBytes = shared.reduce(0) { $0 + ($1.isEmpty ? 0 : $1.source.count) }
        sharedError =
            if envelope.context?.isObject == false {
                .contextNotObject
            } else {
                shared.lazy.compactMap { Self.fault(of: $0, depth: JSON.depthLimit - 1) }.first
            }
    }

    /// - Parameter type: nil if the message names none that exists.
    func read(_ item: JSONNode, index: Int, type: MessageType?) throws(MessageError) -> WireMessage {
        guard item.isObject else { throw .eventNotObject }
        guard item.source.count + sharedBytes <= MessageLimits.eventBytes else { throw .eventTooLarge }
        if let fault = Self.fault(of: item, depth: JSON.depthLimit) ?? sharedError { throw fault }
        guard let type else { throw .unknownType }

        let fields = WireFields(item)
        try validate(fields, type)
        let content = try MessageContent(type: type, fields: fields, envelope: envelope)
        let name = type == .track ? fields.event?.string : fields.name?.string
        let finding = plan?.finding(content, name: name)
        if let finding, !finding.omitted.isEmpty { return try read(item, without: finding, index: index, type: type) }
        let messageID = try messageID(of: fields, index)
        let (clock, receivedAt) = try clock(of: fields, item, index)
        let group = try GroupReference(type: type, fields: fields, context: content.context)
        // Whose a call is, its number tells among records; by itself it is nobody's.
        let isActivity = circumstances.source.isWebhook && ActivityReader.isActivity(content)
        var person = PersonReader.Person()
        if !isActivity { person = try PersonReader(content, circumstances.rules.identity).read() }

        var flags = sourceFlags.union(clock.flags)
        if item.hasReplacedText || content.context.hasReplacedText { flags.insert(.textReplaced) }
        if person.identifiers.isEmpty, !isActivity { flags.insert(.identifiersBlocked) }
        // What a form says of its person makes a lead there, by the form's rules.
        if type == .identify, content.context[FormReader.mark] != nil { flags.remove(.mayWriteLeads) }
        let fieldsOfPerson = PersonFields(content, region: circumstances.rules.identity.phoneRegion)
        if let suppressed = circumstances.rules.suppressed {
            try suppressed.check(&person, email: fieldsOfPerson.email, phone: fieldsOfPerson.phone)
        }
        return WireMessage(
            index: index, type: type, messageID: messageID, eventID: EventID.hash(of: messageID),
            name: name, timestamp: clock.timestamp, receivedAt: receivedAt, flags: flags,
            source: circumstances.source.id, session: session(of: content.context),
            payload: content.payload(
                fields, originalTimes: keepsTimes(fields, clock), ip: clientAddress(for: content.context),
                identity: !sourceFlags.contains(.mayIdentify)),
            traits: content.storedTraits.map { Array($0.source) },
            consent: try ConsentReader.read(content.context),
            groupID: group?.id, previousID: person.previousID, identifiers: person.identifiers,
            companies: CompanyCandidate.all(content, group: group, email: fieldsOfPerson.email),
            personFields: fieldsOfPerson.fields, email: fieldsOfPerson.email, phone: fieldsOfPerson.phone,
            form: isActivity
                ? ActivityReader.read(content, region: circumstances.rules.identity.phoneRegion)
                : FormReader(content, event: fields.event, circumstances.rules.identity)?.read(),
            rawUserID: content.userID, rawAnonymousID: content.anonymousID, finding: finding)
    }

    /// The message without what its plan wants left out.
    private func read(
        _ item: JSONNode, without finding: PlanFinding, index: Int, type: MessageType
    ) throws(MessageError) -> WireMessage {
        let text = PlanOmission.message(item, context: envelope.context, type: type, omitted: finding.omitted)
        guard let document = try? JSONDocument(text) else { throw .eventNotObject }
        var rest = envelope
        rest.context = nil
        let reader = MessageReader(rest, circumstances, checksPlan: false)
        var message = try document.withRoot { (root) throws(MessageError) in
            try reader.read(root, index: index, type: type)
        }
        if item.hasReplacedText || envelope.context?.hasReplacedText == true { message.flags.insert(.textReplaced) }
        message.finding = finding
        return message
    }

    private static func fault(of node: JSONNode, depth: Int) -> MessageError? {
        do throws(JSONError) {
            try node.check(depth: depth)
            return nil
        } catch {
            switch error {
            case .tooDeep: return .tooDeep
            case .keyTooLong: return .keyTooLong
            default: return .numberOutOfRange
            }
        }
    }

    private func validate(_ fields: WireFields, _ type: MessageType) throws(MessageError) {
        if let properties = fields.properties, !properties.isObject { throw .propertiesNotObject }
        if let traits = fields.traits, !traits.isObject { throw .traitsNotObject }
        switch type {
        case .track:
            guard let event = fields.event else { throw .eventNotDefined }
            guard event.isString else { throw .eventNotString }
            try checkLength(event, else: .eventNameTooLong)
            if isBlank(event) { throw .eventNotDefined }
        case .page, .screen:
            if let name = fields.name {
                guard name.isString else { throw .nameNotString }
                try checkLength(name, else: .nameTooLong)
            }
            if let category = fields.category, !category.isString { throw .categoryNotString }
        case .identify, .group, .alias:
            break
        }
    }

    private func checkLength(_ node: JSONNode, else error: MessageError) throws(MessageError) {
        guard node.slice.count > MessageLimits.nameCharacters else { return }
        if let text = node.string, text.unicodeScalars.count > MessageLimits.nameCharacters { throw error }
    }

    private func isBlank(_ node: JSONNode) -> Bool {
        if let first = node.slice.first, first > 0x20, first < 0x7f, first != UInt8(ascii: "\\") { return false }
        return Normalizer.trimmed((node.string ?? "")[...]).isEmpty
    }

    private func messageID(of fields: WireFields, _ index: Int) throws(MessageError) -> String {
        guard let node = fields.messageID else { return circumstances.makeMessageID(index) }
        guard let text = WireID.text(of: node) else { throw .idNotString }
        if text.utf8.count > MessageLimits.messageIDCharacters,
            text.unicodeScalars.count > MessageLimits.messageIDCharacters
        {
            throw .messageIDTooLong
        }
        return Normalizer.trimmed(text[...]).isEmpty ? circumstances.makeMessageID(index) : text
    }

    /// The event's time, and when it was received.
    private func clock(
        of fields: WireFields, _ item: JSONNode, _ index: Int
    ) throws(MessageError) -> (ClockRule, receivedAt: Int64) {
        let now = circumstances.receivedAt
        if let archivedAt = circumstances.archivedAt {
            let received = item["receivedAt"].flatMap { WireTime.parse($0) } ?? archivedAt(index)
            let rule = try ClockRule(
                archived: try Self.time(fields.timestamp), original: try Self.time(fields.originalTimestamp),
                sent: fields.sentAt.flatMap { WireTime.parse($0) }, received: received, now: now)
            return (rule, min(received ?? now, now))
        }
        let rule = try ClockRule(
            original: try Self.time(fields.originalTimestamp ?? fields.timestamp),
            sent: fields.sentAt.flatMap { WireTime.parse($0) } ?? batchSentAt, received: now,
            correctsSkew: circumstances.source.isPublic)
        return (rule, now)
    }

    private static func time(_ node: JSONNode?) throws(MessageError) -> Int64? {
        guard let node else { return nil }
        guard let time = WireTime.parse(node) else { throw .invalidTimestamp }
        return time
    }

    /// Whether the times as sent say more than the event's own.
    private func keepsTimes(_ fields: WireFields, _ clock: ClockRule) -> Bool {
        if circumstances.archivedAt != nil, fields.originalTimestamp != nil { return true }
        return !clock.flags.isEmpty
    }

    /// The peer's address for messages that a device sends itself and that do not tell one; a server, whose own address
    /// says nothing about the person, asks for it with `context.direct`.
    private func clientAddress(for context: MergedObject) -> String? {
        guard let address = circumstances.clientAddress,
            circumstances.source.isPublic || context["direct"]?.bool == true, context["ip"] == nil
        else { return nil }
        return address
    }

    private func session(of context: MergedObject) -> String? {
        guard let text = context["sessionId"].flatMap(WireID.text), text.utf8.count <= MessageLimits.sessionBytes else {
            return nil
        }
        let plain = Normalizer.trimmed(text[...])
        return plain.isEmpty ? nil : String(plain)
    }
}
