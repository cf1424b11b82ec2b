import ArgumentParser

/// The options that every command has.
struct GlobalOptions: ParsableArguments {
    @Option(name: [.short, .long], help: "table, json, jsonl, csv or name.")
    var output: OutputFormat?

    @Option(help: "The tenant: its name, tnt_… or uuid (TANDEM_TENANT).")
    var tenant: String?

    @Option(help: "Where the embedded PostgreSQL lies (TANDEM_DATA_DIR; .tandem).")
    var dataDir: String?

    @Option(
        name: .customLong("database-url"),
        help: "A PostgreSQL of your own instead of the embedded one (TANDEM_DATABASE_URL).")
    var databaseURL: String?

    @Option(help: "The configuration file (TANDEM_CONFIG; tandem.toml).")
    var config: String?

    @Option(help: "trace, debug, info, notice, warning, error or critical (TANDEM_LOG_LEVEL).")
    var logLevel: String?

    @Flag(name: [.customShort("n"), .long], help: "Check and show what would be done; change nothing.")
    var dryRun = false
}

/// How results are printed.
enum OutputFormat: String, ExpressibleByArgument, CaseIterable {
    case table, json, jsonl, csv, name

    /// The one that was asked for, else a table.
    init(_ settings: Settings) throws {
        guard let text = settings[.output] else {
            self = .table
            return
        }
        guard let format = OutputFormat(rawValue: text) else {
            throw CommandFailure.configuration("output must be table, json, jsonl, csv or name, not \(text)")
        }
        self = format
    }
}
