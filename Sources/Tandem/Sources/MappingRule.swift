/// One thing that a mapping does to messages.
struct MappingRule: Sendable, Hashable {
    enum Action: Sendable, Hashable {
        /// Messages of the name are not stored but kept in quarantine.
        case dropEvent(String)
        case renameEvent(String, to: String)
        case rename(MappingPath, to: MappingPath)
        case cast(MappingPath, ValueCast, otherwise: Otherwise)
        case drop(MappingPath)
    }

    /// What happens with a value that cannot be cast.
    enum Otherwise: String, Sendable, Hashable, CaseIterable {
        /// The message goes into quarantine.
        case quarantine
        case keep
        /// The value is taken out.
        case drop
    }

    var action: Action
    /// Only for messages of this event's (or page's) name.
    var event: String?
    var type: MessageType?

    /// Stands for every name in ``Action/dropEvent(_:)``.
    static let anyName = "*"

    /// The name that a message must have; nil: any.
    var name: String? {
        switch action {
        case .dropEvent(Self.anyName): event
        case .dropEvent(let name), .renameEvent(let name, _): name
        case .rename, .cast, .drop: event
        }
    }
}

/// Why a message cannot be mapped.
struct MappingFault: Error {
    var reason: QuarantineReason
}

extension MappingRule {
    /// Changes a message in place.
    func apply(to message: inout JSON, nameKey: String?) throws(MappingFault) {
        switch action {
        case .dropEvent(let name):
            throw MappingFault(
                reason: .init(
                    code: "dropped_by_mapping",
                    message: name == Self.anyName
                        ? "The source's mapping drops such events."
                        : "The source's mapping drops events named \(name)."))
        case .renameEvent(_, let to):
            guard let nameKey else { return }
            message = message.setting([nameKey], to: .string(to))
        case .rename(let from, let to):
            message = Self.renamed(message, from, to)
        case .cast(let path, let cast, let otherwise):
            try replace(path, in: &message) { (value) throws(MappingFault) in
                if let result = cast(value) { return result }
                switch otherwise {
                case .keep: return value
                case .drop: return nil
                case .quarantine:
                    throw MappingFault(
                        reason: .init(code: "mapping_failed", message: "\(path.text) is no \(cast.name)."))
                }
            }
        case .drop(let path):
            try replace(path, in: &message) { (_) throws(MappingFault) in nil }
        }
    }

    private func replace(
        _ path: MappingPath, in message: inout JSON, _ change: (JSON) throws(MappingFault) -> JSON?
    ) throws(MappingFault) {
        for place in path.places { message = try message.replacing(place[...], change) ?? message }
    }

    /// What the new place has already stays, and the old place too then: nothing is lost.
    private static func renamed(_ message: JSON, _ from: MappingPath, _ to: MappingPath) -> JSON {
        var result = message
        let areTraits = from.places.count > 1 && to.places.count > 1
        for prefix: [MappingPath.Step] in areTraits ? [[], [.key("context")]] : [[]] {
            let (container, old) = from.split
            let new = to.split.keys
            // A path through an array begins inside its elements, any other at the message.
            let steps = container.isEmpty ? prefix : prefix + container
            let changed = try? result.replacing(steps[...]) { (part) throws(MappingFault) in
                guard let value = part.at(old), part.at(new)?.isNull ?? true else { return part }
                let taken = try part.replacing(old.map { .key($0) }[...]) { (_) throws(MappingFault) in nil } ?? part
                let set = taken.setting(new[...], to: value)
                return set == taken ? part : set
            }
            if let changed { result = changed }
        }
        return result
    }
}
