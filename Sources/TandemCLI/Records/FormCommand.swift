import ArgumentParser
import Foundation
import Tandem

/// `tandem form …`: the verbs that every object has, and what came in.
struct FormCommand: ParsableCommand {
    typealias Forms = ObjectCommand<FormNoun>

    static let configuration = CommandConfiguration(
        commandName: "form", abstract: Forms.configuration.abstract,
        discussion: """
            tandem form list --tenant acme
            tandem form update name=demo-request --set account_owner=true team_id=team_… --dry-run
            tandem form submissions name=demo-request -o json

            Fields: \(FormNoun.object.fields.map(\.name).joined(separator: ", ")).
            """,
        subcommands: Forms.configuration.subcommands + [Submissions.self])

    struct Submissions: DatabaseCommand {
        static let configuration = CommandConfiguration(
            abstract: "List what was submitted and what became of it, newest first.",
            discussion: """
                tandem form submissions name=demo-request --tenant acme
                tandem form submissions --lead email=buyer@acme.example
                """)
        @OptionGroup var global: GlobalOptions
        @Argument(help: Forms.referenceHelp) var form: String?
        @Option(help: "Those of a lead: lead_…, a uuid, or field=value.") var lead: String?
        @Option(help: "At most so many.") var limit = 50

        func validate() throws {
            if (form == nil) == (lead == nil) { throw ValidationError("Name a form or --lead.") }
        }

        func run(_ session: DatabaseSession) throws -> Output {
            let tenant = try session.tenant()
            let catalog = try session.catalog(of: tenant)
            let items = try session.inTenant(tenant, readOnly: true) {
                (connection) throws(TandemError) -> [JSON] in
                if let form {
                    return try connection.formSubmissions(form: Forms.find(form, connection, in: catalog), limit: limit)
                }
                let id = try ObjectCommand<LeadNoun>.find(lead ?? "", connection, in: catalog)
                return try connection.formSubmissions(lead: id, limit: limit)
            }
            return Output(
                content: .list(items.compactMap(\.object)),
                columns: [
                    ("AT", "at"), ("FORM", "form"), ("SOURCE", "source"), ("OUTCOME", "outcome"), ("REASON", "reason"),
                    ("LEAD", "lead_id"), ("PAGE", "page"),
                ])
        }
    }
}
