import ArgumentParser
import Foundation

struct HelpCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "help", abstract: "Help on a command, or on environment, configuration, exit-codes.")

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
            guard let next = children.first(where: { $0._commandName == name }) else {
                throw CommandFailure.usage("there is no command or topic \(path.joined(separator: " "))")
            }
            command = next
        }
        return command
    }

    static var exitCodes: String {
        CommandFailure.Exit.allCases.map { "\(pad("\($0.rawValue)", 6))\($0.explanation)" }.joined(separator: "\n")
    }

    static var settings: String {
        """
        A flag counts before an environment variable, that before tandem.toml in the current folder (or --config FILE).
        All have the same names; a key that is not in this list is an error (exit code 78).

        \(Settings.Key.allCases.map { pad($0.rawValue, 20) + $0.explanation }.joined(separator: "\n"))

        Example of tandem.toml:
          listen = "0.0.0.0:8080"
          data_dir = "/var/lib/tandem"
        """
    }

    static var environment: String {
        let own = [
            ("TANDEM_CONFIG", "the configuration file"), ("TANDEM_POSTGRES_BIN", "the folder of initdb and pg_ctl"),
        ]
        let all = Settings.Key.allCases.map { ($0.variable, $0.explanation) } + own
        return all.map { pad($0.0, 28) + $0.1 }.joined(separator: "\n")
            + "\n\nlibpq's own variables (PGHOST, PGSSLMODE, PGPASSFILE, …) complete a database URL."
    }

    private static func pad(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(1, width - text.count))
    }
}
