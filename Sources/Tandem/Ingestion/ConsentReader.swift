/// What a message says of consent: Segment's `context.consent.categoryPreferences`, else RudderStack's
/// `context.consentManagement`.
enum ConsentReader {
    /// `{category: true|false}` as JSON; nil: it says nothing.
    static func read(_ context: MergedObject) throws(MessageError) -> [UInt8]? {
        guard let consent = context["consent"] else { return management(context) }
        guard consent.isObject, let preferences = consent["categoryPreferences"], !preferences.isNull else {
            throw .consentWithoutPreferences
        }
        guard preferences.isObject else { throw .consentPreferencesNotObject }
        for (_, value) in preferences.members where value.bool == nil { throw .consentPreferenceNotBool }
        return preferences.isEmpty ? nil : Array(preferences.source)
    }

    /// RudderStack's SDKs name what was agreed to and what was refused; where both lists have it, it was refused.
    private static func management(_ context: MergedObject) -> [UInt8]? {
        guard let management = context["consentManagement"], management.isObject else { return nil }
        var said = JSONObject()
        for (key, granted) in [("allowedConsentIds" as StaticString, true), ("deniedConsentIds", false)] {
            guard let names = management[key] else { continue }
            for element in names.elements {
                if let name = element.string, !name.isEmpty { said[name] = .bool(granted) }
            }
        }
        return said.isEmpty ? nil : Array(JSON.object(said).text.utf8)
    }
}
