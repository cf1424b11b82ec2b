public import FoundationEssentials

/// Names a column of a row: its index from 0, or its name in the result.
public protocol ColumnReference: Sendable {
    /// The index among `columns`, or nil.
    func index(in columns: ColumnNames) -> Int?
}

extension Int: ColumnReference {
    public func index(in columns: ColumnNames) -> Int? { self >= 0 && self < columns.count ? self : nil }
}

extension String: ColumnReference {
    public func index(in columns: ColumnNames) -> Int? { columns.firstIndex(of: self) }
}

/// The names of a result's columns, read where they stand: most rows are read by position.
public struct ColumnNames {
    let result: ResultStorage

    public var count: Int { result.columnCount }

    /// The first column of that name.
    public func firstIndex(of name: String) -> Int? { result.column(named: name) }
}

/// One row of a result.
///
/// Each accessor takes a column's index or name and throws kind `decoding` when the column does not exist, is null
/// (unless the accessor is `optional…`), or has a type that does not convert without loss.
public struct Row: Sendable {
    let result: ResultStorage
    let index: Int

    /// Column names in order.
    public var columns: [String] { result.columns }

    public func isNull(_ column: some ColumnReference) throws(PostgresError) -> Bool {
        result.bytes(row: index, column: try position(column)) == nil
    }

    /// Calls `body` with the value's bytes as the server sent them (nil for null), valid only during the call.
    public func withBytes<Result>(
        _ column: some ColumnReference, _ body: (UnsafeRawBufferPointer?) -> Result
    ) throws(PostgresError) -> Result {
        let position = try position(column)
        return withExtendedLifetime(result) { body(result.bytes(row: index, column: position)) }
    }

    /// Calls `body` with the UTF-8 of what `optionalText` gives (nil for null), valid only during the call.
    public func withUTF8<Result>(
        _ column: some ColumnReference, _ body: (UnsafeBufferPointer<UInt8>?) -> Result
    ) throws(PostgresError) -> Result {
        let position = try position(column)
        if result.type(of: position).isPlainText {
            return withExtendedLifetime(result) {
                body(result.bytes(row: index, column: position)?.bindMemory(to: UInt8.self))
            }
        }
        guard var text = try decodeOptional(position, as: "text", { $0.text }) else { return body(nil) }
        return text.withUTF8(body)
    }

    // By position, and the accessors' own generic part is no more than finding it: a generic body would look up the type of each value
    // at run time, a third of what a list costs here.

    fileprivate func decode<Value>(
        _ position: Int, as name: StaticString, _ decoder: (Cell) -> Value?
    ) throws(PostgresError) -> Value {
        guard let value = try decodeOptional(position, as: name, decoder) else {
            throw .decoding("column \(result.columns[position]) is null, expected \(name)")
        }
        return value
    }

    fileprivate func decodeOptional<Value>(
        _ position: Int, as name: StaticString, _ decoder: (Cell) -> Value?
    ) throws(PostgresError) -> Value? {
        let type = result.type(of: position)
        let value: Value?? = withExtendedLifetime(result) {
            guard let bytes = result.bytes(row: index, column: position) else { return .some(nil) }
            return decoder(Cell(bytes: bytes, type: type)).map { .some($0) }
        }
        guard let value else {
            throw .decoding("column \(result.columns[position]) of type \(type.rawValue) is not \(name)")
        }
        return value
    }

    fileprivate func position(_ column: some ColumnReference) throws(PostgresError) -> Int {
        guard let position = column.index(in: ColumnNames(result: result)) else {
            throw .decoding("no column \(column) in the result")
        }
        return position
    }
}

extension Row {
    /// Any scalar in its usual text form: decimal digits for numbers, ISO 8601 in UTC for times, JSON text.
    public func text(_ column: some ColumnReference) throws(PostgresError) -> String {
        try decode(position(column), as: "text") { $0.text }
    }

    public func optionalText(_ column: some ColumnReference) throws(PostgresError) -> String? {
        try decodeOptional(position(column), as: "text") { $0.text }
    }

    /// An integer, or a `numeric` without a fraction.
    public func int(_ column: some ColumnReference) throws(PostgresError) -> Int {
        try decode(position(column), as: "integer") { $0.int }
    }

    public func optionalInt(_ column: some ColumnReference) throws(PostgresError) -> Int? {
        try decodeOptional(position(column), as: "integer") { $0.int }
    }

    /// Any number; `numeric` is rounded to the nearest double.
    public func double(_ column: some ColumnReference) throws(PostgresError) -> Double {
        try decode(position(column), as: "double") { $0.double }
    }

    public func optionalDouble(_ column: some ColumnReference) throws(PostgresError) -> Double? {
        try decodeOptional(position(column), as: "double") { $0.double }
    }

    public func bool(_ column: some ColumnReference) throws(PostgresError) -> Bool {
        try decode(position(column), as: "boolean") { $0.bool }
    }

    public func optionalBool(_ column: some ColumnReference) throws(PostgresError) -> Bool? {
        try decodeOptional(position(column), as: "boolean") { $0.bool }
    }

    public func uuid(_ column: some ColumnReference) throws(PostgresError) -> UUID {
        try decode(position(column), as: "uuid") { $0.uuid }
    }

    public func optionalUUID(_ column: some ColumnReference) throws(PostgresError) -> UUID? {
        try decodeOptional(position(column), as: "uuid") { $0.uuid }
    }

    /// Microseconds since 1970-01-01 UTC; the extremes of Int64 are ±infinity. A `timestamp` is taken as UTC, a
    /// `date` as its midnight.
    public func timestamp(_ column: some ColumnReference) throws(PostgresError) -> Int64 {
        try decode(position(column), as: "timestamp") { $0.timestamp }
    }

    public func optionalTimestamp(_ column: some ColumnReference) throws(PostgresError) -> Int64? {
        try decodeOptional(position(column), as: "timestamp") { $0.timestamp }
    }

    /// Days since 1970-01-01 of a `date`.
    public func date(_ column: some ColumnReference) throws(PostgresError) -> Int32 {
        try decode(position(column), as: "date") { $0.date }
    }

    public func optionalDate(_ column: some ColumnReference) throws(PostgresError) -> Int32? {
        try decodeOptional(position(column), as: "date") { $0.date }
    }

    /// UTF-8 bytes of a `json`, `jsonb` or text value.
    public func json(_ column: some ColumnReference) throws(PostgresError) -> [UInt8] {
        try decode(position(column), as: "json") { $0.json }
    }

    public func optionalJSON(_ column: some ColumnReference) throws(PostgresError) -> [UInt8]? {
        try decodeOptional(position(column), as: "json") { $0.json }
    }

    public func bytea(_ column: some ColumnReference) throws(PostgresError) -> [UInt8] {
        try decode(position(column), as: "bytea") { $0.bytea }
    }

    public func optionalBytea(_ column: some ColumnReference) throws(PostgresError) -> [UInt8]? {
        try decodeOptional(position(column), as: "bytea") { $0.bytea }
    }
}

/// One-dimensional arrays. The plain forms refuse null elements, the `nullable…` ones give them as nil.
extension Row {
    public func texts(_ column: some ColumnReference) throws(PostgresError) -> [String] {
        try decode(position(column), as: "array of text") { $0.array { $0.text } }
    }

    public func optionalTexts(_ column: some ColumnReference) throws(PostgresError) -> [String]? {
        try decodeOptional(position(column), as: "array of text") { $0.array { $0.text } }
    }

    public func nullableTexts(_ column: some ColumnReference) throws(PostgresError) -> [String?] {
        try decode(position(column), as: "array of text") { $0.nullableArray { $0.text } }
    }

    public func ints(_ column: some ColumnReference) throws(PostgresError) -> [Int] {
        try decode(position(column), as: "array of integer") { $0.array { $0.int } }
    }

    public func optionalInts(_ column: some ColumnReference) throws(PostgresError) -> [Int]? {
        try decodeOptional(position(column), as: "array of integer") { $0.array { $0.int } }
    }

    public func nullableInts(_ column: some ColumnReference) throws(PostgresError) -> [Int?] {
        try decode(position(column), as: "array of integer") { $0.nullableArray { $0.int } }
    }

    public func uuids(_ column: some ColumnReference) throws(PostgresError) -> [UUID] {
        try decode(position(column), as: "array of uuid") { $0.array { $0.uuid } }
    }

    public func optionalUUIDs(_ column: some ColumnReference) throws(PostgresError) -> [UUID]? {
        try decodeOptional(position(column), as: "array of uuid") { $0.array { $0.uuid } }
    }

    public func nullableUUIDs(_ column: some ColumnReference) throws(PostgresError) -> [UUID?] {
        try decode(position(column), as: "array of uuid") { $0.nullableArray { $0.uuid } }
    }

    public func doubles(_ column: some ColumnReference) throws(PostgresError) -> [Double] {
        try decode(position(column), as: "array of double") { $0.array { $0.double } }
    }

    public func bools(_ column: some ColumnReference) throws(PostgresError) -> [Bool] {
        try decode(position(column), as: "array of boolean") { $0.array { $0.bool } }
    }

    /// Microseconds since 1970-01-01 UTC.
    public func timestamps(_ column: some ColumnReference) throws(PostgresError) -> [Int64] {
        try decode(position(column), as: "array of timestamp") { $0.array { $0.timestamp } }
    }

    /// UTF-8 bytes of each JSON value.
    public func jsons(_ column: some ColumnReference) throws(PostgresError) -> [[UInt8]] {
        try decode(position(column), as: "array of json") { $0.array { $0.json } }
    }

    public func nullableJSONs(_ column: some ColumnReference) throws(PostgresError) -> [[UInt8]?] {
        try decode(position(column), as: "array of json") { $0.nullableArray { $0.json } }
    }

    public func byteas(_ column: some ColumnReference) throws(PostgresError) -> [[UInt8]] {
        try decode(position(column), as: "array of bytea") { $0.array { $0.bytea } }
    }
}
