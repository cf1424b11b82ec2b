import Foundation
import Hummingbird
import Postgres
import Tandem
import TandemHTTP

/// What the SQL function `lead_json` gives of a lead.
struct LeadRead: Decodable {
    let id: UUID
    let name: String?
    let company: String?
    let title: String?
    let email: String?
    let phone: String?
    let website: String?
    let status: String?
    let source: String?
    let campaign: String?
    let message: String?
    let score: Int?
    let profile: UUID?
    let owner: String?
    let createdAt: String
    let mayEdit: Bool
    let mayTake: Bool
    /// Who it is already, in lists.
    let contact: Contact?

    struct Contact: Decodable {
        let id: UUID
        let name: String?
    }

    var label: String { name ?? email ?? phone ?? company ?? "without a name" }

    /// Those in which it is worked on.
    static let open = ["new", "working", "nurturing"]
    static let statuses = ["new", "working", "nurturing", "converted", "disqualified"]

    private var isWorkedOn: Bool { !["converted", "disqualified"].contains(status) }
    /// Whether it can be worked on: not once it is converted, or disqualified.
    var isOpen: Bool { isWorkedOn && mayEdit }
    var isTakable: Bool { isWorkedOn && mayTake }

    static func tone(_ status: String?) -> String {
        switch status {
        case "converted": "good"
        case "disqualified": "bad"
        case "new": "info"
        default: "warn"
        }
    }
}

/// Leads, newest first.
struct LeadsPage {
    struct Status {
        let href: String
        let label: String
        let isCurrent: Bool
    }

    struct Entry {
        let href: String
        let leadID: String
        /// Whether it can be taken, or assigned and disqualified.
        let isChoosable: Bool
        let isTakable: Bool
        let leadName: String
        let company: String?
        /// Who it is already.
        let known: AccountPage.Link?
        let status: String?
        let tone: String
        let leadSource: String?
        let campaign: String?
        let owner: String?
        let created: Moment?
    }

    let chrome: Chrome
    let saved: SavedListsLink
    let statuses: [Status]
    let owners: [Choice]
    let assignees: [Choice]
    let action: String
    let csrf: String
    let back: String
    let newHref: String?
    /// Whether some can be chosen.
    let mayChoose: Bool
    let mayTake: Bool
    let mayAssign: Bool
    let mayDisqualify: Bool
    let leads: [Entry]
    let hasLeads: Bool
    let status: String?
    let isFiltered: Bool
    let pager: Pager?
}

/// One lead: where it came from, what was agreed to, its fields with their sources.
struct LeadPage {
    let chrome: Chrome
    let leadName: String
    let id: String
    let status: String?
    let tone: String
    let person: AccountPage.Link?
    let facts: [AccountCard.Fact]
    let message: String?
    let conversion: LeadConversionForm?
    let became: LeadBecame?
    let submissions: [SubmissionEntry]
    /// Nil for a converted lead, which is read-only.
    let editHref: String?
    let disqualify: LeadDisqualifyForm?
    let log: LogForms?
    let nextSteps: [PlannedEntry]
    let hasNextSteps: Bool
    let timeline: Timeline
    let extras: RecordExtras
    let sourcesCard: SourcesCard
    let originCard: OriginCard?
    let take: TakeForm?
}

/// The button that disqualifies a lead.
struct LeadDisqualifyForm {
    let disqualifyAction: String
    let disqualifyLead: String
    let disqualifyToken: String
}

/// What the SQL function `lead_page` adds.
private struct LeadDetail: Decodable {
    let person: String?
    let matches: LeadMatches?
    let became: LeadBecameRead?
    let submissions: [SubmissionRead]
    let sources: [SourceRead]
}

extension Console {
    private static let leadPageSize = 50

    var leadRoutes: [Route] {
        [
            page(
                "/console/{tenant}/leads", "The leads of a tenant", module: .crm, right: .read("lead"),
                parameters: [
                    .init("status", "Only those in this status"),
                    .init("owner", "Only those of this user, or of nobody"),
                    .init("after", "Time of the last one of the page before"), .init("id", "And its id"),
                ]
            ) { call, visit in
                try await leads(call, visit, visit.requiredTenant())
            },
            page(
                "/console/{tenant}/leads/{lead}", "One lead", module: .crm, right: .read("lead"),
                parameters: Timeline.parameters
            ) {
                call, visit in
                try await lead(call, visit, visit.requiredTenant())
            },
        ]
    }

    private func leads(_ call: Call, _ visit: Visit, _ tenant: Tenant) async throws -> Response {
        let path = "/console/\(tenant.slug)/leads"
        let status = call.text("status").flatMap { LeadRead.statuses.contains($0) ? $0 : nil }
        let isUnassigned = call.text("owner") == Owners.nobody
        let owner = isUnassigned ? nil : try call.optionalID("owner", .user)
        let place = call.place(.lead)
        let found = try await read(
            tenant,
            [
                .call(
                    "find_leads", status.bind, owner.bind, .bool(isUnassigned), place.at, place.id,
                    .int4(Int32(Self.leadPageSize + 1)))
            ])[0].decoded("lead", as: LeadRead.self)
        let owners = try await reading(tenant) { (connection, catalog) throws(TandemError) in
            try Owners.load(on: connection, catalog)
        }
        let shown = Array(found.prefix(Self.leadPageSize))
        let words = TimeWords(tenant.timezone)
        let takes = visit.changes("owner_id", of: "lead")
        let ownerText = call.text("owner").map { "owner=\(queryValue($0))&" } ?? ""
        func address(_ status: String?) -> String {
            "\(path)?\(ownerText)\(status.map { "status=\($0)" } ?? "")"
        }
        let page = LeadsPage(
            chrome: Chrome(
                title: "Leads", visit: visit, place: .leads, notice: call.query["notice"], version: version),
            saved: SavedListsLink(.lead, call, tenant),
            statuses: [LeadsPage.Status(href: address(nil), label: "all", isCurrent: status == nil)]
                + LeadRead.statuses.map {
                    LeadsPage.Status(href: address($0), label: $0, isCurrent: $0 == status)
                },
            owners: owners.menu(
                [("", "everyone"), (Owners.nobody, "nobody: unassigned")], chosen: owner,
                value: isUnassigned ? Owners.nobody : ""),
            assignees: owners.menu([("", "Assign to …"), (Owners.nobody, "nobody")], chosen: nil),
            action: "\(path)/assign", csrf: visit.csrf,
            back: address(status), newHref: visit.may("create", "lead") ? "\(path)/new" : nil,
            mayChoose: shown.contains { $0.isOpen || takes && $0.isTakable },
            mayTake: takes && shown.contains(where: \.isTakable), mayAssign: visit.may("assign", "lead"),
            mayDisqualify: shown.contains(where: \.isOpen),
            leads: shown.map { read in
                LeadsPage.Entry(
                    href: "\(path)/\(PublicID(.lead, read.id))", leadID: "\(PublicID(.lead, read.id))",
                    isChoosable: read.isOpen || takes && read.isTakable, isTakable: takes && read.isTakable,
                    leadName: read.label,
                    company: read.company,
                    known: read.contact.map {
                        .init(
                            href: "/console/\(tenant.slug)/contacts/\(PublicID(.contact, $0.id))",
                            label: $0.name ?? "a contact")
                    },
                    status: read.status, tone: LeadRead.tone(read.status), leadSource: read.source,
                    campaign: read.campaign, owner: read.owner, created: words.moment(read.createdAt))
            },
            hasLeads: !shown.isEmpty, status: status, isFiltered: status != nil || !ownerText.isEmpty,
            pager: found.count > shown.count
                ? shown.last.map {
                    Pager(href: "\(address(status))&after=\(queryValue($0.createdAt))&id=\(PublicID(.lead, $0.id))")
                } : nil)
        return Response(html: templates.render(page, as: "leads"))
    }

    /// Whoever may edit the lead and make, or edit, a contact.
    private static func mayConvert(_ read: LeadRead, _ visit: Visit) -> Bool {
        read.mayEdit && (visit.may("create", "contact") || visit.may("edit", "contact"))
    }

    private func lead(_ call: Call, _ visit: Visit, _ tenant: Tenant) async throws -> Response {
        let id = try call.id("lead", .lead)
        let rows = try await read(
            tenant,
            [
                .call("lead_page", .uuid(id)), Timeline.statement(.lead, id, call),
                Self.nextStepsStatement(.lead, id, tenant), OriginCard.statement(.lead, id),
            ])
        let row = try rows[0].one()
        let read = try row.decoded(0, as: LeadRead.self)
        var desk = try await desk(
            .lead, id, rows[1], rows[2], call, visit, tenant,
            mayEdit: read.mayEdit && read.status != "converted")
        // What a lead became is merged, not the lead.
        if read.status == "converted" { desk.extras.mergeHref = nil }
        let detail = try row.decoded(0, as: LeadDetail.self)
        let path = "/console/\(tenant.slug)"
        let words = TimeWords(tenant.timezone)
        let pairs: [(String, String?)] = [
            ("Company", read.company), ("Title", read.title), ("Email", read.email), ("Phone", read.phone),
            ("Website", read.website), ("Owner", read.owner), ("Source", read.source), ("Campaign", read.campaign),
            ("Score", read.score.map { Figures.count($0) }), ("Since", words.moment(read.createdAt)?.text),
        ]
        let custom = try await customFacts(tenant, .lead, id)
        let page = LeadPage(
            chrome: Chrome(
                title: read.label, visit: visit, place: .leads, notice: call.query["notice"], version: version),
            leadName: read.label, id: "\(PublicID(.lead, read.id))", status: read.status,
            tone: LeadRead.tone(read.status),
            person: visit.person(read.profile, path: path, label: detail.person ?? read.label),
            facts: pairs.compactMap { term, fact in fact.map { AccountCard.Fact(term: term, fact: $0) } } + custom,
            message: read.message,
            conversion: !Self.mayConvert(read, visit)
                ? nil
                : detail.matches.map {
                    LeadConversionForm(
                        read, $0, action: "\(path)/leads/\(PublicID(.lead, id))/convert", csrf: visit.csrf)
                },
            became: detail.became?.shown(
                words, path: path, lead: "\(PublicID(.lead, id))", mayEdit: read.mayEdit),
            submissions: detail.submissions.map { SubmissionEntry($0, words, path: path, visit) },
            editHref: read.status == "converted" || !read.mayEdit ? nil : "\(path)/leads/\(PublicID(.lead, id))/edit",
            disqualify: !read.isOpen || !visit.changes("status", of: "lead")
                ? nil
                : LeadDisqualifyForm(
                    disqualifyAction: "\(path)/leads/assign", disqualifyLead: "\(PublicID(.lead, id))",
                    disqualifyToken: visit.csrf),
            log: desk.log, nextSteps: desk.nextSteps, hasNextSteps: !desk.nextSteps.isEmpty, timeline: desk.timeline,
            extras: desk.extras,
            sourcesCard: SourcesCard(
                detail.sources, of: desk.object, path: "\(path)/leads/\(PublicID(.lead, id))",
                csrf: read.mayEdit && read.status != "converted" ? visit.csrf : nil, words),
            originCard: try OriginCard(rows[3], path: path, visit, words),
            take: TakeForm(read.isTakable, of: .lead, place: "\(path)/leads/\(PublicID(.lead, id))", visit))
        return Response(html: templates.render(page, as: "lead"))
    }
}
