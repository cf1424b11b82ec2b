import Foundation
import Testing

@testable import Tandem

@Suite struct DemoTests {
    /// 2026-03-14T15:09:00Z, a moment like any other.
    private static let now: Int64 = 1_773_500_940_000_000

    private static func world(now: Int64 = now) throws -> DemoWorld {
        let root = URL(fileURLWithPath: #filePath).appendingPathComponent("../../../../Demo").standardizedFileURL
        return try DemoWorld(DemoFolder(path: root.path), now: now)
    }

    @Test func theSameSeedTellsTheSameStory() throws {
        let first = DemoBehaviour(try Self.world()).timeline
        let second = DemoBehaviour(try Self.world()).timeline
        #expect((15_000...30_000).contains(first.count))
        #expect(first.map(\.message) == second.map(\.message))
    }

    @Test(arguments: [now, now + 7 * WireTime.day, 1_773_446_400_000_000, 1_773_532_799_000_000])
    func timeEndsToday(now: Int64) throws {
        let times = DemoBehaviour(try Self.world(now: now)).timeline.map {
            WireTime.parse($0.message["timestamp"]?.string ?? "")
        }
        let known = times.compactMap { $0 }
        #expect(known.count == times.count)
        #expect(known == known.sorted())
        let last = try #require(known.last)
        #expect(last <= now)
        #expect(last / WireTime.day == (now - WireTime.second) / WireTime.day)
        let world = try Self.world(now: now)
        #expect(world.opportunities.compactMap(\.closed).max() == now / WireTime.day)
    }

    @Test func everyMessageIsWhatTheProtocolWants() throws {
        let timeline = DemoBehaviour(try Self.world()).timeline
        #expect(Set(timeline.compactMap { $0.message["messageId"]?.string }).count == timeline.count)
        let source = MessageSource(id: 1, trust: .default(for: .server), isPublic: false)
        for start in stride(from: 0, to: timeline.count, by: 2000) {
            let part = timeline[start..<min(start + 2000, timeline.count)]
            let batch = try MessageBatch(JSON.object(["batch": .array(part.map(\.message))]).encoded(), path: .batch)
            let read = batch.read(
                MessageBatch.Circumstances(
                    source: source, rules: ReadingRules(identity: IdentifierPolicy(IdentityRules())),
                    receivedAt: Self.now))
            #expect(read.refused.isEmpty)
            #expect(read.messages.allSatisfy { !$0.flags.contains(.clockClamped) })
        }
    }

    @Test func peopleAreCalledByRoleAndNumber() throws {
        let world = try Self.world()
        #expect((300...600).contains(world.people.count))
        #expect(world.person(DemoStory.buyer).handle == DemoStory.userID)
        #expect(world.person(DemoStory.buyer).email == "buyer-17@acme.example")
        let handle = #/(buyer|admin|engineer|analyst|manager|operator)-[0-9]+@[a-z0-9-]+\.example/#
        #expect(world.people.allSatisfy { $0.email.wholeMatch(of: handle) != nil })
        #expect(Set(world.accounts.map(\.key)).count == 85)
        #expect(world.accounts.allSatisfy { Normalizer.domain($0.domain) == $0.domain })
        // The file's agents are shown by number.
        let records = DemoRecords(world, DemoBehaviour(world))
        #expect(records.before.map(\.object) == ["teams", "users", "products", "accounts", "opportunities"])
    }

    @Test func theStoryIsTold() throws {
        let world = try Self.world()
        let behaviour = DemoBehaviour(world)
        let wrong = try #require(behaviour.timeline.first { $0.message["messageId"]?.string == DemoStory.wrongMerge })
        #expect(wrong.message["anonymousId"]?.string == DemoStory.laptop)
        #expect(wrong.message["traits"]?["email"]?.string == "buyer-17@acme.example")
        #expect(world.person(DemoStory.colleague).account != world.person(DemoStory.buyer).account)
        #expect(behaviour.signUps[DemoStory.buyer] != nil)
        #expect(behaviour.signUps[DemoStory.colleague] != nil)
    }

    /// The first outputs for the seed 1234567, as published with the generator.
    @Test func splitMixIsSplitMix() {
        var random = SplitMix64(seed: 1_234_567)
        #expect(random.next() == 6_457_827_717_110_365_317)
        #expect(random.next() == 3_203_168_211_198_807_973)
        #expect(random.next() == 9_817_491_932_198_370_423)
    }
}
