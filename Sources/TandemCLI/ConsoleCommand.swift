import ArgumentParser
import Tandem
import TandemConsole

struct ConsoleCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "console", abstract: "The web console.", subcommands: [Link.self])

    struct Link: DatabaseCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a link that signs one browser into the console, once, within an hour.",
            discussion: """
                tandem console link --tenant acme
                tandem console link --tenant acme --user email=sales@acme.example

                With --tenant the session sees that tenant alone, otherwise all of them; with --user it is that user's.
                """)
        @OptionGroup var global: GlobalOptions
        @Option(
            help:
                "Where browsers find the server, without a slash at the end (http://127.0.0.1:8080; https:// with a certificate)."
        )
        var base: String?

        @Option(help: "As this user of the tenant: user_…, a uuid, or email=…") var user: String?

        func run(_ session: DatabaseSession) throws -> Output {
            let tenant = try session.settings[.tenant].map { try session.tenant($0) }
            if user != nil, tenant == nil { throw CommandFailure.usage("--user needs --tenant") }
            let user = try user.map { try UserCommand.find($0, session) }
            if global.dryRun {
                return Output(
                    content: .object(["dry_run": .bool(true)]), name: "dry_run",
                    text: "Would make a sign-in link for \(tenant?.slug ?? "all tenants").")
            }
            let roles = try user.map { try UserCommand.access(session).letIn($0) }
            let link = try SignInLink.make(
                on: session.connection, tenant: tenant, user: user, actor: DatabaseSession.actor)
            let scheme = session.settings[.tlsCertificate] == nil ? "http" : "https"
            let address = link.address(base: base ?? "\(scheme)://127.0.0.1:8080")
            return Output(
                content: .object([
                    "url": .string(address), "tenant": .string(orNull: tenant?.slug),
                    "valid_seconds": .number(link.validity.components.seconds),
                ]),
                name: "url", text: address, next: roles?.isEmpty == true ? UserCommand.roleless : [])
        }
    }
}
