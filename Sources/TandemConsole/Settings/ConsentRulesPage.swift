import Foundation
import Hummingbird
import Tandem
import TandemHTTP

/// What a source leaves out of events whose person did not agree, as a form.
extension Console {
    var consentRulesRoutes: [Route] {
        [
            page(
                "/console/{tenant}/sources/{source}/consent", "The rules of consent of a source", module: .cdp,
                right: .settings
            ) { call, visit in
                let (tenant, source) = try await consentSource(call, visit)
                let rules = try await reading(tenant) { (connection) throws(TandemError) in
                    try connection.consentRules(of: source.name)
                }
                return try await shownConsent(Self.consentDraft(rules), source, rules, call, visit)
            },
            action(
                "/console/{tenant}/sources/{source}/consent", "Put rules of consent into force", module: .cdp,
                right: .to("edit", "setting")
            ) { call, visit, form in
                try await saveConsent(call, visit, form)
            },
        ]
    }

    private func consentSource(_ call: Call, _ visit: Visit) async throws -> (Tenant, Source) {
        let tenant = try visit.requiredTenant()
        let id = try call.id("source", .source)
        guard let source = try await directory(of: tenant).sources.first(where: { $0.id == id }) else {
            throw Problem.notFound
        }
        return (tenant, source)
    }

    private func saveConsent(_ call: Call, _ visit: Visit, _ form: Query) async throws -> Response {
        let (tenant, source) = try await consentSource(call, visit)
        let actor = visit.actor
        var draft = RulesDraft(form, key: "purpose")
        do {
            let change = try ConsentRulesChange(json: Self.consentBody(draft))
            _ = try await writing(tenant) { (connection) throws(TandemError) in
                try connection.consentRulesPut(change, of: source.name, actor: actor)
            }
            readingRules.forget(tenant)
            return .seeOther("/console/\(tenant.slug)/sources/\(source.publicID)?notice=saved")
        } catch let error as TandemError {
            try Self.note(error, in: &draft)
        }
        let rules = try await reading(tenant) { (connection) throws(TandemError) in
            try connection.consentRules(of: source.name)
        }
        return try await shownConsent(draft, source, rules, call, visit)
    }

    private static func consentDraft(_ rules: JSON) -> RulesDraft {
        var draft = RulesDraft(version: rules["version"]?.int ?? 0)
        draft.rows = (rules["rules"]?.array ?? []).map { rule in
            [
                "purpose": rule["purpose"]?.string ?? "", "channel": rule["channel"]?.string ?? "",
                "missing": rule["missing"]?.string ?? "refuse", "activation": rule["activation"]?.string ?? "refuse",
                "drop": (rule["drop"]?.array ?? []).compactMap(\.string).joined(separator: "\n"),
            ]
        }
        return draft
    }

    private static func consentBody(_ draft: RulesDraft) -> JSONObject {
        let rules = draft.rows.map { row in
            var rule: JSONObject = [
                "purpose": .string(row["purpose"] ?? ""), "missing": .string(row["missing"] ?? "refuse"),
                "activation": .string(row["activation"] ?? "refuse"), "drop": .array(RulesDraft.list(row["drop"])),
            ]
            if let channel = row["channel"], !channel.isEmpty { rule["channel"] = .string(channel) }
            return JSON.object(rule)
        }
        return ["rules": .array(rules), "version": .number(draft.version)]
    }

    private static func consentRow(_ row: RulesDraft.Row) -> RulesFormPage.RuleRow {
        return .init(
            legend: row.isNew ? "One more rule" : "Rule \(row.place + 1)",
            fields: [
                row.field(
                    "purpose", "Purpose", hint: row.isNew ? "As marketing. Empty: no rule." : "Empty: the rule goes."),
                row.field("channel", "Channel", hint: "Empty: all channels."),
                row.field(
                    "missing", "Of whom",
                    .choice([("refuse", "who refused, or was never asked"), ("allow", "who refused")])),
                row.field(
                    "activation", "Lawful basis (GDPR)",
                    .choice([("refuse", "consent alone"), ("allow", "also another than consent")]),
                    hint: "On consent alone, what they did is no reason to write to them."),
                row.field(
                    "drop", "Left out of the event", .area,
                    hint: "A line each: properties, properties.KEY, context.KEY."),
            ], rowWrong: row.wrong)
    }

    private func shownConsent(
        _ draft: RulesDraft, _ source: Source, _ rules: JSON, _ call: Call, _ visit: Visit
    ) async throws -> Response {
        let tenant = try visit.requiredTenant()
        let path = "/console/\(tenant.slug)/sources/\(source.publicID)"
        let elsewhere = draft.faultsElsewhere(draft.rows.indices.map { "/rules/\($0)" })
        return rulesPage(
            RulesFormPage(
                chrome: Chrome(
                    title: "Consent of \(source.name)", visit: visit, place: .sources, notice: call.query["notice"],
                    version: version),
                heading: "Consent of \(source.name)",
                lead:
                    "What is left out of events whose person did not agree. No event is lost by it; it holds from the next message on.",
                state: Self.stateWords(
                    rules, TimeWords(tenant.timezone), none: "No rules: events are kept as they are sent."),
                action: visit.may("edit", "setting") ? "\(path)/consent" : nil, csrf: visit.csrf,
                formVersion: draft.version, error: draft.error, faults: elsewhere, hasFaults: !elsewhere.isEmpty,
                rows: draft.shown(in: "/rules").map(Self.consentRow), settings: [], hasSettings: false,
                preview: nil, previewLabel: nil, isSafe: true, backHref: path, backLabel: source.name), draft)
    }

    func rulesPage(_ page: RulesFormPage, _ draft: RulesDraft) -> Response {
        Response(
            html: templates.render(page, as: "rules-form"),
            status: draft.error == nil && draft.faults.isEmpty ? .ok : .unprocessableContent)
    }
}
