import Foundation
import Synchronization

/// One id for each message of a request, made when the first is asked for and the same from then on: the id of a message that
/// came without one, and its id in the quarantine. Both are the same id, so that a message without an id that is held keeps
/// the id that it would have had.
final class RequestIDs: Sendable {
    private let known: [UUID]
    private let base = Mutex<UUID?>(nil)

    /// - Parameter known: the ids by place, if they were made before.
    init(known: [UUID]? = nil) { self.known = known ?? [] }

    /// Ascending with the messages' places, of which there are fewer than 65,536.
    func id(at index: Int) -> UUID {
        if known.indices.contains(index) { return known[index] }
        var bytes = request.uuid
        (bytes.14, bytes.15) = (UInt8(truncatingIfNeeded: index >> 8), UInt8(truncatingIfNeeded: index))
        return UUID(uuid: bytes)
    }

    /// The request's own id.
    var request: UUID {
        base.withLock { base in
            if let base { return base }
            var bytes = UUID.v7().uuid
            (bytes.14, bytes.15) = (0, 0)
            let made = UUID(uuid: bytes)
            base = made
            return made
        }
    }
}
