import Foundation
import Hummingbird
import Tandem
import TandemHTTP

/// What was reminded of, for those who show it elsewhere.
struct ReminderRoutes {
    let store: TenantStore

    var routes: [Route] { [list, seen] }

    private var list: Route {
        Route(
            .get, "/v1/reminders",
            "List what was reminded of and is neither done nor seen, the longest waiting first", feature: "CRM",
            scope: .secret, module: .crm,
            parameters: [
                .init("owner", "Only what this user has to do"), .init("limit", "At most so many, 50 unless given"),
            ]
        ) { [store] call in
            let (limit, tenant, now) = (try call.limit(), try store.tenant(call), store.context.clock.microseconds)
            var owner: RecordID?
            if let text = call.query["owner"] {
                guard let id = PublicID(.user, text: text)?.uuid else {
                    throw Problem.badRequest("invalid_parameter", "owner has to be the id of a user: user_….")
                }
                owner = id
            }
            let items = try await store.inTenant(call, readOnly: true) { [owner] (connection) throws(TandemError) in
                try connection.rungReminders(of: owner, zone: tenant.timezone, now: now, limit: limit)
            }
            return Page(items: items, next: nil).response
        }
    }

    private var seen: Route {
        Route(
            .post, "/v1/activities/{id}:seen", "Say that the reminders of an activity were seen", feature: "CRM",
            scope: .secret, module: .crm
        ) { [store] call in
            let (id, actor, now) = (try call.id(.activity), call.principal.actor, store.context.clock.microseconds)
            let seen = try await store.inTenant(call) { (connection) throws(TandemError) in
                try connection.seeReminders(of: id, by: actor, now: now)
            }
            return Response(json: ["id": .string(PublicID(.activity, id).description), "seen": .number(seen)])
        }
    }
}
