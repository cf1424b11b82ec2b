import Crypto
import Foundation

/// A list of records: what, in which order, which page.
public struct RecordQuery: Sendable, Hashable {
    public var filter: RecordFilter?
    public var sort: [Order]
    /// Fields and children to show; nil: all.
    public var names: Set<String>?
    /// Links to follow.
    public var followed: [ObjectField]
    public var limit: Int
    public var after: String?
    public var count: Count

    var showsAll: Bool { names == nil && followed.isEmpty }

    public struct Order: Sendable, Hashable {
        public let field: ObjectField
        public let isDescending: Bool
    }

    public enum Count: String, Sendable, CaseIterable {
        case none, estimate, exact
    }

    public static let defaultLimit = 50
    public static let limitMaximum = 1000
    static let sortLimit = 5

    /// What a cursor is bound to: the condition and the order, not the page's size or the fields shown.
    var fingerprint: [UInt8] {
        var hash = SHA256()
        hash.update(data: filter?.json.encoded() ?? [])
        for order in sort { hash.update(data: Data("\(order.field.name) \(order.isDescending);".utf8)) }
        return Array(hash.finalize().prefix(12))
    }
}

/// Reads a list's query from JSON (`POST /v1/{objects}/search`) or from parameters (`GET /v1/{objects}?…`).
public struct RecordQueryReader {
    let description: ObjectDescription
    let catalog: ObjectCatalog

    public init(_ description: ObjectDescription, catalog: ObjectCatalog) {
        self.description = description
        self.catalog = catalog
    }

    private var filters: RecordFilterReader { RecordFilterReader(description: description, catalog: catalog) }

    /// `{"where", "sort", "fields", "include", "limit", "after", "count"}`, all optional.
    public func read(_ body: JSON) throws(TandemError) -> RecordQuery {
        guard let object = body.object else { throw .invalid("", "not_an_object", "must be a JSON object") }
        var query = try emptyQuery()
        for (name, value) in object where !value.isNull {
            switch name {
            case "where": query.filter = try filters.read(value)
            case "sort": query.sort = try sort(try names(value, at: "/sort"), at: "/sort")
            case "fields": query.names = try fields(try names(value, at: "/fields"), at: "/fields")
            case "include": query.followed = try links(try names(value, at: "/include"), at: "/include")
            case "limit":
                guard let limit = value.int else {
                    throw .invalid("/limit", "not_an_integer", "must be a whole number")
                }
                query.limit = try checked(limit)
            case "after":
                guard let after = value.string else { throw .invalid("/after", "not_a_text", "must be a string") }
                query.after = after
            case "count":
                guard let count = value.string.flatMap(RecordQuery.Count.init) else {
                    throw .invalid("/count", "unknown_option", "must be exact, estimate or none")
                }
                query.count = count
            default: throw .invalid("/" + JSONPointer.escaped(name), "unknown_field", "is not known here")
            }
        }
        return query
    }

    /// `filter`, `sort`, `fields`, `include` (comma-separated), `limit`, `after`, `count`; any other name is a field that
    /// must equal the value.
    public func read(parameters: [(name: String, value: String)]) throws(TandemError) -> RecordQuery {
        var query = try emptyQuery()
        var conditions: [RecordFilter] = []
        for (name, value) in parameters {
            let words = value.split(separator: ",").map(String.init)
            switch name {
            case "filter": conditions.append(try RecordFilterText.read(value, filters))
            case "sort": query.sort = try parameter { () throws(TandemError) in try sort(words, at: "sort") }
            case "fields": query.names = try parameter { () throws(TandemError) in try fields(words, at: "fields") }
            case "include": query.followed = try parameter { () throws(TandemError) in try links(words, at: "include") }
            case "limit":
                guard let limit = Int(value) else { throw Self.wrong("limit", "must be a whole number") }
                query.limit = try checked(limit)
            case "after": query.after = value
            // Another list's condition, which the route adds.
            case "view": continue
            case "count":
                guard let count = RecordQuery.Count(rawValue: value) else {
                    throw Self.wrong("count", "must be exact, estimate or none")
                }
                query.count = count
            default:
                guard let path = RecordFilter.FieldPath(name, of: description, catalog: catalog) else {
                    throw .badRequest(code: "unknown_parameter", detail: "\(name) is no parameter of this list.")
                }
                let given: JSON =
                    path.field.type == .bool
                    ? (value == "true" ? true : value == "false" ? false : .null) : .string(value)
                let comparison: RecordFilter.Comparison = path.field.type.isArray ? .contains : .eq
                conditions.append(
                    try parameter { () throws(TandemError) in try filters.compare(path, comparison, given, at: name) })
            }
        }
        if !conditions.isEmpty { query.filter = conditions.count == 1 ? conditions[0] : .all(conditions) }
        return query
    }

    /// Newest first.
    private func emptyQuery() throws(TandemError) -> RecordQuery {
        RecordQuery(
            filter: nil, sort: [], names: nil, followed: [], limit: RecordQuery.defaultLimit, after: nil, count: .none)
    }

    private static func wrong(_ name: String, _ detail: String) -> TandemError {
        .badRequest(code: "invalid_parameter", detail: "\(name) \(detail).")
    }

    /// A parameter has no pointer: its errors are of the request.
    private func parameter<Value>(_ body: () throws(TandemError) -> Value) throws(TandemError) -> Value {
        do throws(TandemError) {
            return try body()
        } catch {
            guard case .invalid(let fields) = error, let field = fields.first else { throw error }
            let name = field.pointer.split(separator: "/").first.map(String.init) ?? field.pointer
            throw Self.wrong(["sort", "fields", "include"].contains(name) ? name + ":" : name, field.detail)
        }
    }

    private func checked(_ limit: Int) throws(TandemError) -> Int {
        guard limit > 0 else { throw Self.wrong("limit", "must be positive") }
        return min(limit, RecordQuery.limitMaximum)
    }

    private func names(_ value: JSON, at pointer: String) throws(TandemError) -> [String] {
        if let text = value.string { return text.split(separator: ",").map(String.init) }
        guard let array = value.array else { throw .invalid(pointer, "not_an_array", "must be an array of strings") }
        var names: [String] = []
        for element in array {
            // {"field": "amount", "direction": "desc"} is "-amount".
            if let field = element["field"]?.string {
                names.append((element["direction"]?.string == "desc" ? "-" : "") + field)
            } else if let text = element.string {
                names.append(text)
            } else {
                throw .invalid(pointer, "not_an_array", "must be an array of strings")
            }
        }
        return names
    }

    private func sort(_ names: [String], at pointer: String) throws(TandemError) -> [RecordQuery.Order] {
        var orders: [RecordQuery.Order] = []
        for name in names {
            let isDescending = name.hasPrefix("-")
            guard let field = description.field(isDescending ? String(name.dropFirst()) : name) else {
                throw .invalid(pointer, "unknown_field", "\(name) is not a field of \(description.name)")
            }
            guard field.type.isSortable else {
                throw .invalid(pointer, "unsuitable_field", "\(field.name) has no order")
            }
            orders.append(RecordQuery.Order(field: field, isDescending: isDescending))
        }
        guard orders.count <= RecordQuery.sortLimit else {
            throw .invalid(pointer, "too_many", "has at most \(RecordQuery.sortLimit) fields")
        }
        return orders
    }

    private func fields(_ names: [String], at pointer: String) throws(TandemError) -> Set<String> {
        for name in names where description.field(name) == nil && description.child(name) == nil {
            throw .invalid(pointer, "unknown_field", "\(name) is not a field of \(description.name)")
        }
        return Set(names).union(["id"])
    }

    private func links(_ names: [String], at pointer: String) throws(TandemError) -> [ObjectField] {
        var followed: [ObjectField] = []
        for name in names where description.child(name) == nil {
            guard let field = description.field(name + "_id") ?? description.field(name), case .link = field.type else {
                throw .invalid(pointer, "unknown_field", "\(name) is not a link of \(description.name)")
            }
            if !followed.contains(field) { followed.append(field) }
        }
        return followed
    }
}
