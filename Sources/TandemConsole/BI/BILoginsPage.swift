import Foundation
import Hummingbird
import Tandem
import TandemHTTP

/// The database logins that read a tenant from psql and BI tools, and the form that makes one.
struct BILoginsPage {
    /// A login that was made at this moment; its password is shown once.
    struct Made {
        let name: String
        let login: String
        let password: String
        let url: String
        /// Where rows are, when `url` leads to a standby.
        let primary: String?
        let modelsSchema: String?
    }

    struct Entry {
        let name: String
        let login: String
        let reads: String
        let makesModels: Bool
        let created: Moment?
        let revoked: Moment?
        /// Nil: it has ended.
        let revokeAction: String?
        let token: String
    }

    struct Form {
        let makeAction: String
        let name: String
        let connections: String
        let roles: [Choice]
        let makesModels: Bool
    }

    let chrome: Chrome
    let schema: String
    let made: Made?
    let wrong: String?
    let form: Form
    let logins: [Entry]
    let hasLogins: Bool
    let csrf: String
}

extension Console {
    private static let standardConnections = 20

    var biLoginRoutes: [Route] {
        [
            page("/console/{tenant}/bi", "Logins for BI tools, and the form to make one", right: .operators) {
                call, visit in
                try await biLogins(call, visit)
            },
            action(
                "/console/{tenant}/bi", "Make a login for BI tools, whose password is shown once", right: .operators
            ) { call, visit, form in
                try await makeBILogin(call, visit, form)
            },
            action(
                "/console/{tenant}/bi/{login}/revoke", "End a login for BI tools and its sessions", right: .operators
            ) { call, visit, _ in
                let (tenant, login) = (try visit.requiredTenant(), call.capture("login"))
                try await withDirectory(visit) { (directory) throws in
                    _ = try directory.revokeBILogin(tenant, name: login)
                }
                return .seeOther("/console/\(tenant.slug)/bi?notice=bi-revoked")
            },
        ]
    }

    private func biLogins(
        _ call: Call, _ visit: Visit, made: BILoginsPage.Made? = nil, refused: (form: Query, why: String)? = nil
    ) async throws -> Response {
        let tenant = try visit.requiredTenant()
        let logins = try await withDirectory(visit) { (directory) throws in try directory.biLogins(tenant) }
        let roles = try await roleChoices(tenant)
        let names = Dictionary(roles.map { ($0.id, $0.title) }, uniquingKeysWith: { first, _ in first })
        let (path, times) = ("/console/\(tenant.slug)/bi", TimeWords(tenant.timezone))
        let page = BILoginsPage(
            chrome: Chrome(
                title: "BI logins", visit: visit, place: .bi, notice: call.query["notice"], version: version),
            schema: tenant.schema.name, made: made, wrong: refused?.why,
            form: form(refused?.form, roles, to: path),
            logins: (logins.filter { $0.revokedAt == nil } + logins.filter { $0.revokedAt != nil }).map { login in
                let role = login.role.map { "what the role \(names[$0] ?? "that is gone") reads" }
                return BILoginsPage.Entry(
                    name: login.name, login: login.login, reads: role ?? "every row and column",
                    makesModels: login.makesModels, created: times.moment(login.createdAt.ISO8601Format()),
                    revoked: login.revokedAt.flatMap { times.moment($0.ISO8601Format()) },
                    revokeAction: login.revokedAt == nil ? "\(path)/\(login.login)/revoke" : nil, token: visit.csrf)
            },
            hasLogins: !logins.isEmpty, csrf: visit.csrf)
        return Response(
            html: templates.render(page, as: "bi-logins"), status: refused == nil ? .ok : .unprocessableContent)
    }

    /// As it was sent, if it was refused.
    private func form(_ sent: Query?, _ roles: [RecordChoice], to path: String) -> BILoginsPage.Form {
        let choices = roles.map { role in
            let value = "\(PublicID(.role, role.id))"
            return Choice(value: value, label: role.title, isChosen: value == sent?["role"])
        }
        return BILoginsPage.Form(
            makeAction: path, name: sent?["name"] ?? "",
            connections: sent?["connections"] ?? "\(Self.standardConnections)",
            roles: [Choice(value: "", label: "every row and column", isChosen: false)] + choices,
            makesModels: sent?["models"] != nil)
    }

    private func makeBILogin(_ call: Call, _ visit: Visit, _ form: Query) async throws -> Response {
        let tenant = try visit.requiredTenant()
        let name = (form["name"] ?? "").trimmingCharacters(in: .whitespacesAndNewlines)
        let role = form["role"].flatMap { $0.isEmpty ? nil : $0 }
        let models = form["models"] != nil
        guard !(models && role != nil) else {
            return try await biLogins(
                call, visit, refused: (form, "A login with a role makes no models: choose every row, or no models."))
        }
        do {
            let id = try await roleID(tenant, role)
            let installation = installation
            let made = try await withDirectory(visit) { (directory) throws -> (login: BILogin, password: String) in
                if models { try installation.holdModels() }
                return try directory.createBILogin(
                    tenant, name: name, role: id, connections: Int(form["connections"] ?? "") ?? 0, models: models)
            }
            // No redirect: the password is shown once, and stands in no address.
            return try await biLogins(call, visit, made: shown(made.login, made.password, tenant))
        } catch TandemError.invalid(let errors) {
            return try await biLogins(call, visit, refused: (form, Self.sentences(errors)))
        } catch TandemError.duplicate {
            return try await biLogins(
                call, visit, refused: (form, "There is a login of this name: choose another one."))
        } catch TandemError.conflict(let detail) {
            return try await biLogins(call, visit, refused: (form, detail))
        }
    }

    private func roleID(_ tenant: Tenant, _ role: String?) async throws -> RecordID? {
        guard let role else { return nil }
        return try await reading(tenant) { (connection) throws(TandemError) in try connection.roleFind(role).id }
    }

    private func shown(_ login: BILogin, _ password: String, _ tenant: Tenant) -> BILoginsPage.Made {
        let address = installation.biAddress
        let primary = address.primary(login.login, password: password)
        // Views are made where rows are.
        let replica = login.makesModels ? nil : address.replica(login.login, password: password)
        return BILoginsPage.Made(
            name: login.name, login: login.login, password: password, url: replica ?? primary,
            primary: replica == nil ? nil : primary,
            modelsSchema: login.makesModels ? tenant.schema.models : nil)
    }
}
