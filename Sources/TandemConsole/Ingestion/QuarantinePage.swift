import Foundation
import Hummingbird
import Postgres
import Tandem
import TandemHTTP

/// What the SQL function `quarantine_item` gives of an event that was not stored.
struct QuarantineRead: Decodable {
    let id: UUID
    let receivedAt: String
    let state: String
    let code: String
    let message: String
    let type: String?
    let name: String?
    let messageId: String?
    let path: String
    let source: String?
    let key: String?
    let size: Int
    let complete: Bool
    let attempts: Int
    let decidedAt: String?
    let correctedAt: String?
    let correctedBy: String?
}

/// What the SQL function `quarantine_summary` gives.
private struct QuarantineCounts: Decodable {
    struct Item: Decodable {
        let state: String
        let code: String
        let source: String?
        let count: Int
    }

    let count: Int
    let items: [Item]
}

/// Events that were not stored: which, why, and what to do with them.
struct QuarantinePage {
    /// What the SQL function `operation_show` gives of long work.
    struct OperationRead: Decodable {
        let type: String
        let state: String
        /// Nil where it is not known before the end.
        let total: Int?
        let done: Int
        let counts: [String: Int]
        let createdAt: String
        let actor: String
    }

    struct Entry {
        let href: String
        let received: Moment?
        let state: String
        let tone: String
        let code: String
        let reason: String
        let what: String
        let type: String
        let source: String?
    }

    struct Work {
        let what: String
        let state: String
        let tone: String
        let created: Moment?
        let result: String
    }

    /// A field of a form that nobody sees.
    struct Field {
        let name: String
        let value: String
    }

    /// What may be ordered for all that the filter means.
    struct Order {
        let count: String
        let fields: [Field]
        let csrf: String
        let action: String
        let scope: String
    }

    let chrome: Chrome
    let menus: [FilterMenu]
    let clearHref: String?
    let count: String
    let reasons: [AccountPage.Figure]
    let hasEntries: Bool
    let entries: [Entry]
    let order: Order?
    let work: [Work]
    let hasWork: Bool
    let pager: Pager?
}

/// One event of the quarantine.
struct QuarantinedPage {
    let chrome: Chrome
    let what: String
    let type: String
    let code: String
    let reason: String
    let state: String
    let tone: String
    let id: String
    let facts: [AccountCard.Fact]
    let original: String
    let isCut: Bool
    let isOpen: Bool
    /// As it was corrected before; nil: it was not.
    let corrected: String?
    /// Whether it was stored in the end: then what was wrong with it is over.
    let isStored: Bool
    /// The stored event's page.
    let storedHref: String?
    /// Nil: it is decided, or the visitor may not.
    let correction: QuarantineCorrectionForm?
    let action: String
    let csrf: String
    let listHref: String
}

extension Console {
    private static let quarantinePageSize = 50
    private static let quarantineParts = ["state", "code", "source", "type"]

    var quarantineRoutes: [Route] {
        [
            page(
                "/console/{tenant}/quarantine", "Events that were not stored", module: .cdp, right: .profiles,
                parameters: Self.quarantineParts.map { .init($0, "Only those of this \($0)") } + [
                    .init("after", "Time of the last one of the page before"), .init("id", "And its id"),
                ]
            ) { call, visit in
                try await quarantine(call, visit, visit.requiredTenant())
            },
            page(
                "/console/{tenant}/quarantine/{event}", "One event that was not stored", module: .cdp, right: .profiles
            ) { call, visit in
                try await quarantined(call, visit, visit.requiredTenant())
            },
            action(
                "/console/{tenant}/quarantine", "Process events again, or discard them", module: .cdp,
                right: .to("edit", "setting")
            ) { call, visit, form in
                try await decide(call, visit, form)
            },
            quarantineCorrectionRoute,
        ]
    }

    // MARK: the list

    private func quarantine(_ call: Call, _ visit: Visit, _ tenant: Tenant) async throws -> Response {
        let given = Self.quarantineParts.compactMap { part in call.text(part).map { (part, $0) } }
        let filter: QuarantineFilter
        do throws(TandemError) {
            filter = try QuarantineFilter(given)
        } catch {
            throw Problem.notFound
        }
        let after = call.text("after").flatMap { WireTime.parse($0) }
        let id = call.text("id").flatMap { UUID(uuidString: $0) }
        let rows = try await read(
            tenant,
            [
                .call(
                    "quarantine_list", filter.bind, after.map { .timestamptz($0) } ?? .null(.timestamptz), id.bind,
                    .int4(Int32(Self.quarantinePageSize + 1))),
                .call("quarantine_summary", filter.bind), .call("quarantine_summary", QuarantineFilter().bind),
            ])
        let found = try rows[0].decoded("item", as: QuarantineRead.self)
        let counts = try rows[1].one().decoded(0, as: QuarantineCounts.self)
        let all = try rows[2].one().decoded(0, as: QuarantineCounts.self)
        let words = TimeWords(tenant.timezone)
        let path = "/console/\(tenant.slug)/quarantine"
        let work = try await orders(tenant)
        let shown = found.prefix(Self.quarantinePageSize)
        var chrome = Chrome(
            title: "Quarantine", visit: visit, place: .quarantine, notice: call.query["notice"], version: version)
        // What was ordered may have come to its end since.
        if call.query["notice"] == "ordered", let ended = work.first?.ended { chrome.notice = ended }
        let page = QuarantinePage(
            chrome: chrome,
            menus: menus(given, all), clearHref: given.isEmpty ? nil : path, count: Figures.count(counts.count),
            reasons: Self.reasons(counts), hasEntries: !shown.isEmpty,
            entries: shown.map { QuarantinePage.Entry($0, words, path: path) },
            order: Self.order(given, filter, counts, visit, path), work: work, hasWork: !work.isEmpty,
            pager: found.count > shown.count ? shown.last.map { Self.pager($0, given, path) } : nil)
        return Response(html: templates.render(page, as: "quarantine"))
    }

    /// What there is to choose from, whatever is chosen.
    private func menus(_ given: [(String, String)], _ all: QuarantineCounts) -> [FilterMenu] {
        func menu(_ name: String, _ label: String, _ values: [String]) -> FilterMenu {
            FilterMenu(name, label, values, chosen: given.first { $0.0 == name }?.1)
        }
        return [
            menu("state", "State", Quarantine.State.allCases.map(\.rawValue)),
            menu("code", "Reason", Set(all.items.map(\.code)).sorted()),
            menu("source", "Source", Set(all.items.compactMap(\.source)).sorted()),
            menu("type", "Type", MessageType.allCases.map(\.rawValue)),
        ]
    }

    /// The long work that was ordered last.
    func orders(_ tenant: Tenant) async throws -> [QuarantinePage.Work] {
        let rows = try await read(
            tenant, [.call("operation_list", .null(.text), .null(.timestamptz), .null(.uuid), .int4(5))])
        let words = TimeWords(tenant.timezone)
        return try rows[0].decoded("item", as: QuarantinePage.OperationRead.self).map { QuarantinePage.Work($0, words) }
    }

    private static func reasons(_ counts: QuarantineCounts) -> [AccountPage.Figure] {
        let sums = Dictionary(grouping: counts.items, by: \.code).mapValues { $0.reduce(0) { $0 + $1.count } }
        return sums.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.prefix(6).map {
            AccountPage.Figure(value: Figures.count($0.value), label: $0.key)
        }
    }

    /// Only what is undecided can be decided; without a state the held ones are meant.
    private static func order(
        _ given: [(String, String)], _ filter: QuarantineFilter, _ counts: QuarantineCounts, _ visit: Visit,
        _ path: String
    ) -> QuarantinePage.Order? {
        guard visit.may("edit", "setting"), let scope = try? QuarantineOrder.scope(of: filter),
            let state = scope.state?.rawValue
        else { return nil }
        let count = counts.items.filter { $0.state == state }.reduce(0) { $0 + $1.count }
        if count == 0 { return nil }
        let fields = given.filter { $0.0 != "state" } + [("state", state)]
        let others = given.filter { $0.0 != "state" }.map { "\($0.0) \($0.1)" }
        return QuarantinePage.Order(
            count: Figures.count(count), fields: fields.map { QuarantinePage.Field(name: $0.0, value: $0.1) },
            csrf: visit.csrf,
            action: path, scope: ([state] + others).joined(separator: ", "))
    }

    private static func pager(_ last: QuarantineRead, _ given: [(String, String)], _ path: String) -> Pager {
        let parts = given + [("after", last.receivedAt), ("id", last.id.uuidString.lowercased())]
        return Pager(href: path + "?" + parts.map { "\($0.0)=\(queryValue($0.1))" }.joined(separator: "&"))
    }

    // MARK: one event

    /// - Parameter form: nil: the event as it lies there, to be corrected.
    func quarantined(
        _ call: Call, _ visit: Visit, _ tenant: Tenant, correcting form: QuarantineCorrectionForm? = nil
    ) async throws -> Response {
        guard let id = UUID(uuidString: call.capture("event")),
            let row = try await read(tenant, [.call("quarantine_show", .uuid(id))])[0].first
        else { throw Problem.notFound }
        let item = try row.decoded("item", as: QuarantineRead.self)
        let original = String(decoding: try row.bytea("original"), as: UTF8.self)
        let corrected = try row.optionalBytea("corrected").map { String(decoding: $0, as: UTF8.self) }
        let words = TimeWords(tenant.timezone)
        let isOpen = ["held", "rejected"].contains(item.state) && visit.may("edit", "setting")
        let title = item.name ?? item.type ?? "An event"
        let path = "/console/\(tenant.slug)/quarantine"
        let isStored = item.state == "reprocessed"
        let pairs: [(String, String?)] = [
            ("Received", words.moment(item.receivedAt)?.full), ("Source", item.source), ("Key", item.key),
            ("Route", item.path), ("Message", item.messageId),
            ("Processed again", item.attempts == 0 ? nil : "\(Figures.count(item.attempts)) × in vain"),
            (
                "Corrected",
                words.moment(item.correctedAt).map { "\($0.full) by \(ActorWords.words(item.correctedBy ?? ""))" }
            ),
            ("Decided", words.moment(item.decidedAt)?.full),
        ]
        let page = QuarantinedPage(
            chrome: Chrome(
                title: title, visit: visit, place: .quarantine, notice: call.query["notice"], version: version),
            what: title, type: item.type ?? "unknown", code: item.code, reason: item.message, state: item.state,
            tone: QuarantinePage.tone(item.state), id: item.id.uuidString.lowercased(),
            facts: pairs.compactMap { term, fact in fact.map { AccountCard.Fact(term: term, fact: $0) } },
            original: original, isCut: !item.complete,
            isOpen: isOpen, corrected: corrected, isStored: isStored,
            storedHref: isStored ? try await storedHref(item, tenant) : nil,
            correction: isOpen ? form ?? QuarantineCorrectionForm(corrected ?? original) : nil,
            action: path, csrf: visit.csrf, listHref: path)
        return Response(
            html: templates.render(page, as: "quarantined"), status: form?.wrong == nil ? .ok : .unprocessableContent)
    }

    /// The page of the event that it became; nil where it is gone, or its message had no id.
    private func storedHref(_ item: QuarantineRead, _ tenant: Tenant) async throws -> String? {
        guard let id = item.messageId.map({ EventID.hash(of: $0) }), let at = WireTime.parse(item.receivedAt) else {
            return nil
        }
        let row = try await read(tenant, [.call("event_page", .uuid(id), .timestamptz(at))])[0].one()
        guard try row.optionalText(0) != nil else { return nil }
        return "/console/\(tenant.slug)/events/\(PublicID(.event, id))?at=\(queryValue(item.receivedAt))"
    }

    // MARK: what to do with them

    private func decide(_ call: Call, _ visit: Visit, _ form: Query) async throws -> Response {
        let tenant = try visit.requiredTenant()
        guard let order = form["decision"].flatMap(QuarantineOrder.init(rawValue:)) else {
            throw Problem.badRequest("invalid_decision", "The form says neither reprocess nor discard.")
        }
        let parts = (Self.quarantineParts + ["id"]).compactMap { part in
            form[part].flatMap { $0.isEmpty ? nil : (part, $0) }
        }
        let filter = try QuarantineOrder.scope(of: QuarantineFilter(parts))
        _ = try await read(
            tenant,
            [
                .call(
                    "quarantine_order", .uuid(.v7()), .text(order.operationType), filter.bind, .text(visit.actor))
            ])
        context.operations.ring(for: tenant.id)
        return .seeOther("/console/\(tenant.slug)/quarantine?notice=ordered")
    }
}

extension QuarantinePage {
    static func tone(_ state: String) -> String {
        switch state {
        case "held": "warn"
        case "rejected": "bad"
        case "reprocessed": "good"
        default: "info"
        }
    }
}

extension QuarantinePage.Entry {
    init(_ read: QuarantineRead, _ words: TimeWords, path: String) {
        href = "\(path)/\(read.id.uuidString.lowercased())"
        received = words.moment(read.receivedAt)
        state = read.state
        tone = QuarantinePage.tone(read.state)
        code = read.code
        reason = read.message
        what = read.name ?? read.type ?? "An event"
        type = read.type ?? "unknown"
        source = read.source
    }
}

extension QuarantinePage.Work {
    /// What is said of it once it is at its end; nil before.
    var ended: Chrome.Notice? {
        switch state {
        case "done": .init(kind: "good", text: "It is done; below stands what came of it.")
        case "failed": .init(kind: "bad", text: "It has failed; below stands how far it came.")
        default: nil
        }
    }

    init(_ read: QuarantinePage.OperationRead, _ words: TimeWords) {
        what =
            switch read.type {
            case QuarantineOrder.reprocess.operationType: "Process again"
            case QuarantineOrder.discard.operationType: "Discard"
            case ReplayFilter.operationType: "Run once more"
            case RulesSimulation.operationType: "Play identity rules"
            default: String(read.type.map { $0 == "_" || $0 == "." ? " " : $0 })
            }
        let failed = ["failed", "error"].reduce(0) { $0 + (read.counts[$1] ?? 0) }
        // It went to its end; but that is no success for who reads it.
        state = read.state == "done" && failed > 0 && failed == read.done ? "failed" : read.state
        tone = state == "failed" ? "bad" : failed > 0 ? "warn" : state == "done" ? "good" : "info"
        created = words.moment(read.createdAt)
        let counts = read.counts.filter { $0.value > 0 }.sorted { $0.key < $1.key }
        result =
            Figures.count(read.done) + (read.total.map { " of " + Figures.count($0) } ?? "")
            + (counts.isEmpty
                ? "" : ": " + counts.map { "\($0.key) \(Figures.count($0.value))" }.joined(separator: ", "))
    }
}
