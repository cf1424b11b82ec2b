import ArgumentParser

struct EventsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "events", abstract: "Events as they come: watch what becomes of them.",
        discussion: """
            tandem events tail --tenant acme --outcome rejected,quarantined
            """,
        subcommands: [EventsTailCommand.self])
}
