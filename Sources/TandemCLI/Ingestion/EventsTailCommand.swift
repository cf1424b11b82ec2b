import ArgumentParser
import Foundation
import Synchronization
import Tandem
import UnixSignals

struct EventsTailCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tail", abstract: "Watch what becomes of events at a running server, all of them, until Ctrl-C.",
        discussion: """
            tandem events tail --tenant acme
            tandem events tail --tenant acme --source web --event 'Order Completed' -o json
            tandem events tail --url http://10.0.0.5:8080 --key tdm_sk_live_… --outcome rejected,quarantined

            Without --key a key is made for the time of the command (it may read settings, and is revoked at the end), which
            needs the database as other commands do. With -o json or jsonl each event is one line. A reader that is too
            slow is told how many events it missed; after a restart of the server the command comes back by itself.
            """)

    @OptionGroup var global: GlobalOptions
    @Option(help: "Only those of this source, by name or src_….") var source: String?
    @Option(help: "track, page, screen, identify, group or alias.") var type: String?
    @Option(help: "Only those of this event's or page's name.") var event: String?
    @Option(help: "accepted, duplicate, quarantined or rejected; several with commas.") var outcome: String?
    @Option(help: "Where the server listens (the address of --listen, or http://127.0.0.1:8080).") var url: String?
    @Option(help: "A secret key, or a restricted one with settings:read (TANDEM_SECRET_KEY).") var key: String?
    @Option(help: "End after so many events.") var count: Int?

    func run() async throws {
        let settings = try Settings(global)
        let address = try ServerAddress(url ?? settings[.listen] ?? "127.0.0.1:8080")
        let format = try OutputFormat(settings)
        let given = key ?? ProcessInfo.processInfo.environment["TANDEM_SECRET_KEY"]
        let own = given == nil ? try makeKey() : nil
        guard let text = given ?? own?.text else { return }
        let reader = EventStreamReader(address: address, path: path, key: text)
        let printer = TailPrinter(format: format, limit: count)
        let result = await withTaskGroup(of: Result<Void, any Error>.self) { group in
            group.addTask {
                do {
                    return .success(try await follow(reader, printer))
                } catch {
                    return .failure(error)
                }
            }
            group.addTask {
                for await _ in await UnixSignalsSequence(trapping: .sigint, .sigterm) { break }
                return .success(())
            }
            let first = await group.next() ?? .success(())
            group.cancelAll()
            return first
        }
        if let own { try revoke(own.id) }
        try result.get()
    }

    /// Reads until it is told to stop; comes again when the server went away.
    private func follow(_ reader: EventStreamReader, _ printer: TailPrinter) async throws {
        var isFirst = true
        while true {
            do {
                try await reader.read { name, data in printer.take(name, data) }
                if printer.isDone { return }
                printer.note("the server stops; until it is back no events are shown")
            } catch EventStreamReader.Failure.lost(let reason) {
                printer.note("the connection was lost (\(reason)); until it is back no events are shown")
            } catch EventStreamReader.Failure.unreachable(let reason) where isFirst {
                throw CommandFailure(
                    exit: .unreachable, code: "unreachable",
                    message: "no server at \(reader.address.authority): \(reason)",
                    hint: "name it with --url http://HOST:PORT")
            } catch EventStreamReader.Failure.refused(let status, let body) where isFirst || status < 500 {
                throw Self.failure(status, body)
            } catch is EventStreamReader.Failure {
                // Still away.
            }
            isFirst = false
            try await Task.sleep(for: .seconds(1))
        }
    }

    private static func failure(_ status: UInt, _ body: String) -> CommandFailure {
        let problem = try? JSON(parsing: body)
        let exit: CommandFailure.Exit =
            switch status {
            case 400: .usage
            case 401: .signIn
            case 403: .denied
            case 429, 500...: .temporary
            default: .failed
            }
        return CommandFailure(
            exit: exit, code: problem?["code"]?.string ?? "refused",
            message: problem?["message"]?.string ?? "the server answers \(status)")
    }

    private var path: String {
        var components = URLComponents()
        components.path = "/v1/events:tail"
        let parts = [("source", source), ("type", type), ("event", event), ("outcome", outcome)]
        let items = parts.compactMap { name, value in value.map { URLQueryItem(name: name, value: $0) } }
        if !items.isEmpty { components.queryItems = items }
        // A plus would be read as a space.
        return (components.string ?? "/v1/events:tail").replacing("+", with: "%2B")
    }

    // MARK: a key for the time of the command

    private static let keyLife = 86_400.0

    private func makeKey() throws -> (id: String, text: String) {
        try DatabaseSession.with(global) { session in
            let made = try session.directory.createKey(
                .restricted, tenant: session.tenant(), scopes: ["settings:read"],
                expiresAt: Date().addingTimeInterval(Self.keyLife))
            return ("\(made.key.publicID)", made.text.text)
        }
    }

    private func revoke(_ id: String) throws {
        try DatabaseSession.with(global) { session in
            _ = try session.directory.revokeKey(session.directory.key(id))
        }
    }
}

/// Prints events as they come.
private final class TailPrinter: Sendable {
    private let format: OutputFormat
    private let limit: Int?
    private let shown = Atomic<Int>(0)

    init(format: OutputFormat, limit: Int?) {
        self.format = format
        self.limit = limit
    }

    var isDone: Bool { limit.map { shown.load(ordering: .relaxed) >= $0 } ?? false }

    /// - Returns: false when that was the last.
    func take(_ name: String, _ data: String) -> Bool {
        switch name {
        case "message":
            let isText = format == .table || format == .csv || format == .name
            write(isText ? line(data) : data, to: .standardOutput)
            shown.add(1, ordering: .relaxed)
            return !isDone
        case "gap":
            let missed = (try? JSON(parsing: data))?["missed"]?.int ?? 0
            if format == .table {
                note("\(missed) events were missed: they came faster than they could be shown")
            } else {
                write("{\"gap\":\(missed)}", to: .standardOutput)
            }
            return true
        case "refused":
            note("too many watch this tenant's events; trying again")
            return false
        default: return name != "end"
        }
    }

    func note(_ text: String) { write("tandem: " + text, to: .standardError) }

    private func line(_ data: String) -> String {
        guard let event = try? JSON(parsing: data) else { return data }
        func text(_ key: String) -> String { event[key]?.string ?? "" }
        if format == .name { return event["event_id"]?.string ?? text("quarantine_id") }
        var words = [text("received_at"), text("outcome"), text("source"), text("type"), text("name")]
        if let code = event["code"]?.string { words.append("\(code): \(text("message"))") }
        return words.filter { !$0.isEmpty }.joined(separator: "  ")
    }

    private func write(_ line: String, to file: FileHandle) { file.write(Data((line + "\n").utf8)) }
}
