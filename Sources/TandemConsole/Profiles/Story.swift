import Foundation

/// One person's story as a list, drawn like the history of branches that join: each visitor has a lane, a merge ends one.
/// Pure: from what SQL answered to rows in order.
struct Story {
    enum Subject {
        /// One event, or several of one kind on end.
        case events([EventRead])
        case merge(StoryRead.Merge)
        case record(Record)
        /// Events that are left away.
        case gap(Int)
    }

    /// Something of the CRM that happened to the person.
    struct Record {
        let words: String
        let detail: String?
    }

    struct Row {
        let at: String
        var subject: Subject
        /// Place of the node that it happened to.
        let node: Int
        var lane = 0
        /// Lanes that pass through this row from top to bottom.
        var passing: [Int] = []
        /// Lanes that come from above and end here; a merge ends some of them.
        var ending: [Int] = []
        /// Whether the row's own lane comes from above, and whether it goes on.
        var comesFromAbove = false
        var goesOn = false
        /// Colours of lanes: the node that each lane began with.
        var colours: [Int: Int] = [:]
    }

    private(set) var rows: [Row] = []
    /// How many lanes are drawn beside each other.
    private(set) var width = 1

    static let maximumLanes = 6

    init(_ read: StoryRead, business: BusinessRead = .nothing) {
        rows = Self.ordered(read, business)
        draw()
    }

    // Order

    private static func ordered(_ read: StoryRead, _ business: BusinessRead) -> [Row] {
        var rows: [Row] = []
        var shown: [Int: Int] = [:]
        for event in read.events { shown[event.node ?? 0, default: 0] += 1 }
        var seen: [Int: Int] = [:]
        for event in read.events {
            let node = event.node ?? 0
            let total = read.nodes.indices.contains(node) ? read.nodes[node].events ?? 0 : 0
            let hidden = total - (shown[node] ?? 0)
            seen[node, default: 0] += 1
            if hidden > 0, seen[node] == (shown[node] ?? 0) / 2 + 1 {
                rows.append(Row(at: event.at, subject: .gap(hidden), node: node))
            }
            rows.append(Row(at: event.at, subject: .events([event]), node: node))
        }
        for record in records(read, business) { insert(record, into: &rows) }
        for merge in read.merges {
            let row = Row(at: merge.at, subject: .merge(merge), node: merge.edges.first?.first ?? 0)
            if let message = merge.messageId, let index = rows.firstIndex(where: { $0.isEvent(message) }) {
                rows.insert(row, at: index + 1)
            } else {
                insert(row, into: &rows)
            }
        }
        return gathered(rows)
    }

    /// Behind all that is not later.
    private static func insert(_ row: Row, into rows: inout [Row]) {
        let index = rows.lastIndex { $0.at <= row.at }.map { $0 + 1 } ?? 0
        rows.insert(row, at: index)
    }

    /// Visits on end, and one thing done again and again, become one row.
    private static func gathered(_ rows: [Row]) -> [Row] {
        var result: [Row] = []
        for row in rows {
            if case .events(let events) = row.subject, let last = result.last, last.node == row.node,
                case .events(let before) = last.subject, let one = before.first, let other = events.first,
                one.type == other.type, one.type == "page" || (one.type == "track" && one.name == other.name)
            {
                result[result.count - 1].subject = .events(before + events)
            } else {
                result.append(row)
            }
        }
        return result
    }

    private static func records(_ read: StoryRead, _ business: BusinessRead) -> [Row] {
        var rows: [Row] = []
        func place(_ node: UUID) -> Int { read.nodes.firstIndex { $0.id == node } ?? 0 }
        for lead in business.leads {
            let record = Record(
                words: "Became a lead", detail: [lead.name, lead.email, lead.company].compactMap { $0 }.first)
            rows.append(Row(at: lead.createdAt, subject: .record(record), node: place(lead.node)))
        }
        for contact in business.contacts {
            let names = contact.accounts.map(\.name).joined(separator: ", ")
            let record = Record(
                words: names.isEmpty ? "Became a contact" : "Became a contact of \(names)",
                detail: contact.name ?? contact.email)
            rows.append(Row(at: contact.createdAt, subject: .record(record), node: place(contact.node)))
        }
        let start = read.events.first?.at ?? ""
        let node = business.contacts.first.map { place($0.node) } ?? 0
        for opportunity in business.opportunities {
            for stage in opportunity.stages ?? [] {
                guard let at = stage.at, at >= start else { continue }
                let record = Record(
                    words: "Opportunity \(opportunity.name): \(stage.stage)",
                    detail: Figures.money(opportunity.amount, opportunity.currency))
                rows.append(Row(at: at, subject: .record(record), node: node))
            }
        }
        return rows.sorted { $0.at < $1.at }
    }

    // Lanes

    /// Walks the rows from the top, giving each visitor a lane at its first row and ending lanes at merges that hold.
    private mutating func draw() {
        var parents: [Int: Int] = [:]
        func root(_ node: Int) -> Int {
            var node = node
            while let next = parents[node] { node = next }
            return node
        }
        var lanes: [Int: Int] = [:]
        var colours: [Int: Int] = [:]
        for index in rows.indices {
            var joined: [Int] = []
            if case .merge(let merge) = rows[index].subject {
                joined = merge.edges.flatMap { $0 }.map(root)
            } else {
                joined = [root(rows[index].node)]
            }
            let own = joined.first ?? 0
            rows[index].comesFromAbove = lanes[own] != nil
            for node in joined where lanes[node] == nil {
                lanes[node] = Self.freeLane(lanes)
                colours[node] = node
            }
            let lane = lanes[own] ?? 0
            rows[index].lane = lane
            if case .merge(let merge) = rows[index].subject, merge.state == "applied" {
                for node in Set(joined) where node != own {
                    rows[index].ending.append(lanes[node] ?? 0)
                    rows[index].colours[lanes[node] ?? 0] = colours[node]
                    lanes[node] = nil
                    parents[node] = own
                }
                rows[index].ending.sort()
            }
            for (node, other) in lanes where node != own {
                rows[index].passing.append(other)
                rows[index].colours[other] = colours[node]
            }
            rows[index].passing.sort()
            rows[index].colours[lane] = colours[own]
            let needed = remaining(after: index, of: lanes, parents: parents)
            rows[index].goesOn = needed.contains(own)
            for node in lanes.keys where !needed.contains(node) { lanes[node] = nil }
        }
        width = min(Self.maximumLanes, (rows.flatMap { [$0.lane] + $0.passing + $0.ending }.max() ?? 0) + 1)
    }

    /// The sides that some later row still speaks of.
    private func remaining(after index: Int, of lanes: [Int: Int], parents: [Int: Int]) -> Set<Int> {
        var found: Set<Int> = []
        for row in rows[(index + 1)...] {
            var nodes = [row.node]
            if case .merge(let merge) = row.subject { nodes = merge.edges.flatMap { $0 } }
            for var node in nodes {
                while let next = parents[node] { node = next }
                if lanes[node] != nil { found.insert(node) }
            }
            if found.count == lanes.count { break }
        }
        return found
    }

    private static func freeLane(_ lanes: [Int: Int]) -> Int {
        let taken = Set(lanes.values)
        return (0..<maximumLanes - 1).first { !taken.contains($0) } ?? maximumLanes - 1
    }
}

extension Story.Row {
    fileprivate func isEvent(_ messageID: String) -> Bool {
        if case .events(let events) = subject { events.contains { $0.messageId == messageID } } else { false }
    }
}
