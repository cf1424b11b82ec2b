import ArgumentParser
import Foundation
import Postgres
import Tandem

/// `tandem lead …`: the verbs that every object has, and what leads become.
struct LeadCommand: ParsableCommand {
    typealias Leads = ObjectCommand<LeadNoun>

    static let configuration = CommandConfiguration(
        commandName: "lead", abstract: Leads.configuration.abstract,
        discussion: """
            tandem lead list --limit 10 --tenant acme
            tandem lead convert email=buyer@acme.example --create-opportunity --dry-run
            tandem lead unconvert email=buyer@acme.example

            Fields: \(LeadNoun.object.fields.map(\.name).joined(separator: ", ")).
            """,
        subcommands: Leads.configuration.subcommands + [OriginVerb<LeadNoun>.self, Convert.self, Unconvert.self]
            + MergeVerbs<LeadNoun>.commands)

    /// What reasons of the answers mean.
    private static let reasons = [
        "named": "as you said", "person": "the same person", "email": "the same address",
        "company": "the same company name", "domain": "the domain of the address", "contact": "the contact's account",
        "edited": "somebody has edited it since", "in_use": "something else uses it",
        "merged": "it was merged with another one since",
    ]

    struct Convert: DatabaseCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make an account, a contact and, if wanted, an opportunity of one.",
            discussion: """
                tandem lead convert email=buyer@acme.example --dry-run --tenant acme
                tandem lead convert email=buyer@acme.example --set amount=1200.00 --set currency=EUR
                tandem lead convert lead_… --account domain=acme.example --opportunity opp_…

                Records that are there already are used, and only their empty fields filled; several that fit are told, and \
                nothing is done until one is named.
                """)
        @OptionGroup var global: GlobalOptions
        @Argument(help: Leads.referenceHelp) var lead: String
        @Option(help: "The account that it belongs to: acct_…, a uuid, or field=value.") var account: String?
        @Option(help: "The contact that it is: cont_…, a uuid, or field=value.") var contact: String?
        @Option(help: "The opportunity that it joins: opp_…, a uuid, or field=value.") var opportunity: String?
        @Flag(help: "Make an opportunity.") var createOpportunity = false
        @Option(
            name: .customLong("set"), parsing: .singleValue,
            help: "field=value of an opportunity to make, repeatable.") var assignments: [String] = []
        @Option(help: "Whose the new records are: user_…, a uuid, or email=…") var owner: String?
        @Option(help: "What to do with records that fit: use, error or create.") var onDuplicate = "use"

        func run(_ session: DatabaseSession) throws -> Output {
            let tenant = try session.tenant()
            let catalog = try session.catalog(of: tenant)
            let fields = try assignments.isEmpty ? nil : FieldAssignments.object(assignments, catalog[.opportunity])
            let isDryRun = global.dryRun
            let done = try session.inTenant(tenant) { (connection) throws(TandemError) -> JSON in
                let id = try Leads.find(lead, connection, in: catalog)
                var body: JSONObject = [
                    "on_duplicate": .string(onDuplicate), "create_opportunity": .bool(createOpportunity),
                ]
                body["account_id"] = try Self.id(account, of: AccountNoun.self, connection, catalog)
                body["contact_id"] = try Self.id(contact, of: ContactNoun.self, connection, catalog)
                body["opportunity_id"] = try Self.id(opportunity, of: OpportunityNoun.self, connection, catalog)
                body["owner_id"] = try Self.id(owner, of: UserNoun.self, connection, catalog)
                if let fields { body["opportunity"] = .object(fields) }
                return try connection.convertLead(
                    id, LeadConversion(body, catalog: catalog), by: DatabaseSession.actor, dryRun: isDryRun)
            }
            return Output(content: .object(done.object ?? [:]), text: Self.text(done))
        }

        private static func text(_ done: JSON) -> String {
            let lines = ["account", "contact", "opportunity"].compactMap { object -> [String]? in
                guard let part = done[object], let action = part["action"]?.string else { return nil }
                let isDry = done["dry_run"]?.bool == true
                let filled = (part["filled"]?.object ?? [:]).map { name, _ in name.replacing("_", with: " ") }
                let reasons = [
                    part["reason"]?.string.flatMap { LeadCommand.reasons[$0] },
                    filled.isEmpty ? nil : "filled \(filled.joined(separator: ", "))",
                    part["person"]?.string == "review" ? "another person: a review waits" : nil,
                ].compactMap { $0 }
                let why = reasons.isEmpty ? "" : "(\(reasons.joined(separator: "; ")))"
                return [
                    object, (isDry ? "would be " : "") + action, part["id"]?.string ?? "", part["name"]?.string ?? "",
                    why,
                ]
            }
            return Output.aligned(lines)
        }

        private static func id<Noun: ObjectNoun>(
            _ reference: String?, of: Noun.Type, _ connection: Connection, _ catalog: ObjectCatalog
        ) throws(TandemError) -> JSON? {
            guard let reference else { return nil }
            return .string(try ObjectCommand<Noun>.find(reference, connection, in: catalog).uuidString)
        }
    }

    struct Unconvert: DatabaseCommand {
        static let configuration = CommandConfiguration(
            abstract: "Take the conversion of one back.",
            discussion: """
                tandem lead unconvert email=buyer@acme.example --dry-run --tenant acme

                What it made goes to the bin, unless somebody has edited it since or uses it.
                """)
        @OptionGroup var global: GlobalOptions
        @Argument(help: Leads.referenceHelp) var lead: String

        func run(_ session: DatabaseSession) throws -> Output {
            let isDryRun = global.dryRun
            let tenant = try session.tenant()
            let catalog = try session.catalog(of: tenant)
            let done = try session.inTenant(tenant) { (connection) throws(TandemError) -> JSON in
                try connection.unconvertLead(
                    Leads.find(lead, connection, in: catalog), by: DatabaseSession.actor, dryRun: isDryRun)
            }
            return Output(content: .object(done.object ?? [:]), text: Self.text(done))
        }

        private static func text(_ done: JSON) -> String {
            let isDry = done["dry_run"]?.bool == true
            let words = [("removed", "moved to the bin"), ("cleared", "emptied"), ("kept", "kept")]
            let lines = words.flatMap { key, word in
                (done[key]?.array ?? []).map { part -> [String] in
                    let fields = (part["fields"]?.array ?? []).compactMap(\.string).joined(separator: ", ")
                    let why = part["reason"]?.string.flatMap { LeadCommand.reasons[$0] } ?? fields
                    return [
                        part["object"]?.string ?? "", (isDry ? "would be " : "") + word, part["id"]?.string ?? "",
                        part["name"]?.string ?? "", why.isEmpty ? "" : "(\(why))",
                    ]
                }
            }
            return Output.aligned(
                lines + [["lead", done["status"]?.string ?? "", done["lead_id"]?.string ?? "", "", ""]])
        }
    }
}
