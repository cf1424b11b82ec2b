import HTTPTypes
import Hummingbird
import Postgres
import Tandem
import TandemHTTP

/// What came in through forms. Forms themselves are records: see ``RecordRoutes``.
struct FormRoutes {
    let store: TenantStore

    var routes: [Route] {
        [
            submissions(of: "forms", "Forms: what was submitted, newest first, and what became of it") {
                (call) throws(Problem) in [.uuid(try call.id(.form)), .null(.uuid)]
            },
            submissions(of: "leads", "Leads: the forms that one was made from and filled by, newest first") {
                (call) throws(Problem) in [.null(.uuid), .uuid(try call.id(.lead))]
            },
        ]
    }

    private func submissions(
        of plural: String, _ summary: String, _ which: @escaping @Sendable (Call) throws(Problem) -> [Bind]
    ) -> Route {
        Route(
            .get, "/v1/\(plural)/{id}/submissions", summary, feature: "CRM", scope: .secret, module: .crm,
            parameters: Page.parameters
        ) { [store] call in
            let which = try which(call)
            return try await store.page(call) { after, limit in
                .call("form_submissions", which + after + [limit])
            } shape: {
                FormPresenter.submission($0)
            }
        }
    }
}
