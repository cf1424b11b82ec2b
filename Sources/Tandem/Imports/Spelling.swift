/// Finds what somebody may have meant.
enum Spelling {
    /// The candidate that differs least, if it differs little: by letter case, spaces and marks, or by few letters.
    static func nearest(to word: String, among candidates: some Sequence<String>) -> String? {
        let plain = folded(word)
        let limit = max(1, plain.count / 4)
        var best: (distance: Int, candidate: String)?
        for candidate in candidates {
            let other = folded(candidate)
            guard abs(other.count - plain.count) <= limit else { continue }
            let distance = distance(plain, other, limit: best.map { $0.distance - 1 } ?? limit)
            if let distance { best = (distance, candidate) }
        }
        return best?.candidate
    }

    /// Letters and digits in lower case.
    private static func folded(_ word: String) -> [Character] {
        word.lowercased().filter { $0.isLetter || $0.isNumber }
    }

    /// Letters to insert, delete, replace or swap with their neighbour; nil when more than `limit`.
    static func distance(_ left: [Character], _ right: [Character], limit: Int) -> Int? {
        guard limit >= 0 else { return nil }
        var before = [Int](repeating: 0, count: right.count + 1)
        var previous = Array(0...right.count)
        for row in 0..<left.count {
            var current = [row + 1] + [Int](repeating: 0, count: right.count)
            for column in 0..<right.count {
                let change = left[row] == right[column] ? 0 : 1
                var cost = min(previous[column + 1] + 1, current[column] + 1, previous[column] + change)
                if row > 0, column > 0, left[row] == right[column - 1], left[row - 1] == right[column] {
                    cost = min(cost, before[column - 1] + 1)
                }
                current[column + 1] = cost
            }
            if (current.min() ?? 0) > limit { return nil }
            (before, previous) = (previous, current)
        }
        return previous[right.count] <= limit ? previous[right.count] : nil
    }
}
