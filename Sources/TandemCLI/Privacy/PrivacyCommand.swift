import ArgumentParser
import Foundation
import Postgres
import Tandem

/// `tandem privacy …`: what a person may ask for.
struct PrivacyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "privacy", abstract: "Erase, export or keep out a person's data, with receipts.",
        discussion: """
            tandem privacy erase email ada@example.com --tenant acme --dry-run
            tandem privacy erase email ada@example.com --tenant acme --confirm ada@example.com
            tandem privacy export user_id 4711 --to ada.jsonl
            tandem privacy show prv_… -o json > receipt.json; tandem privacy verify receipt.json

            A person is named by any identifier: email, phone, user_id, anonymous_id, a type of your own; or by the id of a \
            profile, contact or lead.
            """,
        subcommands: [
            Erase.self, Export.self, Suppress.self, Unsuppress.self, Check.self, List.self, Show.self, Verify.self,
            PublicKey.self,
        ])

    /// Who is meant.
    struct Person: ParsableArguments {
        @Argument(help: "email, phone, user_id, another identifier's type, profile, contact or lead.") var type: String
        @Argument(help: "The identifier, or the record's id.") var value: String
        @Option(help: "Why; it stands in the request.") var reason: String?

        func subject() throws(TandemError) -> PrivacySubject { try PrivacySubject(type: type, value: value) }
    }

    private static func desk(_ session: DatabaseSession) throws -> PrivacyDesk {
        try PrivacyDesk(session.connection, tenant: session.tenant(), actor: DatabaseSession.actor)
    }

    /// What was done, with counts below each other.
    private static func output(_ done: JSON, _ words: String) -> Output {
        let counts = (done["counts"]?.object ?? [:]).map { name, count in
            ["  " + (count.number?.text ?? ""), name.replacing("_", with: " ")]
        }
        let id = done["id"]?.string
        return Output(
            content: .object(done.object ?? [:]),
            text: words + (id.map { " (\($0))" } ?? "") + "\n" + Output.aligned(counts),
            next: id.map { ["tandem privacy show \($0) -o json"] } ?? [])
    }

    struct Erase: DatabaseCommand {
        static let configuration = CommandConfiguration(
            abstract: "Erase all that is known of a person, for good, and keep out what comes after.",
            discussion: """
                tandem privacy erase email ada@example.com --tenant acme --dry-run

                Profile, events, contacts, leads, their history, files and staged rows go; activities and tickets stay as facts \
                without words; opportunities stay. What has the person's identifiers is refused from then on, until \
                tandem privacy unsuppress.
                """)
        @OptionGroup var global: GlobalOptions
        @OptionGroup var person: Person
        @Flag(help: "Everybody who has it, where several persons do.") var all = false
        @Option(help: "The value again, as a confirmation.") var confirm: String?

        func run(_ session: DatabaseSession) throws -> Output {
            let subject = try person.subject()
            guard confirm == person.value || global.dryRun else {
                throw CommandFailure(
                    exit: .cancelled, code: "not_confirmed",
                    message: "this erases a person for good",
                    hint: "see what goes with --dry-run, then confirm with --confirm \(person.value)")
            }
            let done = try PrivacyCommand.desk(session).erase(
                subject, all: all, reason: person.reason, isDryRun: global.dryRun)
            if global.dryRun { return PrivacyCommand.output(done, "This would go:") }
            guard done["state"]?.string == "running",
                let id = done["id"]?.string.flatMap({ PublicID(.privacyRequest, text: $0)?.uuid })
            else { return PrivacyCommand.output(done, "Erased.") }
            let tenant = try session.tenant()
            let ordered = try session.inTenant(tenant, readOnly: true) { (connection) throws(TandemError) in
                try connection.operationShow(id) ?? .null
            }
            let followed = try session.followOperation(id, ordered, of: tenant, verb: "erasing")
            if followed.exit != .success { return followed }
            let shown = try session.inTenant(tenant, readOnly: true) { (connection) throws(TandemError) in
                try connection.privacyRequest(id)
            }
            return PrivacyCommand.output(shown, "Erased.")
        }
    }

    struct Export: DatabaseCommand {
        static let configuration = CommandConfiguration(
            abstract: "Write all that is known of a person as JSON lines.",
            discussion: "tandem privacy export email ada@example.com --to ada.jsonl --tenant acme")
        @OptionGroup var global: GlobalOptions
        @OptionGroup var person: Person
        @Flag(help: "Everybody who has it, where several persons do.") var all = false
        @Option(name: .customLong("to"), help: "The file; - is standard output.") var path = "-"

        private static let page = 1_000

        func run(_ session: DatabaseSession) throws -> Output {
            let done = try PrivacyCommand.desk(session).export(
                person.subject(), all: all, reason: person.reason, isDryRun: global.dryRun)
            if global.dryRun { return PrivacyCommand.output(done, "This would be written to \(path):") }
            guard let id = done["id"]?.string.flatMap({ PublicID(.privacyRequest, text: $0)?.uuid }) else {
                throw TandemError.notFound()
            }
            let file = try ExportFile(path)
            var lines = 0
            var after: (node: Int64, at: Int64, place: Int64)?
            repeat {
                let place = after
                let page = try session.inTenant(session.tenant(), readOnly: true) { (connection) throws(TandemError) in
                    try connection.exportPage(id, after: place, limit: Self.page)
                }
                try file.write(page.items)
                lines += page.items.count
                after = page.last
            } while after != nil
            return try file.closed(PrivacyCommand.output(done, "\(lines) lines in \(path)."))
        }
    }

    struct Suppress: DatabaseCommand {
        static let configuration = CommandConfiguration(
            abstract: "Keep out what comes of a person from now on; what is there stays.",
            discussion: "tandem privacy suppress email ada@example.com --tenant acme")
        @OptionGroup var global: GlobalOptions
        @OptionGroup var person: Person
        @Flag(help: "Everybody who has it, where several persons do.") var all = false

        func run(_ session: DatabaseSession) throws -> Output {
            let done = try PrivacyCommand.desk(session).suppress(
                person.subject(), all: all, reason: person.reason, isDryRun: global.dryRun)
            return PrivacyCommand.output(done, global.dryRun ? "This would be kept out from now on:" : "Suppressed.")
        }
    }

    struct Unsuppress: DatabaseCommand {
        static let configuration = CommandConfiguration(
            abstract: "Let a person's events and records in again.",
            discussion: "tandem privacy unsuppress email ada@example.com --tenant acme")
        @OptionGroup var global: GlobalOptions
        @OptionGroup var person: Person

        func run(_ session: DatabaseSession) throws -> Output {
            let done = try PrivacyCommand.desk(session).unsuppress(
                person.subject(), reason: person.reason, isDryRun: global.dryRun)
            let isSuppressed = done["counts"]?["lifted"]?.int ?? 0 > 0
            let words =
                switch (isSuppressed, global.dryRun) {
                case (true, false): "Let in again."
                case (true, true): "This would be let in again:"
                case (false, false): "It was not suppressed."
                case (false, true): "It is not suppressed."
                }
            return PrivacyCommand.output(done, words)
        }
    }

    struct Check: DatabaseCommand {
        static let configuration = CommandConfiguration(
            abstract: "Whether an identifier is suppressed.",
            discussion: "tandem privacy check email ada@example.com --tenant acme")
        @OptionGroup var global: GlobalOptions
        @Argument(help: "email, phone, user_id or another identifier's type.") var type: String
        @Argument(help: "The identifier.") var value: String

        func run(_ session: DatabaseSession) throws -> Output {
            let state = try session.inTenant(session.tenant(), readOnly: true) { (connection) throws(TandemError) in
                try connection.suppressionState(PrivacySubject(type: type, value: value))
            }
            return Output(content: .object(state.object ?? [:]), name: "suppressed")
        }
    }

    struct List: DatabaseCommand {
        static let configuration = CommandConfiguration(
            abstract: "List what was asked for, newest first.",
            discussion: "tandem privacy list --kind erase --tenant acme")
        @OptionGroup var global: GlobalOptions
        @Option(help: "erase, export, suppress or unsuppress.") var kind: String?
        @Option(help: "At most so many.") var limit = 50

        func run(_ session: DatabaseSession) throws -> Output {
            let items = try session.inTenant(session.tenant(), readOnly: true) { (connection) throws(TandemError) in
                try connection.privacyRequests(kind: kind, limit: limit)
            }
            return Output(
                content: .list(items.compactMap(\.object)),
                columns: [
                    ("ID", "id"), ("KIND", "kind"), ("STATE", "state"), ("BY", "subject.type"),
                    ("REQUESTED BY", "requested_by"), ("CREATED", "created_at"), ("REASON", "reason"),
                ])
        }
    }

    struct Show: DatabaseCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show a request with its signed receipt.",
            discussion: "tandem privacy show prv_… -o json --tenant acme > receipt.json")
        @OptionGroup var global: GlobalOptions
        @Argument(help: "prv_… or a uuid.") var request: String

        func run(_ session: DatabaseSession) throws -> Output {
            guard let id = PublicID(.privacyRequest, text: request)?.uuid else { throw TandemError.notFound() }
            let shown = try session.inTenant(session.tenant(), readOnly: true) { (connection) throws(TandemError) in
                try connection.privacyRequest(id)
            }
            return Output(content: .object(shown.object ?? [:]))
        }
    }

    struct Verify: DatabaseCommand {
        static let configuration = CommandConfiguration(
            abstract: "Whether a receipt is as it was signed.",
            discussion: """
                tandem privacy verify receipt.json

                The file has the receipt, or the request with it. It is checked against the key of this installation; \
                --public-key names another one.
                """)
        @OptionGroup var global: GlobalOptions
        @Argument(help: "A file of one JSON object; - is standard input.") var file: String
        @Option(help: "Base64, of an installation that is gone; see tandem privacy public-key.") var publicKey: String?

        func run(_ session: DatabaseSession) throws -> Output {
            guard let object = try JSONFile.objects(at: file).first else {
                throw CommandFailure.usage("\(file) has no JSON object")
            }
            let receipt = object["receipt"] ?? .object(object)
            let key = try publicKey ?? ReceiptSigner(session.connection).publicKey
            let isGenuine = ReceiptSigner.isGenuine(receipt, publicKey: key)
            var output = Output(
                content: .object(["genuine": .bool(isGenuine)]), name: "genuine",
                text: isGenuine
                    ? "Genuine: as this installation signed it.\n"
                    : "NOT genuine: changed, or signed by somebody else.\n")
            if !isGenuine { output.exit = .failed }
            return output
        }
    }

    struct PublicKey: DatabaseCommand {
        static let configuration = CommandConfiguration(
            commandName: "public-key", abstract: "The key that receipts are signed with; keep it beside them.",
            discussion: "tandem privacy public-key -o name")
        @OptionGroup var global: GlobalOptions

        func run(_ session: DatabaseSession) throws -> Output {
            Output(
                content: .object([
                    "algorithm": "Ed25519", "public_key": .string(try ReceiptSigner(session.connection).publicKey),
                ]), name: "public_key")
        }
    }
}
