import ArgumentParser
import Foundation

struct HelpCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "help", abstract: "Help on a command, or on environment, configuration, exit-codes.",
        discussion: """
            tandem help tenant create
            tandem help configuration
            """)

    @Argument(help: "A command such as tenant create, or a topic.") var topic: [String] = []

    func run() throws {
        switch topic.first {
        case "environment": print(Self.environment)
        case "configuration": print(Self.settings)
        case "exit-codes": print(Self.exitCodes)
        default: print(Main.helpMessage(for: try Self.command(topic)))
        }
    }

    private static func command(_ path: [String]) throws -> any ParsableCommand.Type {
        var command: any ParsableCommand.Type = Main.self
        for name in path {
            let configuration = command.configuration
            let children = configuration.subcommands + configuration.groupedSubcommands.flatMap(\.subcommands)
            let next = children.first { $0._commandName == name || $0.configuration.aliases.contains(name) }
            guard let next else {
                throw CommandFailure.usage("there is no command or topic \(path.joined(separator: " "))")
            }
            command = next
        }
        return command
    }

    static var exitCodes: String {
        columns(CommandFailure.Exit.allCases.map { ("\($0.rawValue)", $0.explanation) })
    }

    static var settings: String {
        """
        A flag counts before an environment variable, that before tandem.toml in the current folder (or --config FILE).
        All have the same names; a key that is not in this list is an error (exit code 78).

        \(columns(Settings.Key.allCases.map { ($0.rawValue, $0.explanation) }))

        Example of tandem.toml:
          listen = "0.0.0.0:8080"
          data_dir = "/var/lib/tandem"
        """
    }

    static var environment: String {
        let own = [
            ("TANDEM_CONFIG", "the configuration file (default tandem.toml in the current folder)"),
            ("TANDEM_POSTGRES_BIN", "the folder of initdb and pg_ctl"),
            ("TANDEM_SECRET_KEY", "the key with which tandem events tail asks a server elsewhere"),
        ]
        let all = Settings.Key.allCases.map { ($0.variable, $0.explanation) } + own
        return columns(all)
            + "\n\nlibpq's own variables (PGHOST, PGSSLMODE, PGPASSFILE, …) complete a database URL."
    }

    private static func columns(_ rows: [(name: String, explanation: String)]) -> String {
        let width = (rows.map(\.name.count).max() ?? 0) + 2
        return rows.map { row in
            row.name + String(repeating: " ", count: width - row.name.count) + row.explanation
        }
        .joined(separator: "\n")
    }
}
