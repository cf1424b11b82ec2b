import Foundation

/// What is known of how a tenant's identifiers came together, as far as it is stored: which event attached an identifier to
/// which node, which ones joined nodes, which identifiers rules kept out, and what people decided. Times are microseconds
/// since 1970. Identifiers and nodes are told apart by their places here.
struct IdentityEvidence {
    struct Entry {
        /// A place in `types`.
        let type: Int
        let value: String
        /// The place of the node that owns it; nil: nobody does.
        var node: Int?
    }

    /// One event, or what a person or a record did.
    struct Step {
        /// When it came, and its place among those that came together.
        var receivedAt: Int64
        var order: Int64
        var time: Int64
        var event: UUID?
        /// The node that the event belongs to.
        var home: Int
        /// What it attached to home.
        var attached: [Int] = []
        /// Nodes whose profiles it joined to that of home.
        var joined: [Int] = []
        /// All that it named, where that is kept with its merge.
        var named: [Int] = []
        /// What a rule kept out.
        var demoted: [Int] = []
        /// Values that the rules of then did not read as identifiers.
        var unread: [Int] = []
        /// Rules do not count: people or records did it.
        var isDecided = false
    }

    private(set) var types: [String] = []
    private(set) var entries: [Entry] = []
    private(set) var nodes: [Int64] = []
    /// Pairs of nodes that only people may join.
    private(set) var separations: [(Int, Int)] = []
    private(set) var steps: [Step] = []

    private var typePlaces: [String: Int] = [:]
    private var nodePlaces: [Int64: Int] = [:]
    private var entryPlaces: [Identifier: Int] = [:]
    private var stepPlaces: [UUID: Int] = [:]

    mutating func node(_ id: Int64) -> Int {
        if let place = nodePlaces[id] { return place }
        nodes.append(id)
        nodePlaces[id] = nodes.count - 1
        return nodes.count - 1
    }

    private mutating func type(_ name: String) -> Int {
        if let place = typePlaces[name] { return place }
        types.append(name)
        typePlaces[name] = types.count - 1
        return types.count - 1
    }

    private mutating func entry(_ identifier: Identifier) -> Int {
        if let place = entryPlaces[identifier] { return place }
        entries.append(Entry(type: type(identifier.type), value: identifier.value, node: nil))
        entryPlaces[identifier] = entries.count - 1
        return entries.count - 1
    }

    /// The step of an event, made at its first mention.
    private mutating func step(_ event: UUID?, _ made: @autoclosure () -> Step) -> Int {
        if let event, let place = stepPlaces[event] { return place }
        steps.append(made())
        if let event { stepPlaces[event] = steps.count - 1 }
        return steps.count - 1
    }

    /// - Parameter received: nil: a record attached it, or its event is not kept.
    mutating func add(
        attached identifier: Identifier, to node: Int64, at time: Int64, event: UUID?,
        received: (at: Int64, order: Int64)?
    ) {
        let home = self.node(node)
        let entry = entry(identifier)
        entries[entry].node = home
        let place = step(
            event,
            Step(
                receivedAt: received?.at ?? time, order: received?.order ?? 0, time: time, event: event, home: home,
                isDecided: event == nil))
        steps[place].attached.append(entry)
    }

    /// - Parameters:
    ///   - event: nil: people did it.
    ///   - named: by the event; empty: that was not kept.
    mutating func add(
        joined b: Int64, to a: Int64, at time: Int64, event: UUID?, received: (at: Int64, order: Int64),
        named: [Identifier]
    ) {
        let (home, end) = (node(a), node(b))
        let place = step(
            event,
            Step(
                receivedAt: received.at, order: received.order, time: time, event: event, home: home,
                isDecided: event == nil))
        steps[place].joined.append(end)
        steps[place].named = named.map { entry($0) }
    }

    /// - Parameter isUnread: it was no identifier by the rules of then; else a rule kept it out.
    mutating func add(
        keptOut identifier: Identifier, of node: Int64, at time: Int64, event: UUID,
        received: (at: Int64, order: Int64),
        isUnread: Bool
    ) {
        let home = self.node(node)
        let entry = entry(identifier)
        let place = step(
            event,
            Step(receivedAt: received.at, order: received.order, time: time, event: event, home: home))
        if isUnread {
            steps[place].unread.append(entry)
        } else {
            steps[place].demoted.append(entry)
        }
    }

    mutating func add(separated a: Int64, from b: Int64) { separations.append((node(a), node(b))) }

    /// Puts the steps into the order in which they came; the last thing before replays.
    mutating func sort() {
        steps.sort { ($0.receivedAt, $0.order, $0.home) < ($1.receivedAt, $1.order, $1.home) }
        stepPlaces = [:]
    }

    func identifier(_ entry: Int) -> Identifier {
        Identifier(type: types[entries[entry].type], value: entries[entry].value)
    }
}
