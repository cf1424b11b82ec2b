import Foundation
import Postgres
import Tandem

/// What a form of a record needs to be shown and read: the record as it is, and where its links may lead.
struct RecordFormState: Sendable {
    let description: ObjectDescription
    /// Nil: a new one.
    let snapshot: RecordSnapshot?
    let links: LinkDirectory
    /// What each source says of the fields.
    let sources: [JSON]

    var fields: RecordFields { RecordFields(description: description) }
    var isNew: Bool { snapshot == nil }
    var record: JSONObject { snapshot?.json.object ?? JSONObject() }

    /// - Parameters:
    ///   - typed: titles that somebody typed are looked up too.
    ///   - stages: the stages in their order, with words that tell those of several pipelines apart.
    static func load(
        _ description: ObjectDescription, id: RecordID?, typed: RecordFormInput, stages: [RecordChoice],
        catalog: ObjectCatalog, on connection: Connection
    ) throws(TandemError) -> RecordFormState {
        var snapshot: RecordSnapshot?
        var sources: [JSON] = []
        if let id {
            snapshot = try connection.recordGet(description, id: id, catalog: catalog)
            if description.isRanked {
                sources = try connection.recordFieldSources(description, id: id, catalog: catalog)["items"]?.array ?? []
            }
        }
        let fields = RecordFields(description: description)
        var links = LinkDirectory()
        for target in fields.targets(isNew: id == nil) {
            let offered =
                target == .stage
                ? stages : try connection.recordChoices(target, limit: LinkDirectory.proposalLimit)
            links.offer(offered, for: target)
            if links.isMenu(target) { continue }
            let ids = fields.linked(to: target, in: snapshot?.json.object ?? JSONObject())
            links.add(try connection.recordChoices(target, ids: ids), for: target)
            for text in fields.typed(for: target, in: typed) where !text.isEmpty {
                if let id = PublicID(target.prefix, text: text)?.uuid {
                    links.add(try connection.recordChoices(target, ids: [id]), for: target)
                } else {
                    links.add(try connection.recordChoices(target, titled: text, limit: 2), for: target)
                }
            }
        }
        return RecordFormState(description: description, snapshot: snapshot, links: links, sources: sources)
    }

    /// The rows of a child array as they are, each input's text by its field.
    func texts(_ rows: [JSON]?, of child: ObjectChild, _ words: TimeWords) -> [[String: String]] {
        (rows ?? []).map { row in
            Dictionary(
                uniqueKeysWithValues: fields.fields(of: child).map {
                    ($0.name, RecordFields.text(row[$0.name], $0, links, words))
                })
        }
    }

    /// What was typed and differs from the record: the body of a write.
    func changes(_ input: RecordFormInput, _ words: TimeWords) -> JSONObject {
        var body = JSONObject()
        for field in fields.fields(isNew: isNew) {
            guard let text = input[field.name] else { continue }
            let value = RecordFields.value(text, field, links, words)
            let now = RecordFields.text(record[field.name], field, links, words)
            if RecordFields.text(value, field, links, words) == now { continue }
            body[field.name] = value
        }
        for child in fields.children {
            guard let rows = input.rows(of: child, fields.fields(of: child), links, words) else { continue }
            let typed = texts(rows.map(JSON.object), of: child, words)
            if typed != texts(record[child.name]?.array, of: child, words) {
                body[child.name] = .array(rows.map(JSON.object))
            }
        }
        return body
    }
}

extension RecordFields {
    /// The ids of a target that a record links to, also in its rows.
    fileprivate func linked(to target: LinkTarget, in record: JSONObject) -> [RecordID] {
        var found = fields(isNew: false).filter { $0.type == .link(target) }.compactMap { record[$0.name]?.string }
        for child in children {
            let names = fields(of: child).filter { $0.type == .link(target) }.map(\.name)
            for row in record[child.name]?.array ?? [] { found += names.compactMap { row[$0]?.string } }
        }
        return found.compactMap { PublicID(target.prefix, text: $0)?.uuid }
    }

    /// What was typed into inputs for links to a target.
    fileprivate func typed(for target: LinkTarget, in input: RecordFormInput) -> [String] {
        var found = fields(isNew: true).filter { $0.type == .link(target) }.compactMap { input[$0.name] }
        for child in children {
            let count = min(input["\(child.name).count"].flatMap { Int($0) } ?? 0, 200)
            for field in fields(of: child) where field.type == .link(target) {
                found += (0..<max(count, 0)).compactMap { input["\(child.name).\($0).\(field.name)"] }
            }
        }
        return found.map { $0.trimmingCharacters(in: .whitespacesAndNewlines) }
    }
}
