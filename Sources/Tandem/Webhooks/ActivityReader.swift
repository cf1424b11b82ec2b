/// A call or a text that a telephony provider told of, as the procedure `place_activity` takes it.
///
/// It travels as a track call of a webhook source: `context.activity` is true, and the properties are the activity's fields with the
/// numbers of both sides, `from` and `to`.
enum ActivityReader {
    static let mark: StaticString = "activity"
    static let markName = "activity"

    /// The fields that a provider tells of; `id` is its own, the activity's external id.
    static let fields: Set<String> = [
        "type", "direction", "status", "subject", "body", "started_at", "ended_at", "duration_s", "outcome",
        "thread_id",
        "recording_url",
    ]
    static let numbers: Set<String> = ["from", "to"]

    struct Fault: Error {
        let detail: String
    }

    /// `{"data": {field: value}, "number"?}`; the number is the other side's in E.164.
    static func read(_ properties: JSONObject, region: String = Normalizer.noRegion) throws(Fault) -> JSONObject {
        let reader = FieldReader(region: region)
        let description = ObjectDescription.activity
        var data = JSONObject()
        for (name, value) in properties {
            let column = name == "id" ? "external_id" : name
            guard name == "id" || fields.contains(name), let field = description.field(column) else { continue }
            switch reader.read(field, value) {
            case .value(let value): if !value.isNull { data[column] = value }
            case .external: throw Fault(detail: "\(name) is no value")
            case .wrong(_, let detail): throw Fault(detail: "\(name) \(detail)")
            }
        }
        guard data["external_id"] != nil else { throw Fault(detail: "id is required") }
        guard let type = data["type"]?.string, isType(type) else {
            throw Fault(detail: "type is a word such as call or sms")
        }
        var activity: JSONObject = ["data": .object(data)]
        let other = properties[data["direction"]?.string == "out" ? "to" : "from"]?.string
        activity["number"] = other.flatMap { Normalizer.phone($0, region: region) }.map(JSON.string)
        return activity
    }

    /// Whether a message of a webhook source is one: nobody but a mapping says so.
    static func isActivity(_ content: MessageContent) -> Bool {
        content.type == .track && content.context[mark]?.bool == true
    }

    /// What such a message says, as `ingest_batch` takes it; nil if that is no valid activity.
    static func read(_ content: MessageContent, region: String) -> [UInt8]? {
        guard let properties = content.properties, let object = try? JSON(parsing: Array(properties.source)).object,
            let activity = try? read(object, region: region)
        else { return nil }
        return JSON.object([markName: .object(activity)]).encoded()
    }

    private static func isType(_ text: String) -> Bool {
        text.utf8.count <= 63 && text.utf8.first.map { (0x61...0x7a).contains($0) } == true
            && text.utf8.allSatisfy { (0x61...0x7a).contains($0) || (0x30...0x39).contains($0) || $0 == 0x5f }
    }
}
