public import ArgumentParser
import Foundation
public import Tandem

struct KeyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "key", abstract: "Keys of the API and of the admin plane.",
        subcommands: [Create.self, List.self, Rotate.self, Revoke.self])

    static let columns: [(title: String, key: String)] = [
        ("ID", "id"), ("KIND", "kind"), ("KEYID", "keyid"), ("SOURCE", "source"), ("SCOPES", "scopes"),
        ("ROLE", "role_id"),
        ("EXPIRES", "expires_at"), ("REVOKED", "revoked_at"), ("USED", "last_used_at"),
    ]

    struct Create: DatabaseCommand {
        static let configuration = CommandConfiguration(
            abstract: "Create a key. All but a write key are shown once.",
            discussion: """
                tandem key create --kind secret --tenant acme
                tandem key create --kind restricted --scopes crm:read --tenant acme
                tandem key create --kind restricted --role "sales rep" --user rep@acme.example --tenant acme

                Scopes: \(APIKey.knownScopes.sorted().joined(separator: ", ")). What each opens: docs/api.md.
                """)
        @OptionGroup var global: GlobalOptions
        @Option(help: "write, secret, restricted or admin.") var kind: APIKey.Kind
        @Option(help: "The source of a write key (server).") var source: String?
        @Option(help: "Of a restricted key: a,b,…") var scopes: String?
        @Option(help: "Of a restricted key: the role whose rights it has, by name or id.") var role: String?
        @Option(help: "With a role: in whose place it acts, by address or id.") var user: String?
        @Option(help: "How long it lives: 90d, 24h.") var expires: DurationText?

        func run(_ session: DatabaseSession) throws -> Output {
            let tenant = kind == .admin ? nil : try session.tenant()
            var found: Source?
            if let tenant, kind == .write || source != nil {
                found = try session.directory.source(tenant, source ?? "server")
            }
            let list = (scopes ?? "").split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
            let end = expires.map { Date().addingTimeInterval(Double($0.duration.components.seconds)) }
            if user != nil, role == nil { throw CommandFailure.usage("--user needs --role") }
            var caller: RecordCaller?
            if let role, let tenant { caller = try session.directory.binding(tenant, role: role, user: user) }
            let made = try session.directory.createKey(
                kind, tenant: tenant, source: found, scopes: list, caller: caller, expiresAt: end)
            return KeyCommand.shown(made, source: found?.name, isDryRun: global.dryRun)
        }
    }

    struct List: DatabaseCommand {
        static let configuration = CommandConfiguration(
            abstract: "List a tenant's keys, or with --admin those of the admin plane.",
            discussion: """
                tandem key list --tenant acme
                tandem key list --admin
                """)
        @OptionGroup var global: GlobalOptions
        @Flag(help: "The admin plane's keys.") var admin = false

        func run(_ session: DatabaseSession) throws -> Output {
            let tenant = admin ? nil : try session.tenant()
            let sources = try tenant.map { try session.directory.sources($0) } ?? []
            let names = Dictionary(uniqueKeysWithValues: sources.map { ($0.id, $0.name) })
            let keys = try session.directory.keys(tenant)
            return Output(
                content: .list(keys.map { key in key.json(source: key.source.flatMap { names[$0] }) }),
                columns: KeyCommand.columns)
        }
    }

    struct Rotate: DatabaseCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a key like an old one, which ends after a grace period.",
            discussion: """
                tandem key rotate bMqb8MWUH7nZ --grace 7d
                tandem key rotate bMqb8MWUH7nZ --grace 0s         a key that leaked
                """)
        @OptionGroup var global: GlobalOptions
        @Argument(help: "key_…, its twelve characters, or the whole key.") var key: String
        @Option(help: "How long the old one still works.") var grace: DurationText = DurationText(
            duration: .seconds(86400))

        func run(_ session: DatabaseSession) throws -> Output {
            let old = try session.directory.key(key)
            let made = try session.directory.rotateKey(old, grace: grace.duration)
            return KeyCommand.shown(made, source: nil, isDryRun: global.dryRun)
        }
    }

    struct Revoke: DatabaseCommand {
        static let configuration = CommandConfiguration(
            abstract: "End a key at once, for good.", discussion: "tandem key revoke bMqb8MWUH7nZ")
        @OptionGroup var global: GlobalOptions
        @Argument(help: "key_…, its twelve characters, or the whole key.") var key: String

        func run(_ session: DatabaseSession) throws -> Output {
            Output(content: .object(try session.directory.revokeKey(session.directory.key(key)).json()))
        }
    }

    private static func shown(_ made: (key: APIKey, text: KeyText), source: String?, isDryRun: Bool) -> Output {
        if isDryRun {
            return Output(
                content: .object(["kind": .string(made.key.kind.rawValue), "dry_run": .bool(true)]), name: "kind",
                text: "Would create a \(made.key.kind.rawValue) key.")
        }
        let note = made.key.kind == .write ? "sends events" : "shown once: store it now"
        return Output(
            content: .object(made.key.json(text: made.text, source: source)),
            text: "Key   \(made.text.text)   (\(note))   id \(made.key.publicID)")
    }
}

extension APIKey.Kind: ExpressibleByArgument {}
