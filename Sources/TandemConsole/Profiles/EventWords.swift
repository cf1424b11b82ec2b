/// One row of a story in words: an event, or several of one kind on end.
struct EventWords {
    let what: String
    let detail: String?

    /// How many different places a row names.
    private static let placesLimit = 5

    /// - Parameter identifiers: those of the events' node, to tell which of them an identify call brought.
    init(_ events: [EventRead], identifiers: [IdentifierRead] = []) {
        guard let first = events.first else {
            (what, detail) = ("", nil)
            return
        }
        switch (first.type, events.count) {
        case ("identify", _):
            let brought = identifiers.filter { $0.event == first.id && $0.type != "anonymous_id" }.map(\.value)
            what = brought.isEmpty ? "Identified again" : "Identified as " + brought.joined(separator: ", ")
            detail = first.detail
        case (_, 1):
            what = first.words
            detail = first.detail
        case ("page", let count):
            let places = events.reduce(into: [String]()) { places, event in
                if let place = event.path ?? event.name, !places.contains(place) { places.append(place) }
            }
            what = places.count == 1 ? "Visited \(places[0]), \(count) times" : "Visited \(count) pages"
            var parts: [String] = []
            if places.count > 1 {
                let more = places.count - Self.placesLimit
                parts.append(
                    places.prefix(Self.placesLimit).joined(separator: ", ") + (more > 0 ? " and \(more) more" : ""))
            }
            if let referrer = first.referrer, !referrer.isEmpty { parts.append("from \(referrer)") }
            if let campaign = first.campaign { parts.append("campaign \(campaign)") }
            detail = parts.isEmpty ? nil : parts.joined(separator: " · ")
        case (_, let count):
            what = "\(first.words), \(count) times"
            detail = nil
        }
    }
}
