import Foundation
import HTTPTypes
import Hummingbird
import Postgres
import Tandem
import TandemHTTP

/// Consent as sources enforce it, and as whoever sends something asks for it.
struct ConsentRoutes {
    let store: TenantStore
    let readingRules: ReadingRulesDirectory

    var routes: [Route] { [show, put, check, recipients] }

    private var show: Route {
        Route(
            .get, "/v1/sources/{source}/consent", "Show what a source leaves out where consent is lacking",
            feature: "Consent", scope: .secret, module: .cdp
        ) { [store] call in
            let rules = try await store.value(call, .call("source_consent_get", .text(call.source)))
            return .resource(call, rules, version: rules["version"]?.int ?? 0)
        }
    }

    private var put: Route {
        Route(
            .put, "/v1/sources/{source}/consent", "Put rules of consent into force for a source's events from now on",
            feature: "Consent", scope: .secret, module: .cdp
        ) { [store, readingRules] call in
            var change = try ConsentRulesChange(json: call.jsonObject())
            change.expectedVersion = try EntityTag.ifMatch(call) ?? change.expectedVersion
            let rules = try await store.value(call, change.statement(of: call.source, actor: call.principal.actor))
            readingRules.forget(try store.tenant(call))
            return .resource(call, rules, version: rules["version"]?.int ?? 0)
        }
    }

    private var check: Route {
        Route(
            .post, "/v1/consent:check", "Whether something may be sent to each of up to 1000 profiles, or why not",
            feature: "Consent", scope: .secret, module: .cdp, permission: "profiles:read"
        ) { [store] call in
            let inquiry = try ConsentInquiry(json: call.jsonObject())
            let items = try await store.inTenant(call, readOnly: true) { (connection) throws(TandemError) in
                try connection.consentCheck(inquiry)
            }
            return Response(json: ["items": items])
        }
    }

    private var recipients: Route {
        Route(
            .get, "/v1/consent/recipients", "List who may be written to on a channel for a purpose",
            feature: "Consent", scope: .secret, module: .cdp, permission: "profiles:read",
            parameters: [
                Route.Parameter("channel", "email, sms, phone, or one of your own"),
                Route.Parameter("purpose", "What it is for, such as marketing"),
                Route.Parameter("event", "Only who did this"),
                Route.Parameter("since", "… since then, ISO 8601"),
                Route.Parameter("limit", "Profiles to look at for a page, 50 unless given, at most 1000"),
                Route.Parameter("after", "page.next of the page before"),
            ]
        ) { [store] call in
            let query = try RecipientQuery(
                channel: call.query["channel"], purpose: call.query["purpose"], event: call.query["event"],
                since: call.query["since"], after: call.query["after"], limit: call.limit())
            return Response(
                json: try await store.inTenant(call, readOnly: true) { (connection) throws(TandemError) in
                    try connection.recipients(query)
                })
        }
    }
}
