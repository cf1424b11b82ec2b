import Foundation
import HTTPTypes
import Hummingbird
import Tandem
import TandemHTTP

/// The event of the quarantine as it is being corrected.
struct QuarantineCorrectionForm {
    let correctedText: String
    let lines: Int
    /// What is still wrong.
    var wrong: String?
    var wrongCode: String?
    /// It was looked at, and nothing is wrong.
    var isRight = false

    init(_ text: String) {
        correctedText = text
        lines = min(28, max(8, text.split(separator: "\n", omittingEmptySubsequences: false).count + 2))
    }
}

extension Console {
    var quarantineCorrectionRoute: Route {
        action(
            "/console/{tenant}/quarantine/{event}/correct", "Check a corrected event, or process it again",
            module: .cdp,
            right: .to("edit", "setting"), limit: 192 << 10
        ) { call, visit, form in
            try await correct(call, visit, form)
        }
    }

    private func correct(_ call: Call, _ visit: Visit, _ form: Query) async throws -> Response {
        let tenant = try visit.requiredTenant()
        guard let id = UUID(uuidString: call.capture("event")) else { throw Problem.notFound }
        let text = form["corrected"] ?? ""
        let correction = QuarantineCorrection(of: id, Array(text.utf8))
        var shown = QuarantineCorrectionForm(text)
        let (rules, logger, actor) = (readingRules, context.logger, visit.actor)
        let (target, isCheck, operation) = (tenant.unlimited, form["do"] == "check", UUID.v7())
        let fault = try await context.pool.withConnection(affinity: tenant.database.affinity) { connection in
            if let fault = try connection.quarantineFault(correction, of: target, rules: rules, logger: logger) {
                return fault as QuarantineCorrection.Fault?
            }
            if !isCheck {
                _ = try connection.quarantineCorrect(
                    correction, of: target, rules: rules, operation: operation, actor: actor, logger: logger)
            }
            return nil
        }
        if let fault { (shown.wrong, shown.wrongCode) = (fault.message, fault.code) }
        if fault == nil, !isCheck {
            context.operations.ring(for: tenant.id)
            return .seeOther("/console/\(tenant.slug)/quarantine?notice=ordered")
        }
        shown.isRight = fault == nil
        return try await quarantined(call, visit, tenant, correcting: shown)
    }
}
