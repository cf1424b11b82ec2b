/// A choice of events, told in parts that have names: query parameters, options of a command, fields of JSON.
public protocol EventFilter {
    /// All events.
    init()

    /// Takes one part; what is wrong with it.
    mutating func take(_ part: String, _ text: String) -> EventFilterFault?
}

/// Why a part of a filter is refused: a code of `FieldError` and a sentence.
public struct EventFilterFault {
    let code: String
    let detail: String

    static func invalid(_ detail: String) -> EventFilterFault { EventFilterFault(code: "invalid", detail: detail) }

    static func unknown(_ part: String) -> EventFilterFault {
        EventFilterFault(code: "unknown_field", detail: "There is no field \(part).")
    }
}

extension EventFilter {
    /// From texts by part.
    /// - Throws: `invalid`, with one entry for each part that is wrong or unknown.
    public init(_ parts: some Sequence<(String, String)>) throws(TandemError) {
        self.init()
        var faults: [TandemError.FieldError] = []
        for (part, text) in parts {
            let fault =
                text.utf8.contains(0) ? EventFilterFault.invalid("\(part) contains a zero byte.") : take(part, text)
            if let fault { faults.append(.init(pointer: "/\(part)", code: fault.code, detail: fault.detail)) }
        }
        if !faults.isEmpty { throw .invalid(faults) }
    }
}
