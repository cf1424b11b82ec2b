import Foundation
import Hummingbird
import Postgres
import Tandem
import TandemHTTP

/// What the SQL function `ticket_json` gives of a ticket.
struct TicketRead: Decodable {
    let id: UUID
    let subject: String
    let body: String?
    let status: String?
    let priority: String?
    let channel: String?
    let accountId: UUID?
    let account: String?
    let contact: String?
    let profile: UUID?
    let owner: String?
    let createdAt: String
    let solvedAt: String?
    let mayEdit: Bool
    let mayTake: Bool

    static let statuses = ["open", "pending", "solved", "closed"]

    var tone: String {
        switch status {
        case "solved", "closed": "good"
        case "open": priority == "urgent" ? "bad" : "info"
        default: "warn"
        }
    }
}

/// Tickets, newest first.
struct TicketsPage {
    struct Entry {
        let href: String
        let subject: String
        let accountHref: String?
        let accountName: String?
        let contact: String?
        let status: String?
        let tone: String
        let priority: String?
        let owner: String?
        let created: Moment?
    }

    let chrome: Chrome
    let saved: SavedListsLink
    let statuses: [LeadsPage.Status]
    let tickets: [Entry]
    let hasTickets: Bool
    let status: String?
    let pager: Pager?
}

/// One ticket: what was asked, and what was done about it.
struct TicketPage {
    let chrome: Chrome
    let subject: String
    let id: String
    let status: String?
    let tone: String
    let account: AccountPage.Link?
    let person: AccountPage.Link?
    let facts: [AccountCard.Fact]
    let message: String?
    let activities: [Activity]
    let extras: RecordExtras
    let take: TakeForm?

    struct Activity {
        let when: Moment?
        let what: String
        let detail: String?
    }
}

/// What the SQL function `ticket_page` adds.
private struct TicketDetail: Decodable {
    let activities: [ActivityRead]
}

extension Console {
    private static let ticketPageSize = 50

    var ticketRoutes: [Route] {
        [
            page(
                "/console/{tenant}/tickets", "The tickets of a tenant", module: .crm, right: .read("ticket"),
                parameters: [
                    .init("status", "Only those in this status"),
                    .init("after", "Time of the last one of the page before"), .init("id", "And its id"),
                ]
            ) { call, visit in
                try await tickets(call, visit, visit.requiredTenant())
            },
            page("/console/{tenant}/tickets/{ticket}", "One ticket", module: .crm, right: .read("ticket")) {
                call, visit in
                try await ticket(call, visit, visit.requiredTenant())
            },
        ]
    }

    private func tickets(_ call: Call, _ visit: Visit, _ tenant: Tenant) async throws -> Response {
        let path = "/console/\(tenant.slug)/tickets"
        let status = call.text("status").flatMap { TicketRead.statuses.contains($0) ? $0 : nil }
        let place = call.place(.ticket)
        let found = try await read(
            tenant,
            [
                .call(
                    "find_tickets", status.bind, place.at, place.id, .int4(Int32(Self.ticketPageSize + 1)))
            ])[0].decoded("ticket", as: TicketRead.self)
        let shown = found.prefix(Self.ticketPageSize)
        let words = TimeWords(tenant.timezone)
        let filter = status.map { "status=\($0)&" } ?? ""
        let page = TicketsPage(
            chrome: Chrome(
                title: "Tickets", visit: visit, place: .tickets, notice: call.query["notice"], version: version),
            saved: SavedListsLink(.ticket, call, tenant),
            statuses: [LeadsPage.Status(href: path, label: "all", isCurrent: status == nil)]
                + TicketRead.statuses.map {
                    LeadsPage.Status(href: "\(path)?status=\($0)", label: $0, isCurrent: $0 == status)
                },
            tickets: shown.map { read in
                TicketsPage.Entry(
                    href: "\(path)/\(PublicID(.ticket, read.id))", subject: read.subject,
                    accountHref: read.account == nil
                        ? nil
                        : read.accountId.map { "/console/\(tenant.slug)/accounts/\(PublicID(.account, $0))" },
                    accountName: read.account, contact: read.contact, status: read.status, tone: read.tone,
                    priority: read.priority, owner: read.owner, created: words.moment(read.createdAt))
            },
            hasTickets: !shown.isEmpty, status: status,
            pager: found.count > shown.count
                ? shown.last.map {
                    Pager(href: "\(path)?\(filter)after=\(queryValue($0.createdAt))&id=\(PublicID(.ticket, $0.id))")
                } : nil)
        return Response(html: templates.render(page, as: "tickets"))
    }

    private func ticket(_ call: Call, _ visit: Visit, _ tenant: Tenant) async throws -> Response {
        let id = try call.id("ticket", .ticket)
        let row = try await read(tenant, [.call("ticket_page", .uuid(id))])[0].one()
        let read = try row.decoded(0, as: TicketRead.self)
        let detail = try row.decoded(0, as: TicketDetail.self)
        let path = "/console/\(tenant.slug)"
        let words = TimeWords(tenant.timezone)
        let pairs: [(String, String?)] = [
            ("Priority", read.priority), ("Channel", read.channel), ("Contact", read.contact), ("Owner", read.owner),
            ("Opened", words.moment(read.createdAt)?.text), ("Solved", words.moment(read.solvedAt)?.text),
        ]
        let owners = try await owners(call, visit, tenant)
        let page = TicketPage(
            chrome: Chrome(
                title: read.subject, visit: visit, place: .tickets, notice: call.query["notice"], version: version),
            subject: read.subject, id: "\(PublicID(.ticket, read.id))", status: read.status, tone: read.tone,
            account: read.accountId.flatMap { id in
                read.account.map { AccountPage.Link(href: "\(path)/accounts/\(PublicID(.account, id))", label: $0) }
            },
            person: visit.person(read.profile, path: path, label: read.contact ?? "the person"),
            facts: pairs.compactMap { term, fact in fact.map { AccountCard.Fact(term: term, fact: $0) } },
            message: read.body,
            activities: detail.activities.map {
                TicketPage.Activity(when: words.moment($0.at), what: $0.words, detail: $0.detail)
            }, extras: try await extras(.ticket, id, owners.all, visit, tenant, mayEdit: read.mayEdit),
            take: TakeForm(
                read.mayTake, of: .ticket, place: "\(path)/tickets/\(PublicID(.ticket, id))", visit))
        return Response(html: templates.render(page, as: "ticket"))
    }
}
