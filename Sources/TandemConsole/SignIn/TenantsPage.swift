import Hummingbird
import Tandem
import TandemHTTP

/// All tenants, for who may see more than one.
struct TenantsPage {
    struct Entry {
        let href: String?
        let tenantName: String
        let slug: String
        let modules: String
        let state: String?
        let isSimulatedTenant: Bool
    }

    let chrome: Chrome
    let tenants: [Entry]
}

extension TenantsPage {
    init(_ visit: Visit, chrome: Chrome) {
        self.chrome = chrome
        tenants = visit.tenants.map { tenant in
            Entry(
                href: tenant.isOpen ? "/console/\(tenant.slug)" : nil, tenantName: tenant.displayName,
                slug: tenant.slug,
                modules: tenant.modules.sorted().map { $0.rawValue.uppercased() }.joined(separator: " and "),
                state: tenant.state == .active ? nil : tenant.state.rawValue,
                isSimulatedTenant: tenant.isSimulated)
        }
    }
}

extension Console {
    var tenantRoutes: [Route] {
        [
            page("/console", "The tenants") { call, visit in
                let open = visit.tenants.filter(\.isOpen)
                if open.count == 1 { return .seeOther("/console/\(open[0].slug)") }
                let notice = call.query["notice"]
                let chrome =
                    visit.seesAll
                    ? Chrome(
                        title: "Tenants", visit: visit, installation: .tenants, notice: notice, version: version)
                    : Chrome(title: "Tenants", visit: visit, place: nil, notice: notice, version: version)
                let page = TenantsPage(visit, chrome: chrome)
                return Response(html: templates.render(page, as: "tenants"))
            }
        ]
    }
}
