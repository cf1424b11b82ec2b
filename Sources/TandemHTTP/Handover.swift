import HummingbirdCore
import NIOCore
import Synchronization

/// Connections between their set-up and the task that serves them.
///
/// The listening channel hands them over in a stream, and when it closes it drops those that are still in there. A dropped one ends the
/// process: "Deinited NIOAsyncWriter without calling finish()", swift-nio #2637 and #2813. Here each is kept until a task has taken it.
final class Handover<Value: ServerChildChannelValue>: Sendable {
    private let kept = Mutex<[ObjectIdentifier: Value]>([:])

    var count: Int { kept.withLock { $0.count } }

    func keep(_ value: Value) {
        kept.withLock { $0[ObjectIdentifier(value.channel)] = value }
    }

    /// The connection of that channel, for whoever asks first.
    func take(_ channel: any Channel) -> Value? {
        kept.withLock { $0.removeValue(forKey: ObjectIdentifier(channel)) }
    }
}
