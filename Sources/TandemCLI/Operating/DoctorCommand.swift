import ArgumentParser
import Foundation
import Postgres
import Tandem

struct DoctorCommand: DatabaseCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor", abstract: "Look for what is wrong. Exits 3 when it finds something.",
        discussion: "With --tenant it also reads all of that tenant's data: identity and audit log.")
    @OptionGroup var global: GlobalOptions
    var requirement: DatabaseSession.Requirement { .none }

    func run(_ session: DatabaseSession) throws -> Output {
        var findings = try Doctor.examine(session.connection, logger: session.logger)
        if session.settings[.tenant] != nil, try ControlPlane.isCurrent(session.connection) {
            findings += try Doctor.examine(session.tenant(), session.connection)
        }
        let items = findings.map { finding -> JSONObject in
            [
                "result": .string(finding.result.rawValue), "check": .string(finding.check),
                "detail": .string(finding.detail),
            ]
        }
        let failures = findings.count { $0.result == .fail }
        let warnings = findings.count { $0.result == .warn }
        return Output(
            content: .list(items), columns: [("RESULT", "result"), ("CHECK", "check"), ("DETAIL", "detail")],
            name: "check", next: failures + warnings == 0 ? [] : ["\(failures) failures, \(warnings) warnings"],
            exit: failures + warnings == 0 ? .success : .pending)
    }
}
