import Foundation
import Testing

@testable import TandemConsole

@Suite struct MilestoneTests {
    private let person = UUID()
    private let identify = UUID()

    private func event(
        _ type: String, _ name: String?, node: Int = 0, second: Int = 0, id: UUID = UUID(), account: String? = nil,
        referrer: String? = nil, properties: [[String]] = []
    ) -> EventRead {
        EventRead(
            node: node, nodeId: nil, id: id, at: "2026-01-01T00:00:0\(second).000000Z", receivedAt: nil, type: type,
            name: name, source: "web", messageId: "m", account: account, flags: nil,
            path: type == "page" ? "/pricing" : nil, referrer: referrer, campaign: nil, properties: properties,
            profile: nil, person: nil)
    }

    private func story(_ events: [EventRead]) -> StoryRead {
        let identifiers = [
            IdentifierRead(type: "anonymous_id", value: "a-1", event: identify),
            IdentifierRead(type: "user_id", value: "u-1", event: identify),
            IdentifierRead(type: "email", value: "buyer-1@acme.example", event: identify),
        ]
        func node(_ profile: UUID) -> StoryRead.Node {
            StoryRead.Node(
                id: UUID(), profile: profile, label: "x", createdAt: "2026-01-01T00:00:00.000000Z", events: 1,
                identifiers: identifiers)
        }
        return StoryRead(id: person, label: "x", nodes: [node(person), node(UUID())], merges: [], events: events)
    }

    private func milestones(_ events: [EventRead]) -> [Milestone] {
        Milestone.all(story(events), .nothing, words: TimeWords("UTC"), path: "/console/acme")
    }

    @Test func theWayFromTheFirstVisitToTheAccount() {
        let found = milestones([
            event("page", "Pricing", referrer: "https://search.example/?q=cdp"),
            event("track", "Form Submitted", second: 1, properties: [["form", "Request a demo"]]),
            event("identify", nil, second: 2, id: identify), event("group", nil, second: 3, account: "Acme"),
        ])
        #expect(found.map(\.name) == ["First visit", "Form", "Identified", "Account"])
        #expect(found.map(\.value) == ["Pricing", "Request a demo", "buyer-1@acme.example", "Acme"])
        #expect(found.map(\.detail) == ["from search.example", "Form Submitted", "u-1", nil])
        #expect(found[0].when?.day == "1 Jan 2026")
    }

    @Test func whatBelongsToSomebodyElseByNowIsNoStation() {
        #expect(
            milestones([event("page", "Home", node: 1), event("track", "Order Paid", second: 1)]).map(\.value) == [
                "Order Paid"
            ])
        #expect(milestones([]).isEmpty)
    }

    @Test(
        arguments: [
            ("console:cli:root", nil, "root (console)"), ("cli:root", nil, "root (command line)"),
            ("key:key_01", nil, "API key key_01"), ("cli:serve", "import", "import"), ("tandem", "event", "tandem"),
        ] as [(String, String?, String)])
    func actorsAreTold(_ actor: String, _ cause: String?, _ words: String) {
        #expect(ActorWords.words(actor, cause: cause) == words)
    }

    @Test func identifiersThatPeopleReadComeFirst() {
        let long = "c72ba4bf-b9fe-45cc-ad6b-5ccb137c1906"
        let chips = IdentifierChip.chips([
            IdentifierRead(type: "anonymous_id", value: long), IdentifierRead(type: "app_id", value: "1"),
            IdentifierRead(type: "user_id", value: "u"), IdentifierRead(type: "email", value: "e"),
        ])
        #expect(chips.map(\.typeName) == ["Email", "User ID", "app_id", "Anonymous ID"])
        #expect(chips[3].value == long && chips[3].shortValue == "c72ba4bf…7c1906")
    }
}
