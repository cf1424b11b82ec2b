import Foundation
import Hummingbird
import Postgres
import Tandem
import TandemHTTP

/// What the SQL function `opportunity_json` gives of an opportunity.
struct OpportunityRead: Decodable {
    struct Stay: Decodable {
        let stage: String
        let status: String
        /// Null where the data does not prove it.
        let at: String?
    }

    let id: UUID
    let name: String
    let accountId: UUID?
    let account: String?
    let stage: String?
    let status: String?
    let amount: String?
    let currency: String?
    let closeDate: String?
    let owner: String?
    let stages: [Stay]?
    let mayEdit: Bool
    let mayTake: Bool

    static func tone(_ status: String?) -> String {
        switch status {
        case "won": "good"
        case "lost": "bad"
        default: "info"
        }
    }
}

/// A table of opportunities; nil instead of an empty one.
struct OpportunityTable {
    struct Entry {
        let href: String
        let opportunityName: String
        let accountHref: String?
        let accountName: String?
        let stage: String?
        let tone: String
        let amount: String?
        let closes: String?
        let owner: String?
    }

    let tableCaption: String
    let showsAccount: Bool
    let showsOwner: Bool
    let opportunityRows: [Entry]

    init?(_ reads: [OpportunityRead], caption: String, path: String, showsAccount: Bool = true) {
        if reads.isEmpty { return nil }
        self.showsAccount = showsAccount
        showsOwner = reads.contains { $0.owner != nil }
        tableCaption = caption
        opportunityRows = reads.map { read in
            Entry(
                href: "\(path)/opportunities/\(PublicID(.opportunity, read.id))", opportunityName: read.name,
                accountHref: read.account == nil
                    ? nil : read.accountId.map { "\(path)/accounts/\(PublicID(.account, $0))" },
                accountName: read.account, stage: read.stage, tone: OpportunityRead.tone(read.status),
                amount: Figures.money(read.amount, read.currency), closes: TimeWords.day(read.closeDate),
                owner: read.owner)
        }
    }
}

/// The stages with their sums, and one stage's opportunities.
struct OpportunitiesPage {
    struct Stage {
        let href: String
        let stageName: String
        let count: String
        let sum: String?
        let tone: String
        let isCurrent: Bool
    }

    let chrome: Chrome
    let saved: SavedListsLink
    let boardHref: String
    let newHref: String?
    let stages: [Stage]
    let stageName: String?
    let opportunities: OpportunityTable?
    let pager: Pager?
}

/// One opportunity: its people, lines and history.
struct OpportunityPage {
    struct Change {
        let when: Moment?
        /// `Stage: Prospecting → Engaging`, one a field.
        let what: [String]
        let by: String
    }

    struct Line {
        let productName: String
        let quantity: String
        let price: String?
        let discount: String?
    }

    let chrome: Chrome
    let opportunity: String
    let id: String
    let stage: String?
    let tone: String
    let account: AccountPage.Link?
    var facts: [AccountCard.Fact]
    let contacts: [AccountPage.Person]
    let lines: [Line]
    let hasLines: Bool
    let changes: [Change]
    let editHref: String?
    let move: MoveForm?
    let take: TakeForm?
    let log: LogForms?
    let nextSteps: [PlannedEntry]
    let hasNextSteps: Bool
    let timeline: Timeline
    let extras: RecordExtras
}

struct StageRead: Decodable {
    struct Sum: Decodable {
        let currency: String?
        let amount: String
    }

    let id: UUID
    let name: String
    let status: String
    let pipeline: String
    let count: Int
    let sums: [Sum]
    /// The first of its opportunities, on a board.
    let cards: [OpportunityRead]?

    var sum: String? {
        let parts = sums.compactMap { Figures.money($0.amount, $0.currency) }
        return parts.isEmpty ? nil : parts.joined(separator: " + ")
    }
}

/// What the SQL function `opportunity_page` adds.
private struct OpportunityDetail: Decodable {
    struct Contact: Decodable {
        let id: UUID
        let name: String?
        let email: String?
        let title: String?
        let role: String?
    }

    struct Product: Decodable {
        let name: String
        let quantity: Double
        let unitPrice: String?
        let discount: Double?
    }

    struct Change: Decodable {
        let at: String?
        let actor: String
        let cause: String
        let oldStage: String?
        let newStage: String?
        let oldAmount: String?
        let newAmount: String?
        let oldCloseDate: String?
        let newCloseDate: String?
    }

    let probability: Double?
    let forecastCategory: String?
    let source: String?
    let campaign: String?
    let lostReason: String?
    let pipeline: String?
    let contacts: [Contact]?
    let products: [Product]?
    let history: [Change]
}

extension Console {
    private static let opportunityPageSize = 50

    var opportunityRoutes: [Route] {
        [
            page(
                "/console/{tenant}/opportunities", "Opportunities by stage", module: .crm, right: .read("opportunity"),
                parameters: [
                    .init("stage", "The stage to list"),
                    .init("after", "Close date of the last one of the page before"),
                    .init("id", "And its id"),
                ]
            ) { call, visit in
                try await opportunities(call, visit, visit.requiredTenant())
            },
            page(
                "/console/{tenant}/opportunities/{opportunity}", "One opportunity", module: .crm,
                right: .read("opportunity"),
                parameters: Timeline.parameters
            ) { call, visit in
                try await opportunity(call, visit, visit.requiredTenant())
            },
        ]
    }

    private func opportunities(_ call: Call, _ visit: Visit, _ tenant: Tenant) async throws -> Response {
        let path = "/console/\(tenant.slug)"
        let stages = try await read(tenant, [.call("stage_sums")])[0].decoded("stage", as: StageRead.self)
        let asked = call.text("stage").map { PublicID(.stage, text: $0)?.uuid }
        if case .some(nil) = asked { throw Problem.notFound }
        let first =
            stages.first { $0.count > 0 && $0.status == "open" } ?? stages.first { $0.count > 0 } ?? stages.first
        let current =
            try asked.map { id throws(Problem) in
                guard let stage = stages.first(where: { $0.id == id }) else { throw .notFound }
                return stage
            } ?? first
        let after = call.text("after")
        guard after.map({ TimeWords.day($0) != $0 }) ?? true else { throw Problem.notFound }
        let id = call.text("id").flatMap { PublicID(.opportunity, text: $0)?.uuid }
        var found: [OpportunityRead] = []
        if let current {
            found = try await read(
                tenant,
                [
                    .call(
                        "find_opportunities", .uuid(current.id), after.map { .untyped($0) } ?? .null(.date), id.bind,
                        .int4(Int32(Self.opportunityPageSize + 1)))
                ])[0].decoded("opportunity", as: OpportunityRead.self)
        }
        let shown = Array(found.prefix(Self.opportunityPageSize))
        let page = OpportunitiesPage(
            chrome: Chrome(
                title: "Opportunities", visit: visit, place: .opportunities, notice: call.query["notice"],
                version: version),
            saved: SavedListsLink(.opportunity, call, tenant),
            boardHref: "\(path)/board", newHref: visit.may("create", "opportunity") ? "\(path)/opportunities/new" : nil,
            stages: stages.map { stage in
                OpportunitiesPage.Stage(
                    href: "\(path)/opportunities?stage=\(PublicID(.stage, stage.id))", stageName: stage.name,
                    count: Figures.count(stage.count),
                    sum: stage.sum,
                    tone: OpportunityRead.tone(stage.status), isCurrent: stage.id == current?.id)
            },
            stageName: current?.name,
            opportunities: OpportunityTable(
                shown, caption: "\(current?.name ?? ""), latest close date first", path: path),
            pager: found.count > shown.count
                ? shown.last.map { last in
                    let date = last.closeDate.map { "&after=\($0)" } ?? ""
                    return Pager(
                        href: "\(path)/opportunities?stage=\(PublicID(.stage, current?.id ?? last.id))\(date)"
                            + "&id=\(PublicID(.opportunity, last.id))")
                } : nil)
        return Response(html: templates.render(page, as: "opportunities"))
    }

    private func opportunity(_ call: Call, _ visit: Visit, _ tenant: Tenant) async throws -> Response {
        let id = try call.id("opportunity", .opportunity)
        let rows = try await read(
            tenant,
            [
                .call("opportunity_page", .uuid(id)), Timeline.statement(.opportunity, id, call),
                Self.nextStepsStatement(.opportunity, id, tenant), .call("stage_sums"),
            ])
        let row = try rows[0].one()
        let read = try row.decoded(0, as: OpportunityRead.self)
        let detail = try row.decoded(0, as: OpportunityDetail.self)
        let stages = try rows[3].decoded("stage", as: StageRead.self).filter { $0.pipeline == detail.pipeline }
        let desk = try await desk(
            .opportunity, id, rows[1], rows[2], call, visit, tenant, mayEdit: read.mayEdit)
        var page = OpportunityPage(
            read, detail, desk, stages, tenant: tenant, visit: visit,
            chrome: Chrome(
                title: read.name, visit: visit, place: .opportunities, notice: call.query["notice"], version: version))
        page.facts += try await customFacts(tenant, .opportunity, id)
        return Response(html: templates.render(page, as: "opportunity"))
    }
}

extension OpportunityPage {
    fileprivate init(
        _ read: OpportunityRead, _ detail: OpportunityDetail, _ desk: RecordDesk, _ stages: [StageRead], tenant: Tenant,
        visit: Visit, chrome: Chrome
    ) {
        let path = "/console/\(tenant.slug)"
        let words = TimeWords(tenant.timezone)
        self.chrome = chrome
        opportunity = read.name
        id = "\(PublicID(.opportunity, read.id))"
        stage = read.stage
        tone = OpportunityRead.tone(read.status)
        account = read.accountId.flatMap { id in
            read.account.map { AccountPage.Link(href: "\(path)/accounts/\(PublicID(.account, id))", label: $0) }
        }
        let pairs: [(String, String?)] = [
            ("Amount", Figures.money(read.amount, read.currency)), ("Close date", TimeWords.day(read.closeDate)),
            ("Probability", detail.probability.map { "\(Figures.decimal($0)) %" }),
            ("Forecast", detail.forecastCategory),
            ("Pipeline", detail.pipeline), ("Owner", read.owner), ("Source", detail.source),
            ("Campaign", detail.campaign), ("Loss reason", detail.lostReason),
        ]
        facts = pairs.compactMap { term, fact in
            fact.map { AccountCard.Fact(term: term, fact: $0.replacing("_", with: " ")) }
        }
        contacts = (detail.contacts ?? []).map { contact in
            AccountPage.Person(
                href: "\(path)/contacts/\(PublicID(.contact, contact.id))",
                personLabel: contact.name ?? contact.email ?? "without a name",
                position: [contact.title, contact.role].compactMap { $0 }.filter { !$0.isEmpty }.joined(
                    separator: ", "),
                email: contact.name == nil ? nil : contact.email, lastSeen: nil)
        }
        lines = (detail.products ?? []).map { line in
            Line(
                productName: line.name, quantity: Figures.decimal(line.quantity),
                price: Figures.money(line.unitPrice, read.currency),
                discount: line.discount.map { "\(Figures.decimal($0)) %" })
        }
        hasLines = !lines.isEmpty
        let place = "\(path)/opportunities/\(PublicID(.opportunity, read.id))"
        editHref = read.mayEdit ? "\(place)/edit" : nil
        move = !read.mayEdit ? nil : MoveForm(read, stages, path: path, back: place, csrf: visit.csrf)
        take = TakeForm(read.mayTake, of: .opportunity, place: place, visit)
        log = desk.log
        nextSteps = desk.nextSteps
        hasNextSteps = !nextSteps.isEmpty
        timeline = desk.timeline
        extras = desk.extras
        changes = detail.history.map { change in
            var parts: [String] = []
            if change.oldStage != change.newStage, let stage = change.newStage {
                parts.append("Stage: " + (change.oldStage.map { "\($0) → \(stage)" } ?? stage))
            }
            if change.oldAmount != change.newAmount {
                let amounts = [change.oldAmount, change.newAmount].compactMap { Figures.money($0, read.currency) }
                parts.append("Amount: " + amounts.joined(separator: " → "))
            }
            if change.oldCloseDate != change.newCloseDate {
                let dates = [change.oldCloseDate, change.newCloseDate].compactMap { TimeWords.day($0) }
                parts.append("Close date: " + dates.joined(separator: " → "))
            }
            return Change(
                when: words.moment(change.at), what: parts.isEmpty ? ["Changed"] : parts,
                by: ActorWords.words(change.actor, cause: change.cause))
        }
    }
}
