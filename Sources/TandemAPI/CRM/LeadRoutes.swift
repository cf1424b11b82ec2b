import Hummingbird
import Tandem
import TandemHTTP

/// What leads alone can: become an account, a contact and an opportunity, and be a lead again.
struct LeadRoutes {
    let records: RecordStore

    var routes: [Route] { [convert, unconvert] }

    private static let dryRun = Route.Parameter("dry_run", "true answers what would happen, and changes nothing")

    private var convert: Route {
        Route(
            .post, "/v1/leads/{id}:convert", "Leads: make an account, a contact and, if wanted, an opportunity of one",
            feature: "CRM", scope: .secret, module: .crm, parameters: [Self.dryRun],
            obeysRights: true
        ) { [records] call in
            let id = try call.id(.lead)
            let body = try call.jsonObject()
            let (actor, dryRun) = (call.principal.actor, try call.flag("dry_run"))
            let done = try await records.transaction(call, .lead) { (connection, _, catalog) throws(TandemError) in
                do throws(TandemError) {
                    let conversion = try LeadConversion(body, catalog: catalog)
                    return LeadConversion.seen(
                        try connection.convertLead(id, conversion, by: actor, dryRun: dryRun), catalog)
                } catch .ambiguousConversion(let found) {
                    throw .ambiguousConversion(LeadConversion.seen(found, catalog))
                }
            }
            return Response(json: done)
        }
    }

    private var unconvert: Route {
        Route(
            .post, "/v1/leads/{id}:unconvert", "Leads: take a conversion back", feature: "CRM", scope: .secret,
            module: .crm, parameters: [Self.dryRun],
            obeysRights: true
        ) { [records] call in
            let id = try call.id(.lead)
            let (actor, dryRun) = (call.principal.actor, try call.flag("dry_run"))
            let done = try await records.transaction(call, .lead) { (connection, _, catalog) throws(TandemError) in
                LeadConversion.seen(try connection.unconvertLead(id, by: actor, dryRun: dryRun), catalog)
            }
            return Response(json: done)
        }
    }
}
