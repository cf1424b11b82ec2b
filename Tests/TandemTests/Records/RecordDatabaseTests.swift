import Crypto
import Foundation
import Postgres
import TandemTesting
import Testing

@testable import Tandem

/// The functions on a tenant's transaction, against a real database.
@Suite struct RecordDatabaseTests {
    static let author = RecordAuthor(actor: "tester")
    static let key = SymmetricKey(size: .bits256)
    let tenant = TestTenant.shared
    var seal: CursorSeal { CursorSeal(key: Self.key, tenant: tenant.tenant.database) }

    func inTenant(_ body: (Connection) throws -> Void) throws { try tenant.rolledBack(body) }

    func code(_ body: () throws(TandemError) -> Void) -> String {
        do throws(TandemError) {
            try body()
            return "done"
        } catch {
            return error.code
        }
    }

    @Test func aRecordIsMadeReadChangedDeletedAndRestored() throws {
        try inTenant { connection in
            let made = try connection.recordCreate(
                .account, ["name": "Acme", "annual_revenue": "1200.5", "currency": "EUR", "tags": ["a"]],
                by: Self.author, catalog: .standard)
            #expect(made.version == 1)
            #expect(made.json["id"]?.string?.hasPrefix("acct_") == true)
            #expect(made.json["annual_revenue"] == "1200.50")
            #expect(made.json["owner_id"] == .null)
            #expect(made.json["company_key"] == nil)

            let changed = try connection.recordUpdate(
                .account, id: made.id, ["industry": "Steel"], ifMatch: 1, by: Self.author, catalog: .standard)
            #expect(changed.version == 2)
            #expect(
                code { () throws(TandemError) in
                    _ = try connection.recordUpdate(
                        .account, id: made.id, ["industry": "X"], ifMatch: 1, by: Self.author, catalog: .standard)
                } == "version_mismatch")

            try connection.recordDelete(.account, id: made.id, by: Self.author)
            #expect(
                code { () throws(TandemError) in _ = try connection.recordGet(.account, id: made.id, catalog: .standard)
                } == "not_found")
            let restored = try connection.recordRestore(.account, id: made.id, by: Self.author, catalog: .standard)
            #expect(restored.json["industry"] == "Steel")
            #expect(restored.version > 2)
        }
    }

    @Test func anUpsertCreatesOnceAndFindsByItsNormalForm() throws {
        try inTenant { connection in
            let body: JSON = ["name": "Acme"]
            let first = try connection.recordUpsert(
                .account, by: "domain", "https://www.ACME.example/", body, by: Self.author, catalog: .standard)
            let second = try connection.recordUpsert(
                .account, by: "domain", "acme.example", body, by: Self.author, catalog: .standard)
            #expect(first.isCreated && !second.isCreated)
            #expect(first.snapshot.id == second.snapshot.id)
            _ = try connection.recordCreate(
                .account, ["name": "B", "domain": "acme.example"], by: Self.author, catalog: .standard)
            #expect(
                code { () throws(TandemError) in
                    _ = try connection.recordUpsert(
                        .account, by: "domain", "acme.example", body, by: Self.author, catalog: .standard)
                } == "duplicate")
            #expect(
                code { () throws(TandemError) in
                    _ = try connection.recordUpsert(
                        .account, by: "industry", "x", body, by: Self.author, catalog: .standard)
                } == "unknown_key")
        }
    }

    @Test func linksMayBeGivenByTheOtherSystemsID() throws {
        try inTenant { connection in
            let account = try connection.recordCreate(
                .account, ["name": "A", "external_id": "acme"], by: Self.author, catalog: .standard)
            let contact = try connection.recordCreate(
                .contact, ["last_name": "L", "accounts": [["external_id": "acme", "role": "buyer"]]], by: Self.author,
                catalog: .standard)
            #expect(contact.json["accounts"]?[0]?["account_id"] == account.json["id"])
            do throws(TandemError) {
                _ = try connection.recordCreate(
                    .opportunity, ["name": "O", "account_id": ["external_id": "nobody"]], by: Self.author,
                    catalog: .standard)
                Issue.record("made")
            } catch {
                #expect(error == .invalid("/account_id", "unknown_reference", "there is no such record"))
            }
        }
    }

    @Test(arguments: ["name", "-name", "industry,-name", "-industry", "-created_at", "id", "-employee_count,name"])
    func pagesMeetEveryRecordOnceInOrder(sort: String) throws {
        try inTenant { connection in
            for number in 0..<23 {
                var body: JSONObject = ["name": .string("Page \(number % 7)")]
                if number % 3 > 0 { body["industry"] = .string("I\(number % 3)") }
                if number % 4 > 0 { body["employee_count"] = .number(number) }
                _ = try connection.recordCreate(.account, .object(body), by: Self.author, catalog: .standard)
            }
            var query = try RecordQueryReader(.account, catalog: .standard).read(
                parameters: [("filter", "name starts_with Page"), ("sort", sort), ("limit", "100"), ("count", "exact")])
            let all = try connection.recordList(.account, query, seal: seal, catalog: .standard)
            #expect(all.items.count == 23 && all.count == 23 && all.next == nil)
            query.limit = 5
            query.count = .none
            var seen: [RecordID] = []
            repeat {
                let page = try connection.recordList(.account, query, seal: seal, catalog: .standard)
                seen += page.items.map(\.id)
                query.after = page.next
            } while query.after != nil
            #expect(seen == all.items.map(\.id))
        }
    }

    @Test func aListShowsChosenFieldsAndFollowsLinks() throws {
        try inTenant { connection in
            let user = try connection.recordCreate(.user, ["name": "Owner One"], by: Self.author, catalog: .standard)
            _ = try connection.recordCreate(
                .account, ["name": "Listed", "owner_id": user.json["id"] ?? .null], by: Self.author, catalog: .standard)
            let query = try RecordQueryReader(.account, catalog: .standard).read([
                "where": ["field": "owner.name", "value": "Owner One"], "fields": ["name"], "include": ["owner"],
            ])
            let page = try connection.recordList(.account, query, seal: seal, catalog: .standard)
            #expect(page.items.count == 1)
            #expect(page.items.first?.json.object?.names.sorted() == ["id", "name", "owner"])
            #expect(page.items.first?.json["owner"]?["name"] == "Owner One")
        }
    }

    @Test func sumsNeverMixCurrencies() throws {
        try inTenant { connection in
            for (amount, currency) in [("10", "EUR"), ("2.5", "EUR"), ("7", "JPY")] {
                _ = try connection.recordCreate(
                    .opportunity, ["name": "Sum", "amount": .string(amount), "currency": .string(currency)],
                    by: Self.author, catalog: .standard)
            }
            let aggregate = try RecordAggregate(
                [
                    "where": ["field": "name", "value": "Sum"],
                    "measures": [["fn": "sum", "field": "amount"], ["fn": "count"]],
                ],
                of: .opportunity, catalog: .standard)
            let result = try connection.recordAggregate(.opportunity, aggregate, catalog: .standard)
            #expect(
                result == [
                    "items": [
                        ["group": ["currency": "EUR"], "measures": ["sum_amount": "12.50", "count": 2]],
                        ["group": ["currency": "JPY"], "measures": ["sum_amount": "7", "count": 1]],
                    ]
                ])
        }
    }

    @Test func aBatchIsPartialOrWhole() throws {
        try inTenant { connection in
            let items: JSON = [
                ["op": "create", "data": ["name": "B1", "external_id": "b1"]], ["op": "create", "data": ["nmae": "x"]],
                ["op": "upsert", "match": ["external_id": "b2"], "data": ["name": "B2"]],
                ["op": "update", "match": ["external_id": "b1"], "data": ["industry": "I"]],
                ["op": "create", "data": ["name": "B3", "external_id": "b1"]],
            ]
            let whole = try connection.recordBatch(
                .account, RecordBatch(["mode": "all", "items": items]), by: Self.author, catalog: .standard)
            #expect(whole.allSatisfy { $0.status == .error } && whole.count == 5)
            #expect(try connection.recordFind(.account, by: "external_id", "b1").isEmpty)
            let right = JSON.array([items[0] ?? .null, items[4] ?? .null])
            let clashing = try connection.recordBatch(
                .account, RecordBatch(["mode": "all", "items": right]), by: Self.author, catalog: .standard)
            #expect(clashing.map { $0.error?.code } == ["conflict", "duplicate"])
            #expect(try connection.recordFind(.account, by: "external_id", "b1").isEmpty)

            let partial = try connection.recordBatch(
                .account, RecordBatch(["items": items]), by: Self.author, catalog: .standard)
            #expect(partial.map(\.index) == [0, 1, 2, 3, 4])
            #expect(partial.map(\.status) == [.created, .error, .created, .updated, .error])
            #expect(partial[4].error?.code == "duplicate")
        }
    }

    @Test func historySaysWhatChangedAndAnAsOfReadGoesBack() throws {
        let own = try TestTenant()
        let connection = try own.connect()
        defer { connection.close() }
        let database = own.tenant.database
        let made = try connection.inTenant(database) { (connection) throws(TandemError) in
            try connection.recordCreate(
                .product, ["name": "One", "list_price": "5", "currency": "USD"], by: Self.author, catalog: .standard)
        }
        let between = Int64(Date().timeIntervalSince1970 * 1_000_000)
        try connection.inTenant(database) { (connection) throws(TandemError) in
            _ = try connection.recordUpdate(.product, id: made.id, ["name": "Two"], by: Self.author, catalog: .standard)
        }
        try connection.inTenant(database) { (connection) throws(TandemError) in
            try connection.recordDelete(.product, id: made.id, by: Self.author)
        }
        let seal = CursorSeal(key: Self.key, tenant: database)
        try connection.inTenant(database, readOnly: true) { (connection) throws(TandemError) in
            let first = try connection.recordHistory(.product, id: made.id, limit: 2, seal: seal, catalog: .standard)
            #expect(first["items"]?.array?.map { $0["action"]?.string } == ["delete", "update"])
            #expect(first["items"]?[1]?["changes"] == ["name": ["One", "Two"]])
            let second = try connection.recordHistory(
                .product, id: made.id, limit: 2, after: first["page"]?["next"]?.string, seal: seal, catalog: .standard)
            #expect(second["items"]?.array?.map { $0["action"]?.string } == ["create"])
            #expect(second["page"]?["has_more"] == false)

            let then = try connection.recordGet(.product, id: made.id, asOf: between, catalog: .standard)
            #expect(then.json["name"] == "One" && then.version == 1 && then.json["list_price"] == "5.00")
            #expect(
                code { () throws(TandemError) in
                    _ = try connection.recordGet(.product, id: made.id, asOf: 0, catalog: .standard)
                }
                    == "not_found")
            #expect(
                code { () throws(TandemError) in
                    _ = try connection.recordGet(
                        .product, id: made.id, asOf: between + 3_600_000_000, catalog: .standard)
                } == "not_found")
        }
    }

    @Test func anotherTenantsRecordIsUnknown() throws {
        let (mine, theirs) = (try TestTenant(), try TestTenant())
        let connection = try mine.connect()
        defer { connection.close() }
        let made = try connection.inTenant(mine.tenant.database) { (connection) throws(TandemError) in
            try connection.recordCreate(.account, ["name": "Mine"], by: Self.author, catalog: .standard)
        }
        try connection.inTenant(theirs.tenant.database) { (connection) throws(TandemError) in
            let unknown = RecordID()
            for id in [made.id, unknown] {
                #expect(
                    code { () throws(TandemError) in _ = try connection.recordGet(.account, id: id, catalog: .standard)
                    } == "not_found")
                #expect(
                    code { () throws(TandemError) in
                        _ = try connection.recordUpdate(
                            .account, id: id, ["name": "Theirs"], by: Self.author, catalog: .standard)
                    } == "not_found")
                #expect(
                    code { () throws(TandemError) in try connection.recordDelete(.account, id: id, by: Self.author) }
                        == "not_found")
            }
            #expect(
                code { () throws(TandemError) in
                    _ = try connection.recordCreate(
                        .account, ["name": "Child", "parent_id": .string(made.id.text)], by: Self.author,
                        catalog: .standard)
                } == "validation_failed")
        }
    }

    @Test func moneyHasTheTenantsCurrencyUnlessItIsGivenAnother() throws {
        try inTenant { connection in
            let own = JSON.string(tenant.tenant.currency)
            for object in [ObjectDescription.opportunity, .product] {
                let made = try connection.recordCreate(object, ["name": "Plain"], by: Self.author, catalog: .standard)
                #expect(made.json["currency"] == own)
                let other = try connection.recordCreate(
                    object, ["name": "Other", "currency": "JPY"], by: Self.author, catalog: .standard)
                #expect(other.json["currency"] == "JPY")
                let changed = try connection.recordUpdate(
                    object, id: other.id, ["name": "New"], by: Self.author, catalog: .standard)
                #expect(changed.json["currency"] == "JPY")
            }
        }
    }

    @Test func anAccountWithoutADomainHasThatOfItsWebsite() throws {
        try inTenant { connection in
            func domain(_ body: JSON) throws -> JSON? {
                try connection.recordCreate(.account, body, by: Self.author, catalog: .standard).json["domain"]
            }
            #expect(try domain(["name": "A", "website": "https://www.Acme.example/de"]) == "acme.example")
            #expect(try domain(["name": "B", "website": "https://b.example", "domain": "c.example"]) == "c.example")
            #expect(try domain(["name": "C", "website": "https://b.example", "domain": .null]) == .null)
            #expect(try domain(["name": "D", "website": "https://gmail.com/d"]) == .null)

            let known = try connection.recordCreate(
                .account, ["name": "E", "domain": "e.example"], by: Self.author, catalog: .standard)
            let moved: JSON = ["website": "https://f.example"]
            let kept = try connection.recordUpdate(.account, id: known.id, moved, by: Self.author, catalog: .standard)
            #expect(kept.json["domain"] == "e.example")
            let bare = try connection.recordCreate(.account, ["name": "F"], by: Self.author, catalog: .standard)
            let filled = try connection.recordUpdate(.account, id: bare.id, moved, by: Self.author, catalog: .standard)
            #expect(filled.json["domain"] == "f.example")
        }
    }

    @Test func anActivityCannotBeLinkedToWhatIsNotThere() throws {
        try inTenant { connection in
            let account = try connection.recordCreate(.account, ["name": "A"], by: Self.author, catalog: .standard)
            func links(_ objects: (String, RecordID)...) -> JSON {
                .array(objects.map { ["object": .string($0.0), "id": .string($0.1.text)] })
            }
            let sound: JSON = ["type": "note", "links": links(("account", account.id))]
            _ = try connection.recordCreate(.activity, sound, by: Self.author, catalog: .standard)
            do throws(TandemError) {
                _ = try connection.recordCreate(
                    .activity, ["type": "note", "links": links(("account", account.id), ("contact", account.id))],
                    by: Self.author, catalog: .standard)
                Issue.record("not refused")
            } catch {
                #expect(error == .invalid("/links/1/record_id", "unknown_reference", "there is no such record"))
            }
        }
    }

    @Test func aPipelineIsWrittenWithItsStages() throws {
        try inTenant { connection in
            func stage(_ key: String, _ probability: Int) -> JSON {
                [
                    "key": .string(key), "name": .string(key), "probability": .number(probability),
                    "forecast_category": "pipeline", "status": "open",
                ]
            }
            let made = try connection.recordCreate(
                .pipeline, ["name": "Partners", "stages": [stage("a", 10), stage("b", 20)]], by: Self.author,
                catalog: .standard)
            let stages = made.json["stages"]?.array ?? []
            #expect(stages.map { $0["key"]?.string } == ["a", "b"])
            #expect(stages.first?["id"]?.string?.hasPrefix("stg_") == true)
            #expect(stages.map { $0["position"]?.int } == [1, 2])

            let changed = try connection.recordUpdate(
                .pipeline, id: made.id, ["stages": [stage("c", 5), stage("b", 25)]], by: Self.author, catalog: .standard
            )
            #expect(changed.json["stages"]?.array?.map { $0["key"]?.string } == ["c", "b"])
            #expect(changed.json["stages"]?[1]?["id"] == stages.last?["id"])

            _ = try connection.recordCreate(
                .opportunity, ["name": "O", "stage_id": stages.last?["id"] ?? .null], by: Self.author,
                catalog: .standard)
            #expect(
                code { () throws(TandemError) in
                    _ = try connection.recordUpdate(
                        .pipeline, id: made.id, ["stages": [stage("c", 5)]], by: Self.author, catalog: .standard)
                } == "in_use")
            #expect(
                code { () throws(TandemError) in
                    _ = try connection.recordUpdate(
                        .pipeline, id: made.id, ["stages": [stage("c", 5), stage("c", 6)]], by: Self.author,
                        catalog: .standard)
                } == "validation_failed")
        }
    }

    @Test func twoWritersOfOneKeyMakeItOnce() async throws {
        let own = try TestTenant()
        let codes = await withTaskGroup(of: String.self, returning: [String].self) { group in
            for number in 0..<4 {
                group.addTask {
                    do throws(TandemError) {
                        let connection: Connection
                        do throws(PostgresError) { connection = try own.connect() } catch { throw TandemError(error) }
                        defer { connection.close() }
                        _ = try connection.inTenant(own.tenant.database) { (connection) throws(TandemError) in
                            try connection.recordCreate(
                                .account, ["name": .string("N\(number)"), "external_id": "one"], by: Self.author,
                                catalog: .standard)
                        }
                        return "made"
                    } catch {
                        guard case .duplicate(let ids, _) = error else { return "\(error)" }
                        return ids.isEmpty ? "duplicate of nobody" : "duplicate"
                    }
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(codes.sorted() == ["duplicate", "duplicate", "duplicate", "made"])
    }

    @Test func wordsAreFoundInAnyObject() throws {
        try inTenant { connection in
            let account = try connection.recordCreate(
                .account, ["name": "Zebra 100% Works"], by: Self.author, catalog: .standard)
            let contact = try connection.recordCreate(
                .contact, ["first_name": "Zebra", "last_name": "Works"], by: Self.author, catalog: .standard)
            let found = try connection.recordSearch("zebra works", modules: [.cdp, .crm], catalog: .standard)
            #expect(
                Set(found["items"]?.array?.compactMap { $0["id"]?.string } ?? [])
                    == Set([account, contact].compactMap { $0.json["id"]?.string }))
            #expect(
                try connection.recordSearch("00% w", modules: [.cdp], catalog: .standard)["items"]?.array?.count == 1)
            #expect(
                code { () throws(TandemError) in _ = try connection.recordSearch(" x ", modules: [], catalog: .standard)
                }
                    == "validation_failed")
        }
    }

    @Test func aTimelineHoldsActivitiesAndMovesNewestFirst() throws {
        try inTenant { connection in
            let account = try connection.recordCreate(.account, ["name": "A"], by: Self.author, catalog: .standard)
            let contact = try connection.recordCreate(
                .contact, ["last_name": "L", "accounts": [["id": account.json["id"] ?? .null]]], by: Self.author,
                catalog: .standard)
            for day in 1...3 {
                _ = try connection.recordCreate(
                    .activity,
                    [
                        "type": "call", "subject": .string("Call \(day)"),
                        "started_at": .string("2026-01-0\(day)T10:00:00Z"),
                        "links": [["id": contact.json["id"] ?? .null]],
                    ], by: Self.author, catalog: .standard)
            }
            let opportunity = try connection.recordCreate(
                .opportunity, ["name": "O", "account_id": account.json["id"] ?? .null], by: Self.author,
                catalog: .standard)
            let first = try connection.recordTimeline(
                .account, id: account.id, limit: 2, seal: seal, catalog: .standard)
            #expect(first["items"]?[0]?["kind"] == "opportunity")
            #expect(first["items"]?[0]?["data"]?["id"] == opportunity.json["id"])
            #expect(first["items"]?[1]?["data"]?["subject"] == "Call 3")
            let second = try connection.recordTimeline(
                .account, id: account.id, limit: 2, after: first["page"]?["next"]?.string, seal: seal,
                catalog: .standard)
            #expect(second["items"]?.array?.map { $0["data"]?["subject"]?.string } == ["Call 2", "Call 1"])
            #expect(second["page"]?["has_more"] == false)
        }
    }

    @Test func fieldSourcesShowWhatWasOutranked() throws {
        try inTenant { connection in
            let lead = try connection.recordCreate(.lead, ["last_name": "Hand"], by: Self.author, catalog: .standard)
            let server = RecordAuthor(source: 1, rank: .server, actor: "source:1", cause: "event")
            var write = RecordWrite(
                .update, id: lead.id,
                input: try RecordReader(.lead, catalog: .standard).read(["last_name": "Said"], isNew: false))
            write.at = 1_700_000_000_000_000
            #expect(try connection.recordWrite(.lead, [write], by: server).first?.status == .unchanged)
            let sources =
                try connection.recordFieldSources(.lead, id: lead.id, catalog: .standard)["items"]?.array ?? []
            let names = sources.filter { $0["field"] == "last_name" }
            #expect(names.map { $0["value"]?.string } == ["Hand", "Said"])
            #expect(names.map { $0["shown"]?.bool } == [true, false])
        }
    }
}
