import Glibc
import Synchronization
import Tandem
import TandemHTTP
import Testing

@testable import TandemConsole

@Suite struct SignInGateTests {
    private final class Door: Sendable {
        let isOpen = Atomic(false)
    }

    private func status(_ body: () throws -> Void) -> Int? {
        do {
            try body()
            return nil
        } catch {
            return (error as? Problem)?.status.code
        }
    }

    @Test func anAddressTriesSoOftenAndNoMore() throws {
        let gate = SignInGate(rate: Rate(perSecond: 1, burst: 3))
        for _ in 0..<3 { try gate.take("192.0.2.1", at: .zero) }
        #expect(status { try gate.take("192.0.2.1", at: .milliseconds(500)) } == 429)
        // Another address is another client; half of one is the same.
        #expect(status { try gate.take("192.0.2.2", at: .zero) } == nil)
        for _ in 0..<3 { try gate.take("2001:db8::1", at: .zero) }
        #expect(status { try gate.take("2001:db8::2", at: .zero) } == 429)
        // Two seconds are two tries.
        for _ in 0..<2 { #expect(status { try gate.take("192.0.2.1", at: .seconds(2)) } == nil) }
        #expect(status { try gate.take("192.0.2.1", at: .seconds(2)) } == 429)
        gate.giveBack("192.0.2.1")
        #expect(status { try gate.take("192.0.2.1", at: .seconds(2)) } == nil)
    }

    @Test func itForgetsWhoHasWaited() throws {
        let gate = SignInGate(rate: Rate(perSecond: 1, burst: 2))
        for number in 0...(3 * SignInGate.addressLimit) { try gate.take("client \(number)", at: .seconds(number)) }
        #expect(status { try gate.take("client 0", at: .seconds(4 * SignInGate.addressLimit)) } == nil)
    }

    @Test func soManyComputeAtOnce() async throws {
        let gate = SignInGate(computations: 2)
        let door = Door()
        let codes = await withTaskGroup(of: Int.self) { group in
            for _ in 0..<6 {
                group.addTask {
                    do {
                        return try await gate.compute {
                            while !door.isOpen.load(ordering: .relaxed) { usleep(1_000) }
                            return 200
                        }
                    } catch {
                        return (error as? Problem)?.status.code ?? 0
                    }
                }
            }
            var codes: [Int] = []
            while codes.count < 4, let code = await group.next() { codes.append(code) }
            door.isOpen.store(true, ordering: .relaxed)
            for await code in group { codes.append(code) }
            return codes
        }
        #expect(codes == [503, 503, 503, 503, 200, 200])
        #expect(try await gate.compute { 1 } == 1)
    }
}
