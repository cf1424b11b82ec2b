public import Postgres

extension Connection {
    /// Records of any object in whose searchable fields the words occur, a few of each object, the best first: `{"items":
    /// [{"object", "id", "title"}]}`. What has the text as its title comes before what begins so, then what has a word that
    /// begins so. Accounts, contacts and leads are found by a number too, however it is written, and by how it ends.
    /// If nothing has the words, what has words like them: `"similar": true`. Runs inside a transaction of the tenant.
    ///
    /// - Parameter text: at least two characters.
    public func recordSearch(
        _ text: String, modules: Set<Module>, limit: Int = 10, catalog: ObjectCatalog
    ) throws(TandemError) -> JSON {
        let words = Normalizer.trimmed(text[...]).split(whereSeparator: \.isWhitespace).prefix(5).map(String.init)
        guard words.joined().count >= 2 else { throw .invalid("/q", "too_short", "has at least two characters") }
        let limit = min(max(limit, 1), 50)
        let searches = catalog.objects.filter { $0.module.map(modules.contains) ?? true }
            .compactMap { RecordWords($0, words) }
        var items = try holders(ofNumber: text, limit, catalog)
        for search in searches {
            var found =
                try search.beginning(limit).map { (query) throws(TandemError) in
                    try titles(query, search.description)
                } ?? []
            if found.count < limit {
                found += try titles(search.containing(limit - found.count), search.description)
            }
            items += found.filter { !items.contains($0) }
        }
        guard items.isEmpty else { return ["items": .array(items)] }
        _ = try run("select set_config('pg_trgm.word_similarity_threshold', '0.4', true)" as Statement)
        for search in searches {
            guard let query = search.similar(limit) else { continue }
            items += try titles(query, search.description)
        }
        return items.isEmpty ? ["items": []] : ["items": .array(items), "similar": true]
    }

    private func holders(
        ofNumber text: String, _ limit: Int, _ catalog: ObjectCatalog
    ) throws(TandemError) -> [JSON] {
        var items: [JSON] = []
        for row in try run(.call("phone_records", .text(text), .int4(Int32(limit)))) {
            let (name, id, title) = try reading { () throws(PostgresError) in
                (try row.text(0), try row.uuid(1), try row.optionalText(2))
            }
            guard let description = catalog.object(name) else { continue }
            items.append([
                "object": .string(name), "id": .string(description.publicID(id)), "title": .string(orNull: title),
            ])
        }
        return items
    }

    private func titles(_ query: SQLFragment, _ description: ObjectDescription) throws(TandemError) -> [JSON] {
        var items: [JSON] = []
        for row in try run(query) {
            let id = try reading { () throws(PostgresError) in try row.uuid(0) }
            let title = try reading { () throws(PostgresError) in try row.optionalText(1) }
            items.append([
                "object": .string(description.name), "id": .string(description.publicID(id)),
                "title": .string(orNull: title),
            ])
        }
        return items
    }
}

/// The search for words in the records of one object; its queries answer id and title. The indexes of trigrams serve all of them.
private struct RecordWords {
    let description: ObjectDescription
    private let words: [String]
    private let fields: [ObjectField]
    /// Nil where the caller may not read it.
    private let title: ObjectField?

    /// How many records are looked at for the best among them: everything may begin with two letters.
    private static let candidates = 500

    /// - Returns: nil for an object in which nothing is searched.
    init?(_ description: ObjectDescription, _ words: [String]) {
        fields = description.fields.filter(\.isSearchable)
        guard !fields.isEmpty else { return nil }
        self.description = description
        self.words = words
        title = description.field(description.title)
    }

    private var table: SQLFragment { "\(rows: description)" }
    private var text: String { words.joined(separator: " ") }
    private var column: SQLFragment { title.map { "t.\(.column(of: $0))" } ?? "null::text" }

    private func test(_ field: ObjectField, _ comparison: RecordFilter.Comparison, _ text: String) -> SQLFragment {
        RecordFilter.compare(.init(field: field, link: nil, target: nil), comparison, [.string(text)]).sql
    }

    /// Records whose title is the text, then those whose title begins with it, the shortest first.
    func beginning(_ limit: Int) -> SQLFragment? {
        guard let title else { return nil }
        return """
            select t.id, t.title from (
            (select t.id, \(column) as title from \(table) t where \(column) ilike \(RecordFilter.literal(text))
            limit \(bind: .int(limit)))
            union
            (select t.id, \(column) from \(table) t where \(test(title, .startsWith, text)) limit \(bind: .int(Self.candidates)))
            ) t order by length(t.title), t.id desc limit \(bind: .int(limit))
            """
    }

    /// Others, in whose fields every word occurs: one of two characters only where a word begins, which an index can find.
    func containing(_ limit: Int) -> SQLFragment {
        let all = words.map { word -> SQLFragment in
            .joined(fields.map { word.count < 3 ? wordBegins($0, word) : test($0, .contains, word) }, by: " or ")
        }
        let starts = SQLFragment.joined(fields.map { test($0, .startsWith, text) }, by: " or ")
        let begins = SQLFragment.joined(fields.flatMap { field in words.map { wordBegins(field, $0) } }, by: " or ")
        return """
            select t.id, t.title from (
            select t.id, \(column) as title, case when \(starts) then 0 when \(begins) then 1 else 2 end as rank
            from \(table) t where \(.joined(all.map { "(\($0))" }, by: " and "))
            and not coalesce(\(title.map { test($0, .startsWith, text) } ?? "false"), false) limit \(bind: .int(Self.candidates))) t
            order by t.rank, length(t.title), t.id desc limit \(bind: .int(limit))
            """
    }

    private func wordBegins(_ field: ObjectField, _ word: String) -> SQLFragment {
        "(\(test(field, .startsWith, word)) or \(test(field, .contains, " " + word)))"
    }

    /// Records whose title has a word like each of these.
    func similar(_ limit: Int) -> SQLFragment? {
        if title == nil { return nil }
        let like = words.map { "\(bind: .text($0)) operator(tandem_text.<%) \(column)" as SQLFragment }
        let likeness = words.map { "tandem_text.word_similarity(\(bind: .text($0)), \(column))" as SQLFragment }
        return """
            select t.id, \(column) from \(table) t where \(.joined(like, by: " and "))
            order by \(.joined(likeness, by: " + ")) desc, t.id desc limit \(bind: .int(limit))
            """
    }
}
