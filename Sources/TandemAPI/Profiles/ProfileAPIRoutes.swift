import HTTPTypes
import Hummingbird
import Postgres
import Tandem
import TandemHTTP

/// The paths of Segment's Profile API, for what was written against it: a person by one identifier (`user_id:u-17`), with
/// Segment's names and its `cursor`. The secret key as Basic user name is what Segment calls the access token.
struct ProfileAPIRoutes {
    let store: TenantStore
    let readingRules: ReadingRulesDirectory

    private static let limits = 1...200
    private static let standardLimit = 10

    var routes: [Route] { [traits, externalIDs, events, metadata, links] }

    private func route(
        _ part: String, _ summary: String, parameters: [Route.Parameter] = [], _ handler: @escaping Route.Handler
    ) -> Route {
        Route(
            .get, "/v1/spaces/{space}/collections/users/profiles/{external_id}/\(part)", summary, feature: "Profiles",
            scope: .secret, module: .cdp,
            parameters: [
                .init("limit", "Items on a page, 10 unless given, at most 200"),
                .init("next", "The cursor of the page before"),
            ] + parameters, handler: handler)
    }

    private var traits: Route {
        route(
            "traits", "Segment's Profile API: a person's traits",
            parameters: [.init("include", "Only these traits, with commas between them")]
        ) { [self] call in
            let profile = try await profile(call)
            let wanted = call.query["include"].map { Set($0.split(separator: ",").map(String.init)) }
            let all = (profile["traits"]?.object ?? [:]).filter { wanted?.contains($0.0) ?? true }
                .sorted { $0.0 < $1.0 }
            let page = try page(of: all, call) { $0.0 }
            return answer(call, "traits", .object(JSONObject(page.items)), next: page.next)
        }
    }

    private var externalIDs: Route {
        route("external_ids", "Segment's Profile API: a person's identifiers") { [self] call in
            let items = (try await profile(call)["identifiers"]?.array ?? []).map { identifier -> (String, JSON) in
                let (type, value) = (identifier["type"]?.string ?? "", identifier["value"]?.string ?? "")
                var shown: JSONObject = [
                    "id": .string(value), "type": .string(type), "collection": "users", "encoding": "none",
                ]
                shown["source_id"] = identifier["source"] ?? .null
                shown["created_at"] = identifier["first_seen_at"] ?? .null
                return ("\(type):\(value)", .object(shown))
            }
            let page = try page(of: items, call) { $0.0 }
            return answer(call, "data", .array(page.items.map(\.1)), next: page.next)
        }
    }

    private var events: Route {
        route("events", "Segment's Profile API: a person's events, newest first") { [self] call in
            guard let id = try await profile(call)["id"]?.string else { throw Problem.notFound }
            let page = try await store.items(call, limit: limit(call), cursor: "next") { after, limit in
                .call("profile_events", [.untyped(id)] + after + [limit])
            } shape: { event in
                var shown: JSONObject = [
                    "type": event["type"] ?? .null, "message_id": event["message_id"] ?? .null,
                    "source_id": event["source"] ?? .null, "timestamp": event["ts"] ?? .null,
                    "context": event["context"] ?? [:], "properties": event["properties"] ?? [:],
                ]
                if let name = event["event"], !name.isNull {
                    shown[event["type"] == "track" ? "event" : "name"] = name
                }
                return .object(shown)
            }
            return answer(call, "data", .array(page.items), next: page.next)
        }
    }

    private var metadata: Route {
        route("metadata", "Segment's Profile API: since when a person is known") { [self] call in
            let profile = try await profile(call)
            return answer(
                call, "metadata",
                [
                    "created_at": profile["first_seen_at"] ?? .null, "updated_at": profile["last_seen_at"] ?? .null,
                    "expires_at": .null,
                ], next: nil)
        }
    }

    private var links: Route {
        route("links", "Segment's Profile API: the accounts that a person belongs to") { [self] call in
            let items = (try await profile(call)["accounts"]?.array ?? []).compactMap { account -> (String, JSON)? in
                guard let group = account["group_id"]?.string else { return nil }
                return (
                    group,
                    [
                        "to_collection": "accounts",
                        "external_ids": [
                            ["id": .string(group), "type": "group_id", "collection": "accounts", "encoding": "none"]
                        ],
                    ]
                )
            }
            let page = try page(of: items, call) { $0.0 }
            return answer(call, "data", .array(page.items.map(\.1)), next: page.next)
        }
    }

    /// The profile that the path names; 404 for another tenant's space, and for nobody.
    private func profile(_ call: Call) async throws -> JSON {
        let tenant = try store.tenant(call)
        let space = call.capture("space")
        guard space == tenant.slug || PublicID(.tenant, text: space)?.uuid == tenant.id else { throw Problem.notFound }
        let parts = call.capture("external_id").split(separator: ":", maxSplits: 1).map(String.init)
        guard parts.count == 2 else {
            throw Problem.badRequest("invalid_external_id", "A person is named as type:value, such as user_id:u-17.")
        }
        let policy = try await readingRules.rules(of: tenant, from: store.context.pool).identity
        guard let value = Identifier.normalize(type: parts[0], value: parts[1], phoneRegion: policy.phoneRegion) else {
            throw Problem.notFound
        }
        return try await store.value(call, .call("profile_by_identifier", .text(parts[0]), .text(value)))
    }

    private func limit(_ call: Call) throws -> Int {
        let limit = try call.limit(default: Self.standardLimit)
        return min(limit, Self.limits.upperBound)
    }

    /// A page of a list that is here whole; its cursor is the last item's key.
    private func page<Item>(
        of items: [Item], _ call: Call, key: (Item) -> String
    ) throws -> (items: [Item], next: String?) {
        var rest = items[...]
        if let after = call.query["next"], !after.isEmpty {
            guard let place = rest.firstIndex(where: { key($0) == after }) else {
                throw Problem.badRequest("invalid_cursor", "The cursor is not one of this list.")
            }
            rest = rest[(place + 1)...]
        }
        let shown = Array(rest.prefix(try limit(call)))
        return (shown, shown.count < rest.count ? shown.last.map(key) : nil)
    }

    private func answer(_ call: Call, _ name: String, _ value: JSON, next: String?) -> Response {
        let limit = (try? limit(call)) ?? Self.standardLimit
        var object: JSONObject = [:]
        object[name] = value
        object["cursor"] = [
            "url": .string(call.request.uri.path), "has_more": .bool(next != nil), "next": .string(next ?? ""),
            "limit": .number(limit),
        ]
        return Response(json: .object(object))
    }
}
