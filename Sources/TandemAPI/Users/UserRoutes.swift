import Hummingbird
import Tandem
import TandemHTTP

/// How users come into the console. Tandem sends no mail: the caller passes the link on.
struct UserRoutes {
    let store: TenantStore

    var routes: [Route] {
        [
            link(":invite", "make a link by which one chooses a first password, once, within a week") {
                (access, user) throws(TandemError) in try access.invite(user)
            },
            link(":reset", "make a link for a new password; the old one and all sessions end") {
                (access, user) throws(TandemError) in try access.reset(user)
            },
            signOut,
        ]
    }

    private func link(
        _ verb: String, _ summary: String,
        _ make: @escaping @Sendable (UserAccess, RecordID) throws(TandemError) -> SignInLink
    ) -> Route {
        Route(
            .post, "/v1/users/{id}" + verb, "Users: " + summary, feature: "Access", scope: .secret, success: 201,
            isRepeatable: false
        ) { [store] call in
            let (id, actor) = (try call.id(.user), call.principal.actor)
            let made = try await store.withConnection(call) { (connection, tenant) throws(TandemError) in
                try make(UserAccess(connection, tenant: tenant, actor: actor), id)
            }
            return Response(
                json: [
                    "path": .string(made.path), "user_id": .string(PublicID(.user, id).description),
                    "valid_seconds": .number(made.validity.components.seconds),
                ],
                status: .created)
        }
    }

    private var signOut: Route {
        Route(
            .post, "/v1/users/{id}:sign-out", "Users: end all console sessions and links of one", feature: "Access",
            scope: .secret
        ) { [store] call in
            let (id, actor) = (try call.id(.user), call.principal.actor)
            let ended = try await store.withConnection(call) { (connection, tenant) throws(TandemError) in
                try UserAccess(connection, tenant: tenant, actor: actor).signOut(id)
            }
            return Response(json: ["user_id": .string(PublicID(.user, id).description), "sessions": .number(ended)])
        }
    }
}
