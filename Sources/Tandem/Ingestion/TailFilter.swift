/// Which events somebody wants to watch: those that fit all that is given.
public struct TailFilter: Sendable, Hashable {
    /// Its number.
    public var source: Int16?
    public var outcomes: Set<TailedEvent.Outcome>
    public var type: MessageType?
    /// The event's or page's name.
    public var name: String?

    /// The names of its parts and what they mean, for parameters.
    public static let parts: [(name: String, summary: String)] = [
        ("source", "The source's name or id"), ("type", "The call's type"), ("event", "The event's or page's name"),
        ("outcome", "accepted, duplicate, quarantined or rejected; several with commas between them"),
    ]

    /// - Parameter source: nil: of all.
    public init(source: Int16? = nil, outcomes: Set<TailedEvent.Outcome> = Set(TailedEvent.Outcome.allCases)) {
        self.source = source
        self.outcomes = outcomes
    }

    /// From texts by part; those that are empty say nothing.
    /// - Parameter sources: the tenant's.
    /// - Throws: `badRequest`.
    public init(_ text: (_ part: String) -> String?, sources: [Source]) throws(TandemError) {
        self.init()
        func value(_ part: String) -> String? { text(part).flatMap { $0.isEmpty ? nil : $0 } }
        if let reference = value("source") {
            let id = PublicID(.source, text: reference)?.uuid
            guard let found = sources.first(where: { $0.name == reference || $0.id == id }) else {
                let names = sources.map(\.name).joined(separator: ", ")
                throw Self.invalid("There is no source \(reference); there are \(names).")
            }
            source = found.number
        }
        if let text = value("type") {
            guard let type = MessageType(rawValue: text) else {
                throw Self.invalid("type has to be \(Self.words(MessageType.allCases.map(\.rawValue))).")
            }
            self.type = type
        }
        if let text = value("outcome") {
            outcomes = []
            for word in text.split(separator: ",", omittingEmptySubsequences: false) {
                guard let outcome = TailedEvent.Outcome(rawValue: String(word)) else {
                    throw Self.invalid("outcome has to be \(Self.words(TailedEvent.Outcome.allCases.map(\.rawValue))).")
                }
                outcomes.insert(outcome)
            }
        }
        name = value("event")
    }

    private static func words(_ words: [String]) -> String {
        words.dropLast().joined(separator: ", ") + " or " + (words.last ?? "")
    }

    private static func invalid(_ detail: String) -> TandemError {
        .badRequest(code: "invalid_parameter", detail: detail)
    }

    /// What is known of an event before anything of it is copied.
    func mayMatch(_ outcome: TailedEvent.Outcome, source: Int16) -> Bool {
        outcomes.contains(outcome) && (self.source ?? source) == source
    }

    func matches(_ event: TailedEvent) -> Bool {
        mayMatch(event.outcome, source: event.source) && (type == nil || type?.rawValue == event.type)
            && (name == nil || name == event.name)
    }
}
