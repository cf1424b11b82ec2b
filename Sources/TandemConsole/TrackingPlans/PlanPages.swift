import Hummingbird
import Postgres
import Tandem
import TandemHTTP

/// The tracking plans with how many events did not keep to them.
struct PlansPage {
    struct Entry {
        let href: String
        let planName: String
        let version: String
        let events: String
        let sources: String
        let violations: String
        let changed: Moment?
    }

    let chrome: Chrome
    let plans: [Entry]
    let hasPlans: Bool
    let slug: String
    /// Nil for who may not make one.
    let newHref: String?
}

/// One plan: its events, what did not keep to it, the sources that do.
struct PlanPage {
    struct Event {
        let type: String
        let eventName: String
        let eventDescription: String?
        let properties: String
        let violations: String
    }

    struct Violation {
        let type: String
        let eventName: String
        let outcome: String
        let tone: String
        let when: Moment?
        let source: String?
        let messageID: String
        let faults: [AccountCard.Fact]
    }

    struct Connected {
        let sourceName: String
        let facts: [AccountCard.Fact]
    }

    /// Whoever may lets sources keep to the plan, or no longer.
    struct Connecting {
        let connectAction: String
        let disconnectAction: String
        let token: String
        let free: [Choice]
        let hasFree: Bool
        let parts: [FilterMenu]
    }

    let chrome: Chrome
    let planName: String
    let id: String
    let version: String
    let planDescription: String?
    let figures: [AccountPage.Figure]
    let hasFigures: Bool
    let events: [Event]
    let hasEvents: Bool
    let violations: [Violation]
    let sources: [Connected]
    let connect: String
    let connecting: Connecting?
    let editHref: String?
    let versions: [AccountCard.Fact]
    let pager: Pager?
}

/// What plans say, in words.
enum PlanWords {
    static func outcome(_ action: String) -> (words: String, tone: String) {
        switch action {
        case "omit": ("stored in part", "warn")
        case "quarantine": ("in quarantine", "warn")
        case "block": ("refused", "bad")
        default: ("stored", "info")
        }
    }

    static func policy(_ action: String?) -> String {
        switch action {
        case "ignore": "not noted"
        case "omit": "stored without them"
        case "quarantine": "kept in quarantine"
        case "block": "refused"
        default: "stored and noted"
        }
    }

    static func name(_ event: JSON) -> String {
        let version = event["version"]?.int.map { "version \($0)" }
        let isOpen = event["type"] == "page" || event["type"] == "screen"
        return [event["name"]?.string ?? (isOpen ? "all others" : nil), version].compactMap { $0 }
            .joined(separator: ", ")
    }

    /// `total*, currency`: what a schema names.
    static func properties(_ schema: JSON?) -> String {
        let required = Set(schema?["required"]?.array?.compactMap(\.string) ?? [])
        let named = schema?["properties"]?.object?.names ?? []
        let all = named + required.subtracting(named).sorted()
        let shown = all.prefix(shownProperties).map { required.contains($0) ? $0 + "*" : $0 }
        return shown.joined(separator: ", ") + (all.count > shown.count ? ", and \(all.count - shown.count) more" : "")
    }

    private static let shownProperties = 30
}

extension Console {
    private static let violationPageSize = 20
    /// What the counts on pages are of.
    private static let countedDays: Int64 = 7

    var planRoutes: [Route] {
        [
            page("/console/{tenant}/plans", "The tracking plans of a tenant", module: .cdp, right: .settings) {
                call, visit in
                try await plans(call, visit, visit.requiredTenant())
            },
            page(
                "/console/{tenant}/plans/{plan}", "One tracking plan and its violations", module: .cdp,
                right: .settings,
                parameters: [
                    .init("after", "Time of the last one of the page before"), .init("id", "And its id"),
                ]
            ) { call, visit in
                try await plan(call, visit, visit.requiredTenant())
            },
        ] + planFormRoutes
    }

    private func lately(plan: String? = nil) throws -> PlanViolationFilter {
        let since = context.clock.microseconds - Self.countedDays * WireTime.day
        return try PlanViolationFilter(
            [("received_after", RecordTime.text(since))] + (plan.map { [("plan", $0)] } ?? []))
    }

    private func plans(_ call: Call, _ visit: Visit, _ tenant: Tenant) async throws -> Response {
        let filter = try lately()
        let (found, counts) = try await reading(tenant) { (connection) throws(TandemError) in
            (
                try connection.planList(limit: 1_000),
                try connection.planViolationCounts(filter, byHour: false)["items"]?.array ?? []
            )
        }
        let words = TimeWords(tenant.timezone)
        let page = PlansPage(
            chrome: Chrome(title: "Tracking plans", visit: visit, place: .plans, version: version),
            plans: found.map { plan in
                let name = plan["name"]?.string ?? ""
                return PlansPage.Entry(
                    href: "/console/\(tenant.slug)/plans/\(plan["id"]?.string ?? "")", planName: name,
                    version: "\(plan["version"]?.int ?? 0)", events: Figures.count(plan["event_count"]?.int ?? 0),
                    sources: (plan["sources"]?.array ?? []).compactMap { $0["source"]?.string }.joined(separator: ", "),
                    violations: Figures.count(Self.sum(counts) { $0["plan"]?.string == name }),
                    changed: words.moment(plan["created_at"]?.string))
            }, hasPlans: !found.isEmpty, slug: tenant.slug,
            newHref: visit.may("edit", "setting") ? "/console/\(tenant.slug)/plans/new" : nil)
        return Response(html: templates.render(page, as: "plans"))
    }

    private static func sum(_ counts: [JSON], where isMeant: (JSON) -> Bool) -> Int {
        counts.filter(isMeant).reduce(0) { $0 + ($1["count"]?.int ?? 0) }
    }

    private func plan(_ call: Call, _ visit: Visit, _ tenant: Tenant) async throws -> Response {
        let id = try Self.planID(call)
        let (filter, all) = (try lately(plan: id), try PlanViolationFilter([("plan", id)]))
        let place = call.place(.event)
        let limit = Self.violationPageSize
        let (plan, versions, counts, violations) = try await reading(tenant) { (connection) throws(TandemError) in
            (
                try connection.planGet(id), try connection.planVersions(id, limit: 10),
                try connection.planViolationCounts(filter, byHour: false)["items"]?.array ?? [],
                try connection.planViolations(all, after: place, limit: limit + 1)
            )
        }
        let words = TimeWords(tenant.timezone)
        let name = plan["name"]?.string ?? ""
        let events = plan["events"]?.array ?? []
        let actions = Dictionary(grouping: counts) { $0["action"]?.string ?? "" }.sorted { $0.key < $1.key }
        let path = "/console/\(tenant.slug)/plans/\(id)"
        let mayEdit = visit.may("edit", "setting")
        let page = PlanPage(
            chrome: Chrome(
                title: name, visit: visit, place: .plans, notice: call.query["notice"], version: version),
            planName: name, id: id,
            version: "\(plan["version"]?.int ?? 0)", planDescription: plan["description"]?.string,
            figures: actions.map { action, counts in
                AccountPage.Figure(
                    value: Figures.count(Self.sum(counts) { _ in true }),
                    label: "violations, \(PlanWords.outcome(action).words)")
            }, hasFigures: !actions.isEmpty,
            events: events.map { event in
                PlanPage.Event(
                    type: event["type"]?.string ?? "", eventName: PlanWords.name(event),
                    eventDescription: event["description"]?.string, properties: PlanWords.properties(event["schema"]),
                    violations: Figures.count(
                        Self.sum(counts) {
                            $0["type"] == event["type"] && $0["keyword"] != "unplanned"
                                && (event["name"] == nil || $0["name"] == event["name"])
                        }))
            }, hasEvents: !events.isEmpty, violations: violations.prefix(limit).map { Self.entry($0, words) },
            sources: (plan["sources"]?.array ?? []).map { Self.connected($0) },
            connect: "tandem plan connect \(name) --source web --tenant \(tenant.slug)",
            connecting: mayEdit ? try await connecting(plan, visit, tenant, path) : nil,
            editHref: mayEdit ? "\(path)/edit" : nil,
            versions: versions.map { item in
                AccountCard.Fact(
                    term: "\(item["version"]?.int ?? 0)",
                    fact: [
                        words.moment(item["created_at"]?.string)?.text,
                        item["author"]?.string.map { ActorWords.words($0) },
                    ].compactMap { $0 }
                        .joined(separator: ", "))
            },
            pager: violations.count > limit ? Self.pager(after: violations[limit - 1], path) : nil)
        return Response(html: templates.render(page, as: "plan"))
    }

    private func connecting(
        _ plan: JSONObject, _ visit: Visit, _ tenant: Tenant, _ path: String
    ) async throws -> PlanPage.Connecting {
        let connected = Set((plan["sources"]?.array ?? []).compactMap { $0["source"]?.string })
        let free = try await withDirectory(visit) { try $0.sources(tenant) }.map(\.name).filter {
            !connected.contains($0)
        }
        return PlanPage.Connecting(
            connectAction: "\(path)/connect", disconnectAction: "\(path)/disconnect", token: visit.csrf,
            free: free.map { Choice(value: $0, label: $0, isChosen: false) }, hasFree: !free.isEmpty,
            parts: zip(PlanPolicy.parts, ["What does not fit", "Unplanned events", "Unplanned properties"]).map {
                FilterMenu($0.name, $1, $0.actions.map(\.rawValue), of: PlanPolicy.Action.allow.rawValue) {
                    PlanWords.policy($0)
                }
            })
    }

    private static func pager(after item: JSON, _ path: String) -> Pager {
        Pager(
            href: "\(path)?after=\(queryValue(item["received_at"]?.string ?? ""))&id=\(item["id"]?.string ?? "")")
    }

    private static func entry(_ item: JSON, _ words: TimeWords) -> PlanPage.Violation {
        let outcome = PlanWords.outcome(item["action"]?.string ?? "")
        return PlanPage.Violation(
            type: item["type"]?.string ?? "", eventName: item["name"]?.string ?? "", outcome: outcome.words,
            tone: outcome.tone, when: words.moment(item["received_at"]?.string), source: item["source"]?.string,
            messageID: item["message_id"]?.string ?? "",
            faults: (item["violations"]?.array ?? []).map {
                AccountCard.Fact(term: $0["pointer"]?.string ?? "", fact: $0["message"]?.string ?? "")
            })
    }

    private static func connected(_ item: JSON) -> PlanPage.Connected {
        let parts: [(String, String?)] = [
            ("Version", item["version"]?.int.map(String.init) ?? "the newest"),
            ("What does not fit", PlanWords.policy(item["violations"]?.string)),
            ("Unplanned events", PlanWords.policy(item["unplanned_events"]?.string)),
            ("Unplanned properties", PlanWords.policy(item["unplanned_properties"]?.string)),
        ]
        return PlanPage.Connected(
            sourceName: item["source"]?.string ?? "",
            facts: parts.compactMap { term, fact in fact.map { AccountCard.Fact(term: term, fact: $0) } })
    }
}
