import ArgumentParser
import Foundation
import Postgres
import Tandem

struct DoctorCommand: DatabaseCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor", abstract: "Look for what is wrong. Exits 3 when it finds something.",
        discussion: """
            tandem doctor
            tandem doctor --tenant acme      also reads all of that tenant's data: identity and audit log
            tandem doctor --fix              puts right what needs no decision, and looks again

            The certificate for TLS is looked at if tandem.toml or the environment names it (tls_certificate, tls_key).
            """)
    @OptionGroup var global: GlobalOptions
    @Flag(
        help:
            "Put right what needs no decision: durability, open doors of the embedded server, migrations, old BI sessions, normal forms."
    )
    var fix = false
    var requirement: DatabaseSession.Requirement { .none }

    func run(_ session: DatabaseSession) throws -> Output {
        var findings = try examine(session)
        var fixed: [(check: String, done: String)] = []
        if fix && !global.dryRun {
            fixed = try Doctor.fix(
                findings, session.connection, server: session.server, by: DatabaseSession.actor, logger: session.logger)
            if !fixed.isEmpty {
                // What was reloaded reaches sessions within a moment.
                Thread.sleep(forTimeInterval: 0.5)
                findings = try examine(session)
            }
        }
        let items = findings.map { finding -> JSONObject in
            var item: JSONObject = [
                "result": .string(finding.result.rawValue), "check": .string(finding.check),
                "detail": .string(finding.detail),
            ]
            if let remedy = finding.remedy { item["remedy"] = .string(remedy) }
            if let done = fixed.first(where: { $0.check == finding.check }) { item["fixed"] = .string(done.done) }
            return item
        }
        let failures = findings.count { $0.result == .fail }
        let warnings = findings.count { $0.result == .warn }
        let remedies = findings.compactMap { finding in finding.remedy.map { "\(finding.check): \($0)" } }
        return Output(
            content: .list(items), columns: [("RESULT", "result"), ("CHECK", "check"), ("DETAIL", "detail")],
            name: "check",
            next: fixed.map { "fixed \($0.check): \($0.done)" } + remedies
                + (failures + warnings == 0 ? [] : ["\(failures) failures, \(warnings) warnings"]),
            exit: failures + warnings == 0 ? .success : .pending)
    }

    private func examine(_ session: DatabaseSession) throws -> [Doctor.Finding] {
        var findings = try Doctor.examine(
            session.connection, server: session.server, reserve: session.settings.diskReserve(), logger: session.logger)
        if let files = try CertificateFiles(session.settings) { findings.append(files.finding()) }
        if session.settings[.tenant] != nil, try ControlPlane.isCurrent(session.connection) {
            findings += try Doctor.examine(session.tenant(), session.connection)
        }
        return findings
    }
}
