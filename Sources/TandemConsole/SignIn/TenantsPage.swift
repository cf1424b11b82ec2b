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

extension Console {
    var tenantRoutes: [Route] {
        [
            page("/console", "The tenants") { call, visit in
                let open = visit.tenants.filter(\.isOpen)
                if open.count == 1 { return .seeOther("/console/\(open[0].slug)") }
                let page = TenantsPage(
                    chrome: Chrome(
                        title: "Tenants", visit: visit, place: nil, notice: call.query["notice"], version: version),
                    tenants: visit.tenants.map { tenant in
                        TenantsPage.Entry(
                            href: tenant.isOpen ? "/console/\(tenant.slug)" : nil, tenantName: tenant.displayName,
                            slug: tenant.slug,
                            modules: tenant.modules.sorted().map { $0.rawValue.uppercased() }.joined(
                                separator: " and "),
                            state: tenant.state == .active ? nil : tenant.state.rawValue,
                            isSimulatedTenant: tenant.isSimulated)
                    })
                return Response(html: templates.render(page, as: "tenants"))
            }
        ]
    }
}
