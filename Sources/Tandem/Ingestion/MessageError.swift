/// Why one message was refused. The codes are Segment's where it has one, so that people can search for them.
public enum MessageError: String, Error, Sendable, Hashable, CaseIterable {
    case noUserOrAnonymousID = "no_user_anon_id"
    case idRequired = "id_required"
    case idNotString = "id_not_string"
    case eventNotDefined = "event_not_defined"
    case eventNotString = "event_not_string"
    case eventNameTooLong = "event_name_too_long"
    case propertiesNotObject = "properties_not_object"
    case traitsNotObject = "traits_not_object"
    case tooManyTraits = "too_many_traits"
    case nameNotString = "name_not_string"
    case nameTooLong = "name_too_long"
    case categoryNotString = "category_not_string"
    case contextNotObject = "context_not_object"
    case consentWithoutPreferences = "consent_categorypreferences_should_exist"
    case consentPreferencesNotObject = "consent_categorypreferences_fields_should_be_object"
    case consentPreferenceNotBool = "consent_categorypreferences_fields_should_be_bool"
    case advertisingIDNotString = "device_advertisingid_should_be_string"
    case eventNotObject = "event_not_object"
    case unknownType = "unknown_type"
    case eventTooLarge = "event_too_large"
    case messageIDTooLong = "message_id_too_long"
    case groupIDTooLong = "group_id_too_long"
    case identifierTooLong = "identifier_too_long"
    case tooManyIdentifiers = "too_many_identifiers"
    case tooDeep = "depth_exceeded"
    case numberOutOfRange = "number_out_of_range"
    case keyTooLong = "key_too_long"
    case invalidTimestamp = "invalid_timestamp"
    case timestampTooEarly = "timestamp_too_early"
    case suppressed

    public var code: String { rawValue }

    public var message: String {
        switch self {
        case .noUserOrAnonymousID: "The event has neither userId nor anonymousId nor another identifier."
        case .idRequired: "A group call needs groupId; an alias call needs userId and previousId."
        case .idNotString: "An id must be a string or a number."
        case .eventNotDefined: "A track call needs an event name."
        case .eventNotString: "The event name must be a string."
        case .eventNameTooLong: "The event name is over \(MessageLimits.nameCharacters) characters."
        case .propertiesNotObject: "properties must be an object."
        case .traitsNotObject: "traits must be an object."
        case .tooManyTraits: "An identify call carries at most \(MessageLimits.traits) traits."
        case .nameNotString: "name must be a string."
        case .nameTooLong: "name is over \(MessageLimits.nameCharacters) characters."
        case .categoryNotString: "category must be a string."
        case .contextNotObject: "context must be an object."
        case .consentWithoutPreferences: "context.consent must have categoryPreferences."
        case .consentPreferencesNotObject: "context.consent.categoryPreferences must be an object."
        case .consentPreferenceNotBool: "Each value of context.consent.categoryPreferences must be true or false."
        case .advertisingIDNotString: "context.device.advertisingId must be a string."
        case .eventNotObject: "An event must be an object."
        case .unknownType: "type must be track, page, screen, identify, group or alias."
        case .eventTooLarge: "The event is over \(MessageLimits.eventBytes / 1024) KB."
        case .messageIDTooLong: "messageId is over \(MessageLimits.messageIDCharacters) characters."
        case .groupIDTooLong: "groupId is over \(MessageLimits.groupIDCharacters) characters."
        case .identifierTooLong: "An identifier is over \(Identifier.valueBytes) bytes."
        case .tooManyIdentifiers: "The event carries over \(MessageLimits.identifiers) identifiers."
        case .tooDeep: "The event is nested deeper than \(JSON.depthLimit) levels."
        case .numberOutOfRange: "A number of the event does not fit a double."
        case .keyTooLong: "A key of the event is over 256 bytes."
        case .invalidTimestamp: "timestamp must be an ISO 8601 date and time."
        case .timestampTooEarly: "timestamp is before 1970."
        case .suppressed: "The person asked not to be tracked; nothing of the event was kept."
        }
    }
}

/// Bounds of one message.
public enum MessageLimits {
    /// The message as sent, with what its batch adds.
    public static let eventBytes = 32 * 1024
    public static let messageIDCharacters = 100
    public static let groupIDCharacters = 500
    public static let nameCharacters = 255
    public static let traits = 300
    public static let identifiers = 100
    /// A longer session id is not kept.
    public static let sessionBytes = 256
}
