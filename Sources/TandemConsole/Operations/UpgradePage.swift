import Hummingbird
import Postgres
import Tandem
import TandemHTTP

/// Which version the database is at, and which tenants are not.
struct UpgradePage {
    struct Entry {
        let tenantName: String
        let pending: String
        let safety: String
        let foreign: String?
    }

    struct Server {
        let address: String
        let place: String
        let build: String
        let isOther: Bool
        let since: String
    }

    let chrome: Chrome
    let version: String
    let postgres: String
    let controlPlane: String
    let isCurrent: Bool
    let tenants: String
    let entries: [Entry]
    let hasEntries: Bool
    let servers: [Server]
    let hasOthers: Bool
}

extension Console {
    var upgradeRoute: Route {
        installationPage(.upgrade, "Which version the database is at, and which tenants are not") { call, visit in
            let logger = context.logger
            let (state, isCurrent, plans, servers) = try await context.pool.withConnection(deadline: .seconds(55)) {
                (connection) throws -> (ControlPlane.State, Bool, [Migrator.TenantPlan], [RunningServer]) in
                let isCurrent = try ControlPlane.isCurrent(connection)
                let plans = isCurrent ? try Migrator(connection, logger: logger).plan() : []
                return (try ControlPlane.state(connection), isCurrent, plans, try RunningServer.all(connection))
            }
            let count = Figures.counted(visit.tenants.count, "tenant")
            let page = UpgradePage(
                chrome: Chrome(
                    title: "Upgrade", visit: visit, installation: .upgrade, notice: call.query["notice"],
                    version: version),
                version: version, postgres: "\(state.serverVersion / 10_000).\(state.serverVersion % 10_000)",
                controlPlane: isCurrent ? "of this version" : "of another version",
                isCurrent: isCurrent && plans.isEmpty,
                tenants: plans.isEmpty ? count : "\(count), \(Figures.count(plans.count)) behind",
                entries: plans.map { plan in
                    UpgradePage.Entry(
                        tenantName: plan.tenant.displayName,
                        pending: plan.pending.isEmpty ? "views" : plan.pending.joined(separator: ", "),
                        safety: Set(plan.safety).sorted().joined(separator: ", "),
                        foreign: (plan.changed + plan.unknown).isEmpty
                            ? nil : (plan.changed + plan.unknown).joined(separator: ", "))
                },
                hasEntries: !plans.isEmpty,
                servers: servers.map { server in
                    UpgradePage.Server(
                        address: server.address.isEmpty ? "starts" : server.address,
                        place: "\(server.host), process \(server.process)",
                        build: "\(server.build), \(server.codeSchema)", isOther: !server.isOfThisBuild,
                        since: server.startedAt.ISO8601Format())
                },
                hasOthers: servers.contains { !$0.isOfThisBuild })
            return Response(html: templates.render(page, as: "upgrade"))
        }
    }
}
