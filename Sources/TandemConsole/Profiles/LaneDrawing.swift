/// The piece of the lanes beside one row of a story, as SVG without a view box: its height is the row's.
struct LaneDrawing {
    static let spacing = 16
    static let dotY = 13

    let row: Story.Row
    let width: Int

    var svg: String {
        let pixels = width * Self.spacing + 8
        var parts = [
            "<svg class=\"lanes\" width=\"\(pixels)\" height=\"100%\" aria-hidden=\"true\" focusable=\"false\">"
        ]
        for lane in row.passing { parts.append(line(lane, from: "0", to: "100%")) }
        for lane in row.ending {
            let (x, own) = (Self.x(lane), Self.x(row.lane))
            parts.append(
                "<path class=\"\(colour(lane))\" d=\"M\(x) 0 C\(x) \(Self.dotY), \(own) 0, \(own) \(Self.dotY)\"/>")
        }
        if row.comesFromAbove { parts.append(line(row.lane, from: "0", to: "\(Self.dotY)")) }
        if row.goesOn { parts.append(line(row.lane, from: "\(Self.dotY)", to: "100%")) }
        parts.append(mark)
        parts.append("</svg>")
        return parts.joined()
    }

    private var mark: String {
        let (x, y) = (Self.x(row.lane), Self.dotY)
        switch row.subject {
        case .events:
            return "<circle class=\"\(Self.colour(of: row.node))\" cx=\"\(x)\" cy=\"\(y)\" r=\"5\"/>"
        case .merge(let merge):
            let state = merge.state == "applied" ? "join" : "join undone"
            return "<circle class=\"\(state) \(colour(row.lane))\" cx=\"\(x)\" cy=\"\(y)\" r=\"6\"/>"
        case .record:
            return
                "<rect class=\"\(Self.colour(of: row.node))\" x=\"\(x - 5)\" y=\"\(y - 5)\" width=\"10\" height=\"10\" rx=\"2\"/>"
        case .gap:
            return "<circle class=\"gap\" cx=\"\(x)\" cy=\"\(y)\" r=\"3\"/>"
        }
    }

    private func line(_ lane: Int, from start: String, to end: String) -> String {
        let x = Self.x(lane)
        return "<line class=\"\(colour(lane))\" x1=\"\(x)\" y1=\"\(start)\" x2=\"\(x)\" y2=\"\(end)\"/>"
    }

    private func colour(_ lane: Int) -> String { Self.colour(of: row.colours[lane] ?? 0) }

    /// Six colours, in turn.
    static func colour(of node: Int) -> String { "n\(node % 6)" }

    private static func x(_ lane: Int) -> Int { lane * spacing + 8 }
}
