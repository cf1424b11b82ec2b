import Foundation
import Hummingbird
import Postgres
import Tandem
import TandemHTTP

/// What the SQL function `contact_json` gives of a contact.
struct ContactRead: Decodable {
    let id: UUID
    let name: String?
    let title: String?
    let email: String?
    let phone: String?
    let profile: UUID?
    let owner: String?
    let doNotContact: Bool?
    let language: String?
    let timeZone: String?
    let city: String?
    let country: String?
    let tags: [String]?
    let createdAt: String
    let accountId: UUID?
    let account: String?
    let mayEdit: Bool
    let mayTake: Bool

    var label: String { name ?? email ?? phone ?? "without a name" }
}

/// Contacts, newest first.
struct ContactsPage {
    struct Entry {
        let href: String
        let contactName: String
        let title: String?
        let account: AccountPage.Link?
        let email: String?
        let phone: String?
        let owner: String?
        let isSilent: Bool
    }

    let chrome: Chrome
    let saved: SavedListsLink
    let query: String
    let tag: String
    let owners: [Choice]
    /// The account whose contacts alone are shown.
    let accountName: String?
    let accountID: String?
    let newHref: String?
    let contacts: [Entry]
    let hasContacts: Bool
    let isFiltered: Bool
    let allHref: String
    let pager: Pager?
}

/// One contact: ways to reach the person, accounts, opportunities, one timeline.
struct ContactPage {
    struct Channel {
        let kind: String
        let address: String
        let addressHref: String?
        let channelLabel: String?
        let isPrimary: Bool
        let isOptedOut: Bool
        let isInvalid: Bool
    }

    struct Place {
        let placeHref: String
        let placeName: String
        let position: String?
        let isPrimary: Bool
        let isOver: Bool
    }

    let chrome: Chrome
    let contact: String
    let id: String
    let isSilent: Bool
    let subtitle: String?
    let account: AccountPage.Link?
    let person: AccountPage.Link?
    let editHref: String?
    let newOpportunityHref: String?
    let channels: [Channel]
    let places: [Place]
    let facts: [AccountCard.Fact]
    let leads: [AccountPage.Link]
    let hasLeads: Bool
    let opportunities: OpportunityTable?
    let log: LogForms?
    let nextSteps: [PlannedEntry]
    let hasNextSteps: Bool
    let timeline: Timeline
    let extras: RecordExtras
    let sourcesCard: SourcesCard
    var originCard: OriginCard?
    let take: TakeForm?
}

/// What the SQL function `contact_page` adds.
private struct ContactDetail: Decodable {
    struct Channel: Decodable {
        let kind: String
        let value: String
        let label: String?
        let primary: Bool
        let optedOut: Bool
        let invalid: Bool
    }

    struct Place: Decodable {
        let id: UUID
        let name: String
        let role: String?
        let from: String?
        let to: String?
        let primary: Bool
    }

    let person: String?
    let channels: [Channel]?
    let accounts: [Place]?
    let opportunities: [OpportunityRead]
    let leads: [LeadRead]
    let sources: [SourceRead]
    /// Channels on which the person wants to hear nothing: `email`, `phone`, `sms`.
    let refusedChannels: [String]?
}

extension Console {
    private static let contactPageSize = 50

    var contactRoutes: [Route] {
        [
            page(
                "/console/{tenant}/contacts", "The contacts of a tenant", module: .crm, right: .read("contact"),
                parameters: [
                    .init("q", "Part of a name or an address, or a phone number"),
                    .init("owner", "Only those of this user"),
                    .init("account", "Only those of this account"), .init("tag", "Only those with this tag"),
                    .init("after", "Time of the last one of the page before"), .init("id", "And its id"),
                ]
            ) { call, visit in
                try await contacts(call, visit, visit.requiredTenant())
            },
            page(
                "/console/{tenant}/contacts/{contact}", "One contact", module: .crm, right: .read("contact"),
                parameters: Timeline.parameters
            ) {
                call, visit in
                try await contact(call, visit, visit.requiredTenant())
            },
        ]
    }

    private func contacts(_ call: Call, _ visit: Visit, _ tenant: Tenant) async throws -> Response {
        let path = "/console/\(tenant.slug)"
        let (query, tag) = (call.text("q"), call.text("tag"))
        let owner = try call.optionalID("owner", .user)
        let account = try call.optionalID("account", .account)
        let place = call.place(.contact)
        let limit = Int32(Self.contactPageSize + 1)
        let found = try await read(
            tenant,
            [
                .call(
                    "find_contacts", query.bind, owner.bind, account.bind, tag.bind, place.at, place.id, .int4(limit))
            ])[0]
            .decoded("contact", as: ContactRead.self)
        let (owners, accountName) = try await reading(tenant) {
            (connection, catalog) throws(TandemError) -> (Owners, String?) in
            let named = try account.map { (id) throws(TandemError) in
                try connection.recordChoices(catalog.target(.account), ids: [id])
            }
            return (try Owners.load(on: connection, catalog), named?.first?.title)
        }
        let shown = Array(found.prefix(Self.contactPageSize))
        let filter = ["q", "owner", "account", "tag"].compactMap { name in
            call.text(name).map { "\(name)=\(queryValue($0))&" }
        }.joined()
        let accountID = account.map { "\(PublicID(.account, $0))" }
        let page = ContactsPage(
            chrome: Chrome(
                title: "Contacts", visit: visit, place: .contacts, notice: call.query["notice"], version: version),
            saved: SavedListsLink(.contact, call, tenant),
            query: query ?? "", tag: tag ?? "", owners: owners.menu([("", "everyone")], chosen: owner),
            accountName: accountName, accountID: accountID,
            newHref: !visit.may("create", "contact")
                ? nil
                : "\(path)/contacts/new" + (accountID.map { "?accounts.count=1&accounts.0.account_id=\($0)" } ?? ""),
            contacts: shown.map { read in
                ContactsPage.Entry(
                    href: "\(path)/contacts/\(PublicID(.contact, read.id))", contactName: read.label, title: read.title,
                    account: read.accountId.map {
                        .init(href: "\(path)/accounts/\(PublicID(.account, $0))", label: read.account ?? "")
                    },
                    email: read.email, phone: read.phone, owner: read.owner, isSilent: read.doNotContact == true)
            },
            hasContacts: !shown.isEmpty, isFiltered: !filter.isEmpty, allHref: "\(path)/contacts",
            pager: found.count > shown.count
                ? shown.last.map {
                    Pager(
                        href:
                            "\(path)/contacts?\(filter)after=\(queryValue($0.createdAt))&id=\(PublicID(.contact, $0.id))"
                    )
                } : nil)
        return Response(html: templates.render(page, as: "contacts"))
    }

    private func contact(_ call: Call, _ visit: Visit, _ tenant: Tenant) async throws -> Response {
        let id = try call.id("contact", .contact)
        let rows = try await read(
            tenant,
            [
                .call("contact_page", .uuid(id), .int4(20)), Timeline.statement(.contact, id, call),
                Self.nextStepsStatement(.contact, id, tenant), OriginCard.statement(.contact, id),
            ])
        let read = try rows[0].one().decoded(0, as: ContactRead.self)
        let detail = try rows[0].one().decoded(0, as: ContactDetail.self)
        let desk = try await desk(
            .contact, id, rows[1], rows[2], call, visit, tenant, mayEdit: read.mayEdit)
        var page = ContactPage(
            read, detail, desk, tenant: tenant, visit: visit,
            chrome: Chrome(
                title: read.label, visit: visit, place: .contacts, notice: call.query["notice"], version: version))
        page.originCard = try OriginCard(
            rows[3], path: "/console/\(tenant.slug)", visit, TimeWords(tenant.timezone))
        return Response(html: templates.render(page, as: "contact"))
    }
}

extension ContactPage {
    fileprivate init(
        _ read: ContactRead, _ detail: ContactDetail, _ desk: RecordDesk, tenant: Tenant, visit: Visit,
        chrome: Chrome
    ) {
        let path = "/console/\(tenant.slug)"
        let words = TimeWords(tenant.timezone)
        let publicID = "\(PublicID(.contact, read.id))"
        self.chrome = chrome
        contact = read.label
        id = publicID
        isSilent = read.doNotContact == true
        subtitle = read.title
        account = read.accountId.flatMap { id in
            read.account.map { AccountPage.Link(href: "\(path)/accounts/\(PublicID(.account, id))", label: $0) }
        }
        person = visit.person(read.profile, path: path, label: detail.person ?? read.label)
        editHref = read.mayEdit ? "\(path)/contacts/\(publicID)/edit" : nil
        newOpportunityHref =
            !visit.may("create", "opportunity")
            ? nil
            : "\(path)/opportunities/new?contacts.count=1&contacts.0.contact_id=\(publicID)"
                + (read.accountId.map { "&account_id=\(PublicID(.account, $0))" } ?? "")
        channels = (detail.channels ?? []).map {
            Channel($0, isSilent: read.doNotContact == true, refused: detail.refusedChannels ?? [])
        }
        let accounts = detail.accounts ?? []
        places = accounts.map { place in
            let years = [place.from, place.to].map { TimeWords.day($0) }
            let time = years.compactMap { $0 }.isEmpty ? nil : "\(years[0] ?? "") – \(years[1] ?? "today")"
            let position = [place.role, time].compactMap { $0 }.filter { !$0.isEmpty }.joined(separator: " · ")
            return Place(
                placeHref: "\(path)/accounts/\(PublicID(.account, place.id))", placeName: place.name,
                position: position.isEmpty ? nil : position, isPrimary: place.primary && accounts.count > 1,
                isOver: place.to != nil)
        }
        let location = [read.city, read.country].compactMap { $0 }.joined(separator: ", ")
        let pairs: [(String, String?)] = [
            ("Owner", read.owner), ("Language", read.language), ("Time zone", read.timeZone),
            ("Location", location.isEmpty ? nil : location),
            ("Tags", (read.tags ?? []).isEmpty ? nil : read.tags?.joined(separator: ", ")),
            ("Since", words.moment(read.createdAt)?.day),
        ]
        facts = pairs.compactMap { term, fact in fact.map { AccountCard.Fact(term: term, fact: $0) } }
        leads = detail.leads.map {
            AccountPage.Link(
                href: "\(path)/leads/\(PublicID(.lead, $0.id))",
                label: [$0.label, $0.source].compactMap { $0 }.joined(separator: ", "))
        }
        hasLeads = !leads.isEmpty
        opportunities = OpportunityTable(
            detail.opportunities, caption: "Open ones first, then the latest", path: path, showsAccount: false)
        log = desk.log
        nextSteps = desk.nextSteps
        hasNextSteps = !nextSteps.isEmpty
        timeline = desk.timeline
        extras = desk.extras
        take = TakeForm(read.mayTake, of: .contact, place: "\(path)/contacts/\(publicID)", visit)
        sourcesCard = SourcesCard(
            detail.sources, of: desk.object, path: "\(path)/contacts/\(publicID)",
            csrf: read.mayEdit ? visit.csrf : nil, words)
    }
}

extension ContactPage.Channel {
    fileprivate init(_ read: ContactDetail.Channel, isSilent: Bool, refused: [String]) {
        kind = read.kind
        address = read.value
        channelLabel = read.label
        isPrimary = read.primary
        let channel = read.kind == "mobile" ? "phone" : read.kind
        isOptedOut = read.optedOut || refused.contains(channel)
        isInvalid = read.invalid
        let isUsable = !isOptedOut && !read.invalid && !isSilent
        switch read.kind {
        case "email" where isUsable: addressHref = "mailto:" + read.value
        case "phone" where isUsable, "mobile" where isUsable:
            addressHref = CallLink.dial(read.value)
        default: addressHref = nil
        }
    }
}
