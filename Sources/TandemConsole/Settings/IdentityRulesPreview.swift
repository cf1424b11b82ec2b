import Foundation
import Tandem
import TandemHTTP

/// What other identity rules would have done: at once where there is little to play, else as an operation whose result the form shows
/// when there is one.
extension Console {
    enum RulesPlayed {
        case result(RulesFormPage.Preview)
        case ordered(PublicID)
    }

    func play(_ rules: IdentityRules, _ tenant: Tenant, _ actor: String) async throws -> RulesPlayed {
        let (order, id) = (RulesSimulation.Order(rules: rules, since: nil), UUID.v7())
        let result = try await writing(tenant, deadline: .seconds(60)) { (connection) throws(TandemError) -> JSON? in
            if try connection.simulationNodes() > RulesSimulation.nodesAtOnce {
                _ = try connection.simulationOrder(order, id: id, actor: actor)
                return nil
            }
            return try RulesSimulation(order).run(on: connection)
        }
        if let result { return .result(Self.rulesPreview(result)) }
        context.operations.ring(for: tenant.id)
        return .ordered(PublicID(.operation, id))
    }

    /// The rules of a simulation that was ordered, on top of those in force, with its result or how far it is.
    func simulated(_ text: String, _ inForce: JSON, _ tenant: Tenant) async throws -> RulesDraft {
        guard let id = PublicID(.operation, text: text)?.uuid,
            let found = try await read(tenant, [.call("operation_find", .uuid(id))])[0].first?.optionalText(0)
        else { throw Problem.notFound }
        let operation = try JSON(parsing: found)
        guard operation["type"]?.string == RulesSimulation.operationType, let rules = operation["input"]?["rules"]
        else { throw Problem.notFound }
        var draft = Self.rulesDraft(rules)
        draft.version = inForce["version"]?.int ?? 0
        draft.preview = operation["result"].map(Self.rulesPreview) ?? Self.underWay(operation)
        return draft
    }

    private static func underWay(_ operation: JSON) -> RulesFormPage.Preview {
        func count(_ name: String) -> String { Figures.count(operation[name]?.int ?? 0) }
        switch operation["state"]?.string {
        case "failed":
            return .init(summary: ["They could not be played: \(operation["error"]?.string ?? "")"], examples: [])
        case "done":
            return .init(
                summary: ["What came of it is gone: somebody whom it told of was erased. Play them anew."], examples: []
            )
        case "cancelled":
            return .init(summary: ["It was cancelled."], examples: [])
        default:
            return .init(
                summary: [
                    "There is too much to play while you wait: \(count("done")) of \(count("total")) visitors are done. "
                        + "Load this page again for what comes of it; Operations leads here, too."
                ], examples: [])
        }
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
}
