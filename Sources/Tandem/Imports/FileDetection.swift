import Foundation

/// Looks at a file that has no mapping yet: how it is written, what its columns are, and a mapping to begin with. What can be
/// read in two ways is asked for.
public struct FileDetection: Sendable {
    public struct Column: Sendable {
        public let name: String
        public let kind: String
        /// As the mapping takes it; nil: there is none, or nobody can know which.
        public let format: String?
        /// More than one reading.
        public let readings: [String]
        public let filled: Int
        public let empty: Int
        public let examples: [String]
        /// The field that it seems to be for.
        public let field: String?

        public var isAmbiguous: Bool { format == nil && readings.count > 1 }
    }

    public let encoding: TextEncoding
    public let delimiter: String
    public let hasHeader: Bool
    public let rows: Int
    /// Rows with more or fewer cells than the others, or that cannot be read; the lines of the first ones.
    public let odd: (count: Int, lines: [Int])
    public let columns: [Column]
    public let object: ObjectDescription

    /// - Parameter dateFormat: of dates that can be read in several ways.
    public init(_ file: ImportFile, object: ObjectDescription, dateFormat: String?) throws(TandemError) {
        let names = Self.knownNames(object)
        var format = try FileShape.settle(Mapping.Format(), of: file, wanted: Array(names.keys))
        let header = try RowReader(file, format: format).columns
        hasHeader = Self.isHeader(header)
        format.header = hasHeader
        var reader = try RowReader(file, format: format)
        let labels = hasHeader ? header : (1...max(1, header.count)).map(String.init)
        var profiles = labels.map(ColumnProfile.init)
        var (rows, odd): (Int, (count: Int, lines: [Int])) = (0, (0, []))
        while let row = try reader.next() {
            rows += 1
            guard case .success(let cells) = row.cells, cells.count == labels.count else {
                odd.count += 1
                if odd.lines.count < 10 { odd.lines.append(row.line) }
                continue
            }
            for index in labels.indices { profiles[index].take(cells[labels[index]]?.string ?? "") }
        }
        encoding = format.encoding ?? .utf8
        delimiter = format.delimiter.map { String(decoding: [$0], as: UTF8.self) } ?? ","
        self.rows = rows
        self.odd = odd
        self.object = object
        var taken: Set<String> = []
        columns = profiles.map { profile in
            let field = names[Self.folded(profile.name)].flatMap { taken.insert($0).inserted ? $0 : nil }
            return Self.column(profile, field: field, dateFormat: dateFormat)
        }
    }

    /// Names that say something, none of which is a value.
    private static func isHeader(_ cells: [String]) -> Bool {
        !cells.isEmpty && Set(cells).count == cells.count
            && cells.allSatisfy { cell in
                var profile = ColumnProfile(cell)
                profile.take(cell)
                return profile.kind == .text || (profile.kind == .boolean && cells.count > 1)
            }
    }

    private static func column(_ profile: ColumnProfile, field: String?, dateFormat: String?) -> Column {
        let readings = profile.readings
        var format = readings.count == 1 && readings[0] != "iso8601" ? readings[0] : nil
        if readings.count > 1, profile.kind == .date, let dateFormat, readings.contains(dateFormat) {
            format = dateFormat
        }
        return Column(
            name: profile.name, kind: profile.kind.rawValue, format: format, readings: readings, filled: profile.filled,
            empty: profile.empty, examples: profile.examples, field: field)
    }

    // MARK: names

    private static func folded(_ name: String) -> String { name.lowercased().filter { $0.isLetter || $0.isNumber } }

    /// What other products call our fields.
    private static let synonyms: [String: [String]] = [
        "external_id": ["id", "record id", "recordid", "contact id", "lead id", "account id", "deal id"],
        "email": ["e-mail", "email address", "mail", "work email"], "first_name": ["given name", "vorname", "first"],
        "last_name": ["surname", "family name", "nachname", "last"],
        "phone": ["phone number", "telephone", "telefon", "mobile"],
        "title": ["job title", "position"], "domain": ["company domain name", "web domain"],
        "website": ["website url", "url", "site"],
        "employee_count": ["number of employees", "employees", "numberofemployees"],
        "annual_revenue": ["annualrevenue", "revenue"], "close_date": ["closedate", "expected close date"],
        "amount": ["deal value", "value"], "name": ["company name", "deal name", "account name", "opportunity name"],
        "industry": ["sector", "branche"], "source": ["lead source"],
    ]

    /// Folded name of a column → field.
    private static func knownNames(_ object: ObjectDescription) -> [String: String] {
        var names: [String: String] = [:]
        for field in object.fields.map(\.name) + ["external_id"] {
            for synonym in synonyms[field] ?? [] { names[folded(synonym)] = field }
        }
        for field in object.fields where !field.isReadOnly { names[folded(field.name)] = field.name }
        names[folded("external_id")] = "external_id"
        return names
    }

    // MARK: what comes of it

    public var ambiguous: [Column] { columns.filter(\.isAmbiguous) }

    /// A mapping file to begin with.
    public var mapping: String {
        var lines = [
            "# \(object.plural), \(rows) rows: read it, put right what is wrong, then try tandem import … --dry-run"
        ]
        let mark = delimiter == "\t" ? "tab" : delimiter
        lines.append(
            "format: {kind: csv, delimiter: \"\(mark)\", header: \(hasHeader), encoding: \(encoding.rawValue)}")
        lines.append("fields:")
        for column in columns {
            let name = "\"" + column.name.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
            guard let field = column.field else {
                lines.append("  # FIELD: \(name)   \(column.kind), such as \(column.examples.first ?? "nothing")")
                continue
            }
            if column.isAmbiguous {
                let ways = column.readings.joined(separator: "\" or \"")
                lines.append(
                    "  # \(field): {column: \(name), format: …}   is \(column.examples.first ?? "") \"\(ways)\"?")
            } else if let format = column.format {
                lines.append("  \(field): {column: \(name), format: \"\(format)\"}")
            } else {
                lines.append("  \(field): \(name)")
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    public var json: JSONObject {
        let columns = columns.map { column -> JSON in
            .object([
                "name": .string(column.name), "type": .string(column.kind), "format": .string(orNull: column.format),
                "readings": .array(column.readings.map(JSON.string)), "ambiguous": .bool(column.isAmbiguous),
                "filled": .number(column.filled), "empty": .number(column.empty),
                "examples": .array(column.examples.map(JSON.string)), "field": .string(orNull: column.field),
            ])
        }
        return [
            "encoding": .string(encoding.rawValue), "delimiter": .string(delimiter), "header": .bool(hasHeader),
            "rows": .number(rows), "odd_rows": .number(odd.count), "odd_lines": .array(odd.lines.map { .number($0) }),
            "columns": .array(columns), "mapping": .string(mapping),
        ]
    }
}
