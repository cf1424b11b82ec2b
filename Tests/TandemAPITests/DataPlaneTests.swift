import Foundation
import HTTPTypes
import Tandem
import TandemAPI
import TandemHTTP
import Testing

@Suite struct DataPlaneTests {
    private func name(_ prefix: String) -> String { "\(prefix)-\(UUID().uuidString.prefix(8).lowercased())" }

    private func id(_ answer: APIHarness.Answer) throws -> String { try #require(answer["id"]?.string) }

    @Test func aRecordIsMadeShownChangedAndDeleted() async throws {
        let api = try await APIHarness.shared.value
        let made = try await api.api(
            .post, "/v1/accounts", ["name": "Acme", "domain": .string(name("acme") + ".example")])
        #expect(made.status == 201)
        let id = try id(made)
        #expect(id.hasPrefix("acct_"))
        #expect(made.headers[.location] == "/v1/accounts/\(id)")
        let tag = try #require(made.headers[.eTag])
        #expect(try await api.api(.get, "/v1/accounts/\(id)", headers: [.ifNoneMatch: tag]).status == 304)

        let changed = try await api.api(.patch, "/v1/accounts/\(id)", ["name": "Acme Inc."], headers: [.ifMatch: tag])
        #expect(changed.status == 200)
        #expect(changed["name"] == "Acme Inc.")
        let stale = try await api.api(.patch, "/v1/accounts/\(id)", ["name": "No"], headers: [.ifMatch: tag])
        #expect(stale.status == 412)
        #expect(stale["code"] == "version_mismatch")
        #expect(stale["version"] == changed["version"])

        #expect(try await api.api(.delete, "/v1/accounts/\(id)").status == 204)
        #expect(try await api.api(.get, "/v1/accounts/\(id)").status == 404)
        #expect(try await api.api(.post, "/v1/accounts/\(id):restore").status == 200)
        #expect(try await api.api(.get, "/v1/accounts/\(id)")["name"] == "Acme Inc.")
        let history = try await api.api(.get, "/v1/accounts/\(id)/history")
        #expect(history["items"]?.array?.map { $0["action"] } == ["restore", "delete", "update", "create"])
        #expect(try await api.api(.get, "/v1/accounts/\(id)/timeline").status == 200)
    }

    @Test func anUpsertMakesThenChanges() async throws {
        let api = try await APIHarness.shared.value
        let key = name("ext")
        let first = try await api.api(.put, "/v1/accounts/by/external_id/\(key)", ["name": "One"])
        #expect(first.status == 201)
        #expect(first["created"] == true)
        let second = try await api.api(.put, "/v1/accounts/by/external_id/\(key)", ["name": "Two"])
        #expect(second.status == 200)
        #expect(second["created"] == false)
        #expect(second["id"] == first["id"])
        #expect(try await api.api(.get, "/v1/accounts/by/external_id/\(key)")["name"] == "Two")
        #expect(try await api.api(.get, "/v1/accounts/by/nothing/x").status == 404)
    }

    @Test func wrongInputNamesTheField() async throws {
        let api = try await APIHarness.shared.value
        let answer = try await api.api(.post, "/v1/accounts", ["name": "", "employee_count": "many"])
        #expect(answer.status == 422)
        #expect(answer["code"] == "validation_failed")
        let pointers = answer["errors"]?.array?.compactMap { $0["pointer"]?.string }.sorted()
        #expect(pointers == ["/employee_count", "/name"])
    }

    @Test func aBatchAnswersInOrder() async throws {
        let api = try await APIHarness.shared.value
        let key = name("ext")
        let answer = try await api.api(
            .post, "/v1/accounts:batch",
            [
                "items": [
                    ["op": "upsert", "match": ["external_id": .string(key)], "data": ["name": "A"]],
                    ["op": "create", "data": [:]],
                    ["op": "update", "id": "acct_00000000000000000000000000", "data": ["name": "B"]],
                ]
            ])
        #expect(answer.status == 200)
        #expect(answer["results"]?.array?.map { $0["status"] } == [201, 422, 404])
        #expect(answer["results"]?[1]?["error"]?["code"] == "validation_failed")
    }

    @Test func listsArePagedFilteredAndSealed() async throws {
        let api = try await APIHarness.shared.value
        let industry = name("industry")
        for number in 0..<5 {
            #expect(
                try await api.api(
                    .post, "/v1/accounts", ["name": .string("List \(number)"), "industry": .string(industry)]
                ).status == 201)
        }
        let first = try await api.api(.get, "/v1/accounts?industry=\(industry)&sort=name&limit=2")
        #expect(first["items"]?.array?.map { $0["name"] } == ["List 0", "List 1"])
        #expect(first["page"]?["has_more"] == true)
        let next = try #require(first["page"]?["next"]?.string)
        let second = try await api.api(.get, "/v1/accounts?industry=\(industry)&sort=name&limit=2&after=\(next)")
        #expect(second["items"]?.array?.map { $0["name"] } == ["List 2", "List 3"])
        let other = try await api.api(.get, "/v1/accounts?sort=name&limit=2&after=\(next)")
        #expect(other.status == 400)
        let foreign = try await api.api(
            .get, "/v1/accounts?industry=\(industry)&sort=name&after=\(next)", key: api.second.secret)
        #expect(foreign.status == 400)
        #expect(try await api.api(.get, "/v1/accounts?nothing=1").status == 400)
        let search = try await api.api(
            .post, "/v1/accounts/search",
            ["where": ["field": "industry", "op": "eq", "value": .string(industry)], "count": "exact", "limit": 1])
        #expect(search["page"]?["count"] == 5)
        let sums = try await api.api(
            .post, "/v1/accounts:aggregate", ["where": ["field": "industry", "value": .string(industry)]])
        #expect(sums["items"]?[0]?["measures"]?["count"] == 5)
    }

    @Test func aRepeatedIdempotencyKeyRepeatsTheAnswer() async throws {
        let api = try await APIHarness.shared.value
        let headers: HTTPFields = [.idempotencyKey: name("key")]
        let first = try await api.api(.post, "/v1/accounts", ["name": "Once"], headers: headers)
        let second = try await api.api(.post, "/v1/accounts", ["name": "Once"], headers: headers)
        #expect(first.status == 201)
        #expect(second.status == 201)
        #expect(second.headers[.idempotencyReplayed] == "true")
        #expect(second["id"] == first["id"])
        #expect(second.headers[.eTag] == first.headers[.eTag])
        let other = try await api.api(.post, "/v1/accounts", ["name": "Twice"], headers: headers)
        #expect(other.status == 422)
        #expect(other["code"] == "idempotency_key_reused")
    }

    @Test func anIdentifiedVisitorIsOneProfile() async throws {
        let api = try await APIHarness.shared.value
        let (user, visitor) = (name("u"), name("a"))
        #expect(
            try await api.ingest("/v1/page", ["anonymousId": .string(visitor), "name": "Pricing"]).status == 200)
        #expect(
            try await api.ingest(
                "/v1/identify",
                [
                    "userId": .string(user), "anonymousId": .string(visitor),
                    "traits": ["email": .string("\(user)@acme.example"), "plan": "pro"],
                ]
            ).status == 200)
        let profile = try await api.api(.get, "/v1/profiles/by/user_id/\(user)")
        #expect(profile.status == 200)
        #expect(profile["user_id"]?.string == user)
        #expect(profile["anonymous_ids"] == [.string(visitor)])
        #expect(profile["traits"]?["plan"] == "pro")
        let id = try id(profile)
        #expect(id.hasPrefix("prof_"))
        let events = try await api.api(.get, "/v1/profiles/\(id)/events?limit=1")
        #expect(events["items"]?[0]?["type"] == "identify")
        let next = try #require(events["page"]?["next"]?.string)
        let earlier = try await api.api(.get, "/v1/profiles/\(id)/events?limit=5&after=\(next)")
        #expect(earlier["items"]?.array?.map { $0["type"] } == ["page"])
        for path in ["traits", "identifiers", "timeline", "merges"] {
            #expect(try await api.api(.get, "/v1/profiles/\(id)/\(path)").status == 200, "\(path)")
        }
        let found = try await api.api(
            .post, "/v1/profiles/search", ["where": ["field": "user_id", "op": "eq", "value": .string(user)]])
        #expect(found["items"]?.array?.map { $0["id"]?.string } == [id])
        #expect(try await api.api(.get, "/v1/profiles?limit=1")["page"]?["has_more"] == true)
        #expect(try await api.api(.get, "/v1/profiles/by/nonsense/1")["code"] == "identifier_type_not_configured")
    }

    @Test func aMergeIsAppliedShownAndUndone() async throws {
        let api = try await APIHarness.shared.value
        let (one, two) = (name("one"), name("two"))
        for user in [one, two] {
            _ = try await api.ingest("/v1/track", ["userId": .string(user), "event": "E"])
        }
        let order: JSON = [
            "winner": ["type": "user_id", "value": .string(one)], "loser": ["type": "user_id", "value": .string(two)],
            "ref": .string(name("ref")),
        ]
        let plan = try await api.api(.post, "/v1/merges?dry_run=true", order)
        #expect(plan.status == 200)
        #expect(plan["dry_run"] == true)
        let merge = try await api.api(.post, "/v1/merges", order)
        #expect(merge.status == 201)
        let id = try id(merge)
        #expect(id.hasPrefix("mrg_"))
        let (winner, loser) = (try #require(merge["winner"]?.string), try #require(merge["loser"]?.string))
        #expect(try await api.api(.get, "/v1/profiles/\(loser)")["id"]?.string == winner)
        #expect(try await api.api(.post, "/v1/merges", order).status == 409)
        #expect(
            try await api.api(.get, "/v1/merges?ref=\(order["ref"]?.string ?? "")")["items"]?[0]?["id"]?.string == id)
        #expect(try await api.api(.get, "/v1/profiles/\(winner)/merges")["items"]?.array?.count == 1)
        #expect(try await api.api(.post, "/v1/merges/\(id):undo")["state"] == "undone")
        #expect(try await api.api(.get, "/v1/profiles/\(loser)")["id"]?.string == loser)
        let again = try await api.api(.post, "/v1/merges/\(id):undo")
        #expect(again.status == 409)
        #expect(again["code"] == "already_undone")
        let unknown = try await api.api(
            .post, "/v1/merges",
            [
                "winner": ["type": "user_id", "value": .string(one)],
                "loser": ["type": "user_id", "value": "nobody-at-all"],
            ])
        #expect(unknown.status == 422)
        #expect(unknown["code"] == "unknown_identifier")
    }

    @Test func identityRulesArePutInForceForTheNextEvent() async throws {
        let api = try await APIHarness.shared.value
        let key = api.second.secret
        let before = try await api.api(.get, "/v1/identity/rules", key: key)
        #expect(before.status == 200)
        let rules: JSON = ["identifiers": [["type": "user_id", "priority": 1], ["type": "app_id", "priority": 2]]]
        let after = try await api.api(.put, "/v1/identity/rules", rules, key: key)
        #expect(after.status == 200)
        #expect(after["version"]?.int == before["version"]?.int.map { $0 + 1 })
        let app = name("app")
        let answer = try await api.ingest(
            "/v1/identify", ["userId": .string(name("u")), "traits": ["app_id": .string(app)]], key: api.second.write)
        #expect(answer.status == 200)
        #expect(try await api.api(.get, "/v1/profiles/by/app_id/\(app)", key: key).status == 200)
        let wrong = try await api.api(.put, "/v1/identity/rules", ["nonsense": 1], key: key)
        #expect(wrong.status == 422)
    }

    @Test func everyRouteIsDescribed() async throws {
        let api = try await APIHarness.shared.value
        let answer = try await api.send(.get, "/openapi.json")
        let paths = try #require(answer["paths"]?.object)
        for route in api.plane.routes {
            let operation = paths[route.pattern.template]?[route.method.rawValue.lowercased()]
            #expect(operation?["x-tandem-scope"]?.string == route.scope.rawValue, "\(route.method) \(route.pattern)")
        }
    }

    @Test func objectsTellTheirFields() async throws {
        let api = try await APIHarness.shared.value
        let answer = try await api.api(.get, "/v1/objects/accounts")
        #expect(answer["fields"]?.array?.contains { $0["name"] == "domain" } == true)
        #expect(try await api.api(.get, "/v1/objects")["items"]?.array?.count == ObjectCatalog.standard.objects.count)
    }
}
