import Foundation
import Hummingbird
import Postgres
import Tandem
import TandemHTTP

/// One person: identifiers, traits with source and time, timeline, merges, accounts, contact and lead.
struct PersonPage {
    struct Identifier {
        let type: String
        let value: String
        let colour: String
        let firstSeen: Moment?
        let source: String?
    }

    struct Trait {
        let trait: String
        let value: String
        let at: Moment?
        let source: String?
    }

    struct Consent {
        let category: String
        let state: String
        let tone: String
        let at: Moment?
        let source: String?
    }

    struct Entry {
        let when: Moment?
        let what: String
        let detail: String?
        let source: String?
        let kind: String
        let colour: String?
    }

    struct Group {
        let href: String?
        let groupName: String
        let groupID: String?
    }

    struct Contact {
        let contactHref: String
        let contactName: String
        let title: String?
        let email: String?
        let phone: String?
        let places: [Group]
    }

    struct Lead {
        let leadHref: String
        let leadName: String
        let company: String?
        let status: String
        let leadSource: String?
        let created: Moment?
    }

    let chrome: Chrome
    let person: String
    let id: String
    let threadHref: String?
    /// Nil for who does not answer requests about somebody's data.
    var privacyHref: String?
    let thenAction: String
    /// As the form has it: when the person was last seen.
    let thenAt: String
    let firstSeen: Moment?
    let lastSeen: Moment?
    let nodeCount: Int
    let identifierCount: Int
    let identifiers: [Identifier]
    let traits: [Trait]
    let consent: [Consent]
    let hasTraits: Bool
    let timeline: [Entry]
    let pager: Pager?
    let merges: [MergeBox]
    let groups: [Group]
    let contacts: [Contact]
    let leads: [Lead]
    let opportunities: OpportunityTable?
    let hasCRM: Bool
    /// Whether the CRM knows the person.
    let hasRecords: Bool
}

/// What the SQL function `person_page` answers.
struct PersonRead: Decodable {
    struct Identifier: Decodable {
        let type: String
        let value: String
        let firstSeenAt: String?
        let source: String?
        let node: UUID
    }

    struct Trait: Decodable {
        let trait: String
        let value: String?
        let at: String?
        let source: String?
    }

    struct Group: Decodable {
        let groupId: String
        let accountId: UUID?
        let name: String?
    }

    let id: UUID
    let label: String
    let firstSeenAt: String?
    let lastSeenAt: String?
    let nodes: [UUID]
    let identifiers: [Identifier]
    let traits: [Trait]
    let groups: [Group]
    let consent: [Consent]

    struct Consent: Decodable {
        let category: String
        let granted: Bool
        let at: String?
        let source: String?
    }
}

/// An entry of the SQL function `person_merges`.
struct MergeRead: Decodable {
    struct Side: Decodable {
        let label: String
        let node: UUID
    }

    let id: UUID
    let ref: String
    let cause: String
    let state: String
    let at: String
    let actor: String
    let messageId: String?
    let undoneAt: String?
    let undoneBy: String?
    let edges: [[Int]]
    let sides: [Side]

    var merge: StoryRead.Merge {
        StoryRead.Merge(
            id: id, ref: ref, cause: cause, state: state, at: at, actor: actor, messageId: messageId,
            undoneAt: undoneAt, undoneBy: undoneBy, edges: edges)
    }
}

/// What the SQL function `activity_json` gives of an activity.
struct ActivityRead: Decodable {
    let id: UUID?
    let type: String
    let direction: String?
    let status: String?
    let subject: String?
    let at: String
    let outcome: String?
    let owner: String?
    let body: String?
    let durationS: Int?
    let dueAt: String?
    let dueDate: String?
    let priority: String?
    let mayEdit: Bool?
    let mayDelete: Bool?
    let recurrence: String?

    var words: String {
        let kind = type.prefix(1).uppercased() + type.dropFirst().replacing("_", with: " ")
        return subject.map { "\(kind): \($0)" } ?? kind
    }

    var detail: String? {
        let parts = [
            direction.map { $0 == "in" ? "incoming" : "outgoing" }, status == "done" ? nil : status, outcome,
            durationS.map { $0 < 60 ? "\($0) s" : "\(($0 + 30) / 60) min" }, owner,
        ]
        .compactMap { $0 }
        return parts.isEmpty ? nil : parts.joined(separator: " · ")
    }
}

extension Console {
    private static let timelineSize: Int32 = 40

    func person(_ call: Call, _ visit: Visit, _ tenant: Tenant) async throws -> Response {
        let id = try call.id("person", .profile)
        let before = call.text("before")
        let hasCRM = tenant.modules.contains(.crm)
        let at: Bind = before.map { .untyped($0) } ?? .null(.timestamptz)
        guard before.map(Self.isTime) ?? true else { throw Problem.notFound }
        let seq: Bind = call.text("seq").flatMap { Int64($0) }.map { .int8($0) } ?? .int8(Int64.max)
        var statements: [Statement] = [.call("person_page", .uuid(id)), .call("person_merges", .uuid(id))]
        if tenant.modules.contains(.cdp) {
            statements.append(.call("person_events", .uuid(id), at, seq, .int4(Self.timelineSize + 1)))
        }
        if hasCRM {
            statements.append(.call("person_business", .uuid(id)))
            statements.append(.call("person_activities", .uuid(id), at, .int4(Self.timelineSize)))
        }
        let rows = try await read(tenant, statements)
        let read = try rows[0].one().decoded(0, as: PersonRead.self)
        if read.id != id {
            return .seeOther("/console/\(tenant.slug)/people/\(PublicID(.profile, read.id))")
        }
        let hasCDP = tenant.modules.contains(.cdp)
        let family = hasCRM ? try rows[hasCDP ? 3 : 2].one().decoded(0, as: BusinessRead.self) : .nothing
        let business = family.own(read.nodes) { account in read.groups.contains { $0.accountId == account.id } }
        let activities = hasCRM ? try rows[hasCDP ? 4 : 3].decoded("activity", as: ActivityRead.self) : []
        let page = try PersonPage(
            read, merges: rows[1].one().decoded(0, as: [MergeRead].self), events: hasCDP ? rows[2] : .empty,
            activities: activities, business: business, tenant: tenant, visit: visit, limit: Int(Self.timelineSize),
            chrome: Chrome(
                title: read.label, visit: visit, place: .people, notice: call.query["notice"], version: version))
        return Response(html: templates.render(page, as: "person"))
    }

    /// As `iso_time` writes it.
    static func isTime(_ text: String) -> Bool {
        text.wholeMatch(of: #/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z/#) != nil
    }
}

extension PersonPage {
    init(
        _ read: PersonRead, merges: [MergeRead], events: Rows, activities: [ActivityRead], business: BusinessRead,
        tenant: Tenant, visit: Visit, limit: Int, chrome: Chrome
    ) throws {
        let words = TimeWords(tenant.timezone)
        let path = "/console/\(tenant.slug)"
        let publicID = PublicID(.profile, read.id)
        self.chrome = chrome
        person = read.label
        id = "\(publicID)"
        threadHref = tenant.modules.contains(.cdp) ? "\(path)?person=\(publicID)" : nil
        privacyHref = visit.user == nil ? "\(path)/privacy?type=profile&value=\(publicID)" : nil
        thenAction = "\(path)/people/\(publicID)/then"
        thenAt = words.local(read.lastSeenAt) ?? ""
        firstSeen = words.moment(read.firstSeenAt)
        lastSeen = words.moment(read.lastSeenAt)
        nodeCount = read.nodes.count
        identifierCount = read.identifiers.count
        func colour(_ node: UUID) -> String { LaneDrawing.colour(of: read.nodes.firstIndex(of: node) ?? 0) }
        identifiers = read.identifiers.map {
            Identifier(
                type: IdentifierChip.typeName($0.type), value: $0.value, colour: colour($0.node),
                firstSeen: words.moment($0.firstSeenAt),
                source: $0.source)
        }
        traits = read.traits.map {
            Trait(trait: $0.trait, value: $0.value ?? "", at: words.moment($0.at), source: $0.source ?? "people")
        }
        hasTraits = !traits.isEmpty
        consent = read.consent.map {
            Consent(
                category: $0.category, state: $0.granted ? "granted" : "refused", tone: $0.granted ? "good" : "bad",
                at: words.moment($0.at), source: $0.source ?? "people")
        }
        let last = try events.prefix(limit).last.map {
            (try $0.decoded("event", as: EventRead.self).at, try $0.int("seq"))
        }
        let hasMore = events.count > limit
        pager =
            hasMore ? last.map { Pager(href: "\(path)/people/\(publicID)?before=\($0.0)&seq=\($0.1)#timeline") } : nil
        var entries: [(at: String, entry: Entry)] = try events.prefix(limit).map { row in
            let event = try row.decoded("event", as: EventRead.self)
            return (
                event.at,
                Entry(
                    when: words.moment(event.at), what: event.words, detail: event.detail, source: event.source,
                    kind: event.type, colour: event.nodeId.map(colour))
            )
        }
        // An activity older than the page's last event belongs to a later page.
        for activity in activities where !hasMore || activity.at >= (last?.0 ?? "") {
            let entry = Entry(
                when: words.moment(activity.at), what: activity.words, detail: activity.detail, source: "CRM",
                kind: activity.type, colour: nil)
            entries.append((activity.at, entry))
        }
        timeline = entries.sorted { $0.at > $1.at }.map(\.entry)
        self.merges = merges.map {
            MergeBox(
                $0.merge,
                sides: $0.sides.map {
                    MergeBox.Side(sideLabel: IdentityGraph.shortened($0.label, 40), sideColour: colour($0.node))
                },
                words: words, back: "\(path)/people/\(publicID)", path: path,
                mayUndo: visit.may("edit", "profile"), isDemo: tenant.isSimulated)
        }
        groups = read.groups.map { group in
            Group(
                href: group.accountId.map { "\(path)/accounts/\(PublicID(.account, $0))" },
                groupName: group.name ?? group.groupId, groupID: group.name == nil ? nil : group.groupId)
        }
        contacts = business.contacts.map { Contact($0, path: path) }
        leads = business.leads.map { Lead($0, words, path: path) }
        opportunities = OpportunityTable(
            business.opportunities, caption: "This person's, else the account's", path: path)
        hasCRM = tenant.modules.contains(.crm)
        hasRecords = !contacts.isEmpty || !leads.isEmpty
    }
}

extension PersonPage.Contact {
    fileprivate init(_ read: BusinessRead.Contact, path: String) {
        contactHref = "\(path)/contacts/\(PublicID(.contact, read.id))"
        contactName = read.name ?? read.email ?? "without a name"
        title = read.title
        email = read.email
        phone = read.phone
        places = read.accounts.map {
            PersonPage.Group(href: "\(path)/accounts/\(PublicID(.account, $0.id))", groupName: $0.name, groupID: nil)
        }
    }
}

extension PersonPage.Lead {
    fileprivate init(_ read: BusinessRead.Lead, _ words: TimeWords, path: String) {
        leadHref = "\(path)/leads/\(PublicID(.lead, read.id))"
        leadName = read.name ?? read.email ?? "without a name"
        company = read.company
        status = read.status
        leadSource = read.source
        created = words.moment(read.createdAt)
    }
}
