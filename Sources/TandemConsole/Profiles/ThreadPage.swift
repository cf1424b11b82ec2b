import Foundation
import Hummingbird
import Postgres
import Tandem
import TandemHTTP

/// *Where one person came from*: the story of a profile, its identity graph, and every merge with its undo.
struct ThreadPage {
    struct Person {
        let href: String
        let personLabel: String
        let colours: [String]
        let isAsked: Bool
    }

    struct Step {
        let lanes: String
        let style: String
        var what: String?
        var when: Moment?
        /// Of several events on end: the last one's time.
        var until: Moment?
        var source: String?
        var detail: String?
        var merge: MergeBox?
    }

    let chrome: Chrome
    let tenantPath: String
    let person: String
    let profileHref: String
    /// Behind the name: how many visitors, joined by what.
    let summary: String
    /// The people that an undo has parted; empty while there is only one.
    let people: [Person]
    let isParted: Bool
    let peopleCount: Int
    let milestones: [Milestone]
    let hasMilestones: Bool
    let graph: String
    /// The merges as links into the story, newest first.
    let joins: [MergeBox]
    /// The one to look at first.
    let latest: MergeBox?
    let lanesStyle: String
    let steps: [Step]
    let identifiers: [IdentifierChip]
    let accounts: [AccountCard]
    let opportunities: OpportunityTable?
    let query: String
}

/// A merge, with the way to the page that undoes it.
struct MergeBox {
    /// Its place in the page.
    let anchor: String
    let isUndone: Bool
    let words: String
    let why: String
    /// What a first look should know of it.
    let hint: String?
    let when: Moment?
    let undone: Moment?
    let undoneBy: String?
    /// The page that says what undoing it changes; nil: it cannot be undone.
    let undoAction: String?
    let back: String
    let sides: [Side]

    struct Side {
        let sideLabel: String
        let sideColour: String
    }
}

/// A page that has nothing to show yet, and what to do next.
struct EmptyPage {
    let chrome: Chrome
    let heading: String
    let curl: String?
    let hasEvents: Bool
    let slug: String
    let sendHref: String
}

extension Console {
    var threadRoutes: [Route] {
        [
            page(
                "/console/{tenant}", "Where one person came from",
                right: .free,
                parameters: [.init("person", "The profile to show"), .init("q", "An identifier to look for")]
            ) { call, visit in
                let tenant = try visit.requiredTenant()
                if let other = try Self.firstPlace(of: tenant, visit) { return .seeOther(other) }
                guard tenant.modules.contains(.cdp) else { return .seeOther("/console/\(tenant.slug)/accounts") }
                return try await thread(call, visit, tenant)
            }
        ]
    }

    /// Where a visitor begins who may not see people; nil: here.
    private static func firstPlace(of tenant: Tenant, _ visit: Visit) throws(Problem) -> String? {
        if ConsoleRight.profiles.isHeld(visit.rights) { return nil }
        let places = Chrome.Place.all(of: tenant, for: visit.rights)
        guard let first = places.first(where: { $0.right != .free }) else {
            throw .forbidden("forbidden", "You have no role in \(tenant.displayName) yet, so there is nothing to see.")
        }
        return first.href(tenant)
    }

    private func thread(_ call: Call, _ visit: Visit, _ tenant: Tenant) async throws -> Response {
        if let query = call.text("q") {
            let found = try await findPeople(tenant, query: query, before: nil, limit: 2)
            if let first = found.first, found.count == 1 || first.isExactly(query) {
                return .seeOther("/console/\(tenant.slug)?person=\(PublicID(.profile, first.id))")
            }
            if found.isEmpty { return .seeOther("/console/\(tenant.slug)?notice=nobody") }
            return .seeOther("/console/\(tenant.slug)/people?q=\(queryValue(query))")
        }
        let asked = call.text("person").map { PublicID(.profile, text: $0)?.uuid }
        if case .some(nil) = asked { throw Problem.notFound }
        let profile: UUID?
        if case .some(.some(let id)) = asked {
            profile = id
        } else {
            profile = try await personToShow(tenant)
        }
        guard let profile else { return try await emptyPage(call, visit, tenant, place: .thread) }
        var statements: [Statement] = [.call("person_story", .uuid(profile), .int4(40))]
        if tenant.modules.contains(.crm) { statements.append(.call("person_business", .uuid(profile))) }
        let rows = try await read(tenant, statements)
        let story = try rows[0].one().decoded(0, as: StoryRead.self)
        let business = rows.count > 1 ? try rows[1].one().decoded(0, as: BusinessRead.self) : .nothing
        let page = ThreadPage(
            story, business, profile: profile, tenant: tenant, visit: visit,
            chrome: Chrome(
                title: "Where one person came from", visit: visit, place: .thread, notice: call.query["notice"],
                version: version))
        return Response(html: templates.render(page, as: "thread"))
    }
}

extension Console {
    /// Whose story the page tells when nobody is asked for.
    private func personToShow(_ tenant: Tenant) async throws -> UUID? {
        if tenant.isSimulated {
            let rows = try await read(
                tenant, [.call("profile_of_identifier", .text("user_id"), .text(DemoStory.userID))])
            if let profile = try rows[0].one().optionalUUID(0) { return profile }
        }
        return try await read(tenant, [.call("person_to_show")])[0].one().optionalUUID(0)
    }
}

extension ThreadPage {
    init(
        _ read: StoryRead, _ business: BusinessRead, profile: UUID, tenant: Tenant, visit: Visit, chrome: Chrome
    ) {
        let words = TimeWords(tenant.timezone)
        let path = "/console/\(tenant.slug)"
        let story = Story(read, business: business)
        let back = "\(path)?person=\(PublicID(.profile, profile))"
        self.chrome = chrome
        tenantPath = path
        person = read.label
        profileHref = "\(path)/people/\(PublicID(.profile, read.id))"
        let own = read.nodes.filter { $0.profile == read.id }
        let joined = Set(read.events.filter { read.isOwn($0) && $0.type == "group" }.compactMap(\.account))
        let business = business.own(own.map(\.id)) { joined.contains($0.name) }
        summary = Self.summary(visitors: own.count, merges: read.merges.count { $0.state == "applied" })
        var order: [UUID] = []
        for node in read.nodes where !order.contains(node.profile) { order.append(node.profile) }
        peopleCount = order.count
        isParted = order.count > 1
        people =
            order.count < 2
            ? []
            : order.map { id in
                let nodes = read.nodes.indices.filter { read.nodes[$0].profile == id }
                return Person(
                    href: "\(path)?person=\(PublicID(.profile, id))", personLabel: read.nodes[nodes[0]].label,
                    colours: nodes.map(LaneDrawing.colour), isAsked: id == read.id)
            }
        milestones = Milestone.all(read, business, words: words, path: path)
        hasMilestones = milestones.count > 1
        graph = IdentityGraph(read).svg
        lanesStyle = "lanes-\(story.width)"
        steps = story.rows.map { row in
            Step(
                row, story.width, words: words, back: back, path: path,
                mayUndo: visit.may("edit", "profile"), nodes: read.nodes,
                isDemo: tenant.isSimulated)
        }
        joins = steps.compactMap(\.merge).reversed()
        latest = joins.first { $0.hint != nil } ?? joins.first
        identifiers = IdentifierChip.chips(own.flatMap(\.identifiers))
        accounts = business.accounts.map { AccountCard($0, path: path) }
        opportunities = OpportunityTable(
            business.opportunities, caption: "This person's, else the account's", path: path)
        query = ""
    }

    private static func summary(visitors: Int, merges: Int) -> String {
        if visitors < 2 { return "came as one visitor. Every step is told as it arrived, oldest first." }
        let joined = merges == 0 ? "" : ", joined by \(Figures.counted(merges, "merge"))"
        return
            "came as \(Figures.counted(visitors, "visitor"))\(joined). Each visitor has a colour; every merge can be "
            + "undone without losing an event."
    }
}

extension ThreadPage.Step {
    init(
        _ row: Story.Row, _ width: Int, words: TimeWords, back: String, path: String, mayUndo: Bool,
        nodes: [StoryRead.Node], isDemo: Bool
    ) {
        lanes = LaneDrawing(row: row, width: width).svg
        when = words.moment(row.at)
        switch row.subject {
        case .events(let events):
            let told = EventWords(
                events, identifiers: nodes.indices.contains(row.node) ? nodes[row.node].identifiers : [])
            style = "event"
            what = told.what
            detail = told.detail
            source = events.first?.source
            until = events.count > 1 ? words.moment(events.last?.at) : nil
        case .record(let record):
            style = "record"
            what = record.words
            source = "CRM"
            detail = record.detail
        case .gap(let hidden):
            style = "gap"
            what = hidden >= 900 ? "many more events" : "\(Figures.counted(hidden, "more event"))"
            when = nil
        case .merge(let read):
            style = read.state == "applied" ? "merge" : "merge undone"
            let sides = read.edges.flatMap { $0 }.reduce(into: [Int]()) { if !$0.contains($1) { $0.append($1) } }
            merge = MergeBox(
                read,
                sides: sides.filter(nodes.indices.contains).map {
                    MergeBox.Side(
                        sideLabel: nodes[$0].identifiers.first.map { IdentityGraph.shortened($0.value, 40) }
                            ?? "nobody known",
                        sideColour: LaneDrawing.colour(of: $0))
                },
                words: words, back: back, path: path, mayUndo: mayUndo, isDemo: isDemo)
        }
    }
}

extension MergeBox {
    init(
        _ read: StoryRead.Merge, sides: [Side], words time: TimeWords, back: String, path: String, mayUndo: Bool,
        isDemo: Bool
    ) {
        anchor = "\(PublicID(.merge, read.id))"
        isUndone = read.state == "undone"
        self.sides = sides
        let count = sides.count == 2 ? "Two" : Figures.count(sides.count)
        words = isUndone ? "Merged, and separated again" : "\(count) visitors become one person"
        why = Self.why(cause: read.cause, actor: read.actor)
        hint = isDemo && !isUndone && read.ref == DemoStory.wrongMerge ? Self.wrong : nil
        when = time.moment(read.at)
        undone = time.moment(read.undoneAt)
        undoneBy = read.undoneBy.map { ActorWords.words($0) }
        undoAction = read.state == "applied" && mayUndo ? "\(path)/merges/\(PublicID(.merge, read.id))" : nil
        self.back = back
    }

    private static let wrong =
        "In this demo this merge is wrong: the laptop belongs to a colleague at another company, who typed this "
        + "address into a form. Undo it, and see both people."

    static func why(cause: String, actor: String) -> String {
        switch cause {
        case "event": "one event carried identifiers of both"
        case "alias": "an alias call named both"
        case "review": "a review was approved by \(ActorWords.words(actor))"
        default: "merged by \(ActorWords.words(actor))"
        }
    }
}
