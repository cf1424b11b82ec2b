extension WebhookMapping {
    private static let keys: Set<String> = [
        "name", "description", "format", "reply", "signature", "id", "type", "time", "events",
    ]
    private static let eventKeys: Set<String> = ["types", "messages", "activities"]
    private static let activityKeys = ActivityReader.fields.union(ActivityReader.numbers)
        .union(["id", "each", "if", "event", "messageId"])
    private static let messageKeys: Set<String> = [
        "type", "each", "if", "event", "name", "category", "userId", "anonymousId", "previousId", "groupId", "traits",
        "properties", "context", "integrations", "timestamp", "messageId",
    ]
    private static let eventsLimit = 200

    /// - Throws: `invalid`.
    public init(json: JSON) throws(TandemError) {
        guard let object = json.object else { throw .invalid("", "not_object", "A webhook's mapping is an object.") }
        try Self.refuseUnknown(object, Self.keys, "")
        guard let name = object["name"]?.string, Self.isName(name) else {
            throw .invalid("/name", "invalid", "name is 1 to 30 of a-z, 0-9, underscore and hyphen.")
        }
        self.name = name
        self.json = json
        signature = try object["signature"].map { (value) throws(TandemError) in try WebhookSignature(json: value) }
        id = try Self.required(object, "id")
        type = try Self.required(object, "type")
        time = try object["time"].map { (value) throws(TandemError) in try .init(value, at: "/time") }
        guard let format = Format(rawValue: object["format"]?.string ?? "json") else {
            throw .invalid("/format", "invalid", "format is json or form.")
        }
        self.format = format
        reply = try object["reply"].map { (value) throws(TandemError) in try Self.reply(value) }
        guard let list = object["events"]?.array, (1...Self.eventsLimit).contains(list.count) else {
            throw .invalid("/events", "invalid", "events is a list of 1 to \(Self.eventsLimit).")
        }
        var events: [Event] = []
        for (index, item) in list.enumerated() { events.append(try Self.event(item, "/events/\(index)")) }
        self.events = events
    }

    private static func required(_ object: JSONObject, _ key: String) throws(TandemError) -> WebhookExpression {
        guard let value = object[key], !value.isNull else {
            throw .invalid("/\(key)", "required", "\(key) says where the event's \(key) stands.")
        }
        return try WebhookExpression(value, at: "/\(key)")
    }

    private static func event(_ json: JSON, _ pointer: String) throws(TandemError) -> Event {
        guard let object = json.object else { throw .invalid(pointer, "not_object", "It has types and messages.") }
        try refuseUnknown(object, eventKeys, pointer)
        let types = object["types"]?.array?.compactMap(\.string) ?? []
        guard !types.isEmpty, types.count == object["types"]?.array?.count else {
            throw .invalid("\(pointer)/types", "required", "types lists the provider's names of events.")
        }
        let (calls, deeds) = (object["messages"]?.array ?? [], object["activities"]?.array ?? [])
        guard (1...20).contains(calls.count + deeds.count) else {
            throw .invalid("\(pointer)/messages", "required", "messages and activities are lists of 1 to 20 together.")
        }
        var messages: [Message] = []
        for (index, item) in calls.enumerated() {
            messages.append(try message(item, "\(pointer)/messages/\(index)"))
        }
        for (index, item) in deeds.enumerated() {
            messages.append(try activity(item, "\(pointer)/activities/\(index)"))
        }
        return Event(types: types, messages: messages)
    }

    private static func message(_ json: JSON, _ pointer: String) throws(TandemError) -> Message {
        guard var object = json.object else { throw .invalid(pointer, "not_object", "A message is an object.") }
        try refuseUnknown(object, messageKeys, pointer)
        guard let type = object["type"]?.string.flatMap(MessageType.init) else {
            throw .invalid("\(pointer)/type", "invalid_type", MessageError.unknownType.message)
        }
        let each = try object["each"].map { (value) throws(TandemError) in
            try WebhookExpression.path(value, "\(pointer)/each")
        }
        var conditions: [WebhookExpression] = []
        for (index, item) in (object["if"]?.array ?? object["if"].map { [$0] } ?? []).enumerated() {
            let path = try WebhookExpression.path(item, "\(pointer)/if/\(index)")
            conditions.append(.path(WebhookLookup(paths: [path])))
        }
        for key in ["type", "each", "if"] { object[key] = nil }
        return Message(
            type: type, each: each, conditions: conditions, fields: try WebhookExpression(.object(object), at: pointer))
    }

    /// The track call that a call or a text is.
    private static func activity(_ json: JSON, _ pointer: String) throws(TandemError) -> Message {
        guard let object = json.object else { throw .invalid(pointer, "not_object", "An activity is an object.") }
        try refuseUnknown(object, activityKeys, pointer)
        for key in ["type", "id"] where object[key] == nil {
            throw .invalid("\(pointer)/\(key)", "required", "An activity has a type and the provider's id.")
        }
        var properties = object
        for key in ["each", "if", "event", "messageId"] { properties[key] = nil }
        // So that what is wrong is told where it stands.
        _ = try WebhookExpression(.object(properties), at: pointer)
        let name: JSON = object["type"]?.string == "sms" ? "Text Message" : "Phone Call"
        var call: JSONObject = [
            "type": "track", "event": object["event"] ?? name,
            "properties": .object(properties), "context": [ActivityReader.markName: true],
        ]
        for key in ["each", "if", "messageId"] { call[key] = object[key] }
        var made = try message(.object(call), pointer)
        made.isActivity = true
        return made
    }

    private static func reply(_ json: JSON) throws(TandemError) -> Reply {
        guard let object = json.object, let type = object["type"]?.string, let body = object["body"]?.string,
            type.utf8.allSatisfy({ (0x20...0x7e).contains($0) }), body.utf8.count <= 1_000
        else { throw .invalid("/reply", "invalid", "reply has a type and a body, both short texts.") }
        try refuseUnknown(object, ["type", "body"], "/reply")
        return Reply(type: type, body: body)
    }

    private static func refuseUnknown(
        _ object: JSONObject, _ known: Set<String>, _ pointer: String
    ) throws(TandemError) {
        if let unknown = object.names.first(where: { !known.contains($0) }) {
            throw .invalid(
                "\(pointer)/\(unknown)", "unknown_key",
                "\(unknown) is none of \(known.sorted().joined(separator: ", ")).")
        }
    }

    private static func isName(_ name: String) -> Bool {
        (1...30).contains(name.utf8.count)
            && name.utf8.allSatisfy { byte in
                switch byte {
                case 0x61...0x7a, 0x30...0x39, UInt8(ascii: "_"), UInt8(ascii: "-"): true
                default: false
                }
            }
    }
}

/// The mappings that come with the product.
public enum WebhookCatalog {
    public static let mappings: [WebhookMapping] = [
        PackageResources.stripe_json, PackageResources.zendesk_json, PackageResources.twilio_json,
        PackageResources.openphone_json,
    ].compactMap { try? WebhookMapping(json: JSON(parsing: $0)) }

    public static func mapping(named name: String) -> WebhookMapping? { mappings.first { $0.name == name } }

    /// The mapping that a request means: a name of the catalogue's, or a mapping itself.
    /// - Throws: `invalid`.
    public static func mapping(_ json: JSON) throws(TandemError) -> WebhookMapping {
        guard let name = json.string else {
            do throws(TandemError) {
                return try WebhookMapping(json: json)
            } catch {
                guard case .invalid(let faults) = error else { throw error }
                throw .invalid(
                    faults.map { .init(pointer: "/mapping\($0.pointer)", code: $0.code, detail: $0.detail) })
            }
        }
        guard let mapping = mapping(named: name) else {
            let known = mappings.map(\.name).joined(separator: ", ")
            throw .invalid("/mapping", "unknown_mapping", "mapping is one of \(known), or a mapping of your own.")
        }
        return mapping
    }
}
