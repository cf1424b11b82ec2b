public import ArgumentParser
public import Tandem

struct SourceCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "source", abstract: "Where a tenant's events come from, and how far they are trusted.",
        subcommands: [
            Create.self, List.self, Show.self, Update.self, Delete.self, Stats.self, Mapping.self, Consent.self,
            Webhook.self,
        ])

    static let columns: [(title: String, key: String)] = [
        ("NAME", "name"), ("ID", "id"), ("KIND", "kind"), ("IDENTIFY", "may_identify"),
        ("ACCOUNTS", "may_create_accounts"), ("CRM", "may_write_crm"), ("PROVENANCE", "provenance"),
        ("ENABLED", "enabled"),
    ]

    /// What both create and update say of a source.
    struct Rights: ParsableArguments {
        @Option(help: "May its events join profiles? true or false.") var mayIdentify: Bool?
        @Option(help: "true or false.") var mayCreateAccounts: Bool?
        @Option(name: .customLong("may-write-crm"), help: "none, lead or contact.") var mayWriteCRM: Source.CRMRight?
        @Option(help: "first_party or third_party; what a third party says joins nobody.") var provenance:
            Source.Provenance?
        @Option(
            help:
                "An origin that browsers may send from, such as https://acme.example; may be repeated, '' lifts the bound."
        )
        var allowedOrigin: [String] = []

        func apply(to change: inout SourceChange) throws {
            change.mayIdentify = mayIdentify
            change.mayCreateAccounts = mayCreateAccounts
            change.mayWriteCRM = mayWriteCRM
            change.provenance = provenance
            if !allowedOrigin.isEmpty {
                change.allowedOrigins = try allowedOrigin.filter { !$0.isEmpty }.map { text in
                    guard let origin = AllowedOrigin(text) else {
                        throw CommandFailure.usage("\(text) is no origin", hint: AllowedOrigin.rule)
                    }
                    return origin
                }
            }
        }
    }

    struct Create: DatabaseCommand {
        static let configuration = CommandConfiguration(
            abstract: "Create a source.",
            discussion: """
                tandem source create shop --kind browser --allowed-origin https://shop.acme.example --tenant acme

                Trust that is not given follows the kind: servers and imports may all, public keys only leads, webhooks are third
                parties.
                """
        )
        @OptionGroup var global: GlobalOptions
        @Argument(help: "What it is called: of its own in the tenant.") var name: String
        @Option(help: "server, browser, mobile, webhook or import.") var kind: Source.Kind
        @OptionGroup var rights: Rights

        func run(_ session: DatabaseSession) throws -> Output {
            var change = SourceChange()
            try rights.apply(to: &change)
            let source = try session.directory.createSource(
                session.tenant(), name: name, kind: kind, trust: change.trust(of: kind), provenance: change.provenance,
                allowedOrigins: change.allowedOrigins ?? [])
            let next =
                kind == .webhook
                ? "tandem source webhook set \(name) --mapping stripe --secret-file FILE"
                : "tandem key create --kind write --source \(name)"
            return Output(content: .object(source.json), next: [next])
        }
    }

    struct List: DatabaseCommand {
        static let configuration = CommandConfiguration(
            abstract: "List a tenant's sources.", discussion: "tandem source list --tenant acme")
        @OptionGroup var global: GlobalOptions

        func run(_ session: DatabaseSession) throws -> Output {
            Output(
                content: .list(try session.directory.sources(session.tenant()).map(\.json)),
                columns: SourceCommand.columns, name: "name")
        }
    }

    struct Show: DatabaseCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show a source with its keys.", discussion: "tandem source show web --tenant acme")
        @OptionGroup var global: GlobalOptions
        @Argument(help: "Its name, src_… or uuid.") var reference: String

        func run(_ session: DatabaseSession) throws -> Output {
            let tenant = try session.tenant()
            let source = try session.directory.source(tenant, reference)
            return Output(content: .object(try session.directory.shown(source, of: tenant)))
        }
    }

    struct Update: DatabaseCommand {
        static let configuration = CommandConfiguration(
            abstract: "Change a source. Events of a disabled one are held in quarantine.",
            discussion: """
                tandem source update web --enabled false --tenant acme
                tandem source update web --rate 200 --burst 1000 --tenant acme
                """)
        @OptionGroup var global: GlobalOptions
        @Argument(help: "Its name, src_… or uuid.") var reference: String
        @Option(help: "Another name.") var name: String?
        @Option(help: "true or false.") var enabled: Bool?
        @OptionGroup var rights: Rights
        @Option(help: "Events a second, beside the tenant's rate; 0: no rate of its own.") var rate: Int?
        @Option(help: "Events at once (twice the rate); 0 goes back to that.") var burst: Int?

        func run(_ session: DatabaseSession) throws -> Output {
            let source = try session.directory.source(session.tenant(), reference)
            var change = SourceChange()
            try rights.apply(to: &change)
            change.name = name
            change.isEnabled = enabled
            change.ratePerSecond = rate
            change.burst = burst
            return Output(content: .object(try session.directory.updateSource(source, change).json))
        }
    }

    struct Delete: DatabaseCommand {
        static let configuration = CommandConfiguration(
            abstract: "Take a source away: its keys end at once, its events stay.",
            discussion: "tandem source delete shop --tenant acme")
        @OptionGroup var global: GlobalOptions
        @Argument(help: "Its name, src_… or uuid.") var reference: String

        func run(_ session: DatabaseSession) throws -> Output {
            let source = try session.directory.source(session.tenant(), reference)
            return Output(content: .object(try session.directory.deleteSource(source).json))
        }
    }
}

extension Source.Kind: ExpressibleByArgument {}
extension Source.CRMRight: ExpressibleByArgument {}
extension Source.Provenance: ExpressibleByArgument {}
