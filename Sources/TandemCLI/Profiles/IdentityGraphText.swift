import Tandem

/// An identity graph as text: a tree along the active merges from the node that gives the profile its id, then what
/// undone merges once joined.
struct IdentityGraphText {
    private struct Node {
        let id: String
        let profile: String
        let identifiers: [(type: String, value: String)]
    }

    private struct Edge {
        let ends: [String]
        let isActive: Bool
        let label: String
    }

    private let profile: String
    private let asOf: String?
    private let nodes: [Node]
    private let edges: [Edge]

    init(_ graph: JSON) {
        profile = graph["profile"]?.string ?? ""
        asOf = graph["as_of"]?.string
        nodes = (graph["nodes"]?.array ?? []).map { node in
            Node(
                id: node["id"]?.string ?? "", profile: node["profile"]?.string ?? "",
                identifiers: (node["identifiers"]?.array ?? []).map {
                    ($0["type"]?.string ?? "", $0["value"]?.string ?? "")
                })
        }
        edges = (graph["edges"]?.array ?? []).map { edge in
            let isActive = edge["active"]?.bool ?? false
            let made = [edge["merge"]?.string, edge["cause"]?.string, edge["created_at"]?.string].compactMap { $0 }
            let ref = edge["ref"]?.string.map { "ref \($0)" }
            let undone = isActive ? nil : "UNDONE \(edge["undone_at"]?.string ?? "")"
            return Edge(
                ends: [edge["a"]?.string ?? "", edge["b"]?.string ?? ""], isActive: isActive,
                label: (made + [ref, undone].compactMap { $0 }).joined(separator: "  "))
        }
    }

    var text: String {
        var lines = ["profile \(profile)" + (asOf.map { "  as of \($0)" } ?? "")]
        var seen: Set<String> = []
        let own = nodes.filter { $0.profile == profile }
        for node in own where !seen.contains(node.id) {
            draw(node, indent: "", into: &lines, &seen)
        }
        let undone = edges.filter { !$0.isActive }
        if !undone.isEmpty { lines += ["", "undone merges"] }
        for edge in undone {
            lines.append("╌ \(edge.label)")
            for id in edge.ends {
                guard let node = nodes.first(where: { $0.id == id }) else { continue }
                let isOwn = node.profile == profile
                let place = isOwn ? "" : "   \(asOf == nil ? "now" : "then") profile \(node.profile)"
                lines.append("  \(isOwn ? "●" : "○") \(id)" + place)
                if !isOwn { lines += identifiers(of: node, indent: "      ") }
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private func draw(_ node: Node, indent: String, into lines: inout [String], _ seen: inout Set<String>) {
        seen.insert(node.id)
        lines.append("\(indent)● \(node.id)")
        let leaving = edges.filter { $0.isActive && $0.ends.contains(node.id) }
            .compactMap { edge -> (Edge, Node)? in
                guard let other = edge.ends.first(where: { $0 != node.id }), !seen.contains(other),
                    let next = nodes.first(where: { $0.id == other })
                else { return nil }
                return (edge, next)
            }
        lines += identifiers(of: node, indent: indent + (leaving.isEmpty ? "      " : "│     "))
        for (index, (edge, next)) in leaving.enumerated() {
            let isLast = index == leaving.count - 1
            lines.append("\(indent)\(isLast ? "└" : "├")─ \(edge.label)")
            draw(next, indent: indent + (isLast ? "   " : "│  "), into: &lines, &seen)
        }
    }

    private func identifiers(of node: Node, indent: String) -> [String] {
        let width = node.identifiers.map(\.type.count).max() ?? 0
        return node.identifiers.map { item in
            indent + item.type + String(repeating: " ", count: width - item.type.count + 2) + item.value
        }
    }
}
