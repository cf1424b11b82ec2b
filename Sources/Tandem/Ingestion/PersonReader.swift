/// The identifiers of a message, by the places of Segment's protocol.
struct PersonReader {
    struct Person {
        /// In order of priority; empty only if all were blocked.
        var identifiers: [Identifier] = []
        var previousID: String?
    }

    private let content: MessageContent
    private let policy: IdentifierPolicy
    private var found: [Identifier] = []
    private var sawBlocked = false

    init(_ content: MessageContent, _ policy: IdentifierPolicy) {
        self.content = content
        self.policy = policy
    }

    consuming func read() throws(MessageError) -> Person {
        try add(Identifier.userID, content.userID)
        if content.type == .alias { return try alias() }
        try add(Identifier.anonymousID, content.anonymousID)
        // In a group call the traits are the account's.
        let places = [content.type == .group ? nil : content.traits, content.contextTraits, content.properties]
        for case let place? in places { try addTraits(of: place) }
        try addDevice()
        try addExternalIDs()
        guard !found.isEmpty || sawBlocked else { throw .noUserOrAnonymousID }
        guard found.count <= MessageLimits.identifiers else { throw .tooManyIdentifiers }
        if found.count > 1 { found.sort(by: policy.precedes) }
        return Person(identifiers: found, previousID: nil)
    }

    /// An alias joins two ids and looks at nothing else.
    private consuming func alias() throws(MessageError) -> Person {
        let previous = content.previousID.map { String(Normalizer.trimmed($0[...])) }
        if let previous, previous.utf8.count > Identifier.valueBytes { throw .identifierTooLong }
        guard let previous, !found.isEmpty else { return Person(identifiers: found, previousID: nil) }
        let isBlocked =
            policy.isBlocked(Identifier(type: Identifier.userID, value: previous))
            || policy.isBlocked(Identifier(type: Identifier.anonymousID, value: previous))
        return Person(identifiers: found, previousID: isBlocked ? nil : previous)
    }

    private mutating func add(_ type: String, _ node: JSONNode?) throws(MessageError) {
        if let node { try add(type, WireID.text(of: node)) }
    }

    private mutating func add(_ type: String, _ text: String?) throws(MessageError) {
        guard let text,
            let value = Identifier.normalize(type: type, value: text, phoneRegion: policy.phoneRegion)
        else { return }
        guard value.utf8.count <= Identifier.valueBytes, type.utf8.count <= Identifier.typeBytes else {
            throw .identifierTooLong
        }
        let identifier = Identifier(type: type, value: value)
        if found.contains(where: { $0.type == type && $0.value.equalsInBytes(value) }) { return }
        if policy.isBlocked(identifier) {
            sawBlocked = true
        } else {
            found.append(identifier)
        }
    }

    private mutating func addTraits(of place: JSONNode) throws(MessageError) {
        if policy.traits.isEmpty {
            try add(Identifier.email, place["email"])
            return
        }
        for (key, value) in place.members {
            if key.equals("email") { try add(Identifier.email, value) }
            guard let name = key.string else { continue }
            for (type, keys) in policy.traits where keys.contains(name) { try add(type, value) }
        }
    }

    private mutating func addDevice() throws(MessageError) {
        guard let device = content.context["device"], device.isObject else { return }
        let advertisingID = device["advertisingId"].flatMap { $0.isNull ? nil : $0 }
        if let advertisingID, !advertisingID.isString { throw .advertisingIDNotString }
        guard let system = device["type"]?.string?.lowercased(), system == "ios" || system == "android" else { return }
        try add("\(system).id", device["id"])
        try add("\(system).push_token", device["token"])
        if device["adTrackingEnabled"]?.bool == true { try add("\(system).idfa", advertisingID) }
    }

    private mutating func addExternalIDs() throws(MessageError) {
        guard let list = content.context["externalIds"] else { return }
        for entry in list.elements {
            guard entry["collection"]?.equals("users") == true, entry["encoding"]?.equals("none") == true,
                let name = entry["type"]?.string
            else { continue }
            let type = String(Normalizer.trimmed(name[...]))
            if type == Identifier.phone, !policy.knows(type: type) { continue }
            if !type.isEmpty { try add(type, entry["id"]) }
        }
    }
}
