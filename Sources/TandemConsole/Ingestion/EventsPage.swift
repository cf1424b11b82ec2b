import Foundation
import Hummingbird
import Postgres
import Tandem
import TandemHTTP

/// The events that arrived last, and those that were not stored, with the reason.
struct EventsPage {
    struct Filter {
        let href: String
        let label: String
        let isCurrent: Bool
    }

    let chrome: Chrome
    let filters: [Filter]
    /// Where the rows alone come from, for the script.
    let rowsHref: String
    let refreshHref: String
    let now: Moment?
    let rows: EventRows
}

/// The rows of the live list, alone or within the page.
struct EventRows {
    struct Entry {
        let received: Moment?
        let state: String
        let tone: String
        let type: String
        let what: String
        let detail: String?
        let source: String?
        let personHref: String?
        let person: String?
        let code: String?
        let reason: String?
        let original: String?
        let remark: String?
    }

    let entries: [Entry]
    let hasNone: Bool
}

/// An event that was not stored, as the SQL function `newest_refusals` gives it.
struct RefusalRead: Decodable {
    let receivedAt: String
    let type: String?
    let name: String?
    let source: String?
    let messageId: String?
    let state: String
    let code: String
    let message: String
    let path: String
    let size: Int
}

/// What the live list shows.
enum EventFilter: String, CaseIterable {
    case all, accepted, rejected, held

    var label: String {
        switch self {
        case .all: "All"
        case .accepted: "Accepted"
        case .rejected: "Rejected"
        case .held: "Held"
        }
    }
}

extension Console {
    private static let liveLimit = 50

    var eventRoutes: [Route] {
        [
            page(
                "/console/{tenant}/events", "Live events with reasons", module: .cdp,
                parameters: [.init("show", "all, accepted, rejected or held")]
            ) { call, visit in
                try await events(call, visit, visit.requiredTenant())
            },
            page(
                "/console/{tenant}/events/rows", "The rows of the live events alone", module: .cdp,
                parameters: [.init("show", "all, accepted, rejected or held")]
            ) { call, visit in
                let tenant = try visit.requiredTenant()
                let rows = try await eventRows(tenant, try Self.filter(call))
                return Response(html: templates.render(rows, as: "event-rows"), fetches: true)
            },
        ]
    }

    private static func filter(_ call: Call) throws(Problem) -> EventFilter {
        guard let text = call.text("show") else { return .all }
        guard let filter = EventFilter(rawValue: text) else { throw .notFound }
        return filter
    }

    private func events(_ call: Call, _ visit: Visit, _ tenant: Tenant) async throws -> Response {
        let filter = try Self.filter(call)
        let rows = try await eventRows(tenant, filter)
        if rows.hasNone && filter == .all { return try await emptyPage(call, visit, tenant, place: .events) }
        let path = "/console/\(tenant.slug)/events"
        let chrome = Chrome(
            title: "Live events", visit: visit, place: .events, notice: call.query["notice"], version: version)
        let iso = context.clock.now().formatted(.iso8601)
        let page = EventsPage(
            chrome: chrome,
            filters: EventFilter.allCases.map {
                EventsPage.Filter(
                    href: $0 == .all ? path : "\(path)?show=\($0.rawValue)", label: $0.label, isCurrent: $0 == filter)
            },
            rowsHref: "\(path)/rows?show=\(filter.rawValue)",
            refreshHref: filter == .all ? path : "\(path)?show=\(filter.rawValue)",
            now: TimeWords(tenant.timezone).moment(iso), rows: rows)
        return Response(html: templates.render(page, as: "events"), fetches: true)
    }

    private func eventRows(_ tenant: Tenant, _ filter: EventFilter) async throws -> EventRows {
        let limit = Bind.int4(Int32(Self.liveLimit))
        var statements: [Statement] = []
        if filter == .all || filter == .accepted {
            statements.append(.call("newest_events", .null(.timestamptz), limit))
        }
        if filter != .accepted {
            statements.append(
                .call("newest_refusals", filter == .all ? .null(.text) : .text(filter.rawValue), limit))
        }
        let words = TimeWords(tenant.timezone)
        var entries: [(at: String, entry: EventRows.Entry)] = []
        for rows in try await read(tenant, statements) {
            for row in rows {
                if rows.columns.contains("original") {
                    let read = try row.decoded("event", as: RefusalRead.self)
                    let original = String(decoding: try row.bytea("original"), as: UTF8.self)
                    entries.append((read.receivedAt, EventRows.Entry(read, original: original, words)))
                } else {
                    let read = try row.decoded("event", as: EventRead.self)
                    entries.append(
                        (read.receivedAt ?? read.at, EventRows.Entry(read, words, path: "/console/\(tenant.slug)")))
                }
            }
        }
        let newest = entries.sorted { $0.at > $1.at }.prefix(Self.liveLimit).map(\.entry)
        return EventRows(entries: newest, hasNone: newest.isEmpty)
    }
}

extension EventRows.Entry {
    init(_ read: EventRead, _ words: TimeWords, path: String) {
        received = words.moment(read.receivedAt)
        state = "accepted"
        tone = "good"
        type = read.type
        what = read.words
        detail = read.detail
        source = read.source
        personHref = read.profile.map { "\(path)/people/\(PublicID(.profile, $0))" }
        person = read.profile == nil ? nil : read.person
        code = nil
        reason = nil
        original = nil
        remark = read.profile == nil ? "kept without a person: its identifiers were blocked" : nil
    }

    init(_ read: RefusalRead, original text: String, _ words: TimeWords) {
        received = words.moment(read.receivedAt)
        state = read.state
        tone = read.state == "held" ? "warn" : read.state == "rejected" ? "bad" : "info"
        type = read.type ?? "unknown"
        what = read.name ?? read.type ?? "An event"
        detail = read.messageId.map { "message \($0)" }
        source = read.source
        personHref = nil
        person = nil
        code = read.code
        reason = read.message
        original = read.size > text.utf8.count ? text + "\n… \(read.size) bytes in all" : text
        remark = nil
    }
}
