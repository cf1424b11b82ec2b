import Postgres

/// The columns that show a record, and where they stand in a row.
struct RecordSelection {
    let description: ObjectDescription
    /// The fields shown, in their order.
    let fields: [ObjectField]
    /// The child arrays shown.
    let children: [ObjectChild]
    /// Links to follow: their records are shown as `{id, title}` under the link's name without `_id`.
    let followed: [ObjectField]
    /// Columns that decide the form of others: an amount's currency, the object that a link to any object leads to.
    private let deciding: [SQLIdentifier]
    /// For a table named `t`: id, version, the fields as PostgreSQL has them, what decides their form, and then each child array and
    /// each followed link as JSON. The row as one JSON value costs PostgreSQL three times as much.
    let columns: SQLFragment

    /// - Parameter names: the fields and children to show; nil: all.
    init(_ description: ObjectDescription, names: Set<String>? = nil, followed: [ObjectField] = []) {
        self.description = description
        self.followed = followed
        fields = description.fields.filter { names?.contains($0.name) ?? true }
        children = description.children.filter { names?.contains($0.name) ?? true }
        var deciding: [SQLIdentifier] = []
        for column in fields.map(SQLIdentifier.deciding) + children.map(SQLIdentifier.deciding) {
            if let column, !deciding.contains(column) { deciding.append(column) }
        }
        self.deciding = deciding
        columns = Self.columns(fields.map { SQLIdentifier.column(of: $0) } + deciding, children, followed)
    }

    static let idColumn = 0
    static let versionColumn = 1
    private static let leading = 2

    /// Of how many columns `columns` is.
    var width: Int { Self.leading + fields.count + deciding.count + children.count + followed.count }

    func column(ofField index: Int) -> Int { Self.leading + index }

    func column(ofChild index: Int) -> Int { Self.leading + fields.count + deciding.count + index }

    func column(ofFollowed index: Int) -> Int { column(ofChild: children.count) + index }

    /// Where the column stands that decides the form of a field's values; nil: none does.
    func column(deciding field: ObjectField) -> Int? { place(of: .deciding(field)) }

    func column(deciding child: ObjectChild) -> Int? { place(of: .deciding(child)) }

    private func place(of column: SQLIdentifier?) -> Int? {
        column.flatMap(deciding.firstIndex).map { Self.leading + fields.count + $0 }
    }

    private static func columns(
        _ own: [SQLIdentifier], _ children: [ObjectChild], _ followed: [ObjectField]
    ) -> SQLFragment {
        var parts: [SQLFragment] = ["t.id, t.version"]
        if !own.isEmpty { parts.append(.columns(own)) }
        for child in children {
            let order = SQLFragment.joined(SQLIdentifier.order(of: child).map { "c.\($0)" }, by: ", ")
            parts.append(
                """
                (select json_agg(row_to_json(c) order by \(order)) from \(.table(of: child)) c
                where c.\(.parent(of: child)) = t.id)::text
                """)
        }
        for field in followed {
            guard case .link(let target) = field.type else {
                parts.append("null::text")
                continue
            }
            parts.append(
                """
                (select json_build_array(l.\(.column(of: target)), \(target.showsTitle ? "l.\(.title(of: target))" : "null"))
                from \(rows: target) l where l.\(.column(of: target)) = t.\(.column(of: field)))::text
                """)
        }
        return .joined(parts, by: ", ")
    }

    /// What the record of a followed link stands under.
    static func name(ofFollowed field: ObjectField) -> String {
        field.name.hasSuffix("_id") ? String(field.name.dropLast(3)) : field.name
    }
}
