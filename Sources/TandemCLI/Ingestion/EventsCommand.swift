import ArgumentParser

struct EventsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "events", abstract: "Events: watch what becomes of them, run stored ones once more.",
        discussion: """
            tandem events tail --tenant acme --outcome rejected,quarantined
            tandem events replay --tenant acme --since 2026-11-01 --event 'Form Submitted' --dry-run
            """,
        subcommands: [EventsTailCommand.self, EventsReplayCommand.self])
}
