import Foundation
import Testing

@testable import Tandem

@Suite struct IngestQueueTests {
    final class Item: IngestQueueItem {
        let name: String
        let tenantID: UUID
        let order: IngestOrder
        let count: Int
        let byteCount: Int
        let enqueued: ContinuousClock.Instant
        let startDeadline: ContinuousClock.Instant

        init(
            _ name: String, _ tenant: UUID, changes: Set<Int> = [], records: Set<Int> = [], count: Int = 1,
            bytes: Int = 100, at enqueued: ContinuousClock.Instant = .now,
            deadline: ContinuousClock.Instant = .now + .seconds(60)
        ) {
            self.name = name
            tenantID = tenant
            order = IngestOrder(changes: changes, records: records)
            self.count = count
            byteCount = bytes
            self.enqueued = enqueued
            startDeadline = deadline
        }
    }

    private let a = UUID()
    private let b = UUID()

    private func bounds(_ bytes: Int) -> QueueBounds {
        var bounds = QueueBounds()
        bounds.bytes = bytes
        bounds.tenantBytes = bytes
        return bounds
    }

    private func queue(_ items: Item..., limit: Int = 1_000_000) -> IngestQueue<Item> {
        var queue = IngestQueue<Item>(bounds: bounds(limit), lanes: 2)
        for item in items { _ = queue.enqueue(item) }
        return queue
    }

    private func names(_ queue: inout IngestQueue<Item>) -> [String]? { queue.take(limit: 128)?.items.map(\.name) }

    private func take(_ queue: inout IngestQueue<Item>) throws -> IngestQueue<Item>.Batch {
        let batch = queue.take(limit: 128)
        return try #require(batch)
    }

    private func enqueue(_ queue: inout IngestQueue<Item>, _ item: Item) -> Bool { queue.enqueue(item) == nil }

    @Test func aBatchTakesWholeRequestsInOrderUpToTheLimit() {
        var queue = queue(Item("1", a, count: 60), Item("2", a, count: 60), Item("3", a, count: 60))
        #expect(names(&queue) == ["1", "2"])
        #expect(names(&queue) == ["3"])
        #expect(names(&queue) == nil)
    }

    @Test func aRequestOverTheLimitIsABatchOfItsOwn() {
        var queue = queue(Item("1", a, count: 500), Item("2", a))
        #expect(names(&queue) == ["1"])
        #expect(names(&queue) == ["2"])
    }

    @Test func tenantsTakeTurns() {
        var queue = queue(Item("a1", a, count: 128), Item("a2", a, count: 128), Item("b1", b))
        #expect(names(&queue) == ["a1"])
        #expect(names(&queue) == ["b1"])
        #expect(names(&queue) == ["a2"])
    }

    @Test func aLanePrefersTheTenantsThatAreItsOwnUnlessAnotherWaits() throws {
        let now = ContinuousClock.now
        let tenants = (0..<64).map { _ in UUID() }
        var queue = IngestQueue<Item>(bounds: bounds(.max), lanes: 2)
        for tenant in tenants { #expect(enqueue(&queue, Item("", tenant, at: now))) }
        var served: [[UUID]] = [[], []]
        for turn in 0..<64 {
            let batch = queue.take(limit: 128, lane: turn % 2, at: now)
            served[turn % 2].append(try #require(batch).tenantID)
        }
        #expect(Set(served.joined()).count == 64)
        // Once the one has none of its own left it helps out; until then they share nothing.
        var again = IngestQueue<Item>(bounds: bounds(.max), lanes: 2)
        for tenant in tenants { #expect(enqueue(&again, Item("", tenant, at: now))) }
        for turn in 0..<20 {
            let batch = again.take(limit: 128, lane: turn % 2, at: now)
            #expect(served[turn % 2].contains(try #require(batch).tenantID))
        }
        var late = IngestQueue<Item>(bounds: bounds(.max), lanes: 2)
        for tenant in tenants { #expect(enqueue(&late, Item("", tenant, at: now))) }
        let first = late.take(limit: 128, lane: 0, at: now + .milliseconds(250))
        let second = late.take(limit: 128, lane: 1, at: now + .milliseconds(250))
        #expect([first?.tenantID, second?.tenantID] == [tenants[0], tenants[1]], "who waits has the turn")
    }

    @Test func aRequestWaitsBehindOneInFlightWithTheSameId() throws {
        var queue = queue(Item("1", a, changes: [7]))
        let first = try take(&queue)
        #expect(enqueue(&queue, Item("2", a, changes: [7])))
        #expect(enqueue(&queue, Item("3", a, changes: [8])))
        #expect(enqueue(&queue, Item("4", a, changes: [8, 7])))
        #expect(enqueue(&queue, Item("5", a, changes: [8])))
        // 3 shares nothing; 4 waits for 7, and 5 behind 4.
        #expect(names(&queue) == ["3"])
        #expect(names(&queue) == nil)
        queue.finish(first)
        #expect(names(&queue) == ["2"])
    }

    @Test func requestsWithTheSameIdShareABatchInOrder() {
        var queue = queue(Item("1", a, changes: [7]), Item("2", a, changes: [7]), Item("3", a, changes: [7]))
        #expect(names(&queue) == ["1", "2", "3"])
    }

    @Test func idsOfAnotherTenantDoNotMatter() throws {
        var queue = queue(Item("1", a, changes: [7]), Item("2", b, changes: [7]))
        #expect(names(&queue) == ["1"])
        #expect(names(&queue) == ["2"])
    }

    @Test func aFullQueueTurnsAwayUntilSomethingIsAnswered() throws {
        var queue = queue(Item("1", a, bytes: 600), limit: 1_000)
        #expect(!enqueue(&queue, Item("2", a, bytes: 600)))
        let batch = try take(&queue)
        // In flight it still counts.
        #expect(!enqueue(&queue, Item("2", a, bytes: 600)))
        queue.finish(batch)
        #expect(enqueue(&queue, Item("2", a, bytes: 600)))
        #expect(queue.byteCount == 600)
    }

    @Test func aTenantFillsItsShareAndNotItsNeighbours() {
        var bounds = bounds(10_000)
        bounds.tenantBytes = 1_000
        var queue = IngestQueue<Item>(bounds: bounds, lanes: 2)
        #expect(enqueue(&queue, Item("1", a, bytes: 600)))
        #expect(queue.enqueue(Item("2", a, bytes: 600)) == .bytes)
        #expect(enqueue(&queue, Item("3", b, bytes: 600)))
    }

    @Test func whereTheOldestWaitsTooLongNothingMoreComesIn() throws {
        let now = ContinuousClock.now
        var queue = IngestQueue<Item>(bounds: QueueBounds(), lanes: 2)
        #expect(queue.enqueue(Item("1", a, at: now), at: now) == nil)
        #expect(queue.enqueue(Item("2", a, at: now), at: now + .milliseconds(1_900)) == nil)
        #expect(queue.enqueue(Item("3", a, at: now), at: now + .milliseconds(2_100)) == .age)
        #expect(queue.refusal(ofTenant: a, at: now + .milliseconds(2_100)) == .age, "said before its size is known")
        #expect(queue.refusal(ofTenant: b, at: now + .milliseconds(2_100)) == nil)
        #expect(queue.enqueue(Item("4", b, at: now), at: now + .milliseconds(2_100)) == nil)
    }

    /// 1,000 messages a second are stored and 3,000 come: all are taken for a moment, then what would wait too long is not.
    @Test func lastingOverloadIsTurnedAwayAndABurstIsNot() throws {
        var now = ContinuousClock.now
        var queue = IngestQueue<Item>(bounds: QueueBounds(), lanes: 1)
        var waits: [Duration] = []
        var refusals = 0
        for step in 0..<400 {
            now += .milliseconds(100)
            for _ in 0..<3 where queue.enqueue(Item("\(step)", a, count: 100, at: now), at: now) != nil {
                refusals += 1
            }
            if let batch = queue.take(limit: 100) {
                waits += batch.items.map { now - $0.enqueued }
                queue.finish(batch, at: now + .milliseconds(99))
            }
            if step < 5 { #expect(refusals == 0) }
        }
        #expect(refusals > 700)
        let longest = try #require(waits.suffix(300).max())
        #expect(longest < .milliseconds(1_300), "1,024 messages may always wait")
        // Its neighbour is let in.
        #expect(queue.enqueue(Item("b", b, at: now), at: now) == nil)
    }

    @Test func othersWaitingMakeATurnShorter() throws {
        var queue = queue(Item("a1", a, count: 40), Item("a2", a, count: 40), Item("b1", b, count: 40))
        #expect(queue.take(limit: 100)?.items.map(\.name) == ["a1"])
        #expect(queue.take(limit: 100)?.items.map(\.name) == ["b1"])
        #expect(queue.take(limit: 100)?.items.map(\.name) == ["a2"])
    }

    @Test func whatWaitedTooLongComesOut() throws {
        let now = ContinuousClock.now
        var queue = queue(Item("1", a, deadline: now), Item("2", a, deadline: now + .seconds(1)))
        let expired = queue.expire(now: now)
        #expect(expired.map(\.name) == ["1"])
        #expect(queue.waitingCount == 1)
        #expect(names(&queue) == ["2"])
        let later = queue.expire(now: now + .seconds(2))
        #expect(later.isEmpty)
    }

    @Test func recordsOfOnePersonAreStoredSideBySideAndChangesAreNot() throws {
        var queue = queue(Item("1", a, records: [7]))
        let first = try take(&queue)
        #expect(enqueue(&queue, Item("2", a, records: [7])))
        let second = try take(&queue)
        #expect(second.items.map(\.name) == ["2"])
        #expect(enqueue(&queue, Item("3", a, changes: [7])))
        #expect(enqueue(&queue, Item("4", a, records: [7])))
        #expect(names(&queue) == nil, "3 waits for both, and 4 does not overtake it")
        queue.finish(first)
        #expect(names(&queue) == nil)
        queue.finish(second)
        #expect(names(&queue) == ["3", "4"])
    }

    @Test func whatWaitsIsSharedOutBetweenLanes() throws {
        var queue = IngestQueue<Item>(bounds: bounds(.max), lanes: 2)
        for number in 1...8 { #expect(enqueue(&queue, Item("\(number)", a, count: 100))) }
        let first = queue.take(limit: 512)
        #expect(first?.items.map(\.name) == ["1", "2", "3", "4"])
        let second = queue.take(limit: 512)
        #expect(second?.items.map(\.name) == ["5", "6"])
        let third = queue.take(limit: 512)
        #expect(third?.items.map(\.name) == ["7"], "below 128 messages no batch is made smaller for it")
    }

    @Test func aBatchBesideAnotherGathersForAMoment() throws {
        let now = ContinuousClock.now
        var queue = IngestQueue<Item>(
            bounds: bounds(.max), lanes: 2, gathering: .init(messages: 3, time: .milliseconds(2)))
        #expect(enqueue(&queue, Item("1", a, at: now)))
        let alone = queue.take(limit: 128, at: now)
        let first = try #require(alone, "alone, a request is a batch at once")
        #expect(enqueue(&queue, Item("2", a, at: now)))
        #expect(enqueue(&queue, Item("3", a, at: now + .milliseconds(1))))
        #expect(!queue.isDue(a))
        #expect(queue.take(limit: 128, at: now) == nil)
        #expect(queue.gatheredAt == now + .milliseconds(2))
        // Its neighbour does not wait for it.
        #expect(enqueue(&queue, Item("b", b, at: now)))
        #expect(queue.isDue(b))
        #expect(queue.take(limit: 128, at: now)?.items.map(\.name) == ["b"])
        #expect(queue.take(limit: 128, at: now + .milliseconds(2))?.items.map(\.name) == ["2", "3"])
        for name in ["4", "5", "6"] { #expect(enqueue(&queue, Item(name, a, at: now))) }
        #expect(queue.isDue(a), "so many are enough")
        #expect(queue.take(limit: 128, at: now)?.items.map(\.name) == ["4", "5", "6"])
        #expect(enqueue(&queue, Item("7", a, at: now)))
        queue.finish(first)
        #expect(!queue.isDue(a), "others of its tenant are still in flight")
    }

    /// Whatever is interleaved: each request is served once, and those of one id in the order they came.
    @Test(arguments: 1...20) func nothingIsLostDoubledOrOvertaken(_ seed: UInt64) throws {
        var random = SplitMix(state: seed)
        var queue = IngestQueue<Item>(bounds: bounds(.max), lanes: 2)
        var inFlight: [IngestQueue<Item>.Batch] = []
        var served: [Item] = []
        var sent = 0
        var lastOfKey: [Int: (change: Int, record: Int)] = [:]
        while served.count < 400 {
            if sent < 400, Bool.random(using: &random) {
                let keys = Set(
                    (0..<Int.random(in: 0...3, using: &random)).map { _ in Int.random(in: 0..<12, using: &random) })
                let changes = keys.filter { _ in Bool.random(using: &random) }
                #expect(enqueue(&queue, Item("\(sent)", a, changes: changes, records: keys.subtracting(changes))))
                sent += 1
            } else if inFlight.count < 2, let batch = queue.take(limit: 8) {
                for item in batch.items {
                    let isBeside = inFlight.flatMap(\.items).contains { $0.order.conflicts(with: item.order) }
                    #expect(!isBeside, "overtakes one in flight")
                    let number = try #require(Int(item.name))
                    for key in item.order.changes.union(item.order.records) {
                        let last = lastOfKey[key, default: (-1, -1)]
                        let isChange = item.order.changes.contains(key)
                        #expect(last.change < number && (!isChange || last.record < number))
                        lastOfKey[key] = isChange ? (number, last.record) : (last.change, max(last.record, number))
                    }
                }
                inFlight.append(batch)
            } else if !inFlight.isEmpty {
                let batch = inFlight.remove(at: Int.random(in: 0..<inFlight.count, using: &random))
                queue.finish(batch)
                served += batch.items
            }
        }
        #expect(Set(served.map(\.name)).count == 400)
        #expect(queue.byteCount == 0)
        #expect(queue.waitingCount == 0)
    }

    private struct SplitMix: RandomNumberGenerator {
        var state: UInt64
        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var z = state
            z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
            z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
            return z ^ (z >> 31)
        }
    }
}
