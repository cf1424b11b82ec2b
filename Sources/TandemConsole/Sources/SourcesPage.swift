import Foundation
import Hummingbird
import Postgres
import Tandem
import TandemHTTP

/// What became of a source's events in a day.
struct SourceFunnel {
    var received = 0
    var accepted = 0
    var duplicates = 0
    var quarantined = 0
    var rejected = 0

    init(_ counts: JSON?) {
        received = counts?["received"]?.int ?? 0
        accepted = counts?["accepted"]?.int ?? 0
        duplicates = counts?["duplicates"]?.int ?? 0
        quarantined = counts?["quarantined"]?.int ?? 0
        rejected = counts?["rejected"]?.int ?? 0
    }

    var figures: [AccountPage.Figure] {
        [
            ("received", received), ("accepted", accepted), ("duplicates", duplicates), ("quarantined", quarantined),
            ("rejected", rejected),
        ].map { AccountPage.Figure(value: Figures.count($0.1), label: $0.0) }
    }
}

/// How a source does, in words and a colour.
struct SourceHealth {
    let words: String
    let tone: String

    init(_ source: Source, _ funnel: SourceFunnel, repeats: Bool) {
        let lost = funnel.quarantined + funnel.rejected
        if !source.isEnabled {
            (words, tone) = ("disabled: its events are held", "warn")
        } else if repeats {
            (words, tone) = ("sends many duplicates", "bad")
        } else if funnel.received == 0 {
            (words, tone) = ("quiet for a day", "info")
        } else if lost * 20 > funnel.received {
            (words, tone) = ("\(max(1, lost * 100 / funnel.received)) % not stored", "warn")
        } else {
            (words, tone) = ("well", "good")
        }
    }
}

/// The sources with their figures of the last day.
struct SourcesPage {
    struct Entry {
        let href: String
        let sourceName: String
        let kind: String
        let health: String
        let tone: String
        let trust: String
        let keys: String
        let received: String
        let accepted: String
        let duplicates: String
        let quarantined: String
        let rejected: String
    }

    let chrome: Chrome
    let sources: [Entry]
    let hasSources: Bool
    /// Nil for who may not make one.
    let newHref: String?
    /// A sentence for each rule, and for the last pass.
    let retention: [String]
    /// Nil for who may not see it.
    let retentionHref: String?
}

/// What a source may, in words.
enum SourceWords {
    static func trust(_ source: Source) -> String {
        var words = [source.provenance == .thirdParty ? "third party" : "first party"]
        words.append(source.trust.mayIdentify ? "identifies" : "identifies nobody")
        if source.trust.mayCreateAccounts { words.append("makes accounts") }
        switch source.trust.mayWriteCRM {
        case .none: break
        case .lead: words.append("writes leads")
        case .contact: words.append("writes contacts")
        }
        return words.joined(separator: ", ")
    }

    static func key(_ key: APIKey) -> String { "tdm_…_\(key.keyID)" }
}

extension Console {
    var sourceRoutes: [Route] {
        [
            page("/console/{tenant}/sources", "The sources of a tenant", module: .cdp, right: .settings) {
                call, visit in
                try await sources(call, visit, visit.requiredTenant())
            },
            page(
                "/console/{tenant}/sources/{source}", "One source: figures, mapping, reasons", module: .cdp,
                right: .settings
            ) {
                call, visit in
                try await source(call, visit, visit.requiredTenant())
            },
        ] + sourceFormRoutes
    }

    /// A tenant's sources and their keys, from the control plane.
    func directory(of tenant: Tenant) async throws -> (sources: [Source], keys: [UUID: [APIKey]]) {
        let logger = context.logger
        do {
            return try await context.pool.withConnection { (connection) throws(PostgresError) in
                let directory = TenantDirectory(connection, actor: "console", logger: logger)
                let keys = try directory.keys(tenant).filter { $0.revokedAt == nil && $0.source != nil }
                return (try directory.sources(tenant), Dictionary(grouping: keys) { $0.source ?? UUID() })
            }
        } catch {
            throw TandemError(error)
        }
    }

    private static func retentionWords(_ retention: JSON, _ words: TimeWords) -> [String] {
        let rules = retention["rules"]?.array ?? []
        if rules.isEmpty { return ["For ever: there are no rules."] }
        var sentences = rules.map { rule in
            let type = rule["type"]?.string ?? ""
            let what = rule["event"]?.string ?? (type == "*" ? "What no other rule names" : "All of type \(type)")
            return "\(what): \(Figures.counted(rule["days"]?.int ?? 0, "day"))."
        }
        guard let pass = retention["pass"], let began = words.moment(pass["began_at"]?.string)?.text else {
            return sentences + ["Nothing was looked at yet."]
        }
        let deleted = (pass["deleted"]?.object ?? [:]).reduce(0) { $0 + ($1.1.int ?? 0) }
        let state = pass["finished_at"]?.string == nil ? "is going on" : "ended"
        sentences.append("The pass of \(began) \(state); it deleted \(Figures.counted(deleted, "event")).")
        return sentences
    }

    private func sources(_ call: Call, _ visit: Visit, _ tenant: Tenant) async throws -> Response {
        let known = try await directory(of: tenant)
        let stats = try SourceStats(now: context.clock.microseconds)
        let (answer, retention) = try await reading(tenant) { (connection) throws(TandemError) -> (JSON?, JSON) in
            (try connection.sourceStats(stats, of: tenant), try connection.retention())
        }
        let counts = Dictionary(
            (answer?["items"]?.array ?? []).map { ($0["source"]?.string ?? "", $0) },
            uniquingKeysWith: { first, _ in first })
        let alarms = Set((answer?["alarms"]?.array ?? []).compactMap { $0["source"]?.string })
        let page = SourcesPage(
            chrome: Chrome(
                title: "Sources", visit: visit, place: .sources, notice: call.query["notice"], version: version),
            sources: known.sources.map { source in
                let funnel = SourceFunnel(counts[source.name])
                let health = SourceHealth(source, funnel, repeats: alarms.contains(source.name))
                let keys = known.keys[source.id] ?? []
                return SourcesPage.Entry(
                    href: "/console/\(tenant.slug)/sources/\(source.publicID)", sourceName: source.name,
                    kind: source.kind.rawValue, health: health.words, tone: health.tone,
                    trust: SourceWords.trust(source), keys: keys.map(SourceWords.key).joined(separator: ", "),
                    received: Figures.count(funnel.received), accepted: Figures.count(funnel.accepted),
                    duplicates: Figures.count(funnel.duplicates), quarantined: Figures.count(funnel.quarantined),
                    rejected: Figures.count(funnel.rejected))
            }, hasSources: !known.sources.isEmpty,
            newHref: visit.may("edit", "setting") ? "/console/\(tenant.slug)/sources/new" : nil,
            retention: Self.retentionWords(retention, TimeWords(tenant.timezone)),
            retentionHref: Chrome.Place.retention.right.isHeld(visit.rights)
                ? Chrome.Place.retention.href(tenant) : nil
        )
        return Response(html: templates.render(page, as: "sources"))
    }
}
