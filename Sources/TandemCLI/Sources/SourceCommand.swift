public import ArgumentParser
public import Tandem

struct SourceCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "source", abstract: "Where a tenant's events come from, and how far they are trusted.",
        subcommands: [Create.self, List.self, Update.self, Stats.self, Mapping.self])

    static let columns: [(title: String, key: String)] = [
        ("NAME", "name"), ("ID", "id"), ("KIND", "kind"), ("IDENTIFY", "may_identify"),
        ("ACCOUNTS", "may_create_accounts"), ("CRM", "may_write_crm"), ("ENABLED", "enabled"),
    ]

    struct Create: DatabaseCommand {
        static let configuration = CommandConfiguration(
            abstract: "Create a source.",
            discussion: "Trust that is not given follows the kind: servers and imports may all, public keys only leads."
        )
        @OptionGroup var global: GlobalOptions
        @Argument var name: String
        @Option(help: "server, browser, mobile, webhook or import.") var kind: Source.Kind
        @Option(help: "May its events join profiles? true or false.") var mayIdentify: Bool?
        @Option(help: "true or false.") var mayCreateAccounts: Bool?
        @Option(name: .customLong("may-write-crm"), help: "none, lead or contact.") var mayWriteCRM: Source.CRMRight?

        func run(_ session: DatabaseSession) throws -> Output {
            var trust = Source.Trust.default(for: kind)
            trust.mayIdentify = mayIdentify ?? trust.mayIdentify
            trust.mayCreateAccounts = mayCreateAccounts ?? trust.mayCreateAccounts
            trust.mayWriteCRM = mayWriteCRM ?? trust.mayWriteCRM
            let source = try session.directory.createSource(session.tenant(), name: name, kind: kind, trust: trust)
            return Output(
                content: .object(source.json), next: ["tandem key create --kind write --source \(name)"])
        }
    }

    struct List: DatabaseCommand {
        static let configuration = CommandConfiguration(abstract: "List a tenant's sources.")
        @OptionGroup var global: GlobalOptions

        func run(_ session: DatabaseSession) throws -> Output {
            Output(
                content: .list(try session.directory.sources(session.tenant()).map(\.json)),
                columns: SourceCommand.columns, name: "name")
        }
    }

    struct Update: DatabaseCommand {
        static let configuration = CommandConfiguration(
            abstract: "Change a source. Events of a disabled one are held in quarantine.")
        @OptionGroup var global: GlobalOptions
        @Argument(help: "Its name, src_… or uuid.") var reference: String
        @Option var name: String?
        @Option(help: "true or false.") var enabled: Bool?
        @Option(help: "true or false.") var mayIdentify: Bool?
        @Option(help: "true or false.") var mayCreateAccounts: Bool?
        @Option(name: .customLong("may-write-crm"), help: "none, lead or contact.") var mayWriteCRM: Source.CRMRight?
        @Option(help: "Events a second, beside the tenant's rate; 0: no rate of its own.") var rate: Int?
        @Option(help: "Events at once (twice the rate); 0 goes back to that.") var burst: Int?

        func run(_ session: DatabaseSession) throws -> Output {
            var source = try session.directory.source(session.tenant(), reference)
            if rate != nil || burst != nil {
                source = try session.directory.setRate(source, perSecond: rate, burst: burst)
            }
            let changed = try session.directory.updateSource(
                source, name: name, enabled: enabled, mayIdentify: mayIdentify, mayCreateAccounts: mayCreateAccounts,
                mayWriteCRM: mayWriteCRM)
            return Output(content: .object(changed.json))
        }
    }
}

extension Source.Kind: ExpressibleByArgument {}
extension Source.CRMRight: ExpressibleByArgument {}
