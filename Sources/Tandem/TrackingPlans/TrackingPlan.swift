/// A version of a tracking plan: which events are expected, and a JSON Schema for what each says.
public struct TrackingPlan: Sendable {
    /// An event of a plan.
    public struct Event: Sendable, Hashable {
        /// Of alias calls nothing is planned.
        public var type: MessageType
        /// Of a track call its event. A page or screen without a name stands for all that no other names.
        public var name: String?
        /// As messages name it in `context.protocols.event_version`.
        public var version: Int?
        public var description: String?
        /// Of `properties` (track, page, screen) or `traits` (identify, group).
        public var schema: JSON

        var kind: Kind { Kind(type: type, name: name, version: version) }
    }

    public let events: [Event]
    /// In the order of the events.
    let schemas: [JSONSchema]

    static let eventsLimit = 1_000
    static let bytesLimit = 1 << 20
    static let patternsLimit = 500
    private static let keys = ["type", "name", "version", "description", "schema"]

    /// - Parameter json: a list of `{"type", "name"?, "version"?, "description"?, "schema"?}`.
    /// - Throws: `invalid`, with all faults.
    public init(events json: JSON) throws(TandemError) {
        guard let list = json.array, list.count <= Self.eventsLimit else {
            throw .invalid("/events", "invalid", "events is a list of at most \(Self.eventsLimit) events.")
        }
        var events: [Event] = []
        var schemas: [JSONSchema] = []
        var faults: [TandemError.FieldError] = []
        var seen: Set<Kind> = []
        for (index, item) in list.enumerated() {
            let pointer = "/events/\(index)"
            guard let event = Self.event(item, at: pointer, &faults) else { continue }
            if !seen.insert(event.kind).inserted {
                faults.append(.init(pointer: pointer, code: "duplicate", detail: "The plan names this event twice."))
            }
            do throws(TandemError) {
                schemas.append(try JSONSchema(event.schema, at: pointer + "/schema"))
            } catch {
                guard case .invalid(let found) = error else { throw error }
                faults += found
            }
            events.append(event)
        }
        if schemas.reduce(0, { $0 + $1.patternCount }) > Self.patternsLimit {
            let detail = "A plan has at most \(Self.patternsLimit) patterns."
            faults.append(.init(pointer: "/events", code: "too_large", detail: detail))
        }
        if faults.isEmpty, json.encoded().count > Self.bytesLimit {
            faults.append(.init(pointer: "/events", code: "too_large", detail: "A plan has at most 1 MB."))
        }
        if !faults.isEmpty { throw .invalid(faults) }
        self.events = events
        self.schemas = schemas
    }

    private static func event(_ item: JSON, at pointer: String, _ faults: inout [TandemError.FieldError]) -> Event? {
        let before = faults.count
        func fault(_ key: String, _ detail: String, code: String = "invalid") {
            faults.append(.init(pointer: key.isEmpty ? pointer : "\(pointer)/\(key)", code: code, detail: detail))
        }
        guard let object = item.object else {
            fault("", "An event is an object with \(Self.keys.joined(separator: ", ")).")
            return nil
        }
        for key in object.names where !keys.contains(key) {
            fault(JSONPointer.escaped(key), "An event has \(Self.keys.joined(separator: ", ")).", code: "unknown_key")
        }
        let type = object["type"]?.string.flatMap(MessageType.init)
        let name = text(object["name"])
        switch type {
        case nil, .alias: fault("type", "type has to be track, page, screen, identify or group.")
        case .track: if name == nil { fault("name", "A track call has the name of its event.", code: "required") }
        case .page, .screen: break
        case .identify, .group:
            if name != nil { fault("name", "identify and group calls have no name.") }
        }
        for key in ["name", "description"] {
            if let value = object[key], !value.isNull, text(value) == nil {
                fault(key, "\(key) has to be a text of at most \(MessageLimits.nameCharacters) characters.")
            }
        }
        let version = object["version"]?.int
        if let value = object["version"], !value.isNull, version.map({ $0 > 0 }) != true {
            fault("version", "version is a whole number from 1.")
        }
        guard let type, faults.count == before else { return nil }
        return Event(
            type: type, name: name, version: version, description: text(object["description"]),
            schema: object["schema"] ?? .bool(true))
    }

    private static func text(_ json: JSON?) -> String? {
        json?.string.flatMap {
            $0.isEmpty || $0.unicodeScalars.count > MessageLimits.nameCharacters || $0.utf8.contains(0) ? nil : $0
        }
    }

    public var json: JSON {
        .array(
            events.map { event in
                var object: JSONObject = ["type": .string(event.type.rawValue)]
                object["name"] = event.name.map(JSON.string)
                object["version"] = event.version.map { .number($0) }
                object["description"] = event.description.map(JSON.string)
                object["schema"] = event.schema
                return .object(object)
            })
    }

    /// What names an event of a plan.
    struct Kind: Hashable, Sendable {
        var type: MessageType
        var name: String?
        var version: Int?

        var ofAnyName: Kind { Kind(type: type, version: version) }
    }
}
