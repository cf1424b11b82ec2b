import Foundation
import Testing

@testable import TandemConsole

/// Builds what SQL would answer.
private struct Builder {
    var nodes: [StoryRead.Node] = []
    var merges: [StoryRead.Merge] = []
    var events: [EventRead] = []
    let profile = UUID()

    mutating func node(profile: UUID? = nil, events: Int = 1, identifiers: [String] = ["a"]) {
        nodes.append(
            StoryRead.Node(
                id: UUID(), profile: profile ?? self.profile, label: identifiers.first ?? "x",
                createdAt: "2026-01-01T00:00:00.000000Z", events: events,
                identifiers: identifiers.map { IdentifierRead(type: "email", value: $0) }))
    }

    mutating func event(_ node: Int, _ second: Int, message: String = UUID().uuidString) {
        events.append(
            EventRead(
                node: node, nodeId: nil, id: UUID(), at: at(second), receivedAt: nil, type: "track", name: "E\(second)",
                source: "web", messageId: message, account: nil, flags: nil, path: nil, referrer: nil, campaign: nil,
                properties: [], profile: nil, person: nil))
    }

    mutating func merge(_ a: Int, _ b: Int, _ second: Int, state: String = "applied", message: String? = nil) {
        merges.append(
            StoryRead.Merge(
                id: UUID(), ref: "r", cause: "event", state: state, at: at(second), actor: "event", messageId: message,
                undoneAt: nil, undoneBy: nil, edges: [[a, b]]))
    }

    func at(_ second: Int) -> String { "2026-01-01T00:00:\(second < 10 ? "0" : "")\(second).000000Z" }

    var read: StoryRead { StoryRead(id: profile, label: "x", nodes: nodes, merges: merges, events: events) }
}

@Suite struct StoryTests {
    @Test func twoVisitorsHaveTwoLanesUntilTheirMerge() {
        var builder = Builder()
        builder.node()
        builder.node()
        builder.event(0, 1)
        builder.event(1, 2)
        builder.event(1, 3, message: "m")
        builder.merge(1, 0, 3, message: "m")
        builder.event(0, 4)
        let story = Story(builder.read)
        #expect(story.width == 2)
        #expect(story.rows.map(\.lane) == [0, 1, 1, 1, 1])
        #expect(story.rows[1].passing == [0])
        #expect(story.rows[3].ending == [0])
        // After the merge the other visitor's event lies on the one lane that is left.
        #expect(story.rows[4].passing.isEmpty && story.rows[4].comesFromAbove && !story.rows[4].goesOn)
    }

    @Test func anUndoneMergeEndsNoLane() {
        var builder = Builder()
        builder.node()
        builder.node(profile: UUID())
        builder.event(0, 1)
        builder.event(1, 2)
        builder.merge(0, 1, 3, state: "undone")
        builder.event(0, 4)
        builder.event(1, 5)
        let story = Story(builder.read)
        #expect(story.rows.map(\.lane) == [0, 1, 0, 0, 1])
        #expect(story.rows[2].ending.isEmpty && story.rows[2].passing == [1])
        #expect(!story.rows[3].goesOn)
    }

    @Test func laterVisitorsTakeLanesThatBecameFree() {
        var builder = Builder()
        for node in 0..<20 {
            builder.node()
            builder.event(node, node * 2)
            if node > 0 { builder.merge(0, node, node * 2 + 1) }
        }
        #expect(Story(builder.read).width == 2)
    }

    @Test func manyAtOnceShareTheLastLane() {
        var builder = Builder()
        for node in 0..<12 { builder.node(); builder.event(node, node) }
        for node in 0..<12 { builder.event(node, 20 + node) }
        #expect(Story(builder.read).width == Story.maximumLanes)
    }

    @Test func whatIsLeftAwayIsCounted() {
        var builder = Builder()
        builder.node(events: 30)
        for second in 0..<12 { builder.event(0, second) }
        let gaps = Story(builder.read).rows.compactMap { row -> Int? in
            if case .gap(let count) = row.subject { count } else { nil }
        }
        #expect(gaps == [18])
    }

    @Test func aStoryWithoutEventsHasOnlyItsMerges() {
        var builder = Builder()
        builder.node()
        builder.node()
        builder.merge(0, 1, 1)
        let story = Story(builder.read)
        #expect(story.rows.count == 1)
        #expect(story.rows[0].ending == [1])
    }
}

@Suite struct DrawingTests {
    private func parsed(_ svg: String) throws -> [String] {
        // A well-formed document: every tag that opens closes, in order.
        var open: [String] = []
        for tag in svg.matches(of: #/<(\/?)([a-z]+)[^>]*?(\/?)>/#) {
            let (closes, name, isEmpty) = (tag.output.1 == "/", String(tag.output.2), tag.output.3 == "/")
            if closes {
                #expect(open.popLast() == name)
            } else if !isEmpty {
                open.append(name)
            }
        }
        return open
    }

    @Test func theGraphTellsItselfInWordsAndIsWellFormed() throws {
        var builder = Builder()
        builder.node(identifiers: ["ana@acme.example", "<script>"])
        builder.node(identifiers: [])
        builder.merge(0, 1, 1)
        let svg = IdentityGraph(builder.read).svg
        #expect(try parsed(svg).isEmpty)
        #expect(svg.contains("<title id=\"graph-title\">") && svg.contains("<desc id=\"graph-desc\">"))
        #expect(svg.contains("2 visitors, joined by one merge. They are one person now."))
        #expect(!svg.contains("<script"))
    }

    @Test func anUndoneMergeIsDashedAndItsSidesHaveFrames() {
        var builder = Builder()
        builder.node()
        builder.node(profile: UUID())
        builder.merge(0, 1, 1, state: "undone")
        let svg = IdentityGraph(builder.read).svg
        #expect(svg.components(separatedBy: "class=\"person\"").count == 3)
        #expect(svg.contains("class=\"edge undone\""))
        #expect(svg.contains("They are 2 people now."))
    }

    @Test func rowsDoNotOverlap() {
        var builder = Builder()
        for _ in 0..<24 { builder.node() }
        let svg = IdentityGraph(builder.read).svg
        let places = svg.matches(of: #/<circle[^>]*cy="(\d+)"/#).compactMap { Int($0.output.1) }
        #expect(places.count == 24)
        #expect(zip(places, places.dropFirst()).allSatisfy { $1 - $0 >= 30 })
    }

    @Test func lanesAreWellFormed() throws {
        var builder = Builder()
        builder.node()
        builder.node()
        builder.event(0, 1)
        builder.event(1, 2)
        builder.merge(0, 1, 3)
        let story = Story(builder.read)
        for row in story.rows { #expect(try parsed(LaneDrawing(row: row, width: story.width).svg).isEmpty) }
    }
}

@Suite struct EventWordsTests {
    private func event(_ type: String, _ name: String, path: String? = nil, id: UUID = UUID()) -> EventRead {
        EventRead(
            node: 0, nodeId: nil, id: id, at: "2026-01-01T00:00:00.000000Z", receivedAt: nil, type: type, name: name,
            source: "web", messageId: "m", account: nil, flags: nil, path: path, referrer: nil, campaign: nil,
            properties: [["plan", "team"]], profile: nil, person: nil)
    }

    @Test func visitsOnEndNameTheirPlacesOnce() {
        let words = EventWords([
            event("page", "Home", path: "/"), event("page", "Prices", path: "/pricing"),
            event("page", "Home", path: "/"),
        ])
        #expect(words.what == "Visited 3 pages")
        #expect(words.detail == "/, /pricing")
    }

    @Test func oneThingAgainAndAgainIsCounted() {
        let words = EventWords([event("track", "Report Viewed"), event("track", "Report Viewed")])
        #expect(words.what == "Report Viewed, 2 times")
    }

    @Test func anIdentifyTellsWhatItBrought() {
        let id = UUID()
        let identifiers = [
            IdentifierRead(type: "user_id", value: "u-1", event: id),
            IdentifierRead(type: "email", value: "e", event: UUID()),
        ]
        #expect(EventWords([event("identify", "", id: id)], identifiers: identifiers).what == "Identified as u-1")
        #expect(EventWords([event("identify", "")], identifiers: identifiers).what == "Identified again")
    }

    @Test func aMergeIsToldBehindTheEventThatCausedItEvenAmongLikes() {
        var builder = Builder()
        builder.node()
        builder.node()
        builder.event(0, 1)
        builder.event(1, 2)
        builder.event(0, 3, message: "m")
        builder.event(0, 3)
        builder.merge(0, 1, 3, message: "m")
        let story = Story(builder.read)
        let merge = story.rows.firstIndex { if case .merge = $0.subject { true } else { false } }
        #expect(merge == 3)
    }
}
