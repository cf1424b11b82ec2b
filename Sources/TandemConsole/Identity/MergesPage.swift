import Foundation
import HTTPTypes
import Hummingbird
import Postgres
import Tandem
import TandemHTTP

/// Every merge, newest first.
struct MergesPage {
    struct Entry {
        let created: Moment?
        let firstSide: String
        let otherSides: String
        let personHref: String?
        let why: String
        let state: String
        let tone: String
        let undone: Moment?
        let undoneBy: String?
        /// Where the merge is shown with what undoing it changes.
        let mergeHref: String
        let mayUndo: Bool
    }

    let chrome: Chrome
    let reviewsHref: String
    let openReviews: String?
    let menus: [FilterMenu]
    /// Nil: all are shown.
    let clearHref: String?
    let merges: [Entry]
    let hasMerges: Bool
    let pager: Pager?
}

/// Merges that wait for somebody's decision, side by side.
struct ReviewsPage {
    struct Side {
        let heading: String
        let href: String
        let accountNames: String?
        let identifiers: [IdentifierChip]
    }

    struct Entry {
        let reason: String
        let created: Moment?
        let ref: String
        /// How likely, and by what; nil for what is no likeness.
        let likeness: Likeness?
        let sides: [Side]
        let reviewHref: String
    }

    let chrome: Chrome
    let mergesHref: String
    let reviews: [Entry]
    let mayDecide: Bool
    let pager: Pager?
}

/// A row of the SQL function `merge_feed`.
private struct MergeFeedRead: Decodable {
    struct Side: Decodable {
        let label: String
        let profile: UUID?
    }

    let id: UUID
    let cause: String
    let state: String
    let actor: String
    let createdAt: String
    /// Since when it holds: the time of the event that caused it.
    let at: String
    let undoneAt: String?
    let undoneBy: String?
    let profile: UUID?
    let sides: [Side]?
}

/// What the SQL functions `review_list` and `review_show` answer.
struct ReviewRead: Decodable {
    struct Profile: Decodable {
        let id: UUID
        let identifiers: [IdentifierRead]
        /// Of a likeness: what the profile says, by the names of comparisons.
        let compared: [String: String]?
    }

    struct Detail: Decodable {
        struct Explanation: Decodable {
            struct Comparison: Decodable {
                let name: String
                let agreement: String
                let weight: Double
            }

            let estimated: Bool
            let comparisons: [Comparison]
        }

        let score: Int?
        let explanation: Explanation?
    }

    let id: UUID
    let detail: Detail?
    let ref: String
    let refs: [String]
    let reason: String
    let state: String
    let createdAt: String
    let decidedAt: String?
    let decidedBy: String?
    let profiles: [Profile]?
}

extension Console {
    private static let mergePageSize = 50
    private static let reviewPageSize = 25

    var mergeRoutes: [Route] {
        [
            page(
                "/console/{tenant}/merges", "The merges of a tenant",
                right: .profiles,
                parameters: [
                    .init("cause", "Only those made by this: event, alias, manual or review"),
                    .init("state", "Only those that are so: applied, undone or erased"),
                    .init("before", "Time of the last one of the page before"), .init("id", "And its id"),
                ]
            ) { call, visit in
                try await merges(call, visit, visit.requiredTenant())
            },
            page(
                "/console/{tenant}/reviews", "Merges that wait for a decision", right: .profiles,
                parameters: [.init("after", "The cursor of the page before")]
            ) { call, visit in
                try await reviews(call, visit, visit.requiredTenant())
            },
            mergePageRoute, reviewPageRoute,
            action("/console/{tenant}/merges/{merge}/undo", "Undo a merge", right: .to("edit", "profile")) {
                call, visit, form in
                try await undo(call, visit, form)
            },
            action(
                "/console/{tenant}/reviews/{review}/decide", "Approve or reject a review", right: .to("edit", "profile")
            ) { call, visit, form in
                try await decide(call, visit, form)
            },
        ]
    }

    private func merges(_ call: Call, _ visit: Visit, _ tenant: Tenant) async throws -> Response {
        let path = "/console/\(tenant.slug)"
        let before = call.text("before")
        guard before.map(Self.isTime) ?? true else { throw Problem.notFound }
        let id = call.text("id").flatMap { PublicID(.merge, text: $0)?.uuid }
        let filter = try MergeFilter(cause: call.text("cause"), state: call.text("state"))
        let rows = try await read(
            tenant,
            [
                .call(
                    "merge_feed",
                    filter.binds + [
                        before.map { .untyped($0) } ?? .null(.timestamptz), id.bind,
                        .int4(Int32(Self.mergePageSize + 1)),
                    ]),
                .call("review_list", .text("open"), .null(.timestamptz), .null(.uuid), .int4(100)),
            ])
        let found = try rows[0].decoded("merge", as: MergeFeedRead.self)
        let words = TimeWords(tenant.timezone)
        let shown = found.prefix(Self.mergePageSize)
        let open = rows[1].count
        let page = MergesPage(
            chrome: Chrome(
                title: "Merges", visit: visit, place: .merges, notice: call.query["notice"], version: version),
            reviewsHref: "\(path)/reviews",
            openReviews: Self.waiting(open), menus: Self.menus(filter),
            clearHref: filter == MergeFilter() ? nil : "\(path)/merges",
            merges: shown.map { MergesPage.Entry($0, words, path: path, mayUndo: visit.may("edit", "profile")) },
            hasMerges: !shown.isEmpty,
            pager: found.count > shown.count
                ? shown.last.map {
                    let place = "before=\($0.createdAt)&id=\(PublicID(.merge, $0.id))"
                    return Pager(href: "\(path)/merges?\(Self.query(filter))\(place)")
                } : nil)
        return Response(html: templates.render(page, as: "merges"))
    }

    private static func menus(_ filter: MergeFilter) -> [FilterMenu] {
        [
            FilterMenu(
                "cause", "Cause", MergeFilter.Cause.allCases.map(\.rawValue), chosen: filter.cause?.rawValue,
                words: ["event": "an event", "alias": "an alias call", "manual": "somebody", "review": "a review"]),
            FilterMenu(
                "state", "State", MergeFilter.State.allCases.map(\.rawValue), chosen: filter.state?.rawValue),
        ]
    }

    /// As the next page repeats it.
    private static func query(_ filter: MergeFilter) -> String {
        [("cause", filter.cause?.rawValue), ("state", filter.state?.rawValue)].map { name, value in
            value.map { "\(name)=\($0)&" } ?? ""
        }.joined()
    }

    private static func waiting(_ reviews: Int) -> String? {
        switch reviews {
        case 0: nil
        case 1: "One review to decide"
        case 100...: "100 or more reviews to decide"
        default: "\(reviews) reviews to decide"
        }
    }

    private func reviews(_ call: Call, _ visit: Visit, _ tenant: Tenant) async throws -> Response {
        let path = "/console/\(tenant.slug)"
        let words = TimeWords(tenant.timezone)
        let scope = "\(tenant.database.schema.name)/console/reviews"
        let after = try call.text("after").map {
            try PageCursor(opening: $0, with: context.sealingKey, scope: scope, fingerprint: []).keys
        }
        let place = [0, 1].map { after?[$0].map { .untyped($0) } ?? Bind.null(.unspecified) }
        let rows = try await read(
            tenant,
            [.call("review_list", .text("open"), place[0], place[1], .int4(Int32(Self.reviewPageSize + 1)))])[0]
        let found = try Array(rows.decoded("review", as: ReviewRead.self).prefix(Self.reviewPageSize))
        var pager: Pager?
        if rows.count > found.count, let last = rows.prefix(found.count).last {
            let cursor = PageCursor(keys: [try last.optionalText(0), try last.optionalText(1)], fingerprint: [])
            pager = Pager(href: "\(path)/reviews?after=\(cursor.sealed(with: context.sealingKey, scope: scope))")
        }
        let profiles = found.flatMap { $0.profiles ?? [] }.map(\.id)
        var accounts: [UUID: [String]] = [:]
        for row in try await read(tenant, [.call("accounts_of_people", .uuidArray(profiles))])[0] {
            accounts[try row.uuid("profile")] = try row.decoded("names", as: [String].self)
        }
        let page = ReviewsPage(
            chrome: Chrome(
                title: "Reviews", visit: visit, place: .reviews, notice: call.query["notice"], version: version),
            mergesHref: "\(path)/merges",
            reviews: found.map { ReviewsPage.Entry($0, words, accounts: accounts, path: path) },
            mayDecide: visit.may("edit", "profile"), pager: pager)
        return Response(html: templates.render(page, as: "reviews"))
    }

    private func undo(_ call: Call, _ visit: Visit, _ form: Query) async throws -> Response {
        let tenant = try visit.requiredTenant()
        let id = try call.id("merge", .merge)
        let back = Self.local(form["back"], tenant) ?? "/console/\(tenant.slug)/merges"
        do {
            _ = try await write(tenant.unlimited, .call("undo_merge", .uuid(id), .null(.text), .text(visit.actor)))
        } catch TandemError.alreadyUndone {
            return .seeOther(Self.with(notice: "already-undone", back))
        } catch TandemError.erased {
            return .seeOther(Self.with(notice: "erased", back))
        }
        return .seeOther(Self.with(notice: "undone", back))
    }

    private func decide(_ call: Call, _ visit: Visit, _ form: Query) async throws -> Response {
        let tenant = try visit.requiredTenant()
        let id = try call.id("review", .review)
        let back = "/console/\(tenant.slug)/reviews"
        guard let decision = form["decision"], ["approve", "reject"].contains(decision) else {
            throw Problem.badRequest("invalid_decision", "A review is approved or rejected.")
        }
        do {
            let rows = try await write(
                tenant.unlimited, .call("decide_review", .uuid(id), .bool(decision == "approve"), .text(visit.actor)))
            let answer = try rows.one().decoded(0, as: [String: JSONText].self)
            return .seeOther(Self.with(notice: answer["state"]?.text ?? "approved", back))
        } catch TandemError.alreadyDecided {
            return .seeOther(Self.with(notice: "already-decided", back))
        }
    }

    /// One writing call in a transaction of its own, tried again where it lost against another writer.
    private func write(_ tenant: Tenant, _ statement: Statement) async throws -> Rows {
        for attempt in 1... {
            do {
                return try await read(tenant, [statement])[0]
            } catch TandemError.unavailable where attempt < 4 {
                continue
            }
        }
        throw Problem.unavailable("unavailable", "The database cannot be reached at this moment.")
    }

    /// An address within the tenant's pages, or nil: a form may not lead anywhere else.
    static func local(_ path: String?, _ tenant: Tenant) -> String? {
        let base = "/console/\(tenant.slug)"
        guard let path, path == base || path.hasPrefix(base + "/") || path.hasPrefix(base + "?"),
            path.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
        else { return nil }
        return path
    }

    /// - Parameter undo: what the notice offers to take back.
    static func with(notice: String, undo: Undo? = nil, _ path: String) -> String {
        path + (path.contains("?") ? "&" : "?") + "notice=" + notice + (undo.map { "&undo=" + $0.text } ?? "")
    }
}

/// A value of which only a text matters.
private struct JSONText: Decodable {
    let text: String?

    init(from decoder: any Decoder) throws {
        text = try? decoder.singleValueContainer().decode(String.self)
    }
}

extension MergesPage.Entry {
    fileprivate init(_ read: MergeFeedRead, _ words: TimeWords, path: String, mayUndo: Bool) {
        created = words.moment(read.at)
        firstSide = read.sides?.first?.label ?? "erased"
        otherSides =
            read.sides?.dropFirst().map { IdentityGraph.shortened($0.label, 40) }.joined(separator: ", ") ?? ""
        personHref = read.profile.map { "\(path)/people/\(PublicID(.profile, $0))" }
        why = MergeBox.why(cause: read.cause, actor: read.actor)
        state = read.state
        tone = read.state == "applied" ? "good" : "info"
        undone = words.moment(read.undoneAt)
        undoneBy = read.undoneBy.map { ActorWords.words($0) }
        mergeHref = "\(path)/merges/\(PublicID(.merge, read.id))"
        self.mayUndo = read.state == "applied" && mayUndo
    }
}

extension ReviewsPage.Entry {
    fileprivate init(_ read: ReviewRead, _ words: TimeWords, accounts: [UUID: [String]], path: String) {
        reason = ReviewsPage.reason(read.reason)
        created = words.moment(read.createdAt)
        ref = read.ref
        likeness = Likeness(read)
        sides = ReviewsPage.sides(read, accounts: accounts, path: path)
        reviewHref = "\(path)/reviews/\(PublicID(.review, read.id))"
    }
}

extension ReviewsPage {
    static func sides(_ read: ReviewRead, accounts: [UUID: [String]], path: String) -> [Side] {
        (read.profiles ?? []).map { profile in
            let chips = IdentifierChip.chips(profile.identifiers)
            return Side(
                heading: chips.first?.value ?? Likeness.name(profile) ?? "nobody known",
                href: "\(path)/people/\(PublicID(.profile, profile.id))",
                accountNames: accounts[profile.id].map { "of " + $0.joined(separator: ", ") }, identifiers: chips)
        }
    }
}
