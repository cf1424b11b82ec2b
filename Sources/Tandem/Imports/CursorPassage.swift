import Foundation

/// Which rows of a file an import takes: those at or above a value, those that were rejected before, and those that do not
/// say how new they are.
struct CursorPassage: Sendable {
    /// How far imports by the same mapping have come, as the ledger keeps it.
    struct Kept: Sendable {
        var value: Decimal?
        /// Cursors of rows below that were rejected.
        var open: [Decimal] = []
        /// How often an import was taken back.
        var undone = 0
    }

    let column: CursorColumn
    /// As the ledger calls what was asked for: nil: all rows; `last`; or a value.
    let since: String?
    let kept: Kept
    let from: Decimal?
    let open: Set<Decimal>
    /// Microseconds since 1970.
    let now: Int64

    struct Place: Sendable {
        var isTaken: Bool
        /// Below what was asked for: rejected before.
        var isAgain = false
        var reading: CursorColumn.Reading

        var value: Decimal? {
            if case .value(let first, _) = reading { first } else { nil }
        }
    }

    func place(_ cells: JSONObject) -> Place {
        let reading = column.read(cells, now: now)
        guard let from, case .value(let first, let last) = reading, last < from else {
            return Place(isTaken: true, reading: reading)
        }
        let isAgain = open.contains(first)
        return Place(isTaken: isAgain, isAgain: isAgain, reading: reading)
    }

    func text(_ value: Decimal?) -> JSON { value.map { .string(column.cursor.kind.text($0)) } ?? .null }

    /// What `begin_import_cursor` takes.
    func ledger(_ tally: CursorTally) -> JSON {
        func number(_ value: Decimal?) -> JSON {
            value.flatMap { JSONNumber($0.description) }.map(JSON.number) ?? .null
        }
        return [
            "since": .string(orNull: since), "kind": .string(column.cursor.kind.rawValue), "from": number(from),
            "low": number(tally.low), "before": number(kept.value), "open": .array(kept.open.map { number($0) }),
            "undone": .number(kept.undone), "passed_over": .number(tally.passedOver),
            "without_cursor": .number(tally.without),
        ]
    }

    /// What a dry run shows, as `import show` has it of an import.
    func json(_ tally: CursorTally) -> JSON {
        [
            "column": .string(column.cursor.column), "since": .string(orNull: since), "from": text(from),
            "before": text(kept.value), "kept": text(kept.value), "stays": false, "without": .number(tally.without),
        ]
    }
}

/// What the cursors of a file say.
struct CursorTally: Sendable {
    private(set) var passedOver: Int64 = 0
    /// Rows that were rejected before.
    private(set) var again: Int64 = 0
    /// Rows whose cursor is empty or cannot be used.
    private(set) var without: Int64 = 0
    /// The file's first line of those, from 1, and what stands there.
    private(set) var firstWithout: (line: Int, text: String)?
    private(set) var readable: Int64 = 0
    /// The first that stands there and cannot be read.
    private(set) var firstUnreadable: (line: Int, text: String)?
    /// Of the whole file.
    private(set) var low: Decimal?
    private(set) var high: Decimal?

    mutating func note(_ place: CursorPassage.Place, line: Int) {
        if !place.isTaken { passedOver += 1 }
        if place.isAgain { again += 1 }
        switch place.reading {
        case .value(let first, _):
            readable += 1
            low = min(low ?? first, first)
            high = max(high ?? first, first)
        case .empty: miss(line, "")
        case .future(let text): miss(line, text)
        case .unreadable(let text):
            miss(line, text)
            if firstUnreadable == nil { firstUnreadable = (line, text) }
        }
    }

    private mutating func miss(_ line: Int, _ text: String) {
        without += 1
        if firstWithout == nil { firstWithout = (line, text) }
    }
}
