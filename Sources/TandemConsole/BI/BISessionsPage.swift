import Foundation
import Hummingbird
import Postgres
import Tandem
import TandemHTTP

/// Who reads through BI logins at this moment, and which logins there are.
struct BISessionsPage {
    struct Entry {
        let loginName: String
        let login: String
        let tenantName: String
        let state: String
        /// How long its transaction is open.
        let transaction: String?
        let client: String
        let query: String
        let action: String
        let csrf: String
    }

    struct Login {
        let loginName: String
        let login: String
        let tenantName: String
        let sessions: String
        let created: Moment?
        let makesModels: Bool
        let isRevoked: Bool
    }

    let chrome: Chrome
    let bound: String
    let entries: [Entry]
    let hasEntries: Bool
    let logins: [Login]
    let hasLogins: Bool
}

extension Console {
    var biSessionRoutes: [Route] {
        let place = Chrome.InstallationPlace.bi
        return [
            installationPage(place, "Sessions of BI logins, and the logins") { call, visit in
                try await biSessions(call, visit)
            },
            installationAction(place, "{session}/end", "End a session of a BI login") { call, visit in
                guard let pid = Int32(call.capture("session")) else { throw Problem.notFound }
                let actor = visit.actor
                let ended = try await context.pool.withConnection(deadline: .seconds(15)) { (connection) throws in
                    try installation.endSession(pid, by: actor, on: connection)
                }
                return .seeOther(place.href + "?notice=" + (ended == nil ? "session-gone" : "session-ended"))
            },
        ]
    }

    private func biSessions(_ call: Call, _ visit: Visit) async throws -> Response {
        let (sessions, logins) = try await context.pool.withConnection(deadline: .seconds(15)) {
            (connection) throws -> ([BISession], [BILogin]) in
            let directory = TenantDirectory(connection, actor: visit.actor, logger: context.logger)
            return (try installation.sessions(), try directory.biLogins(nil))
        }
        let place = Chrome.InstallationPlace.bi
        let names = Dictionary(visit.tenants.map { ($0.id, $0.displayName) }, uniquingKeysWith: { first, _ in first })
        let byLogin = Dictionary(logins.map { ($0.login, $0) }, uniquingKeysWith: { first, _ in first })
        let counts = Dictionary(grouping: sessions, by: \.login).mapValues(\.count)
        let words = TimeWords("UTC")
        let page = BISessionsPage(
            chrome: Chrome(
                title: "BI sessions", visit: visit, installation: place, notice: call.query["notice"],
                version: version),
            bound: Self.words(installation.watch.bounds),
            entries: sessions.map { session in
                let login = byLogin[session.login]
                return BISessionsPage.Entry(
                    loginName: login?.name ?? session.login, login: session.login,
                    tenantName: login.flatMap { names[$0.tenant] } ?? "", state: session.state,
                    transaction: session.transaction.map { Self.words($0) },
                    client: [session.client, session.application].compactMap { $0 }.filter { !$0.isEmpty }
                        .joined(separator: ", "),
                    query: session.json["query"]?.string ?? "", action: "\(place.href)/\(session.pid)/end",
                    csrf: visit.csrf)
            },
            hasEntries: !sessions.isEmpty,
            logins: logins.filter { names[$0.tenant] != nil }.map { login in
                BISessionsPage.Login(
                    loginName: login.name, login: login.login, tenantName: names[login.tenant] ?? "",
                    sessions: counts[login.login].map { Figures.count($0) } ?? "none",
                    created: words.moment(login.createdAt.ISO8601Format()), makesModels: login.makesModels,
                    isRevoked: login.revokedAt != nil)
            },
            hasLogins: !logins.isEmpty)
        return Response(html: templates.render(page, as: "bi-sessions"))
    }

    private static func words(_ bounds: BIWatch.Bounds) -> String {
        let age = bounds.transaction.map { "A transaction that is open for more than \(words($0)) is ended by itself" }
        let count = bounds.sessions > 0 ? "beyond \(Figures.count(bounds.sessions)) sessions the latest are" : nil
        let parts = [age, count].compactMap { $0 }
        return parts.isEmpty ? "Nothing is ended by itself." : parts.joined(separator: "; ") + "."
    }

    private static func words(_ duration: Duration) -> String {
        let seconds = Int(duration.components.seconds)
        return seconds < 120 || seconds % 60 != 0 && seconds < 600 ? "\(seconds) s" : "\(seconds / 60) min"
    }
}
