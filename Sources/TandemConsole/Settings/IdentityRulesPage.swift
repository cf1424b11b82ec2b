import Foundation
import Hummingbird
import Tandem
import TandemHTTP

/// The rules by which events become profiles, as a form that plays them before they are in force.
extension Console {
    var identityRulesRoutes: [Route] {
        [
            page(
                "/console/{tenant}/rules", "The rules by which events become profiles", module: .cdp, right: .settings,
                parameters: [.init("simulation", "An operation that plays rules: they are shown with what came of it")]
            ) { call, visit in
                let tenant = try visit.requiredTenant()
                let rules = try await rulesInForce(tenant)
                guard let simulation = call.text("simulation") else {
                    return try shownRules(Self.rulesDraft(rules), rules, call, visit)
                }
                return try shownRules(await simulated(simulation, rules, tenant), rules, call, visit)
            },
            action(
                "/console/{tenant}/rules", "Play identity rules on what events have left, or put them into force",
                module: .cdp, right: .to("edit", "setting")
            ) { call, visit, form in
                try await orderRules(call, visit, form)
            },
        ]
    }

    private func rulesInForce(_ tenant: Tenant) async throws -> JSON {
        try await reading(tenant) { (connection) throws(TandemError) in
            try connection.identityRules()
        }
    }

    private func orderRules(_ call: Call, _ visit: Visit, _ form: Query) async throws -> Response {
        let (tenant, actor) = (try visit.requiredTenant(), visit.actor)
        var draft = RulesDraft(form, key: "type")
        let inForce = try await rulesInForce(tenant)
        do {
            let rules = try IdentityRules(json: .object(Self.rulesBody(draft, inForce)))
            if form["do"] == RulesOrder.save.rawValue {
                try await put(rules, seen: draft.version, tenant, actor)
                return .seeOther("/console/\(tenant.slug)/rules?notice=saved")
            }
            switch try await play(rules, tenant, actor) {
            case .result(let preview): draft.preview = preview
            case .ordered(let operation):
                return .seeOther("/console/\(tenant.slug)/rules?simulation=\(operation)")
            }
        } catch let error as TandemError {
            try Self.note(error, in: &draft)
        }
        return try shownRules(draft, inForce, call, visit)
    }

    /// - Parameter seen: the version that the form was made from.
    private func put(_ rules: IdentityRules, seen: Int, _ tenant: Tenant, _ actor: String) async throws {
        _ = try await writing(tenant) { (connection) throws(TandemError) in
            try connection.identityRulesPut(rules, replacing: seen, actor: actor)
        }
        readingRules.forget(tenant)
    }

    // MARK: the form

    private static let numbers = [
        ("max_ids", "Identifiers of a profile at most"), ("max_merges", "Merges of a profile at most"),
        ("anomaly_ids_per_hour", "New identifiers in an hour before merges wait"),
    ]

    static func rulesDraft(_ rules: JSON) -> RulesDraft {
        var draft = RulesDraft(version: rules["version"]?.int ?? 0)
        draft.rows = (rules["identifiers"]?.array ?? []).map { entry in
            [
                "type": entry["type"]?.string ?? "", "priority": entry["priority"]?.int.map(String.init) ?? "",
                "limit": entry["limit"]?.int.map(String.init) ?? "", "window": entry["window"]?.string ?? "ever",
                "trait": entry["trait"]?.string ?? "", "blocked": text(entry["blocked"]),
                "blocked_patterns": text(entry["blocked_patterns"]),
            ]
        }
        for (name, _) in numbers { draft.settings[name] = rules[name]?.int.map(String.init) ?? "" }
        draft.settings["limit"] = rules["default"]?["limit"]?.int.map(String.init) ?? ""
        draft.settings["window"] = rules["default"]?["window"]?.string ?? "ever"
        draft.settings["blocked"] = text(rules["blocked"])
        draft.settings["blocked_patterns"] = text(rules["blocked_patterns"])
        return draft
    }

    private static func text(_ list: JSON?) -> String {
        (list?.array ?? []).compactMap(\.string).filter { !$0.isEmpty }.joined(separator: "\n")
    }

    /// - Parameter inForce: what the form cannot show is kept from there: that an empty value is blocked.
    private static func rulesBody(_ draft: RulesDraft, _ inForce: JSON) -> JSONObject {
        let entries = draft.rows.map { row in
            var entry: JSONObject = [
                "type": .string(row["type"] ?? ""), "priority": RulesDraft.number(row["priority"]),
                "limit": RulesDraft.number(row["limit"]), "window": .string(row["window"] ?? "ever"),
                "blocked": .array(RulesDraft.lines(row["blocked"])),
                "blocked_patterns": .array(RulesDraft.lines(row["blocked_patterns"])),
            ]
            if let trait = row["trait"], !trait.isEmpty { entry["trait"] = .string(trait) }
            return JSON.object(entry)
        }
        let blocksEmpty = inForce["blocked"]?.array?.contains("") == true
        var body: JSONObject = [
            "identifiers": .array(entries),
            "default": [
                "limit": RulesDraft.number(draft.settings["limit"]),
                "window": .string(draft.settings["window"] ?? "ever"),
            ],
            "blocked": .array((blocksEmpty ? [""] : []) + RulesDraft.lines(draft.settings["blocked"])),
            "blocked_patterns": .array(RulesDraft.lines(draft.settings["blocked_patterns"])),
        ]
        for (name, _) in numbers { body[name] = RulesDraft.number(draft.settings[name]) }
        return body
    }

    private static let windows: [(value: String, label: String)] = IdentityRules.Window.allCases.map {
        ($0.rawValue, $0.rawValue)
    }

    private static func identifierRow(_ row: RulesDraft.Row) -> RulesFormPage.RuleRow {
        return .init(
            legend: row.isNew ? "One more type" : row.values["type"] ?? "",
            fields: [
                row.field("type", "Type", hint: row.isNew ? "Empty: none." : "Empty: the defaults below hold for it."),
                row.field("priority", "Priority", .number, hint: "1 comes first."),
                row.field("limit", "Values of a profile", .number),
                row.field("window", "Counted", .choice(windows)),
                row.field("trait", "Key that feeds it", hint: "Of a type of your own."),
                row.field("blocked", "Values that identify nobody", .area, hint: "A line each."),
                row.field("blocked_patterns", "Patterns that identify nobody", .area, hint: "A line each."),
            ], rowWrong: row.wrong)
    }

    private static func ruleSettings(_ draft: RulesDraft) -> [RulesFormPage.Field] {
        func field(
            _ name: String, _ label: String, _ kind: RulesFormPage.Field.Kind, at pointer: String, hint: String? = nil
        ) -> RulesFormPage.Field {
            .init("s.\(name)", label, draft.settings[name] ?? "", kind, hint: hint, wrong: draft.wrong(pointer))
        }
        return [
            field("limit", "Values of a profile, of other types", .number, at: "/default/limit"),
            field("window", "Counted", .choice(windows), at: "/default/window"),
        ] + numbers.map { field($0.0, $0.1, .number, at: "/\($0.0)") } + [
            field("blocked", "Values that identify nobody, of any type", .area, at: "/blocked", hint: "A line each."),
            field("blocked_patterns", "Patterns, of any type", .area, at: "/blocked_patterns", hint: "A line each."),
        ]
    }

    private func shownRules(_ draft: RulesDraft, _ rules: JSON, _ call: Call, _ visit: Visit) throws -> Response {
        let tenant = try visit.requiredTenant()
        let path = "/console/\(tenant.slug)/rules"
        let known =
            draft.rows.indices.map { "/identifiers/\($0)" } + Self.numbers.map { "/\($0.0)" }
            + ["/default/limit", "/default/window", "/blocked", "/blocked_patterns"]
        let elsewhere = draft.faultsElsewhere(known)
        return rulesPage(
            RulesFormPage(
                chrome: Chrome(
                    title: "Identity rules", visit: visit, place: .rules, notice: call.query["notice"], version: version
                ),
                heading: "Who is one person",
                lead:
                    "What identifies people, in which order, and how many values of a type one person may have. Rules hold for events from now on; "
                    + "what was joined stays so.",
                state: Self.stateWords(
                    rules, TimeWords(tenant.timezone), none: "The rules that every tenant begins with."),
                action: visit.may("edit", "setting") ? path : nil, csrf: visit.csrf, formVersion: draft.version,
                error: draft.error, faults: elsewhere, hasFaults: !elsewhere.isEmpty,
                rows: draft.shown(in: "/identifiers", spare: 1).map(Self.identifierRow),
                settings: Self.ruleSettings(draft),
                hasSettings: true, preview: draft.preview, previewLabel: "Show what would change", isSafe: false,
                backHref: nil, backLabel: nil), draft)
    }
}
