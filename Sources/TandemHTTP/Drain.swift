import Synchronization

/// Whether the server is on its way out: `/readyz` says so, and each answer closes its connection.
public final class Drain: Sendable {
    private let begun = Atomic(false)

    public init() {}

    public var isDraining: Bool { begun.load(ordering: .relaxed) }

    public func begin() { begun.store(true, ordering: .relaxed) }

    /// Returns when the drain begins, or the task is cancelled: for answers that would go on for ever.
    public func whenBegun() async {
        while !isDraining, (try? await Task.sleep(for: .milliseconds(100))) != nil {}
    }
}
