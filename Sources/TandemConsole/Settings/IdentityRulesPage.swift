import Foundation
import Hummingbird
import Tandem
import TandemHTTP

/// The rules by which events become profiles, as a form that plays them before they are in force.
extension Console {
    var identityRulesRoutes: [Route] {
        [
            page(
                "/console/{tenant}/rules", "The rules by which events become profiles", module: .cdp, right: .settings
            ) { call, visit in
                let rules = try await rulesInForce(visit.requiredTenant())
                return try shownRules(Self.rulesDraft(rules), rules, call, visit)
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
            draft.preview = try await played(rules, tenant, actor)
        } catch let error as TandemError {
            try Self.note(error, in: &draft)
        }
        return try shownRules(draft, inForce, call, visit)
    }

    /// - Parameter seen: the version that the form was made from.
    private func put(_ rules: IdentityRules, seen: Int, _ tenant: Tenant, _ actor: String) async throws {
        try await writing(tenant) { (connection) throws(TandemError) in
            let version = try connection.identityRules()["version"]?.int ?? 0
            guard version == seen else { throw .versionMismatch(current: version) }
            _ = try connection.identityRulesPut(rules, actor: actor)
        }
        readingRules.forget(tenant)
    }

    private func played(_ rules: IdentityRules, _ tenant: Tenant, _ actor: String) async throws -> RulesFormPage.Preview
    {
        let (order, id) = (RulesSimulation.Order(rules: rules, since: nil), UUID.v7())
        let result = try await writing(tenant, deadline: .seconds(60)) { (connection) throws(TandemError) -> JSON? in
            if try connection.simulationNodes() > RulesSimulation.nodesAtOnce {
                _ = try connection.simulationOrder(order, id: id, actor: actor)
                return nil
            }
            return try RulesSimulation(order).run(on: connection)
        }
        guard let result else {
            context.operations.ring(for: tenant.id)
            let operation = PublicID(.operation, id)
            return .init(
                summary: [
                    "There is too much to play it while you wait: the operation \(operation) does it.",
                    "GET /v1/operations/\(operation) has its result; tandem rules simulate waits for one.",
                ], examples: [])
        }
        return Self.rulesPreview(result)
    }

    private static func rulesPreview(_ result: JSON) -> RulesFormPage.Preview {
        func count(_ path: String...) -> Int { path.reduce(Optional(result)) { $0?[$1] }?.int ?? 0 }
        let (before, after) = (count("profiles", "before"), count("profiles", "after"))
        let titles = [("joined", "Would be one"), ("parted", "Would be several")]
        let examples = titles.flatMap { key, title in
            (result["examples"]?[key]?.array ?? []).map { example in
                RulesFormPage.Preview.Example(
                    title: title + because(example["because"]),
                    lines: (example["profiles"]?.array ?? []).map { profile in
                        (profile["identifiers"]?.array ?? []).map {
                            "\($0["type"]?.string ?? "") \($0["value"]?.string ?? "")"
                        }.joined(separator: ", ")
                    })
            }
        }
        let isSame = count("joined") + count("parted") + count("dropped_identifiers") + count("added_identifiers") == 0
        return .init(
            summary: isSame
                ? [
                    "Nothing would be different: \(Figures.counted(before, "profile")) under both. Nothing is changed yet."
                ]
                : [
                    "\(Figures.count(before)) profiles under the rules in force, \(Figures.count(after)) under these. Nothing is changed yet.",
                    "\(Figures.counted(count("joined"), "profile").capitalizedFirst) would be made of several that are apart; "
                        + "\(Figures.counted(count("parted"), "profile")) would be several.",
                    "\(Figures.counted(count("dropped_identifiers"), "identifier").capitalizedFirst) would be nobody's; "
                        + "\(Figures.count(count("added_identifiers"))) would be added.",
                ], examples: examples)
    }

    private static func because(_ cause: JSON?) -> String {
        guard let cause, let rule = cause["rule"]?.string else { return "" }
        let identifier = [cause["identifier"]?["type"]?.string, cause["identifier"]?["value"]?.string]
        return ", by the rule \(rule) at \(identifier.compactMap { $0 }.joined(separator: " "))"
    }

    // MARK: the form

    private static let numbers = [
        ("max_ids", "Identifiers of a profile at most"), ("max_merges", "Merges of a profile at most"),
        ("anomaly_ids_per_hour", "New identifiers in an hour before merges wait"),
    ]

    private static func rulesDraft(_ rules: JSON) -> RulesDraft {
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
