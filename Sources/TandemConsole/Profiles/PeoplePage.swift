import Foundation
import Hummingbird
import Postgres
import Tandem
import TandemHTTP

/// People, newest first, or those that an identifier leads to.
struct PeoplePage {
    struct Entry {
        let href: String
        let threadHref: String?
        let personLabel: String
        let userID: String?
        let accountNames: String
        let identifierCount: Int
        let mergeCount: String?
        let firstSeen: Moment?
        let lastSeen: Moment?
    }

    let chrome: Chrome
    let query: String
    let people: [Entry]
    let hasPeople: Bool
    let pager: Pager?
}

/// A row of the SQL function `find_people`.
struct PersonRow: Decodable {
    let id: UUID
    let label: String
    let userId: String?
    let email: String?
    let firstSeenAt: String?
    let lastSeenAt: String?
    let identifiers: Int
    let merges: Int
    let accounts: [String]

    /// Who is known by a device alone has no name that people could read.
    var name: String {
        guard userId == nil, email == nil, UUID(uuidString: label) != nil else { return label }
        return "Anonymous visitor \(label.prefix(8))"
    }

    func isExactly(_ query: String) -> Bool { query == label || query == userId || query == email }
}

extension Console {
    private static let pageSize = 50

    func findPeople(_ tenant: Tenant, query: String?, before: UUID?, limit: Int) async throws -> [PersonRow] {
        try await read(tenant, [.call("find_people", .text(query ?? ""), before.bind, .int4(Int32(limit)))])[0]
            .decoded("person", as: PersonRow.self)
    }

    var peopleRoutes: [Route] {
        [
            page(
                "/console/{tenant}/people", "The people of a tenant",
                right: .profiles,
                parameters: [
                    .init("q", "The beginning of an identifier"), .init("before", "The last one of the page before"),
                ]
            ) { call, visit in
                try await people(call, visit, visit.requiredTenant())
            },
            page(
                "/console/{tenant}/people/{person}", "One person", right: .profiles,
                parameters: [
                    .init("before", "Time of the last entry of the page before"), .init("seq", "And its number"),
                ]
            ) { call, visit in
                try await person(call, visit, visit.requiredTenant())
            },
            personThenRoute,
        ]
    }

    private func people(_ call: Call, _ visit: Visit, _ tenant: Tenant) async throws -> Response {
        let query = call.text("q")
        if let query, let id = PublicID(.profile, text: query) {
            return .seeOther("/console/\(tenant.slug)/people/\(id)")
        }
        let before = call.text("before").flatMap { PublicID(.profile, text: $0)?.uuid }
        var found = try await findPeople(tenant, query: query, before: before, limit: Self.pageSize + 1)
        if found.isEmpty && query == nil && before == nil {
            return try await emptyPage(call, visit, tenant, place: .people)
        }
        let hasMore = found.count > Self.pageSize
        if hasMore { found.removeLast() }
        let path = "/console/\(tenant.slug)"
        let words = TimeWords(tenant.timezone)
        let hasThread = tenant.modules.contains(.cdp)
        let search = query.map { "q=\(queryValue($0))&" } ?? ""
        let page = PeoplePage(
            chrome: Chrome(
                title: "People", visit: visit, place: .people, notice: call.query["notice"], version: version),
            query: query ?? "",
            people: found.map { row in
                let id = PublicID(.profile, row.id)
                return PeoplePage.Entry(
                    href: "\(path)/people/\(id)", threadHref: hasThread ? "\(path)?person=\(id)" : nil,
                    personLabel: row.name, userID: row.userId == row.label ? nil : row.userId,
                    accountNames: row.accounts.joined(separator: ", "), identifierCount: row.identifiers,
                    mergeCount: row.merges == 0 ? nil : Figures.counted(row.merges, "merge"),
                    firstSeen: words.moment(row.firstSeenAt), lastSeen: words.moment(row.lastSeenAt))
            },
            hasPeople: !found.isEmpty,
            pager: hasMore
                ? found.last.map { Pager(href: "\(path)/people?\(search)before=\(PublicID(.profile, $0.id))") } : nil)
        return Response(html: templates.render(page, as: "people"))
    }
}
