import Foundation

/// What changed rules would have done, against the rules in force, both played over the same evidence.
struct SimulationReport {
    private let evidence: IdentityEvidence
    private let before: IdentityReplay
    private let after: IdentityReplay

    /// Profiles of one replay that are several of the other, the largest first: the profile, and its parts as entries.
    private let joined: [(whole: Int, parts: [[Int]])]
    private let parted: [(whole: Int, parts: [[Int]])]

    /// How many examples, parts of each, and identifiers of each part are told.
    static let examples = 20
    static let parts = 5
    static let identifiers = 5

    init(_ evidence: IdentityEvidence, before: IdentityReplay, after: IdentityReplay) {
        self.evidence = evidence
        self.before = before
        self.after = after
        joined = Self.split(after.owner, by: before.owner)
        parted = Self.split(before.owner, by: after.owner)
    }

    private static func split(_ wholes: [Int], by parts: [Int]) -> [(whole: Int, parts: [[Int]])] {
        var found: [Int: [Int: [Int]]] = [:]
        for entry in wholes.indices where wholes[entry] >= 0 && parts[entry] >= 0 {
            found[wholes[entry], default: [:]][parts[entry], default: []].append(entry)
        }
        return found.filter { $0.value.count > 1 }
            .map { whole, parts in
                (whole, parts.values.sorted { ($1.count, $0[0]) < ($0.count, $1[0]) })
            }
            .sorted { ($1.parts.count, $0.parts[0][0]) < ($0.parts.count, $1.parts[0][0]) }
    }

    /// Nodes of which examples are told.
    var nodes: [Int64] {
        (joined + parted.map { $0 }).prefix(2 * Self.examples).flatMap(\.parts).joined()
            .compactMap { evidence.entries[$0].node.map { evidence.nodes[$0] } }
    }

    /// - Parameter profiles: of nodes, as they are now.
    func json(_ profiles: [Int64: UUID]) -> JSON {
        let both = evidence.entries.indices
        return [
            "events": .number(evidence.steps.count), "identifiers": .number(evidence.entries.count),
            "profiles": ["before": .number(Self.count(before.owner)), "after": .number(Self.count(after.owner))],
            "joined": .number(joined.count), "parted": .number(parted.count),
            "dropped_identifiers": .number(both.count { before.owner[$0] >= 0 && after.owner[$0] < 0 }),
            "added_identifiers": .number(both.count { before.owner[$0] < 0 && after.owner[$0] >= 0 }),
            "kept_out": ["before": Self.rules(before), "after": Self.rules(after)],
            "examples": [
                "joined": .array(joined.prefix(Self.examples).map { example($0, before, of: after, profiles) }),
                "parted": .array(parted.prefix(Self.examples).map { example($0, after, of: before, profiles) }),
            ],
        ]
    }

    private static func count(_ owner: [Int]) -> Int { Set(owner.lazy.filter { $0 >= 0 }).count }

    private static func rules(_ replay: IdentityReplay) -> JSON {
        var counts: [String: Int] = [:]
        for demotion in replay.demotions { counts[demotion.rule, default: 0] += 1 }
        var object = JSONObject()
        for (rule, count) in counts.sorted(by: { $0.key < $1.key }) { object[rule] = .number(count) }
        return .object(object)
    }

    /// - Parameters:
    ///   - stricter: the replay in which the parts are apart, which says why.
    ///   - whole: the replay in which they are one.
    private func example(
        _ split: (whole: Int, parts: [[Int]]), _ stricter: IdentityReplay, of whole: IdentityReplay,
        _ profiles: [Int64: UUID]
    ) -> JSON {
        var example: JSONObject = [
            "count": .number(split.parts.count),
            "profiles": .array(split.parts.prefix(Self.parts).map { part($0, profiles) }),
        ]
        if let cause = stricter.demotions.first(where: { whole.owner[$0.entry] == split.whole }) {
            let step = evidence.steps[cause.step]
            example["because"] = [
                "rule": .string(cause.rule), "identifier": identifier(cause.entry),
                "event_id": step.event.map { .string(PublicID(.event, $0).description) } ?? .null,
                "at": .string(Date(microseconds: step.time).iso8601),
            ]
        }
        return .object(example)
    }

    private func part(_ entries: [Int], _ profiles: [Int64: UUID]) -> JSON {
        let now = entries.lazy.compactMap { evidence.entries[$0].node }.compactMap { profiles[evidence.nodes[$0]] }
            .first
        return [
            "id": now.map { .string(PublicID(.profile, $0).description) } ?? .null,
            "identifiers": .array(entries.prefix(Self.identifiers).map(identifier)), "count": .number(entries.count),
        ]
    }

    private func identifier(_ entry: Int) -> JSON {
        let identifier = evidence.identifier(entry)
        return ["type": .string(identifier.type), "value": .string(identifier.value)]
    }
}
