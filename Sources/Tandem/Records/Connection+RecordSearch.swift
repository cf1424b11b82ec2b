public import Postgres

extension Connection {
    /// Records of any object in whose searchable fields the words occur, a few of each object: `{"items": [{"object",
    /// "id", "title"}]}`. Runs inside a transaction of the tenant.
    ///
    /// - Parameter text: at least two characters.
    public func recordSearch(
        _ text: String, modules: Set<Module>, limit: Int = 10, catalog: ObjectCatalog = .standard
    ) throws(TandemError) -> JSON {
        let words = Normalizer.trimmed(text[...]).split(whereSeparator: \.isWhitespace).prefix(5).map(String.init)
        guard words.joined().count >= 2 else { throw .invalid("/q", "too_short", "has at least two characters") }
        var items: [JSON] = []
        for description in catalog.objects where description.module.map(modules.contains) ?? true {
            let fields = description.fields.filter(\.isSearchable)
            guard !fields.isEmpty, let title = description.field(description.title) else { continue }
            // Every word in some field.
            let conditions: [RecordFilter] = words.map { word in
                .any(
                    fields.map {
                        .compare(RecordFilter.FieldPath(field: $0, link: nil, target: nil), .contains, [.string(word)])
                    })
            }
            let rows = try run(
                """
                select t.id, t.\(.column(of: title)) from \(.table(of: description)) t
                where \(RecordFilter.all(conditions).sql) order by t.id desc limit \(bind: .int(min(max(limit, 1), 50)))
                """ as SQLFragment)
            for row in rows {
                let id = try reading { () throws(PostgresError) in try row.uuid(0) }
                let name = try reading { () throws(PostgresError) in try row.optionalText(1) }
                items.append([
                    "object": .string(description.name), "id": .string(description.publicID(id)),
                    "title": .string(orNull: name),
                ])
            }
        }
        return ["items": .array(items)]
    }
}
