import ArgumentParser
import Foundation
import Tandem
import TandemHTTP

/// `tandem oidc …`: the identity provider by which a tenant's users sign in to the console.
struct OIDCCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "oidc", abstract: "Single sign-on: the identity provider of the console's users.",
        discussion: """
            tandem oidc set --issuer https://id.acme.example --client-id tandem --client-secret-file secret.txt --tenant acme
            tandem oidc test --tenant acme
            tandem oidc show --tenant acme
            tandem oidc remove --tenant acme
            """,
        subcommands: [Set.self, Show.self, Test.self, Remove.self])

    struct Set: DatabaseCommand {
        static let configuration = CommandConfiguration(
            abstract: "Set the provider; what is not named stays as it is.",
            discussion: """
                tandem oidc set --issuer https://accounts.google.com --client-id 123.apps.googleusercontent.com \\
                    --client-secret-file - --label Google --domain acme.example --tenant acme
                tandem oidc set --new-user-role "read only" --tenant acme
                """)
        @OptionGroup var global: GlobalOptions
        @Option(help: "What the provider's tokens name; https, or http on this machine.") var issuer: String?
        @Option(help: "What the provider knows Tandem by.") var clientID: String?
        @Option(help: "A file with what the provider gave Tandem to prove itself; - is standard input.")
        var clientSecretFile: String?
        @Option(help: "What the button says after 'Sign in with'.") var label: String?
        @Option(name: .customLong("domain"), help: "Of the addresses that may sign in; repeatable. None: any.")
        var domains: [String] = []
        @Option(help: "Make users who are not there when they first sign in, with this role.") var newUserRole: String?
        @Flag(help: "Make no users.") var noNewUsers = false
        @Flag(
            inversion: .prefixedNo,
            help: "Let the server call this issuer in a private network, or on this machine.")
        var allowPrivateNetwork: Bool?

        func run(_ session: DatabaseSession) throws -> Output {
            let tenant = try session.tenant()
            var body = try session.directory.oidcProvider(tenant)?.json(of: tenant) ?? JSONObject()
            for key in ["secret_set", "private_network", "callback_path", "updated_at"] { body[key] = nil }
            for (key, value) in [
                ("issuer", issuer), ("client_id", clientID), ("label", label), ("new_user_role", newUserRole),
            ] {
                if let value { body[key] = .string(value) }
            }
            if !domains.isEmpty { body["allowed_domains"] = .array(domains.map { .string($0) }) }
            if noNewUsers { body["new_user_role"] = .null }
            if let clientSecretFile { body["client_secret"] = .string(try SecretFile.text(clientSecretFile)) }
            var draft = try OIDCDraft(json: body, allowsLoopback: true)
            draft.allowsPrivate = allowPrivateNetwork
            let provider = try session.directory.setOIDCProvider(tenant, draft)
            return Output(
                content: .object(session.written(.object(provider.json(of: tenant)))), name: "callback_path",
                next: [
                    "name BASE\(OIDCProvider.callbackPath(tenant)) as a redirect URI at the provider, where BASE is "
                        + "where browsers find this server",
                    "tandem oidc test --tenant \(tenant.slug)",
                ])
        }
    }

    struct Show: DatabaseCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show the provider; its client secret is never shown.",
            discussion: "tandem oidc show -o json --tenant acme")
        @OptionGroup var global: GlobalOptions

        func run(_ session: DatabaseSession) throws -> Output {
            let tenant = try session.tenant()
            guard let provider = try session.directory.oidcProvider(tenant) else { throw TandemError.notFound() }
            return Output(content: .object(provider.json(of: tenant)), name: "callback_path")
        }
    }

    struct Remove: DatabaseCommand {
        static let configuration = CommandConfiguration(
            abstract: "Take the provider away; who is signed in stays so.",
            discussion: "tandem oidc remove --tenant acme --dry-run")
        @OptionGroup var global: GlobalOptions

        func run(_ session: DatabaseSession) throws -> Output {
            let tenant = try session.tenant()
            try session.directory.removeOIDCProvider(tenant)
            return Output(
                content: .object(session.written(["tenant": .string(tenant.slug)])), name: "tenant",
                text: session.options.dryRun ? "Would remove the identity provider." : "Removed the identity provider.")
        }
    }

    struct Test: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Ask the provider what it says of itself and which keys it has.",
            discussion: "tandem oidc test -o json --tenant acme")
        @OptionGroup var global: GlobalOptions

        func run() async throws {
            let format = try OutputFormat(Settings(global))
            let provider = try DatabaseSession.with(global) { session in
                try session.directory.oidcProvider(session.tenant())
            }
            guard let provider else { throw TandemError.notFound() }
            do throws(OIDCFault) {
                let report = try await OIDCClient().report(on: provider)
                Output(content: .object(report), name: "issuer").print(format)
            } catch {
                let isAway = if case .unreachable = error { true } else { false }
                throw CommandFailure(
                    exit: isAway ? .unreachable : .failed, code: error.code, message: error.detail)
            }
        }
    }
}
