import Foundation
import Hummingbird
import Postgres
import Tandem
import TandemHTTP

/// One source: what it may, its keys, a day's figures, the mapping in force, what was not stored last and why.
struct SourcePage {
    struct Reason {
        let href: String
        let when: Moment?
        let code: String
        let text: String
        let eventName: String
        let state: String
        let tone: String
    }

    struct ConsentRule {
        let asked: String
        let missingWords: String
        let dropped: String
        let activationWords: String

        init(_ json: JSON) {
            asked = [json["purpose"]?.string, json["channel"]?.string.map { "on \($0)" }].compactMap { $0 }
                .joined(separator: " ")
            missingWords =
                json["missing"] == "allow" ? "Who refused" : "Who refused, and who was never asked"
            let paths = json["drop"]?.array?.compactMap(\.string) ?? []
            dropped = paths.isEmpty ? "nothing is left out" : "left out: " + paths.joined(separator: ", ")
            activationWords =
                json["activation"] == "allow" ? "may be a reason to write" : "is no reason to write to anybody"
        }
    }

    let chrome: Chrome
    let sourceName: String
    let id: String
    let health: String
    let tone: String
    let facts: [AccountCard.Fact]
    let figures: [AccountPage.Figure]
    let mappingVersion: String?
    let rules: [String]
    let hasRules: Bool
    let consentVersion: String?
    let consentRules: [ConsentRule]
    let hasConsentRules: Bool
    let consentHref: String
    let mayEdit: Bool
    let editHref: String
    let reasons: [Reason]
    let hasReasons: Bool
    let allHref: String
}

extension Console {
    private static let reasonsShown = 10

    func source(_ call: Call, _ visit: Visit, _ tenant: Tenant) async throws -> Response {
        let id = try call.id("source", .source)
        let known = try await directory(of: tenant)
        guard let source = known.sources.first(where: { $0.id == id }) else { throw Problem.notFound }
        let stats = try SourceStats(source: source.name, now: context.clock.microseconds)
        let filter = try QuarantineFilter([("source", source.name)])
        let read = try await reading(tenant) { (connection) throws(TandemError) -> [JSON] in
            [
                try connection.sourceStats(stats, of: tenant) ?? .null, try connection.mappingGet(of: source.name),
                .array(try connection.quarantineList(filter, limit: Self.reasonsShown)),
                try connection.consentRules(of: source.name),
            ]
        }
        let funnel = SourceFunnel(read[0]["totals"])
        let health = SourceHealth(source, funnel, repeats: read[0]["alarms"]?.array?.isEmpty == false)
        // Through the type, so that each rule begins with what it does.
        let rules = try SourceMapping(rules: read[1]["rules"] ?? []).json.array?.map(\.text) ?? []
        let words = TimeWords(tenant.timezone)
        let reasons = (read[2].array ?? []).map { Self.reason($0, words, path: "/console/\(tenant.slug)") }
        let page = SourcePage(
            chrome: Chrome(
                title: source.name, visit: visit, place: .sources, notice: call.query["notice"], version: self.version),
            sourceName: source.name, id: "\(source.publicID)", health: health.words, tone: health.tone,
            facts: Self.facts(source, known.keys[source.id] ?? []), figures: funnel.figures,
            mappingVersion: Self.versionWords(read[1], words),
            rules: rules, hasRules: !rules.isEmpty, consentVersion: Self.versionWords(read[3], words),
            consentRules: (read[3]["rules"]?.array ?? []).map(SourcePage.ConsentRule.init),
            hasConsentRules: read[3]["rules"]?.array?.isEmpty == false,
            consentHref: "/console/\(tenant.slug)/sources/\(source.publicID)/consent",
            mayEdit: visit.may("edit", "setting"),
            editHref: "/console/\(tenant.slug)/sources/\(source.publicID)/edit", reasons: reasons,
            hasReasons: !reasons.isEmpty,
            allHref: "/console/\(tenant.slug)/quarantine?source=\(queryValue(source.name))")
        return Response(html: templates.render(page, as: "source"))
    }

    /// Of rules, who put them into force and when; nil if nobody did.
    private static func versionWords(_ rules: JSON, _ words: TimeWords) -> String? {
        guard let version = rules["version"]?.int, version > 0 else { return nil }
        let moment = words.moment(rules["created_at"]?.string)?.text ?? ""
        return "Version \(version), by \(rules["author"]?.string ?? ""), \(moment)"
    }

    private static func facts(_ source: Source, _ keys: [APIKey]) -> [AccountCard.Fact] {
        var facts: [(String, String)] = [("Kind", source.kind.rawValue), ("Trust", SourceWords.trust(source))]
        if !source.allowedOrigins.isEmpty {
            facts.append(("Origins", source.allowedOrigins.map(\.text).joined(separator: ", ")))
        }
        if let rate = source.rate.perSecond { facts.append(("Rate", "\(Figures.count(rate)) events a second")) }
        if source.kind == .webhook {
            facts.append(("Webhook", "/v1/webhooks/\(source.publicID)"))
            facts.append(("Webhook mapping", source.webhook?.name ?? "none: payloads are kept in quarantine"))
            facts.append(("Secret", source.hasWebhookSecret ? "set" : "not set"))
        }
        facts.append(("Keys", keys.isEmpty ? "none" : keys.map(SourceWords.key).joined(separator: ", ")))
        return facts.map { AccountCard.Fact(term: $0.0, fact: $0.1) }
    }

    private static func reason(_ item: JSON, _ words: TimeWords, path: String) -> SourcePage.Reason {
        let state = item["state"]?.string ?? ""
        let tone =
            switch state {
            case "held": "warn"
            case "rejected": "bad"
            case "reprocessed": "good"
            default: "info"
            }
        return SourcePage.Reason(
            href: "\(path)/quarantine/\(item["id"]?.string ?? "")", when: words.moment(item["received_at"]?.string),
            code: item["code"]?.string ?? "",
            text: item["message"]?.string ?? "",
            eventName: [item["type"]?.string ?? "event", item["name"]?.string].compactMap { $0 }.joined(separator: " "),
            state: state, tone: tone)
    }
}
