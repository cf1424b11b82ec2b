import Foundation
import Hummingbird
import Tandem
import TandemHTTP

/// For how long events are kept, as a form that says first what would go.
extension Console {
    var retentionRoutes: [Route] {
        [
            page(
                "/console/{tenant}/retention", "For how long events are kept", module: .cdp, right: .settings
            ) { call, visit in
                let tenant = try visit.requiredTenant()
                let rules = try await reading(tenant) { (connection) throws(TandemError) in try connection.retention() }
                return try shownRetention(Self.retentionDraft(rules), rules, call, visit)
            },
            action(
                "/console/{tenant}/retention", "Say what rules of retention would delete, or put them into force",
                module: .cdp, right: .to("edit", "setting")
            ) { call, visit, form in
                try await orderRetention(call, visit, form)
            },
        ]
    }

    private func orderRetention(_ call: Call, _ visit: Visit, _ form: Query) async throws -> Response {
        let (tenant, actor) = (try visit.requiredTenant(), visit.actor)
        var draft = RulesDraft(form, key: "days")
        do {
            let change = try RetentionChange(json: Self.retentionBody(draft))
            if form["do"] == RulesOrder.save.rawValue {
                _ = try await writing(tenant) { (connection) throws(TandemError) in
                    try connection.retentionPut(change, actor: actor)
                }
                return .seeOther("/console/\(tenant.slug)/retention?notice=saved")
            }
            let plan = try await reading(tenant) { (connection) throws(TandemError) in
                try connection.retentionPlan(change.rules)
            }
            draft.preview = Self.retentionPreview(plan)
        } catch let error as TandemError {
            try Self.note(error, in: &draft)
        }
        let rules = try await reading(tenant) { (connection) throws(TandemError) in try connection.retention() }
        return try shownRetention(draft, rules, call, visit)
    }

    private static func retentionDraft(_ rules: JSON) -> RulesDraft {
        var draft = RulesDraft(version: rules["version"]?.int ?? 0)
        draft.rows = (rules["rules"]?.array ?? []).map { rule in
            [
                "type": rule["type"]?.string ?? "*", "event": rule["event"]?.string ?? "",
                "days": rule["days"]?.int.map(String.init) ?? "",
            ]
        }
        return draft
    }

    private static func retentionBody(_ draft: RulesDraft) -> JSONObject {
        let rules = draft.rows.map { row in
            var rule: JSONObject = ["type": .string(row["type"] ?? "*"), "days": RulesDraft.number(row["days"])]
            if let event = row["event"], !event.isEmpty { rule["event"] = .string(event) }
            return JSON.object(rule)
        }
        return ["rules": .array(rules), "version": .number(draft.version)]
    }

    private static func retentionPreview(_ plan: JSON) -> RulesFormPage.Preview {
        let items = plan["would_delete"]?.array ?? []
        let sum = items.reduce(0) { $0 + ($1["events"]?.int ?? 0) }
        let lines = items.prefix(50).map { item in
            let what = [item["type"]?.string, item["event"]?.string].compactMap { $0 }.joined(separator: " ")
            return "\(what): \(Figures.count(item["events"]?.int ?? 0))"
        }
        return .init(
            summary: [
                sum == 0
                    ? "Nothing would go now: all events are younger, or were received more lately. An event goes once both when it "
                        + "happened and when it was received are longer ago than its days."
                    : "\(Figures.counted(sum, "event").capitalizedFirst) would be deleted now, and more as they grow older. They do not come back."
            ], examples: lines.isEmpty ? [] : [.init(title: "By type and name", lines: lines)])
    }

    private static func retentionRow(_ row: RulesDraft.Row) -> RulesFormPage.RuleRow {
        let types = [("*", "all")] + MessageType.allCases.map { ($0.rawValue, $0.rawValue) }
        return .init(
            legend: row.isNew ? "One more rule" : "Rule \(row.place + 1)",
            fields: [
                row.field("type", "Type", .choice(types.map { (value: $0.0, label: $0.1) })),
                row.field("event", "Name of the event, page or screen", hint: "Empty: all of the type."),
                row.field(
                    "days", "Days to keep", .number, hint: row.isNew ? "Empty: no rule." : "Empty: the rule goes."),
            ], rowWrong: row.wrong)
    }

    private func shownRetention(_ draft: RulesDraft, _ rules: JSON, _ call: Call, _ visit: Visit) throws -> Response {
        let tenant = try visit.requiredTenant()
        let path = "/console/\(tenant.slug)/retention"
        let elsewhere = draft.faultsElsewhere(draft.rows.indices.map { "/rules/\($0)" })
        return rulesPage(
            RulesFormPage(
                chrome: Chrome(
                    title: "Retention", visit: visit, place: .retention, notice: call.query["notice"], version: version),
                heading: "How long events are kept",
                lead:
                    "Events older than their rule says are deleted, a little at a time. The rule that names an event comes before that of its "
                    + "type, and that before the one for all. What identifies people, traits and consent stay.",
                state: Self.stateWords(
                    rules, TimeWords(tenant.timezone), none: "No rules: events are kept for ever."),
                action: visit.may("edit", "setting") ? path : nil, csrf: visit.csrf, formVersion: draft.version,
                error: draft.error, faults: elsewhere, hasFaults: !elsewhere.isEmpty,
                rows: draft.shown(in: "/rules").map(Self.retentionRow), settings: [], hasSettings: false,
                preview: draft.preview, previewLabel: "Show what would go", isSafe: false, backHref: nil, backLabel: nil
            ),
            draft)
    }
}
