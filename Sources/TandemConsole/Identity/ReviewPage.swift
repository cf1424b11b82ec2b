import Foundation
import Hummingbird
import Postgres
import Tandem
import TandemHTTP

/// One merge that waits for somebody's decision: who is meant, why it was held back, and what it would change.
struct ReviewPage {
    /// An event that asked for it.
    struct Cause {
        let name: String
        let at: Moment?
        let href: String
    }

    let chrome: Chrome
    let reason: String
    let explanation: String
    let created: Moment?
    /// What asked for it, as far as no event stands for it.
    let refs: [String]
    let events: [Cause]
    let hasEvents: Bool
    let state: String
    let tone: String
    let decided: Moment?
    let decidedBy: String?
    let reviewsHref: String
    let likeness: Likeness?
    let sides: [ReviewsPage.Side]
    /// Nil once it is decided.
    let plan: PlanCard?
    /// Nil: the visitor may not.
    let action: String?
    let csrf: String
}

extension ReviewsPage {
    static func reason(_ code: String) -> String {
        switch code {
        case "accounts": "One event would merge contacts of different accounts"
        case "anomaly": "One person gained unusually many identifiers within an hour"
        case "contact_email": "A contact was given an email address that another person owns"
        case "likeness": "Two people look like one, though they share no identifier"
        default: "A merge by hand would join contacts of different accounts"
        }
    }

    static func explanation(_ code: String) -> String {
        switch code {
        case "accounts":
            "A shared device or a forwarded link looks like this, and so does a person who changed employers. Until "
                + "somebody decides, events leave them apart."
        case "anomaly":
            "A shared device, a test script or a wrong key in an SDK looks like this. What the events would have merged "
                + "into this person waits here; other people are merged as always."
        case "contact_email":
            "An address belongs to one person. The contact keeps what was entered; merging makes both one person."
        case "likeness":
            "Nothing but what they say of themselves speaks for it: compare it. Merging can be undone at any time; what you keep "
                + "separate is never suggested again."
        default: "The order was not forced. Merging them anyway is what deciding here does."
        }
    }
}

extension Console {
    /// The page on which a review is decided.
    var reviewPageRoute: Route {
        page("/console/{tenant}/reviews/{review}", "One review, and what approving it changes", right: .profiles) {
            call, visit in
            try await review(call.id("review", .review), call, visit)
        }
    }

    private func review(_ id: UUID, _ call: Call, _ visit: Visit) async throws -> Response {
        let (tenant, actor) = (try visit.requiredTenant(), visit.actor)
        let path = "/console/\(tenant.slug)"
        let words = TimeWords(tenant.timezone)
        let read = try await read(tenant, .call("review_show", .uuid(id)), as: ReviewRead.self)
        let isOpen = read.state == "open"
        var plan: IdentityPlan?
        if isOpen {
            plan = try await writing(tenant.unlimited, deadline: RecordMerge.longest) {
                (connection) throws(TandemError) in
                try connection.reviewDecide(id, approve: true, actor: actor, isDryRun: true)
            }["plan"].map { IdentityPlan($0) }
        }
        let accounts = try await accounts(of: read, tenant)
        let (events, refs) = try await causes(of: read, tenant, words)
        let page = ReviewPage(
            chrome: Chrome(
                title: "A review", visit: visit, place: .reviews, notice: call.query["notice"], version: version),
            reason: ReviewsPage.reason(read.reason), explanation: ReviewsPage.explanation(read.reason),
            created: words.moment(read.createdAt), refs: refs, events: events, hasEvents: !events.isEmpty,
            state: read.state,
            tone: isOpen ? "warn" : "info", decided: words.moment(read.decidedAt),
            decidedBy: read.decidedBy.map { ActorWords.words($0) }, reviewsHref: "\(path)/reviews",
            likeness: Likeness(read), sides: ReviewsPage.sides(read, accounts: accounts, path: path),
            plan: plan.map { PlanCard($0, path: path) { visit.mayReadAll($0) } },
            action: visit.may("edit", "profile") ? "\(path)/reviews/\(PublicID(.review, id))/decide" : nil,
            csrf: visit.csrf)
        return Response(html: templates.render(page, as: "review"))
    }

    /// The events that asked for it, and what else did.
    private func causes(
        of read: ReviewRead, _ tenant: Tenant, _ words: TimeWords
    ) async throws -> ([ReviewPage.Cause], [String]) {
        var (causes, found): ([ReviewPage.Cause], Set<String>) = ([], [])
        for row in try await self.read(tenant, [.call("review_events", .uuid(read.id))])[0] {
            found.insert(try row.text("message_id"))
            let place = "\(PublicID(.event, try row.uuid("event_id")))?at=\(queryValue(try row.text("received_at")))"
            causes.append(
                ReviewPage.Cause(
                    name: try row.text("name"), at: words.moment(try row.text("at")),
                    href: "/console/\(tenant.slug)/events/\(place)"))
        }
        return (causes, Array(read.refs.filter { !found.contains($0) }.prefix(10)))
    }

    /// The names of the accounts of those whom a review is about.
    private func accounts(of read: ReviewRead, _ tenant: Tenant) async throws -> [UUID: [String]] {
        var accounts: [UUID: [String]] = [:]
        let profiles = (read.profiles ?? []).map(\.id)
        for row in try await self.read(tenant, [.call("accounts_of_people", .uuidArray(profiles))])[0] {
            accounts[try row.uuid("profile")] = try row.decoded("names", as: [String].self)
        }
        return accounts
    }
}
