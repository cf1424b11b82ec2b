import HTTPTypes
import NIOPosix
import Synchronization
import Tandem
import TandemHTTP

/// What signing in may cost this process: passwords are slow to check on purpose, 19 MiB and some 30 ms of a core each. So many at once, and so
/// many of one client's; an account has its own bound (`begin_sign_in`).
final class SignInGate: Sendable {
    /// Of one address: tries at once, and one a second for ever.
    static let rate = Rate(perSecond: 1, burst: 20)
    /// Computations at once, those that wait for a thread among them.
    static let computations = 16

    private let rate: Rate
    private let limit: Int
    private let addresses = Mutex<[String: TokenBucket]>([:])
    private let running = Atomic(0)
    private let start = ContinuousClock.now
    /// Addresses that are remembered.
    static let addressLimit = 10_000

    init(rate: Rate = SignInGate.rate, computations: Int = SignInGate.computations) {
        self.rate = rate
        limit = computations
    }

    /// Counts a try of a client.
    ///
    /// - Parameter time: since the start; nil: by the clock.
    /// - Throws: 429 where it has tried too often.
    func take(_ client: String?, at time: Duration? = nil) throws(Problem) {
        let now = time ?? (ContinuousClock.now - start)
        let key = Self.key(client)
        let wait = addresses.withLock { addresses -> Double in
            if addresses.count >= Self.addressLimit, addresses[key] == nil { Self.forget(&addresses, rate, now) }
            var bucket = addresses[key] ?? TokenBucket(rate, at: now)
            bucket.fill(rate, at: now)
            let wait = bucket.wait(for: 1, rate)
            if wait == 0 { bucket.take(1) }
            addresses[key] = bucket
            return wait
        }
        guard wait > 0 else { return }
        throw Problem(
            .tooManyRequests, "too_many_tries", "There were too many tries to sign in from your address. Wait a minute."
        ).retry(after: max(1, Int(wait.rounded(.up))))
    }

    /// The password was right: who signs in has no part in guessing.
    func giveBack(_ client: String?) {
        _ = addresses.withLock { $0[Self.key(client)]?.giveBack(1, rate) }
    }

    /// Computes on a thread of its own.
    ///
    /// - Throws: 503 where as many are under way as may be.
    func compute<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws -> Value {
        defer { running.subtract(1, ordering: .relaxed) }
        guard running.add(1, ordering: .relaxed).newValue <= limit else {
            throw Problem.overloaded("Too many people sign in at this moment. Try again in a second.").retry(after: 1)
        }
        return try await NIOThreadPool.singleton.runIfActive(work)
    }

    /// Whoever has an IPv6 address has the 64 bits behind the network's too.
    private static func key(_ client: String?) -> String {
        client.map { ClientNetwork.of($0) } ?? ""
    }

    /// Those that are full again say nothing; if all do, the table begins anew.
    private static func forget(_ addresses: inout [String: TokenBucket], _ rate: Rate, _ now: Duration) {
        addresses = addresses.compactMapValues { bucket -> TokenBucket? in
            var filled = bucket
            filled.fill(rate, at: now)
            return filled.remaining >= rate.burst ? nil : filled
        }
        if addresses.count >= addressLimit { addresses.removeAll() }
    }
}
