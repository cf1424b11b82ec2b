import Foundation
import Hummingbird
import Postgres
import Tandem
import TandemHTTP

/// All leads, or all opportunities, of a day that ask for somebody, a page after the other.
struct TodayAllPage {
    let chrome: Chrome
    let listTitle: String
    let listWords: String
    let listCount: String?
    let todayHref: String
    let owners: [Choice]
    let isEveryone: Bool
    let deals: [TodayPage.Deal]
    let leads: [TodayPage.Lead]
    let isAny: Bool
    let pager: Pager?
}

extension Console {
    private static let askingPageSize = 50
    /// What is behind it is sought by other ways.
    private static let askingLimit = 10_000

    var todayAllRoutes: [Route] {
        let parameters: [Route.Parameter] = [
            .init("owner", "Whose: a user, or everyone"), .init("from", "How many the pages before had"),
        ]
        return [
            page(
                "/console/{tenant}/today/opportunities", "All opportunities that ask for somebody", module: .crm,
                right: .read("opportunity"), parameters: parameters
            ) { call, visit in
                try await asking(.opportunity, call, visit, visit.requiredTenant())
            },
            page(
                "/console/{tenant}/today/leads", "All leads that ask for somebody", module: .crm, right: .read("lead"),
                parameters: parameters
            ) { call, visit in
                try await asking(.lead, call, visit, visit.requiredTenant())
            },
        ]
    }

    private func asking(
        _ object: ObjectDescription, _ call: Call, _ visit: Visit, _ tenant: Tenant
    ) async throws -> Response {
        let owners = try await owners(call, visit, tenant)
        let from = call.text("from").flatMap { Int($0) }.map { min(max($0, 0), Self.askingLimit) } ?? 0
        let (now, size) = (context.clock.microseconds, Self.askingPageSize)
        let path = "/console/\(tenant.slug)"
        let words = TimeWords(tenant.timezone)
        let (offset, limit) = (Bind.int4(Int32(from)), Bind.int4(Int32(size)))
        var leads: [TodayRead.LeadMarks] = []
        var deals: [TodayRead.DealMarks] = []
        if object.name == "lead" {
            let rows = try await read(
                tenant, [.call("today_leads", owners.chosenID.bind, .timestamptz(now), offset, limit)])
            leads = try rows[0].decoded("lead", as: TodayRead.LeadMarks.self)
        } else {
            let rows = try await read(
                tenant,
                [
                    .call(
                        "today_opportunities", owners.chosenID.bind, .text(tenant.timezone), .timestamptz(now), offset,
                        limit)
                ])
            deals = try rows[0].decoded("opportunity", as: TodayRead.DealMarks.self)
        }
        let total = leads.first?.marks.total ?? deals.first?.marks.total ?? 0
        let whose = "owner=\(owners.chosen.map { "\(PublicID(.user, $0.id))" } ?? Owners.everyone)"
        let title = object.name == "lead" ? "Leads that ask for you" : "Opportunities that ask for you"
        let page = TodayAllPage(
            chrome: Chrome(title: title, visit: visit, place: .today, notice: call.query["notice"], version: version),
            listTitle: title,
            listWords: object.name == "lead"
                ? "Whom nobody has called yet, and who was assigned lately; the newest first."
                : "Those past their close date, too long in their stage, or without a next step; the most urgent first.",
            listCount: total == 0 ? nil : Figures.count(total), todayHref: "\(path)/today?\(whose)",
            owners: owners.menu([(Owners.everyone, "everyone")], chosen: owners.chosenID),
            isEveryone: owners.chosen == nil, deals: deals.map { .init($0, path: path) },
            leads: leads.map { .init($0, path: path, words) }, isAny: total > 0,
            pager: from + size < min(total, Self.askingLimit)
                ? Pager(href: "\(path)/today/\(object.plural)?\(whose)&from=\(from + size)") : nil)
        return Self.remember(owners, call, tenant, in: Response(html: templates.render(page, as: "today-all")))
    }
}
