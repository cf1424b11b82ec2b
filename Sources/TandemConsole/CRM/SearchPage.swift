import Foundation
import Hummingbird
import Postgres
import Tandem
import TandemHTTP

/// Records of all objects by words, and people by the beginning of an identifier.
struct SearchPage {
    struct Group {
        let heading: String
        let items: [Item]
    }

    struct Item {
        let href: String?
        let label: String
        /// What tells it from the others.
        let context: String?
    }

    let chrome: Chrome
    let query: String
    let groups: [Group]
    /// Whether nothing has all the words, and what stands there has words like them.
    let isSimilar: Bool
    let hasQuery: Bool
    let isTooShort: Bool
    /// Nil for who may not see people.
    let peopleHref: String?
}

extension Console {
    var searchRoutes: [Route] {
        [
            page(
                "/console/{tenant}/search", "Search in all records",
                right: .free, parameters: [.init("q", "Words, all of which have to occur")]
            ) { call, visit in
                try await search(call, visit, visit.requiredTenant())
            }
        ]
    }

    private func search(_ call: Call, _ visit: Visit, _ tenant: Tenant) async throws -> Response {
        let query = call.text("q") ?? ""
        var (groups, isSimilar): ([SearchPage.Group], Bool) = ([], false)
        var isTooShort = false
        if !query.isEmpty {
            do {
                (groups, isSimilar) = try await found(query, tenant)
                if visit.may("read", "profile"), let people = try await foundPeople(query, tenant) {
                    // What has other words is no answer where somebody is found.
                    groups = [people] + (isSimilar ? [] : groups)
                    isSimilar = false
                }
            } catch TandemError.invalid {
                isTooShort = true
            }
        }
        let path = "/console/\(tenant.slug)"
        let page = SearchPage(
            chrome: Chrome(title: "Search", visit: visit, place: nil, version: version), query: query, groups: groups,
            isSimilar: isSimilar, hasQuery: !query.isEmpty, isTooShort: isTooShort,
            peopleHref: visit.may("read", "profile") ? "\(path)/people?q=\(queryValue(query))" : nil)
        return Response(html: templates.render(page, as: "search"))
    }

    private static let peopleAtMost = 10

    /// People with an identifier that begins so, which needs no records: a tenant of events alone has them too.
    private func foundPeople(_ query: String, _ tenant: Tenant) async throws -> SearchPage.Group? {
        var found = try await findPeople(tenant, query: query, before: nil, limit: Self.peopleAtMost)
        // Addresses are kept in small letters.
        if found.isEmpty, query.lowercased() != query {
            found = try await findPeople(tenant, query: query.lowercased(), before: nil, limit: Self.peopleAtMost)
        }
        guard !found.isEmpty else { return nil }
        return .init(
            heading: "People",
            items: found.map { row in
                .init(
                    href: "/console/\(tenant.slug)/people/\(PublicID(.profile, row.id))", label: row.name,
                    context: row.userId == row.label ? nil : row.userId)
            })
    }

    private func found(_ query: String, _ tenant: Tenant) async throws -> ([SearchPage.Group], isSimilar: Bool) {
        let path = "/console/\(tenant.slug)"
        let (found, objects) = try await reading(tenant) {
            (connection, catalog) throws(TandemError) -> (JSON, [ObjectDescription]) in
            (try connection.recordSearch(query, modules: tenant.modules, catalog: catalog), catalog.objects)
        }
        let items = found["items"]?.array ?? []
        let labels = try await labels(of: items, objects, tenant)
        var groups: [SearchPage.Group] = []
        for description in objects {
            var shown: [SearchPage.Item] = []
            for item in items where item["object"]?.string == description.name {
                guard let id = item["id"]?.string else { continue }
                let href = Self.page(of: id, description)
                let label = labels[id]
                shown.append(
                    .init(
                        href: href.map { "\(path)/\($0)" }, label: label?.name ?? item["title"]?.string ?? id,
                        context: label?.context))
            }
            if !shown.isEmpty { groups.append(.init(heading: description.plural.capitalized, items: shown)) }
        }
        return (groups, found["similar"]?.bool == true)
    }

    /// What tells hits apart, by their public ids.
    private func labels(
        of items: [JSON], _ objects: [ObjectDescription], _ tenant: Tenant
    ) async throws -> [String: (name: String?, context: String?)] {
        guard tenant.modules.contains(.crm) else { return [:] }
        var hits: [(object: ObjectDescription, id: RecordID)] = []
        for item in items {
            if let object = objects.first(where: { $0.name == item["object"]?.string }),
                let id = item["id"]?.string.flatMap({ PublicID(object.prefix, text: $0)?.uuid })
            {
                hits.append((object, id))
            }
        }
        let rows = try await read(
            tenant, [.call("record_labels", .textArray(hits.map(\.object.name)), .uuidArray(hits.map(\.id)))])[0]
        var labels: [String: (name: String?, context: String?)] = [:]
        for row in rows {
            let id = try row.uuid("id")
            guard let hit = hits.first(where: { $0.id == id }) else { continue }
            labels[hit.object.publicID(id)] = (try row.optionalText("name"), try row.optionalText("context"))
        }
        return labels
    }

    /// The address of a record's page below the tenant's; nil: it has none.
    private static func page(of id: String, _ description: ObjectDescription) -> String? {
        switch description.name {
        case "account", "contact", "lead", "opportunity", "ticket", "form": "\(description.plural)/\(id)"
        default: nil
        }
    }
}
