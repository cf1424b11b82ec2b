import ArgumentParser
import Tandem
import TandemConsole

struct ConsoleCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "console", abstract: "The web console.", subcommands: [Link.self])

    struct Link: DatabaseCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a link that signs one browser into the console, once, within an hour.",
            discussion: "With --tenant the session sees that tenant alone, otherwise all of them.")
        @OptionGroup var global: GlobalOptions
        @Option(help: "Where browsers find the server, without a slash at the end.")
        var base = "http://127.0.0.1:8080"

        func run(_ session: DatabaseSession) throws -> Output {
            let tenant = try session.settings[.tenant].map { try session.tenant($0) }
            if global.dryRun {
                return Output(
                    content: .object(["dry_run": .bool(true)]), name: "dry_run",
                    text: "Would make a sign-in link for \(tenant?.slug ?? "all tenants").")
            }
            let link = try SignInLink.make(on: session.connection, tenant: tenant, actor: DatabaseSession.actor)
            let address = link.address(base: base)
            return Output(
                content: .object([
                    "url": .string(address), "tenant": .string(orNull: tenant?.slug),
                    "valid_seconds": .number(link.validity.components.seconds),
                ]),
                name: "url", text: address)
        }
    }
}
