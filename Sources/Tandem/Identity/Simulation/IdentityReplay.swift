/// Plays evidence through the loop of the identity rules once more, in memory: the same that `resolve_messages` and
/// `violated_rule` do with tables. What an event named that was known already is stored where it joined profiles; of others
/// the home node is known, and one of its identifiers stands for it.
struct IdentityReplay {
    /// An identifier that a rule kept out.
    struct Demotion {
        let entry: Int
        let rule: String
        let step: Int
    }

    private let evidence: IdentityEvidence
    private let policy: IdentifierPolicy
    /// Steps before this time stay as they were decided, microseconds since 1970.
    private let since: Int64?
    /// Per type: most values, and window in microseconds.
    private let limits: [(most: Int, window: Int64?)]
    private let isBlocked: [Bool]
    /// Per entry, those that stand for nodes from which its node was separated.
    private let apart: [Int: [Int]]

    /// Per entry the component that owns it, -1: none does.
    private(set) var owner: [Int]
    private(set) var demotions: [Demotion] = []
    /// Per component: its entries and merges; one that was joined to another is empty.
    private var members: [[Int]] = []
    private var merges: [Int] = []
    private var attachedAt: [Int64]
    /// Per node, the entries that evidence has attached to it so far.
    private var owned: [[Int]]

    init(_ evidence: IdentityEvidence, under policy: IdentifierPolicy, since: Int64?) {
        self.evidence = evidence
        self.policy = policy
        self.since = since
        limits = evidence.types.map { type in
            let rules = policy.rules
            let entry = rules.identifiers.first { $0.type == type }
            let isUser = type == Identifier.userID
            let most = entry?.limit ?? (isUser ? 1 : rules.defaultLimit)
            let window = entry?.window ?? (isUser ? .ever : rules.defaultWindow)
            return (most, window.days.map { Int64($0) * 86_400_000_000 })
        }
        let isUnread = Self.unread(evidence.types, policy)
        isBlocked = evidence.entries.indices.map { place in
            isUnread[evidence.entries[place].type] || policy.isBlocked(evidence.identifier(place))
        }
        apart = Self.apart(evidence)
        owner = [Int](repeating: -1, count: evidence.entries.count)
        attachedAt = [Int64](repeating: 0, count: evidence.entries.count)
        owned = [[Int]](repeating: [], count: evidence.nodes.count)
    }

    /// Types that only a rule makes identifiers, and that these rules do not list.
    private static func unread(_ types: [String], _ policy: IdentifierPolicy) -> [Bool] {
        types.map { type in policy.fedElsewhere.contains(type) && !policy.knows(type: type) }
    }

    private static func apart(_ evidence: IdentityEvidence) -> [Int: [Int]] {
        guard !evidence.separations.isEmpty else { return [:] }
        var first: [Int: Int] = [:]
        for (place, entry) in evidence.entries.enumerated() {
            if let node = entry.node, first[node] == nil { first[node] = place }
        }
        var apart: [Int: [Int]] = [:]
        for (a, b) in evidence.separations {
            guard let a = first[a], let b = first[b] else { continue }
            apart[a, default: []].append(b)
            apart[b, default: []].append(a)
        }
        return apart
    }

    /// - Parameter range: of the evidence's steps.
    mutating func play(_ range: Range<Int>) {
        for place in range { play(place) }
    }

    private mutating func play(_ place: Int) {
        let step = evidence.steps[place]
        let isOld = since.map { step.receivedAt < $0 } ?? false
        var ids: [Int] = []
        // What is owned already stays; a value is blocked for new events.
        func name(_ entries: [Int]) {
            for entry in entries where (isOld || !isBlocked[entry]) && !ids.contains(entry) { ids.append(entry) }
        }
        name(step.named)
        name(step.attached)
        if step.named.isEmpty {
            let told = step.attached + step.demoted + step.unread
            for node in [step.home] + step.joined { name(representative(of: node, besides: told + ids, isOld)) }
        }
        if !isOld, !step.isDecided {
            name(step.demoted)
            name(step.unread)
            ids.sort { policy.precedes(evidence.identifier($0), evidence.identifier($1)) }
            demote(&ids, step.time, place)
        }
        owned[step.home] += step.attached
        attach(ids, step.time)
    }

    /// Of a node the identifier that was most likely named: the first by priority of a type of which the event named nothing
    /// else, since few events name two of one type.
    private func representative(of node: Int, besides told: [Int], _ isOld: Bool) -> [Int] {
        let entries = owned[node]
        if entries.count < 2 { return entries }
        let types = Set(told.map { evidence.entries[$0].type })
        let others = entries.filter { !types.contains(evidence.entries[$0].type) }
        let best = (others.isEmpty ? entries : others)
            .min { policy.precedes(evidence.identifier($0), evidence.identifier($1)) }
        return best.map { [$0] } ?? []
    }

    private mutating func demote(_ ids: inout [Int], _ time: Int64, _ step: Int) {
        while ids.count > 1, let rule = violated(ids, time), let last = ids.popLast() {
            demotions.append(Demotion(entry: last, rule: rule, step: step))
        }
    }

    private mutating func attach(_ ids: [Int], _ time: Int64) {
        guard let first = ids.first(where: { owner[$0] >= 0 }) ?? ids.first else { return }
        var home = owner[first]
        if home < 0 {
            home = members.count
            members.append([])
            merges.append(0)
        }
        for id in ids {
            let other = owner[id]
            if other < 0 {
                owner[id] = home
                attachedAt[id] = time
                members[home].append(id)
            } else if other != home {
                home = join(home, other)
            }
        }
    }

    /// The greater one keeps its place.
    private mutating func join(_ a: Int, _ b: Int) -> Int {
        let (keep, end) = members[a].count >= members[b].count ? (a, b) : (b, a)
        for entry in members[end] { owner[entry] = keep }
        members[keep] += members[end]
        members[end] = []
        merges[keep] += merges[end] + 1
        return keep
    }

    /// The first rule that one profile of all these would break, or nil.
    private func violated(_ ids: [Int], _ time: Int64) -> String? {
        var parts: [Int] = []
        var new: [Int] = []
        for id in ids {
            if owner[id] < 0 {
                new.append(id)
            } else if !parts.contains(owner[id]) {
                parts.append(owner[id])
            }
        }
        if new.isEmpty, parts.count < 2 { return nil }
        if exceedsLimit(parts, new, time) { return "limit" }
        if parts.count > 1, separated(parts) { return "separated" }
        if parts.reduce(new.count, { $0 + members[$1].count }) > policy.rules.maxIDs { return "max_ids" }
        if parts.reduce(parts.count - 1, { $0 + merges[$1] }) > policy.rules.maxMerges { return "max_merges" }
        return nil
    }

    private func exceedsLimit(_ parts: [Int], _ new: [Int], _ time: Int64) -> Bool {
        var total: [Int: Int] = [:]
        var biggest: [Int: Int] = [:]
        for part in parts {
            var own: [Int: Int] = [:]
            for member in members[part] {
                let entry = evidence.entries[member]
                if let window = limits[entry.type].window, abs(time - attachedAt[member]) >= window { continue }
                own[entry.type, default: 0] += 1
            }
            for (type, count) in own {
                total[type, default: 0] += count
                biggest[type] = max(biggest[type] ?? 0, count)
            }
        }
        for entry in new { total[evidence.entries[entry].type, default: 0] += 1 }
        return total.contains { type, count in count > limits[type].most && count > biggest[type] ?? 0 }
    }

    private func separated(_ parts: [Int]) -> Bool {
        guard !apart.isEmpty else { return false }
        return parts.contains { part in
            members[part].contains { member in
                apart[member]?.contains { owner[$0] != part && parts.contains(owner[$0]) } ?? false
            }
        }
    }
}
