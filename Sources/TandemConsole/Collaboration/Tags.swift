import Foundation
import Hummingbird
import Postgres
import Tandem
import TandemHTTP

/// The tags of a record.
struct TagsCard {
    struct Entry {
        let tagName: String
        /// The list of all with this tag; nil: there is none.
        let tagHref: String?
    }

    /// Nil for who may not.
    let tagAction: String?
    let tagToken: String
    let tags: [Entry]

    /// - Parameter mayEdit: whether the visitor may change this record.
    init(
        _ tags: [String], _ object: ObjectDescription, place: String, tenant: Tenant, _ visit: Visit, mayEdit: Bool
    ) {
        let mayTag = mayEdit && visit.changes("tags", of: object.name)
        tagAction = mayTag ? "\(place)/tags" : nil
        tagToken = visit.csrf
        self.tags = tags.map { tag in
            Entry(
                tagName: tag,
                tagHref: object.name == "contact" ? "/console/\(tenant.slug)/contacts?tag=\(queryValue(tag))" : nil)
        }
    }
}

extension Console {
    var tagRoutes: [Route] {
        Self.withExtras.map { object in
            action(
                "/console/{tenant}/\(object.plural)/{\(object.name)}/tags",
                "Give one \(object.name) tags, or take one away", right: .to("edit", object.name)
            ) { call, visit, form in
                try await changeTags(object, call.id(object.name, object.prefix), visit, form)
            }
        }
    }

    private func changeTags(
        _ object: ObjectDescription, _ id: RecordID, _ visit: Visit, _ form: Query
    ) async throws -> Response {
        let tenant = try visit.requiredTenant()
        let (author, catalog) = (RecordAuthor(actor: visit.actor), try await catalog(of: tenant))
        let added = (form["add"] ?? "").split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
        let removed = form["remove"]
        let description = catalog[object]
        let changed = try await writing(tenant) { (connection) throws(TandemError) -> Bool in
            let record = try connection.recordGet(description, id: id, catalog: catalog)
            let before = record.json["tags"]?.array?.compactMap(\.string) ?? []
            var tags = before.filter { $0 != removed }
            for tag in added where !tag.isEmpty && !tags.contains(tag) { tags.append(tag) }
            if tags == before { return false }
            _ = try connection.recordUpdate(
                description, id: id, ["tags": .array(tags.map { .string($0) })], ifMatch: record.version, by: author,
                catalog: catalog)
            return true
        }
        let place = "/console/\(tenant.slug)/\(object.plural)/\(object.publicID(id))"
        return .seeOther(Self.with(notice: changed ? "saved" : "unchanged", place) + "#tags")
    }
}
