import Hummingbird
import Tandem
import TandemHTTP

extension Chrome {
    /// The pages of the whole installation, in the order of their navigation.
    enum InstallationPlace: String, CaseIterable {
        case tenants, doctor, backups, bi, upgrade, audit

        var label: String {
            switch self {
            case .tenants: "Tenants"
            case .doctor: "Doctor"
            case .backups: "Backups"
            case .bi: "BI sessions"
            case .upgrade: "Upgrade"
            case .audit: "Audit"
            }
        }

        /// No tenant's name is a dash.
        var href: String { "/console/-/\(rawValue)" }
    }

    /// Around a page of the installation.
    init(title: String, visit: Visit, installation place: InstallationPlace, notice: String?, version: String) {
        self.init(title: title, visit: visit, place: nil, notice: notice, version: version)
        area = "Installation"
        hasPlaces = true
        timeZone = "UTC"
        navigation = InstallationPlace.allCases.map {
            NavigationItem(href: $0.href, label: $0.label, isCurrent: $0 == place, badge: nil)
        }
    }
}

extension Console {
    /// All of them; each is for operators whose link named no tenant.
    var installationRoutes: [Route] {
        [
            installationPage(.tenants, "All tenants") { call, visit in
                let chrome = Chrome(
                    title: "Tenants", visit: visit, installation: .tenants, notice: call.query["notice"],
                    version: version)
                return Response(html: templates.render(TenantsPage(visit, chrome: chrome), as: "tenants"))
            }
        ] + doctorRoutes + backupRoutes + biSessionRoutes + [upgradeRoute, controlAuditRoute]
    }

    func installationPage(
        _ place: Chrome.InstallationPlace, _ summary: String, parameters: [Route.Parameter] = [],
        _ handler: @escaping PageHandler
    ) -> Route {
        Route(
            .get, place.href, summary, feature: "Console", scope: .none,
            parameters: parameters + [.init("notice", "What the last form did")], time: .seconds(60)
        ) { call in
            guard let visit = try await visit(call) else { return .seeOther("/console/sign-in") }
            return try await answer(call, visit, nil, .operators) {
                guard visit.seesAll else { throw Self.installationOnly }
                return try await handler(call, visit)
            }
        }
    }

    /// A form's action on such a page.
    /// - Parameter verb: the end of its address.
    func installationAction(
        _ place: Chrome.InstallationPlace, _ verb: String, _ summary: String, _ handler: @escaping PageHandler
    ) -> Route {
        Route(
            .post, "\(place.href)/\(verb)", summary, feature: "Console", scope: .none, body: .form(limit: 4 << 10),
            success: 303, time: .seconds(60)
        ) { call in
            try Self.refuseForeignForm(call)
            guard let visit = try await visit(call) else { return .seeOther("/console/sign-in") }
            return try await answer(call, visit, nil, .operators) {
                guard visit.seesAll else { throw Self.installationOnly }
                guard seal.isValid(try call.form()["csrf"], session: visit.session) else { throw Self.staleForm }
                return try await handler(call, visit)
            }
        }
    }

    private static let installationOnly = Problem.forbidden(
        "operator_only",
        "Only operators who see every tenant do this: whoever signed in with tandem console link, without naming a tenant."
    )
}
