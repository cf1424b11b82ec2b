import Foundation

/// The nodes of a story and the merges between them as a picture: a row a node, a box a person, an arc a merge.
struct IdentityGraph {
    private static let width = 360
    private static let rowHeight = 38
    private static let boxPadding = 8
    private static let nodeX = 64
    private static let textX = 84

    let read: StoryRead
    /// Whether anything that is drawn stands for more than one person.
    private let people: [[Int]]
    private let y: [Int: Int]
    private let height: Int

    init(_ read: StoryRead) {
        self.read = read
        var order: [UUID] = [read.id]
        for node in read.nodes where !order.contains(node.profile) { order.append(node.profile) }
        people = order.map { profile in read.nodes.indices.filter { read.nodes[$0].profile == profile } }
            .filter { !$0.isEmpty }
        var places: [Int: Int] = [:]
        var top = 6
        for nodes in people {
            for (index, node) in nodes.enumerated() {
                places[node] = top + Self.boxPadding + index * Self.rowHeight + Self.rowHeight / 2
            }
            top += nodes.count * Self.rowHeight + 2 * Self.boxPadding + 12
        }
        y = places
        height = top - 6
    }

    /// For those who do not see it.
    var description: String {
        let visitors = Figures.counted(read.nodes.count, "visitor")
        let applied = read.merges.count { $0.state == "applied" }
        let undone = read.merges.count { $0.state == "undone" }
        var words = "\(visitors), joined by \(applied == 0 ? "no merge" : Figures.counted(applied, "merge"))"
        if undone > 0 { words += "; \(Figures.counted(undone, "merge")) undone" }
        return words + (people.count > 1 ? ". They are \(people.count) people now." : ". They are one person now.")
    }

    var svg: String {
        var parts = [
            """
            <svg class="graph" viewBox="0 0 \(Self.width) \(height)" role="img" aria-labelledby="graph-title graph-desc">
            <title id="graph-title">Identity graph</title><desc id="graph-desc">\(escaped(description))</desc>
            """
        ]
        parts += people.map(box)
        parts += read.merges.flatMap(arcs)
        parts += read.nodes.indices.map(row)
        parts.append("</svg>")
        return parts.joined(separator: "\n")
    }

    private func box(_ nodes: [Int]) -> String {
        let top = (nodes.compactMap { y[$0] }.min() ?? 0) - Self.rowHeight / 2 - Self.boxPadding
        let boxHeight = nodes.count * Self.rowHeight + 2 * Self.boxPadding
        return
            "<rect class=\"person\" x=\"1\" y=\"\(top)\" width=\"\(Self.width - 2)\" height=\"\(boxHeight)\" rx=\"12\"/>"
    }

    private func arcs(_ merge: StoryRead.Merge) -> [String] {
        merge.edges.compactMap { edge in
            guard edge.count == 2, let from = y[edge[0]], let to = y[edge[1]] else { return nil }
            let bend = Self.nodeX - min(54, 18 + abs(to - from) / 3)
            let state = merge.state == "applied" ? "edge" : "edge undone"
            return
                "<path class=\"\(state)\" d=\"M\(Self.nodeX) \(from) C\(bend) \(from), \(bend) \(to), \(Self.nodeX) \(to)\"/>"
        }
    }

    private func row(_ index: Int) -> String {
        let node = read.nodes[index]
        let place = y[index] ?? 0
        let first = node.identifiers.first.map { Self.shortened($0.value, 34) } ?? "no identifier"
        let events = node.events.map { $0 > 1000 ? "more than 1,000 events" : Figures.counted($0, "event") }
        var more = node.identifiers.dropFirst().prefix(1).map { Self.shortened($0.value, 24) }.joined()
        if node.identifiers.count > 2 { more += " and \(node.identifiers.count - 2) more" }
        let second = [more.isEmpty ? nil : more, events].compactMap { $0 }.joined(separator: " · ")
        return """
            <circle class="\(LaneDrawing.colour(of: index))" cx="\(Self.nodeX)" cy="\(place)" r="9"/>\
            <text x="\(Self.textX)" y="\(place - 2)">\(escaped(first))</text>\
            <text class="soft" x="\(Self.textX)" y="\(place + 13)">\(escaped(second))</text>
            """
    }

    /// At most `limit` characters, its middle left away; of a UUID only the ends.
    static func shortened(_ text: String, _ limit: Int) -> String {
        if text.utf8.count == 36, UUID(uuidString: text) != nil { return text.prefix(8) + "…" + text.suffix(6) }
        if text.count <= limit { return text }
        return text.prefix(limit - 7) + "…" + text.suffix(6)
    }
}
