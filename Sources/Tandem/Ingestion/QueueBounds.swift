/// How much may wait to be stored.
public struct QueueBounds: Sendable, Hashable {
    /// Of all that waits or is in flight.
    public var bytes = 64 << 20
    /// Of one tenant's.
    public var tenantBytes = 32 << 20
    /// A tenant whose oldest request has waited so long gets no more in: the database stands still.
    public var age: Duration = .seconds(2)
    /// How long a tenant's newest request may have to wait, at the pace of the last second, …
    public var wait: Duration = .milliseconds(70)
    /// … once that has been exceeded for so long: what comes in bursts is stored all the same.
    public var patience: Duration = .milliseconds(150)
    /// Below so many waiting messages none is turned away for its wait.
    public var free = 1_024

    public init() {}
}

/// What a batch waits for while another of its tenant is in flight: so many messages, or so much time since its first came.
public struct Gathering: Sendable, Hashable {
    public var messages: Int
    public var time: Duration

    public init(messages: Int, time: Duration) {
        self.messages = messages
        self.time = time
    }

    static let none = Gathering(messages: 0, time: .zero)
}

/// Why a request was not let into the queue.
public enum QueueRefusal: String, Sendable, CaseIterable {
    /// The bytes of all tenants, or of one.
    case bytes
    /// The oldest waits too long.
    case age
    /// It would have to wait too long.
    case wait
    /// The database's disk is nearly full.
    case disk
}

/// The pace at which what waits is stored: messages a second while there was something to do.
struct ServicePace {
    private(set) var perSecond = 0.0
    private var messages = 0
    private var began: ContinuousClock.Instant?

    private static let window: Duration = .milliseconds(100)

    /// There is something to do again.
    mutating func busy(at now: ContinuousClock.Instant) {
        if began == nil { began = now }
    }

    /// Nothing is waiting or in flight.
    mutating func idle() {
        began = nil
        messages = 0
    }

    mutating func stored(_ count: Int, at now: ContinuousClock.Instant) {
        guard let began else { return }
        messages += count
        let passed = now - began
        guard passed >= Self.window else { return }
        let pace = Double(messages) / passed.inSeconds
        perSecond = perSecond == 0 ? pace : 0.7 * perSecond + 0.3 * pace
        messages = 0
        self.began = now
    }
}
