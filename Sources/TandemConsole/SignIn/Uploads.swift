import HTTPTypes
import Hummingbird
import Postgres
import Tandem
import TandemHTTP

extension Console {
    /// The action of a form with a file, behind its token.
    /// - Parameter limit: of the whole form, bytes.
    func uploadAction(
        _ template: String, _ summary: String, limit: Int,
        _ handler: @escaping @Sendable (Call, Visit, MultipartForm) async throws -> Response
    ) -> Route {
        Route(
            .post, template, summary, feature: "Console", scope: .none, body: .bytes(limit: limit), success: 303,
            admit: { call in
                // Nothing of a file is taken from who is not signed in.
                try Self.refuseForeignForm(call)
                guard try await visit(call) == nil else { return nil }
                throw Problem(
                    .seeOther, "not_signed_in", "Sign in first.", headers: [.location: "/console/sign-in"])
            }
        ) { call in
            try Self.refuseForeignForm(call)
            guard let visit = try await visit(call) else { return Self.signInFirst(call) }
            return try await answer(call, visit, .crm, .to("create", "attachment")) {
                guard let form = MultipartForm(call.body, contentType: call.headers[.contentType]) else {
                    throw Problem.badRequest("invalid_form", "The form's fields cannot be read.")
                }
                guard seal.isValid(form.fields["csrf"], session: visit.session) else { throw Self.staleForm }
                return try await handler(call, visit, form)
            }
        }
    }

    /// The page of the record that the address's one was merged into; nil: it was not.
    func movedOn(_ call: Call, _ visit: Visit) async throws -> Response? {
        guard call.request.method == .get, let tenant = visit.tenant else { return nil }
        for object in RecordMerge.objects {
            guard let text = call.captures[object.name], let id = PublicID(object.prefix, text: text)?.uuid else {
                continue
            }
            do {
                _ = try await reading(tenant) { (connection, catalog) throws(TandemError) in
                    try connection.recordGet(catalog[object], id: id, catalog: catalog)
                }
            } catch TandemError.merged(let into) {
                return .seeOther("/console/\(tenant.slug)/\(object.plural)/\(object.publicID(into))?notice=moved-on")
            } catch TandemError.notFound {
                return nil
            }
        }
        return nil
    }
}
