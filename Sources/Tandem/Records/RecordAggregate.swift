public import Postgres

/// Sums over records: `{"group": [field | {"field", "by": "day|week|month|quarter|year"}], "measures":
/// [{"fn": "count|sum|min|max|avg", "field"?}], "where"?, "limit"?}`.
public struct RecordAggregate: Sendable, Hashable {
    public enum Function: String, Sendable, CaseIterable {
        case count, sum, min, max, avg
    }

    struct Group: Hashable {
        let field: ObjectField
        let by: String?

        var name: String { field.name }
    }

    struct Measure: Hashable {
        let function: Function
        let field: ObjectField?

        /// `count`, `sum_amount`.
        var name: String { field.map { function.rawValue + "_" + $0.name } ?? function.rawValue }
    }

    let filter: RecordFilter?
    /// With the currency of each money field that is measured: unlike currencies are never added up.
    let groups: [Group]
    let measures: [Measure]
    let limit: Int

    static let units = ["day", "week", "month", "quarter", "year"]

    /// - Throws: `invalid` with the pointer of the wrong part.
    public init(_ body: JSON, of description: ObjectDescription, catalog: ObjectCatalog) throws(TandemError) {
        guard let object = body.object else { throw .invalid("", "not_an_object", "must be a JSON object") }
        for name in object.names where !["group", "measures", "where", "limit"].contains(name) {
            throw .invalid("/" + JSONPointer.escaped(name), "unknown_field", "is not known here")
        }
        let condition = object["where"].flatMap { $0.isNull ? nil : $0 }
        if let condition {
            filter = try RecordFilterReader(description: description, catalog: catalog).read(condition)
        } else {
            filter = nil
        }
        let asked = try Self.groups(object["group"] ?? [], description)
        measures = try Self.measures(object["measures"] ?? [["fn": "count"]], description)
        var groups = asked
        for measure in measures {
            guard case .money(let currency) = measure.field?.type, let field = description.field(currency),
                !groups.contains(where: { $0.field == field })
            else { continue }
            groups.append(Group(field: field, by: nil))
        }
        self.groups = groups
        limit = min(max(object["limit"]?.int ?? RecordQuery.limitMaximum, 1), RecordQuery.limitMaximum)
    }

    private static func groups(_ json: JSON, _ description: ObjectDescription) throws(TandemError) -> [Group] {
        guard let array = json.array ?? json.string.map({ [.string($0)] }), array.count <= 5 else {
            throw .invalid("/group", "not_an_array", "must be an array of at most 5 fields")
        }
        var groups: [Group] = []
        for (index, element) in array.enumerated() {
            let pointer = "/group/\(index)"
            guard let field = (element.string ?? element["field"]?.string).flatMap(description.field) else {
                throw .invalid(pointer, "unknown_field", "is not a field of \(description.name)")
            }
            var unit: String?
            if let by = element["by"] {
                guard let text = by.string, units.contains(text), field.type == .date || field.type == .timestamp else {
                    throw .invalid(pointer + "/by", "unknown_option", "must be a unit, of a date or a time")
                }
                unit = text
            }
            switch field.type {
            case .tags, .multiSelect, .longText, .links, .condition, .fieldNames:
                throw .invalid(pointer, "unsuitable_field", "cannot be grouped")
            default: groups.append(Group(field: field, by: unit))
            }
        }
        return groups
    }

    private static func measures(_ json: JSON, _ description: ObjectDescription) throws(TandemError) -> [Measure] {
        guard let array = json.array, (1...20).contains(array.count) else {
            throw .invalid("/measures", "not_an_array", "must be an array of 1 to 20 measures")
        }
        var measures: [Measure] = []
        for (index, element) in array.enumerated() {
            let pointer = "/measures/\(index)"
            guard let function = (element.string ?? element["fn"]?.string).flatMap(Function.init) else {
                throw .invalid(pointer + "/fn", "unknown_option", "must be count, sum, min, max or avg")
            }
            if function == .count, element["field"] == nil {
                measures.append(Measure(function: function, field: nil))
                continue
            }
            guard let field = element["field"]?.string.flatMap(description.field) else {
                throw .invalid(pointer + "/field", "unknown_field", "is not a field of \(description.name)")
            }
            let isSuitable =
                switch function {
                case .count: true
                case .sum, .avg: field.type.isNumber
                case .min, .max: field.type.isOrdered
                }
            guard isSuitable else { throw .invalid(pointer + "/field", "unsuitable_field", "cannot be measured so") }
            measures.append(Measure(function: function, field: field))
        }
        return measures
    }
}

extension Connection {
    /// `{"items": [{"group": {field: value}, "measures": {name: value}}]}`, greatest first measure first. Runs inside a
    /// transaction of the tenant.
    public func recordAggregate(
        _ description: ObjectDescription, _ aggregate: RecordAggregate, catalog: ObjectCatalog
    ) throws(TandemError) -> JSON {
        var columns: [SQLFragment] = aggregate.groups.map { group in
            let column: SQLFragment = "t.\(.column(of: group.field))"
            guard let unit = group.by else { return column }
            let time: SQLFragment = group.field.type == .date ? "\(column)::timestamp" : "\(column) at time zone 'UTC'"
            return "(date_trunc(\(bind: .text(unit)), \(time)))::date"
        }
        let groups = columns
        columns += aggregate.measures.map(Self.measure)
        let positions = SQLFragment.joined(groups.indices.map { "\(Self.position($0))" }, by: ", ")
        let names = SQLFragment.joined(columns.indices.map { "\(Self.position($0))" }, by: ", ")
        let rows = try run(
            """
            select jsonb_build_array(\(names)) from (select \(.joined(
                columns.enumerated().map { "\($1) as \(Self.position($0))" }, by: ", "))
            from \(rows: description) t where \(aggregate.filter?.sql ?? "true")
            \(groups.isEmpty ? "" : "group by \(SQLFragment.joined(groups.indices.map(Self.ordinal), by: ", "))")) s
            order by \(Self.position(groups.count)) desc nulls last
            \(groups.isEmpty ? "" : ", \(positions)") limit \(bind: .int(aggregate.limit))
            """ as SQLFragment)
        let presenter = RecordPresenter(description: description, catalog: catalog)
        var items: [JSON] = []
        for row in rows { items.append(Self.item(try row.json(0)?.array ?? [], aggregate, presenter)) }
        return ["items": .array(items)]
    }

    private static func measure(_ measure: RecordAggregate.Measure) -> SQLFragment {
        guard let field = measure.field else { return "count(*)" }
        let column: SQLFragment = "t.\(.column(of: field))"
        switch measure.function {
        case .count: return "count(\(column))"
        case .sum: return "sum(\(column))"
        case .min: return "min(\(column))"
        case .max: return "max(\(column))"
        case .avg: return "round(avg(\(column)), 4)"
        }
    }

    /// Names of the columns of the inner query.
    private static func position(_ index: Int) -> SQLFragment {
        let names: [SQLFragment] = [
            "c0", "c1", "c2", "c3", "c4", "c5", "c6", "c7", "c8", "c9", "c10", "c11", "c12", "c13", "c14", "c15", "c16",
            "c17", "c18", "c19", "c20", "c21", "c22", "c23", "c24", "c25", "c26", "c27", "c28", "c29", "c30",
        ]
        return names[min(index, names.count - 1)]
    }

    private static func ordinal(_ index: Int) -> SQLFragment {
        let numbers: [SQLFragment] = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12"]
        return numbers[min(index, numbers.count - 1)]
    }

    private static func item(
        _ values: [JSON], _ aggregate: RecordAggregate, _ presenter: RecordPresenter
    ) -> JSON {
        var plain = JSONObject()
        var group = JSONObject()
        for (part, value) in zip(aggregate.groups, values) { plain[part.field.name] = value }
        for (part, value) in zip(aggregate.groups, values) {
            group[part.name] = part.by == nil ? presenter.present(value, part.field, beside: plain) : value
        }
        var measures = JSONObject()
        for (measure, value) in zip(aggregate.measures, values.dropFirst(aggregate.groups.count)) {
            let isCount = measure.function == .count
            measures[measure.name] =
                measure.field.flatMap { isCount ? nil : presenter.present(value, $0, beside: plain) } ?? value
        }
        return ["group": .object(group), "measures": .object(measures)]
    }
}
