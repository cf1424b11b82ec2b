import ArgumentParser
import Foundation
import Postgres
import Tandem

extension BICommand {
    struct Sessions: DatabaseCommand {
        static let configuration = CommandConfiguration(
            abstract: "Who is connected through BI logins, the longest transaction first.",
            discussion: """
                tandem bi sessions
                tandem bi sessions acme

                tandem serve ends transactions that are open for longer than bi_transaction_limit (600 s), whatever the session has set.
                """)
        @OptionGroup var global: GlobalOptions
        @Argument(help: "One tenant's alone.") var tenant: String?

        func run(_ session: DatabaseSession) throws -> Output {
            let found = try BICommand.sessions(session, of: tenant)
            return Output(
                content: .list(found.map(\.json)),
                columns: [
                    ("PID", "pid"), ("TENANT", "tenant"), ("NAME", "name"), ("STATE", "state"), ("OPEN", "open"),
                    ("CLIENT", "client"), ("APPLICATION", "application"), ("STATEMENT", "statement"),
                ],
                name: "pid", text: found.isEmpty ? "Nobody is connected through a BI login." : nil,
                next: found.first { $0.session.transaction != nil }.map { ["tandem bi kill \($0.session.pid)"] } ?? [])
        }
    }

    struct Kill: DatabaseCommand {
        static let configuration = CommandConfiguration(
            abstract: "End a session of a BI login, or all sessions of one.",
            discussion: """
                tandem bi kill 4711
                tandem bi kill dashboards --tenant acme

                The client sees its connection end and may connect again: tandem bi user revoke ends the login itself.
                """)
        @OptionGroup var global: GlobalOptions
        @Argument(help: "A process id of tandem bi sessions, a login's name, or the login.") var what: String

        func run(_ session: DatabaseSession) throws -> Output {
            // A process id is one; a name is somebody's.
            let isProcess = Int32(what) != nil
            let tenant = isProcess ? nil : session.settings[.tenant]
            let found = try BICommand.sessions(session, of: tenant).filter { entry in
                isProcess ? "\(entry.session.pid)" == what : entry.name == what || entry.session.login == what
            }
            if Set(found.map(\.session.login)).count > 1 {
                throw CommandFailure.usage("several tenants have a login named \(what)", hint: "give --tenant")
            }
            guard !found.isEmpty else {
                throw CommandFailure(
                    exit: .notFound, code: "not_found", message: "no BI session is \(what)",
                    hint: "tandem bi sessions lists them")
            }
            let ended = global.dryRun ? found : try found.filter { try end($0.session, session) }
            var items = ended.map(\.json)
            if global.dryRun { for index in items.indices { items[index]["dry_run"] = true } }
            let words = ended.map { "\($0.session.pid) (\($0.name))" }.joined(separator: ", ")
            return Output(
                content: .list(items), name: "pid",
                text: ended.isEmpty
                    ? "Ended by itself." : "\(global.dryRun ? "Would end" : "Ended") \(words).")
        }

        private func end(_ one: BISession, _ session: DatabaseSession) throws -> Bool {
            let ended = try BICommand.withSessions(session) { try $0.end(one) }
            if ended { try session.connection.noteEnded(one, by: DatabaseSession.actor) }
            return ended
        }
    }

    /// A session with the names of its login.
    fileprivate struct Entry {
        let session: BISession
        let tenant: String
        let name: String

        var json: JSONObject {
            var object = session.json
            object["tenant"] = .string(tenant)
            object["name"] = .string(name)
            object["open"] = .string(session.transaction.map { "\($0.components.seconds) s" } ?? "no")
            object["statement"] = .string(String((object["query"]?.string ?? "").prefix(60)))
            return object
        }
    }

    fileprivate static func sessions(_ session: DatabaseSession, of reference: String?) throws -> [Entry] {
        let directory = session.directory
        let tenants = try reference.map { [try directory.find($0)] } ?? directory.list()
        let logins = try directory.biLogins(tenants.count == 1 ? tenants[0] : nil)
        let found = try withSessions(session) { try $0.list() }
        return found.compactMap { one in
            guard let login = logins.first(where: { $0.login == one.login }),
                let tenant = tenants.first(where: { $0.id == login.tenant })
            else { return nil }
            return Entry(session: one, tenant: tenant.slug, name: login.name)
        }
    }

    fileprivate static func withSessions<Result>(
        _ session: DatabaseSession, _ body: (BISessions) throws -> Result
    ) throws -> Result {
        guard let server = session.server else {
            return try body(BISessions(session.connection, isSuperuser: false))
        }
        return try server.withBISessions(body)
    }
}
