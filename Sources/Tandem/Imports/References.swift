import Foundation

/// A column of another object in which a cell's value is looked up.
struct ReferenceKey: Sendable, Hashable {
    /// Singular.
    var object: String
    /// The column in SQL; for addresses and numbers that of the normal form.
    var column: String
}

/// What cells of an import refer to, as far as it is known.
struct References: Sendable {
    enum Resolution: Sendable, Hashable {
        case found(UUID)
        case several(Int)
        case missing
    }

    private var known: [ReferenceKey: [String: Resolution]] = [:]
    /// Values of a column, for the hint of a misspelt one; loaded when the first is missing.
    private var candidates: [ReferenceKey: [String]] = [:]

    subscript(key: ReferenceKey, value: String) -> Resolution? { known[key]?[value] }

    /// The values that are not known yet.
    func unknown(_ values: Set<String>, of key: ReferenceKey) -> [String] {
        values.filter { value in
            if case .found = known[key]?[value] { false } else { true }
        }.sorted()
    }

    /// The values that were looked up and are not there.
    func missing(_ values: Set<String>, of key: ReferenceKey) -> [String] {
        values.filter { known[key]?[$0] == .missing }.sorted()
    }

    mutating func learn(_ key: ReferenceKey, _ value: String, _ resolution: Resolution) {
        known[key, default: [:]][value] = resolution
    }

    func hasCandidates(of key: ReferenceKey) -> Bool { candidates[key] != nil }

    mutating func learn(candidates values: [String], of key: ReferenceKey) { candidates[key] = values }

    /// `GTXPro` is no product; did you mean `GTX Pro`? add values: {GTXPro: GTX Pro}
    func missingReason(_ value: String, of key: ReferenceKey, title: String) -> String {
        let near = Spelling.nearest(to: value, among: candidates[key] ?? [])
        let hint = near.map { "; did you mean `\($0)`? add values: {\(value): \($0)}" } ?? ""
        return "`\(value)` is no \(title)\(hint)"
    }
}

/// The stages that opportunities can be in.
struct StageTable: Sendable {
    struct Stage: Sendable, Hashable {
        var id: UUID
        var pipeline: UUID
        var key: String
        var name: String
        var position: Int
        var isOpen: Bool
        var isDefault: Bool
    }

    var stages: [Stage]

    /// What a stage is found by here; by any other field it is found as every record is.
    static let fields: Set<String> = ["key", "name", "id"]

    /// By key, name or id, in a pipeline; without one in the default pipeline, then in any if only one has it.
    func find(_ text: String, field: String, pipeline: UUID?) -> [Stage] {
        let found = stages.filter { stage in
            switch field {
            case "key": stage.key == text
            case "id": stage.id == PublicID(.stage, text: text)?.uuid
            default: stage.name == text
            }
        }
        if let pipeline { return found.filter { $0.pipeline == pipeline } }
        let usual = found.filter(\.isDefault)
        return usual.isEmpty ? found : usual
    }

    func stage(_ id: UUID) -> Stage? { stages.first { $0.id == id } }

    /// The stage that a mapping's `history` means, in the pipeline of `stage`.
    func sibling(_ name: String, of stage: Stage) -> Stage? {
        stages.first { $0.pipeline == stage.pipeline && ($0.key == name || $0.name == name) }
    }
}
