import Foundation
import Hummingbird
import Postgres
import Tandem
import TandemHTTP

/// One person as they were known at a time: identifiers, traits, and the graph of then.
struct PersonThenPage {
    struct Trait {
        let trait: String
        let value: String
    }

    let chrome: Chrome
    let person: String
    let id: String
    let then: Moment?
    /// As the form has it.
    let at: String
    let nowHref: String
    let action: String
    /// Nil: nobody knew of them yet.
    let graph: String?
    let identifiers: [PersonPage.Identifier]
    let traits: [Trait]
    let hasTraits: Bool
}

extension Console {
    var personThenRoute: Route {
        page(
            "/console/{tenant}/people/{person}/then", "One person as they were known at a time", right: .profiles,
            parameters: [.init("at", "The time, as clocks of the tenant show it, or ISO 8601")]
        ) { call, visit in
            try await personThen(call, visit, visit.requiredTenant())
        }
    }

    private func personThen(_ call: Call, _ visit: Visit, _ tenant: Tenant) async throws -> Response {
        let id = try call.id("person", .profile)
        let words = TimeWords(tenant.timezone)
        guard let text = call.text("at"), let given = Self.isTime(text) ? text : words.instant(text),
            var moment = WireTime.parse(given)
        else { throw Problem.badRequest("invalid_parameter", "at has to be a time such as 2026-05-03T12:00.") }
        // A minute means what was known at its end: who looks for the time of an event finds it.
        if !Self.isTime(text) { moment += WireTime.second * 60 - 1 }
        let iso = RecordTime.text(moment)
        let now = try await reading(tenant) { (connection) throws(TandemError) in try connection.profileShow(id) }
        var (profile, graph): (JSON?, JSON?) = (nil, nil)
        do {
            let found = try await reading(tenant) { [moment] (connection) throws(TandemError) -> [JSON] in
                [
                    try connection.profileShow(.profile(id), asOf: moment),
                    try connection.profileGraph(.profile(id), asOf: moment),
                ]
            }
            (profile, graph) = (found[0], found[1])
        } catch let error as TandemError {
            // Nobody knew of them yet.
            guard case .notFound = error else { throw error }
        }
        let read = graph.flatMap(StoryRead.init(then:))
        let name = Self.label(profile) ?? Self.label(now) ?? "\(PublicID(.profile, id))"
        let path = "/console/\(tenant.slug)/people"
        let page = PersonThenPage(
            chrome: Chrome(title: "\(name), as they were", visit: visit, place: .people, notice: nil, version: version),
            person: name, id: profile?["id"]?.string ?? "\(PublicID(.profile, id))", then: words.moment(iso),
            at: words.local(iso) ?? "", nowHref: "\(path)/\(now["id"]?.string ?? "")",
            action: "\(path)/\(PublicID(.profile, id))/then", graph: read.map { IdentityGraph($0).svg },
            identifiers: (profile?["identifiers"]?.array ?? []).map { item in
                let value = item["value"]?.string ?? ""
                let node = read?.nodes.firstIndex { $0.identifiers.contains { $0.value == value } } ?? 0
                return PersonPage.Identifier(
                    type: IdentifierChip.typeName(item["type"]?.string ?? ""), value: value,
                    colour: LaneDrawing.colour(of: node), firstSeen: words.moment(item["first_seen_at"]?.string),
                    source: item["source"]?.string)
            },
            traits: (profile?["traits"]?.object ?? [:]).map {
                PersonThenPage.Trait(trait: $0, value: $1.string ?? $1.text)
            },
            hasTraits: profile?["traits"]?.object?.isEmpty == false)
        return Response(html: templates.render(page, as: "person-then"))
    }

    /// As `person_label` names a person.
    private static func label(_ profile: JSON?) -> String? {
        let identifiers = profile?["identifiers"]?.array ?? []
        let best = ["email", "user_id", "phone"].lazy.compactMap { type in
            identifiers.first { $0["type"]?.string == type }
        }.first
        return (best ?? identifiers.first)?["value"]?.string
    }
}

extension StoryRead {
    /// A graph of the past, as the SQL function `graph_at` answers it, to be drawn; nil if it is none.
    fileprivate init?(then graph: JSON) {
        guard let profile = Self.id(graph["profile"]) else { return nil }
        let items = graph["nodes"]?.array ?? []
        let names = items.map { $0["id"]?.string }
        id = profile
        label = ""
        nodes = items.compactMap { item in
            guard let id = Self.id(item["id"]), let profile = Self.id(item["profile"]) else { return nil }
            return Node(
                id: id, profile: profile, label: "", createdAt: item["created_at"]?.string ?? "", events: nil,
                identifiers: (item["identifiers"]?.array ?? []).map {
                    IdentifierRead(type: $0["type"]?.string ?? "", value: $0["value"]?.string ?? "")
                })
        }
        merges = (graph["edges"]?.array ?? []).compactMap { edge in
            guard let a = names.firstIndex(of: edge["a"]?.string), let b = names.firstIndex(of: edge["b"]?.string),
                let merge = edge["merge"]?.string.flatMap({ PublicID(.merge, text: $0) })
            else { return nil }
            return Merge(
                id: merge.uuid, ref: edge["ref"]?.string ?? "", cause: edge["cause"]?.string ?? "",
                state: edge["state"]?.string ?? "", at: edge["created_at"]?.string ?? "", actor: "", messageId: nil,
                undoneAt: edge["undone_at"]?.string, undoneBy: nil, edges: [[a, b]])
        }
        events = []
    }

    private static func id(_ json: JSON?) -> UUID? {
        json?.string.flatMap { PublicID(.profile, text: $0)?.uuid }
    }
}
