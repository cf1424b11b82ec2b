/// A message without what its plan does not want.
enum PlanOmission {
    /// The message's text with the batch's context in it, and without `omitted` of its properties or traits.
    ///
    /// - Returns: what is to be read in place of the message, with an envelope that has no context.
    static func message(_ item: JSONNode, context: JSONNode?, type: MessageType, omitted: Set<String>) -> [UInt8] {
        var message = JSON(item).object ?? [:]
        if let context, context.isObject {
            var merged = JSON(context).object ?? [:]
            for (key, value) in message["context"]?.object ?? [:] { merged[key] = value }
            message["context"] = .object(merged)
        }
        switch type {
        case .track, .page, .screen: message["properties"] = without(omitted, message["properties"])
        case .identify:
            // Without traits of its own, those of the context are meant.
            if message["traits"]?.object?.isEmpty ?? true, var context = message["context"]?.object {
                context["traits"] = without(omitted, context["traits"])
                message["context"] = .object(context)
            } else {
                message["traits"] = without(omitted, message["traits"])
            }
        case .group: message["traits"] = without(omitted, message["traits"])
        case .alias: break
        }
        return JSON.object(message).encoded()
    }

    /// Nil if nothing is left.
    private static func without(_ omitted: Set<String>, _ value: JSON?) -> JSON? {
        guard let object = value?.object else { return value }
        let rest = JSONObject(object.filter { !omitted.contains($0.0) })
        if rest.isEmpty { return Optional.none }
        return .object(rest)
    }
}
