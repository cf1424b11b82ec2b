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
    /// What is shown beside the sources, for the form that chooses one.
    let show: String
    let sources: [Choice]
    /// Where the rows alone come from, and the stream of new ones, for the script.
    let rowsHref: String
    let streamHref: String
    let refreshHref: String
    let quarantineHref: String
    /// Nil for who may not order it.
    let replayHref: String?
    let now: Moment?
    let rows: EventRows
}

/// The rows of the live list, alone or within the page.
struct EventRows {
    struct Entry {
        /// Of the row; a copy of an event has none.
        let id: String?
        let href: String?
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
    let id: UUID
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
    case all, accepted, duplicate, rejected, held

    var label: String {
        switch self {
        case .all: "All"
        case .accepted: "Accepted"
        case .duplicate: "Duplicates"
        case .rejected: "Rejected"
        case .held: "Held"
        }
    }

    var outcomes: Set<TailedEvent.Outcome> {
        switch self {
        case .all: Set(TailedEvent.Outcome.allCases)
        case .accepted: [.accepted]
        case .duplicate: [.duplicate]
        case .rejected: [.rejected]
        case .held: [.quarantined]
        }
    }
}

/// What the address of the live list asks for.
private struct EventChoice {
    let filter: EventFilter
    let sources: [Source]
    let source: Source?

    /// The address's query, with `filter` in place of its own.
    func query(_ filter: EventFilter? = nil) -> String {
        let show = filter ?? self.filter
        let parts = [
            show == .all ? nil : "show=\(show.rawValue)", source.map { "source=\(queryValue($0.name))" },
        ].compactMap { $0 }
        return parts.isEmpty ? "" : "?" + parts.joined(separator: "&")
    }
}

extension Console {
    private static let liveLimit = 50
    private static let eventParameters: [Route.Parameter] = [
        .init("show", "all, accepted, duplicate, rejected or held"), .init("source", "Only those of this source"),
    ]

    var eventRoutes: [Route] {
        [
            page(
                "/console/{tenant}/events", "Live events with reasons", module: .cdp, right: .profiles,
                parameters: Self.eventParameters
            ) { call, visit in
                try await events(call, visit, visit.requiredTenant())
            },
            page(
                "/console/{tenant}/events/rows", "The rows of the live events alone", module: .cdp, right: .profiles,
                parameters: Self.eventParameters
            ) { call, visit in
                let tenant = try visit.requiredTenant()
                let rows = try await eventRows(tenant, try await choice(call, tenant))
                return Response(html: templates.render(rows, as: "event-rows"), fetches: true)
            },
            page(
                "/console/{tenant}/events/stream", "New rows of the live events, as server-sent events", module: .cdp,
                right: .profiles,
                parameters: Self.eventParameters
            ) { call, visit in
                try await eventStream(call, visit.requiredTenant())
            },
            page(
                "/console/{tenant}/events/{event}", "One event, and what it did", module: .cdp, right: .profiles,
                parameters: [.init("at", "The time of its receipt")]
            ) { call, visit in
                try await event(call, visit, visit.requiredTenant())
            },
        ]
    }

    private func choice(_ call: Call, _ tenant: Tenant) async throws -> EventChoice {
        guard let filter = EventFilter(rawValue: call.text("show") ?? "all") else { throw Problem.notFound }
        let sources = try await sources(tenant)
        guard let name = call.text("source") else { return EventChoice(filter: filter, sources: sources, source: nil) }
        guard let source = sources.first(where: { $0.name == name }) else { throw Problem.notFound }
        return EventChoice(filter: filter, sources: sources, source: source)
    }

    /// The tenant's sources by number.
    func sources(_ tenant: Tenant) async throws -> [Source] {
        let logger = context.logger
        return try await context.pool.withConnection { (connection) throws(PostgresError) -> [Source] in
            try TenantDirectory(connection, actor: "console", logger: logger).sources(tenant)
        }
    }

    private func events(_ call: Call, _ visit: Visit, _ tenant: Tenant) async throws -> Response {
        let choice = try await choice(call, tenant)
        let rows = try await eventRows(tenant, choice)
        if rows.hasNone && choice.filter == .all && choice.source == nil {
            return try await emptyPage(call, visit, tenant, place: .events)
        }
        let path = "/console/\(tenant.slug)/events"
        let chrome = Chrome(
            title: "Live events", visit: visit, place: .events, notice: call.query["notice"], version: version)
        let iso = context.clock.now().formatted(.iso8601)
        let any = Choice(value: "", label: "any source", isChosen: choice.source == nil)
        let page = EventsPage(
            chrome: chrome,
            filters: EventFilter.allCases.map {
                EventsPage.Filter(
                    href: path + choice.query($0), label: $0.label, isCurrent: $0 == choice.filter)
            },
            show: choice.filter.rawValue,
            sources: [any]
                + choice.sources.map {
                    Choice(value: $0.name, label: $0.name, isChosen: $0.id == choice.source?.id)
                },
            rowsHref: "\(path)/rows\(choice.query())", streamHref: "\(path)/stream\(choice.query())",
            refreshHref: path + choice.query(), quarantineHref: "/console/\(tenant.slug)/quarantine",
            replayHref: visit.may("edit", "setting") ? "/console/\(tenant.slug)/replay" : nil,
            now: TimeWords(tenant.timezone).moment(iso), rows: rows)
        return Response(html: templates.render(page, as: "events"), fetches: true)
    }

    private func eventRows(_ tenant: Tenant, _ choice: EventChoice) async throws -> EventRows {
        let limit = Bind.int4(Int32(Self.liveLimit))
        let source = choice.source.map { Bind.int2($0.number) } ?? .null(.int2)
        var statements: [Statement] = []
        if choice.filter == .all || choice.filter == .accepted {
            statements.append(.call("newest_events", .null(.timestamptz), limit, source))
        }
        if [.all, .rejected, .held].contains(choice.filter) {
            let state = choice.filter == .all ? Bind.null(.text) : .text(choice.filter.rawValue)
            statements.append(.call("newest_refusals", state, limit, source))
        }
        let words = TimeWords(tenant.timezone)
        let path = "/console/\(tenant.slug)"
        var entries: [(at: String, entry: EventRows.Entry)] = []
        for rows in statements.isEmpty ? [] : try await read(tenant, statements) {
            for row in rows {
                if rows.columns.contains("original") {
                    let read = try row.decoded("event", as: RefusalRead.self)
                    let original = String(decoding: try row.bytea("original"), as: UTF8.self)
                    entries.append((read.receivedAt, EventRows.Entry(read, original: original, words, path: path)))
                } else {
                    let read = try row.decoded("event", as: EventRead.self)
                    entries.append((read.receivedAt ?? read.at, EventRows.Entry(read, words, path: path)))
                }
            }
        }
        let newest = entries.sorted { $0.at > $1.at }.prefix(Self.liveLimit).map(\.entry)
        return EventRows(entries: newest, hasNone: newest.isEmpty)
    }

    private func eventStream(_ call: Call, _ tenant: Tenant) async throws -> Response {
        let choice = try await choice(call, tenant)
        let filter = TailFilter(source: choice.source?.number, outcomes: choice.filter.outcomes)
        let (tail, templates, words) = (batcher.tail, templates, TimeWords(tenant.timezone))
        return Response(drain: drain) {
            tail.open(tenant.id, filter).map { reader in
                EventRowFeed(
                    tail: tail, reader: reader, templates: templates, words: words, path: "/console/\(tenant.slug)")
            }
        }
    }
}

/// New rows of the live list, each as a JSON string, and `gap` for those that were missed.
private struct EventRowFeed: EventFeed {
    let tail: EventTail
    let reader: TailReader
    let templates: Templates
    let words: TimeWords
    let path: String

    /// No page shows more.
    private static let rowsLimit = 50

    func next() -> [ServerSentEvent] {
        let (events, missed) = reader.take()
        // More than a page has are not shown, and counted like those that were missed.
        var shown = events.suffix(Self.rowsLimit).map { event in
            let rows = EventRows(entries: [EventRows.Entry(event, words, path: path)], hasNone: false)
            return ServerSentEvent(data: JSON.string(templates.render(rows, as: "event-rows")).encoded())
        }
        let left = events.count - shown.count + missed
        if left > 0 { shown.append(ServerSentEvent("gap", data: Array("{\"missed\":\(left)}".utf8))) }
        return shown
    }

    func close() { tail.close(reader) }
}

extension EventRows.Entry {
    init(_ read: EventRead, _ words: TimeWords, path: String) {
        id = "\(PublicID(.event, read.id))"
        href = read.receivedAt.map { "\(path)/events/\(PublicID(.event, read.id))?at=\(queryValue($0))" }
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

    init(_ read: RefusalRead, original text: String, _ words: TimeWords, path: String) {
        id = read.id.uuidString.lowercased()
        href = "\(path)/quarantine/\(read.id.uuidString.lowercased())"
        received = words.moment(read.receivedAt)
        state = read.state
        tone = QuarantinePage.tone(read.state)
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

    /// An event at the moment at which it was decided: whose it is stands on its page.
    init(_ event: TailedEvent, _ words: TimeWords, path: String) {
        let iso = RecordTime.text(event.receivedAt)
        received = words.moment(iso)
        type = event.type ?? "unknown"
        what = event.name ?? event.type ?? "An event"
        detail = event.messageID.map { "message \($0)" }
        source = event.sourceName
        personHref = nil
        code = event.reason?.code
        reason = event.reason?.message
        original = event.reason == nil ? nil : String(decoding: event.original.prefix(4_000), as: UTF8.self)
        switch event.outcome {
        case .accepted, .duplicate:
            state = event.outcome.rawValue
            tone = event.outcome == .accepted ? "good" : "info"
            id = event.outcome == .accepted ? "\(PublicID(.event, event.id))" : nil
            href = id.map { "\(path)/events/\($0)?at=\(queryValue(iso))" }
            remark = event.outcome == .duplicate ? "a copy: its message id is known" : nil
            let sent = event.reason == nil ? try? JSON(parsing: Array(event.original)) : nil
            person = event.outcome == .duplicate ? nil : sent?["userId"]?.string ?? sent?["anonymousId"]?.string
        case .quarantined, .rejected:
            state = event.outcome == .quarantined ? Quarantine.State.held.rawValue : event.outcome.rawValue
            tone = QuarantinePage.tone(state)
            id = event.id.uuidString.lowercased()
            href = "\(path)/quarantine/\(event.id.uuidString.lowercased())"
            person = nil
            remark = nil
        }
    }
}
