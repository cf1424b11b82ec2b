import Foundation
import Testing

@testable import Tandem

/// What reading a message makes of the plan of its source.
@Suite struct PlanReadingTests {
    private static let events: JSON = [
        [
            "type": "track", "name": "Order Completed",
            "schema": [
                "required": ["total"],
                "properties": ["total": ["type": "number"], "items": ["items": ["required": ["sku"]]]],
            ],
        ],
        ["type": "page"], ["type": "page", "name": "Pricing", "schema": ["required": ["plan"]]],
        ["type": "identify", "schema": ["properties": ["email": ["format": "email"]]]],
    ]

    private func read(_ messages: JSON, _ policy: PlanPolicy, context: JSON = [:]) throws -> MessageBatch.Result {
        let plan = try PlanInForce(
            id: UUID(), name: "web", version: 2, plan: TrackingPlan(events: Self.events), policy: policy)
        let source = MessageSource(id: 3, trust: .default(for: .server), isPublic: false)
        let rules = ReadingRules(identity: IdentifierPolicy(IdentityRules()), plans: [source.id: plan])
        let body: JSON = ["batch": messages, "context": context]
        let batch = try MessageBatch(body.encoded(), path: .batch)
        return batch.read(.init(source: source, rules: rules, receivedAt: ReadMessages.received))
    }

    private func order(_ properties: JSON, event: String = "Order Completed") -> JSON {
        ["type": "track", "event": .string(event), "userId": "u", "messageId": "m", "properties": properties]
    }

    @Test func whatKeepsToThePlanIsReadAsWithoutOne() throws {
        let read = try read(
            [order(["total": 1, "items": [["sku": "a"]]]), ["type": "alias", "userId": "a", "previousId": "b"]],
            PlanPolicy(violations: .block, unplannedEvents: .block, unplannedProperties: .block))
        #expect(read.messages.map { $0.finding == nil } == [true, true])
    }

    @Test func theStrongestAnswerCounts() throws {
        let both: JSON = [order(["total": "x", "colour": "red"])]
        let cases: [(PlanPolicy.Action, PlanPolicy.Action, PlanPolicy.Action)] = [
            (.allow, .allow, .allow), (.omit, .allow, .omit), (.allow, .omit, .omit), (.omit, .quarantine, .quarantine),
            (.block, .quarantine, .block), (.allow, .block, .block),
        ]
        for (violations, unplanned, expected) in cases {
            let read = try read(both, PlanPolicy(violations: violations, unplannedProperties: unplanned))
            let finding = try #require(read.messages.first?.finding ?? read.refused.first?.note?.finding)
            #expect(finding.action == expected, "\(violations), \(unplanned)")
            #expect(finding.violations.map(\.pointer) == ["/properties/total", "/properties/colour"])
        }
    }

    @Test func onlyWhatMayGoIsOmitted() throws {
        let message: JSON = [order(["total": "x", "colour": "red", "items": [[:]]])]
        let wrong = try #require(try read(message, PlanPolicy(violations: .omit)).messages.first)
        #expect(try json(wrong.payload)?["properties"] == ["colour": "red"])
        let unplanned = try #require(try read(message, PlanPolicy(unplannedProperties: .omit)).messages.first)
        #expect(try json(unplanned.payload)?["properties"] == ["total": "x", "items": [[:]]])
        #expect(unplanned.messageID == "m" && unplanned.identifiers.count == 1)
    }

    @Test func traitsOfTheBatchsContextAreOmittedWithTheRestOfItKept() throws {
        let read = try read(
            [["type": "identify", "userId": "u"]], PlanPolicy(violations: .omit, unplannedProperties: .omit),
            context: ["traits": ["email": "nobody", "colour": "red"], "app": ["name": "shop"]])
        let message = try #require(read.messages.first)
        #expect(message.email == nil && message.traits == nil)
        #expect(try json(message.payload)?["context"] == ["app": ["name": "shop"]])
    }

    @Test func refusalsSayWhichPlanAndWhere() throws {
        let policy = PlanPolicy(violations: .block, unplannedEvents: .quarantine, unplannedProperties: .block)
        let read = try read(
            [order(["total": "x"]), order(["total": 1, "a": 1]), order(["a": 1]), order([:], event: "Other")], policy)
        #expect(read.messages.isEmpty)
        #expect(
            read.refused.map(\.reason.code) == [
                "schema_violation", "unplanned", "unplanned_and_schema_violation", "unplanned",
            ])
        #expect(read.refused.map(\.answer) == [.rejected, .rejected, .rejected, .quarantined])
        #expect(
            read.refused[0].reason.message
                == "Tracking plan web, version 2: /properties/total: It has to be of type number and is a string.")
        #expect(read.refused[2].reason.message.hasSuffix("(and 1 more)"))
    }

    @Test func aPageWithoutANameStandsForThoseThatNoneNames() throws {
        let page = { (name: JSON, properties: JSON) -> JSON in
            ["type": "page", "userId": "u", "name": name, "properties": properties]
        }
        let read = try read(
            [
                page("Home", [:]), page(nil, [:]), page("Pricing", [:]),
                ["type": "screen", "userId": "u", "name": "Home"],
            ],
            PlanPolicy())
        #expect(read.messages.map { $0.finding?.violations.first?.keyword } == [nil, nil, "required", "unplanned"])
    }

    @Test func aMessageIsCheckedByTheVersionThatItNames() throws {
        func violations(_ events: JSON, version: JSON) throws -> [String] {
            let plan = try PlanInForce(
                id: UUID(), name: "web", version: 1, plan: TrackingPlan(events: events), policy: PlanPolicy())
            let rules = ReadingRules(identity: IdentifierPolicy(IdentityRules()), plans: [3: plan])
            let message: JSON = [
                "type": "track", "event": "A", "userId": "u", "context": ["protocols": ["event_version": version]],
            ]
            let source = MessageSource(id: 3, trust: .default(for: .server), isPublic: false)
            let read = try MessageBatch(message.encoded(), path: .message(.track))
                .read(.init(source: source, rules: rules, receivedAt: ReadMessages.received))
            return try #require(read.messages.first).finding?.violations.map(\.pointer) ?? []
        }
        let needs = { (key: JSON, version: JSON) -> JSON in
            ["type": "track", "name": "A", "version": version, "schema": ["required": [key]]]
        }
        let versions: JSON = [needs("b", 3), needs("a", 2)]
        #expect(try violations(versions, version: 3) == ["/properties/b"])
        #expect(try violations(versions, version: "2") == ["/properties/a"])
        #expect(try violations(versions, version: nil) == ["/properties/a"], "the oldest")
        #expect(try violations(versions, version: 4) == ["/event"], "there is none")
        let open: JSON = [needs("b", 3), needs("c", nil)]
        #expect(try violations(open, version: nil) == ["/properties/c"])
        #expect(try violations(open, version: 4) == ["/properties/c"])
    }

    @Test func onlyTheWholeIsClosed() throws {
        let schema: JSON = ["properties": ["child": ["$ref": "#"], "size": ["type": "number"]]]
        let plan = try PlanInForce(
            id: UUID(), name: "web", version: 1,
            plan: TrackingPlan(events: [["type": "identify", "schema": schema]]),
            policy: PlanPolicy(violations: .block, unplannedProperties: .allow))
        let rules = ReadingRules(identity: IdentifierPolicy(IdentityRules()), plans: [3: plan])
        let source = MessageSource(id: 3, trust: .default(for: .server), isPublic: false)
        let message: JSON = ["userId": "u", "traits": ["child": ["child": ["other": 1]], "other": 2]]
        let read = try MessageBatch(message.encoded(), path: .message(.identify))
            .read(.init(source: source, rules: rules, receivedAt: ReadMessages.received))
        #expect(read.messages.first?.finding?.violations.map(\.pointer) == ["/traits/other"])
    }

    @Test func whatIsIgnoredIsNotEvenNoted() throws {
        let policy = PlanPolicy(unplannedEvents: .ignore, unplannedProperties: .ignore)
        let read = try read([order(["total": 1, "colour": "red"]), order([:], event: "Other")], policy)
        #expect(read.messages.map { $0.finding == nil } == [true, true])
    }
}
