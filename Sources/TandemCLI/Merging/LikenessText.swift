import Tandem

/// A review of profiles that are alike, for people: both side by side, and what the score came of.
enum LikenessText {
    /// Nil: the review is about something else.
    static func text(_ review: JSON) -> String? {
        guard review["reason"]?.string == "likeness", let explanation = review["detail"]?["explanation"] else {
            return nil
        }
        let (id, state) = (review["id"]?.string ?? "", review["state"]?.string ?? "")
        let profiles = review["profiles"]?.array ?? []
        var lines = ["\(id)  \(state)  \(review["detail"]?["score"]?.int ?? 0) %", ""]
        func row(_ cells: [String]) -> String {
            var line = cells[0].padding(toLength: 14, withPad: " ", startingAt: 0)
            for cell in cells.dropFirst() {
                let width = max(34, cell.count + 2)
                line += cell.padding(toLength: width, withPad: " ", startingAt: 0)
            }
            while line.last == " " { line.removeLast() }
            return line
        }
        lines.append(row(["profile"] + profiles.map { $0["id"]?.string ?? "" }))
        for comparison in explanation["comparisons"]?.array ?? [] {
            guard let name = comparison["name"]?.string, comparison["agreement"]?.string != "missing" else { continue }
            lines.append(row([name] + profiles.map { $0["compared"]?[name]?.string ?? "-" }))
        }
        return (lines + [""] + DuplicateCommand.Show.parts(explanation)).joined(separator: "\n")
    }
}
