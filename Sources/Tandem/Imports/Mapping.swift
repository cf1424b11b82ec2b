public import Foundation

/// What a mapping file says: how a file is read, and which column becomes which field.
///
/// ```yaml
/// format: {kind: csv}
/// match: name                  # or several, by preference: [external_id, domain]
/// defaults: {currency: USD}
/// fields:
///   name: account
///   industry: {column: sector, values: {technolgy: technology}}
///   parent_id: {column: subsidiary_of, ref: accounts.name}
/// ```
///
/// For events `event`, `message_id`, `timestamp`, `identifiers` and `properties` stand in place of `fields`.
public struct Mapping: Sendable, Hashable {
    public var format = Format()
    /// The fields that find a row's record, by preference.
    public var match: [String] = []
    /// What fields have that no column gives, in the file's order.
    public var defaults: [Entry<JSON>] = []
    public var fields: [Entry<Column>] = []
    /// Stage (its key or name) → the column that proves when the opportunity entered it.
    public var history: [Entry<Column>] = []

    /// How new a row is, for imports that take only what is new.
    public var cursor: Cursor?

    public var event: Column?
    public var messageID: Column?
    public var timestamp: Column?
    /// Identifier type → column.
    public var identifiers: [Entry<Column>] = []
    public var properties: [Entry<Column>] = []

    /// A named part, with its line for error messages.
    public struct Entry<Value: Sendable & Hashable>: Sendable, Hashable {
        public var name: String
        public var value: Value
        public var line: Int

        public init(_ name: String, _ value: Value, line: Int = 0) {
            self.name = name
            self.value = value
            self.line = line
        }
    }

    public struct Format: Sendable, Hashable {
        public enum Kind: String, Sendable, CaseIterable {
            case csv, jsonl, whitespace
        }

        public var kind = Kind.csv
        /// One byte; csv only. Nil: the one by which the mapping's columns are there.
        public var delimiter: UInt8?
        /// Nil: what the file's bytes say.
        public var encoding: TextEncoding?
        /// False: columns are called 1, 2, 3, ….
        public var header = true
    }

    /// The column that grows whenever a row changes at its source.
    public struct Cursor: Sendable, Hashable {
        public enum Kind: String, Sendable, CaseIterable {
            case timestamp, number
        }

        public var column: String
        public var kind = Kind.timestamp
        /// Of times and numbers, as of every column.
        public var format: String?
        /// IANA name; UTC without one.
        public var timezone: String?
        /// How far below the end of the import before rows are read again, in microseconds or as a number.
        public var overlap: Decimal?
        /// Keeps apart what several systems have come to that one mapping serves.
        public var name: String?
        public var line = 0

        public init(_ column: String) { self.column = column }
    }

    /// Where a value comes from and what is done to it.
    public struct Column: Sendable, Hashable {
        public enum Empty: String, Sendable, CaseIterable {
            /// The record keeps what it has.
            case keep
            case clear
            case reject
        }

        public enum Missing: String, Sendable, CaseIterable {
            case reject
            case null
            case create
        }

        /// A record of another object, found by the value.
        public struct Reference: Sendable, Hashable {
            /// In the plural, as the command line has it.
            public var object: String
            public var field: String
        }

        /// The type of an event's property; without one, a column of nothing but numbers gives numbers, any other text.
        public enum PropertyType: String, Sendable, CaseIterable {
            case text, number, boolean, timestamp, json
        }

        /// nil: `value` stands for all rows.
        public var name: String?
        public var value: JSON?
        /// Of dates, times and numbers.
        public var format: String?
        /// IANA name; UTC without one.
        public var timezone: String?
        /// What a cell stands for, by its text.
        public var values: [String: JSON] = [:]
        public var empty = Empty.keep
        public var reference: Reference?
        public var onMissing = Missing.reject
        /// A decimal factor, for files in thousands or millions.
        public var multiply: String?
        public var type: PropertyType?
        public var line = 0

        public init(_ name: String? = nil) { self.name = name }
    }
}

/// A mapping file that cannot be used; always tells the line.
public struct MappingError: Error, Sendable, Hashable, CustomStringConvertible {
    public var line: Int
    public var message: String

    public init(line: Int, _ message: String) {
        self.line = line
        self.message = message
    }

    public var description: String { line > 0 ? "line \(line): \(message)" : message }
}
