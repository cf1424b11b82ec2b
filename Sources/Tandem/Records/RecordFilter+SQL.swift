import Postgres

extension RecordFilter {
    /// The condition on a table named `t`, for a `where`: what is null there is false, and so is a comparison on a missing value.
    /// (`coalesce` around each comparison would say the same and could use no index.)
    var sql: SQLFragment {
        switch self {
        case .all(let filters): "(\(SQLFragment.joined(filters.map(\.sql), by: " and ")))"
        case .any(let filters): "(\(SQLFragment.joined(filters.map(\.sql), by: " or ")))"
        case .not(let filter): "not coalesce(\(filter.sql), false)"
        case .compare(let path, let comparison, let values): Self.condition(path, comparison, values)
        }
    }

    private static func condition(_ path: FieldPath, _ comparison: Comparison, _ values: [JSON]) -> SQLFragment {
        guard let link = path.link, let target = path.target else {
            return "(\(test(path.field, "t", comparison, values)))"
        }
        let inner = test(path.field, "l", comparison == .isNotSet ? .isSet : comparison, values)
        let exists: SQLFragment = """
            exists (select from \(rows: target) l where l.\(.column(of: target)) = t.\(.column(of: link)) and \(inner))
            """
        return comparison == .isNotSet ? "not \(exists)" : exists
    }

    private static func test(
        _ field: ObjectField, _ table: SQLFragment, _ comparison: Comparison, _ values: [JSON]
    ) -> SQLFragment {
        // An address is compared in its normal form, whatever the column shows.
        let isExact = [.eq, .ne, .in, .notIn].contains(comparison) && field.type == .email
        let column: SQLFragment =
            isExact ? "\(table).\(.companion(of: field))" : "\(table).\(.column(of: field))"
        let value = values.first.map { bind($0) } ?? ""
        switch comparison {
        case .eq: return "\(column) = \(value)"
        case .ne: return "\(column) <> \(value)"
        case .lt, .before: return "\(column) < \(value)"
        case .lte: return "\(column) <= \(value)"
        case .gt, .after: return "\(column) > \(value)"
        case .gte: return "\(column) >= \(value)"
        case .in: return "\(column) in (\(SQLFragment.joined(values.map(bind), by: ", ")))"
        case .notIn: return "\(column) not in (\(SQLFragment.joined(values.map(bind), by: ", ")))"
        case .isSet: return field.type.isArray ? "\(column) <> '{}'" : "\(column) is not null"
        case .isNotSet: return field.type.isArray ? "\(column) = '{}'" : "\(column) is null"
        case .contains where isLinks(field): return "\(value) = any (\(column))"
        case .contains where field.type.isArray:
            if case .links = field.type { return "\(column) @> array[\(value)::uuid]" }
            return "\(column) @> array[\(bind: .text(values.first?.string ?? ""))]"
        case .contains: return "\(column) ilike \(pattern(values, before: true, after: true))"
        case .startsWith: return "\(column) ilike \(pattern(values, before: false, after: true))"
        case .endsWith: return "\(column) ilike \(pattern(values, before: true, after: false))"
        case .inLast: return "\(column) > now() - \(window(values)) and \(column) <= now()"
        case .inNext: return "\(column) > now() and \(column) <= now() + \(window(values))"
        case .olderThan: return "\(column) <= now() - \(window(values))"
        }
    }

    private static func isLinks(_ field: ObjectField) -> Bool {
        if case .links = field.type { true } else { false }
    }

    /// A value whose type the column decides.
    private static func bind(_ value: JSON) -> SQLFragment {
        switch value {
        case .bool(let flag): "\(bind: .bool(flag))"
        case .number(let number): "\(bind: .untyped(number.text))"
        default: "\(bind: .untyped(value.string ?? ""))"
        }
    }

    private static func pattern(_ values: [JSON], before: Bool, after: Bool) -> SQLFragment {
        literal(values.first?.string ?? "", before: before, after: after)
    }

    /// The pattern of `ilike` that means this text, with anything before or behind it.
    static func literal(_ text: String, before: Bool = false, after: Bool = false) -> SQLFragment {
        var pattern = before ? "%" : ""
        for character in text {
            if "%_\\".contains(character) { pattern.append("\\") }
            pattern.append(character)
        }
        if after { pattern += "%" }
        return "\(bind: .text(pattern))"
    }

    private static func window(_ values: [JSON]) -> SQLFragment {
        "\(bind: .text("\(values.first?.int ?? 0) \(values.last?.string ?? "day")"))::text::interval"
    }
}
