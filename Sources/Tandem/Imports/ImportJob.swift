public import Foundation

/// A file to import, as it was asked for.
public struct ImportJob: Sendable {
    /// In the plural: `accounts`, …, `events`.
    public var object: String
    public var file: ImportFile
    public var mapping: Mapping
    /// Overrides the mapping's own, unless it is empty.
    public var match: [String]
    /// Read, check and try everything; keep nothing.
    public var isDryRun: Bool
    /// Of dates for which the mapping says none.
    public var dateFormat: String?
    /// The SHA-256 that the file has to have, in hex.
    public var digest: String?
    /// Nil: all rows.
    public var since: ImportSince?

    public init(
        object: String, file: ImportFile, mapping: Mapping, match: [String] = [], isDryRun: Bool = false,
        dateFormat: String? = nil, digest: String? = nil, since: ImportSince? = nil
    ) {
        self.since = since
        self.dateFormat = dateFormat
        self.digest = digest
        self.object = object
        self.file = file
        self.mapping = mapping
        self.match = match
        self.isDryRun = isDryRun
    }
}

/// From where on rows are taken, by the cursor that the mapping names.
public enum ImportSince: Sendable, Hashable {
    /// From where the last finished import by the same mapping ended.
    case last
    case value(String)

    public init(_ text: String) { self = text == "last" ? .last : .value(text) }
}

/// How far an import is.
public struct ImportProgress: Sendable, Hashable {
    public enum Phase: String, Sendable {
        case reading, staging, writing, linking
    }

    public var phase: Phase
    /// Rows.
    public var done: Int64
    public var total: Int64?
}

/// What became of one row.
public struct ImportRowReport: Sendable, Hashable {
    public enum Outcome: String, Sendable {
        case created, updated, unchanged, rejected
    }

    public var row: Int64
    public var line: Int
    public var outcome: Outcome
    public var faults: [ImportFault]

    public var json: JSON {
        var object: JSONObject = [
            "row": .number(row), "line": .number(line), "outcome": .string(outcome.rawValue),
        ]
        if !faults.isEmpty { object["errors"] = .array(faults.map(\.json)) }
        return .object(object)
    }
}

/// What became of a file.
public struct ImportReport: Sendable {
    /// Nil of a dry run.
    public var id: UUID?
    /// As `import show` has it: id (with prefix), object, file, state, rows, read, created, updated, unchanged, rejected,
    /// unknown, ….
    public var json: JSONObject
    /// Of a dry run: each row.
    public var rows: [ImportRowReport] = []
    public var rejected: Int64
}
