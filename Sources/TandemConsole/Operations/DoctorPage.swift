import Hummingbird
import Postgres
import Tandem
import TandemHTTP

/// What doctor says, what is wrong first, with what to do.
struct DoctorPage {
    struct Entry {
        let check: String
        let state: String
        let tone: String
        let detail: String
        let remedy: String?
    }

    let chrome: Chrome
    let verdict: String
    /// Red for failures alone: a warning breaks no promise yet.
    let verdictTone: String
    let entries: [Entry]
    /// Nil where nothing is wrong that needs no decision.
    let fix: Fix?

    struct Fix {
        let action: String
        let csrf: String
        let checks: String
    }
}

extension Console {
    var doctorRoutes: [Route] {
        [
            installationPage(.doctor, "What is wrong with the installation, and what to do") { call, visit in
                try await doctor(call, visit)
            },
            installationAction(.doctor, "fix", "Put right what needs no decision") { _, visit in
                try await context.pool.withConnection(deadline: .seconds(55)) { (connection) throws in
                    _ = try installation.fix(connection, by: visit.actor)
                }
                return .seeOther(Chrome.InstallationPlace.doctor.href + "?notice=fixed")
            },
        ]
    }

    private func doctor(_ call: Call, _ visit: Visit) async throws -> Response {
        let findings = try await context.pool.withConnection(deadline: .seconds(55)) { (connection) throws in
            try installation.examine(connection)
        }
        let failures = findings.count { $0.result == .fail }
        let warnings = findings.count { $0.result == .warn }
        let fixable = findings.filter { $0.result != .ok && Doctor.fixable.contains($0.check) }.map(\.check)
        let order: [Doctor.Result] = [.fail, .warn, .ok]
        let page = DoctorPage(
            chrome: Chrome(
                title: "Doctor", visit: visit, installation: .doctor, notice: call.query["notice"], version: version),
            verdict: failures + warnings == 0
                ? "All \(findings.count) checks are well."
                : [
                    failures == 0 ? nil : Figures.counted(failures, "failure"),
                    warnings == 0 ? nil : Figures.counted(warnings, "warning"),
                ].compactMap { $0 }.joined(separator: " and ").capitalizedFirst + ", named first.",
            verdictTone: failures > 0 ? "bad" : warnings > 0 ? "warn" : "good",
            entries: order.flatMap { result in findings.filter { $0.result == result } }.map(Self.entry),
            fix: fixable.isEmpty
                ? nil
                : DoctorPage.Fix(
                    action: Chrome.InstallationPlace.doctor.href + "/fix", csrf: visit.csrf,
                    checks: fixable.joined(separator: ", ")))
        return Response(html: templates.render(page, as: "doctor"))
    }

    private static func entry(_ finding: Doctor.Finding) -> DoctorPage.Entry {
        let (state, tone) =
            switch finding.result {
            case .ok: ("well", "good")
            case .warn: ("warning", "warn")
            case .fail: ("failure", "bad")
            }
        return DoctorPage.Entry(
            check: finding.check, state: state, tone: tone, detail: finding.detail, remedy: finding.remedy)
    }
}

extension String {
    var capitalizedFirst: String { prefix(1).uppercased() + dropFirst() }
}
