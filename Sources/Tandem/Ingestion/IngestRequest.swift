import Foundation
import Synchronization

/// The messages of one request, on their way through the batcher.
public struct IngestRequest: Sendable {
    public let tenant: Tenant
    public let batch: MessageBatch
    public let source: MessageSource
    /// Microseconds since 1970.
    public let receivedAt: Int64
    /// From the header `SentAt`, microseconds since 1970.
    public let sentAtHeader: Int64?
    /// The address that the request came from.
    public let clientAddress: String?
    /// For the quarantine: the key it came with and the route.
    public let keyID: String
    public let path: String
    /// For the quarantine: it came from a browser, whatever its key.
    public let fromBrowser: Bool
    /// For those who watch.
    public var sourceName: String?
    public let deadline: ContinuousClock.Instant
    /// Set when the messages come from the quarantine.
    let replay: Replay?

    /// Messages of the quarantine that are read once more.
    struct Replay: Sendable {
        /// The operation that counts them.
        let operation: UUID
        /// Their ids in the quarantine, by their place in the request.
        let ids: [UUID]
        /// Those of which the original has replaced text.
        let textReplaced: Set<Int>
    }

    public init(
        tenant: Tenant, batch: MessageBatch, source: MessageSource, receivedAt: Int64, sentAtHeader: Int64? = nil,
        clientAddress: String? = nil, keyID: String, path: String, fromBrowser: Bool = false,
        deadline: ContinuousClock.Instant
    ) {
        self.init(
            tenant: tenant, batch: batch, source: source, receivedAt: receivedAt, sentAtHeader: sentAtHeader,
            clientAddress: clientAddress, keyID: keyID, path: path, fromBrowser: fromBrowser, deadline: deadline,
            replay: nil)
    }

    init(
        tenant: Tenant, batch: MessageBatch, source: MessageSource, receivedAt: Int64, sentAtHeader: Int64?,
        clientAddress: String?, keyID: String, path: String, fromBrowser: Bool, deadline: ContinuousClock.Instant,
        replay: Replay?
    ) {
        self.tenant = tenant
        self.batch = batch
        self.source = source
        self.receivedAt = receivedAt
        self.sentAtHeader = sentAtHeader
        self.clientAddress = clientAddress
        self.keyID = keyID
        self.path = path
        self.fromBrowser = fromBrowser
        self.replay = replay
        self.deadline = deadline
    }
}

/// A request in the queue, and who waits for it.
///
/// Unchecked: after `init` its variables belong to the one lane that holds the job.
final class IngestJob: IngestQueueItem, @unchecked Sendable {
    /// A message of the request: to be stored, or refused by reading it.
    enum Item {
        case message(WireMessage)
        case refused(RefusedMessage)
    }

    let request: IngestRequest
    let order: IngestOrder
    let byteCount: Int
    let enqueued = ContinuousClock.now
    let startDeadline: ContinuousClock.Instant
    private(set) var items: [Item] = []
    private(set) var readingVersion = 0
    var outcomes: [IngestOutcome]
    private let ids: RequestIDs
    private let answer: Mutex<Answer?>

    /// Called once, from any thread.
    typealias Answer = @Sendable (Result<[IngestOutcome], IngestFailure>) -> Void

    /// What a transaction may take at the end of a request's time.
    static let executionTime: Duration = .seconds(2)

    init(_ request: IngestRequest, rules: ReadingRules, answer: Answer? = nil) {
        self.request = request
        self.answer = Mutex(answer)
        ids = RequestIDs(known: request.replay?.ids)
        startDeadline = request.deadline - Self.executionTime
        outcomes = Array(repeating: .accepted, count: request.batch.count)
        let (items, order, bytes) = Self.read(request, rules, ids)
        self.items = items
        self.order = order
        byteCount = bytes
        readingVersion = rules.version
    }

    /// The id of a message in the quarantine, the same whenever it is asked for.
    func quarantineID(at index: Int) -> UUID { ids.id(at: index) }

    /// Messages of the request as the quarantine keeps them, by their places.
    func quarantined(_ reasons: [Int: QuarantineReason]) -> ([QuarantinedEvent], QuarantinedRequest) {
        QuarantinedEvent.events(of: request, ids: ids, reasons: reasons)
    }

    var tenantID: UUID { request.tenant.id }
    var count: Int { items.count }

    /// Reads the messages again under newer rules.
    func read(again rules: ReadingRules) {
        (items, _, _) = Self.read(request, rules, ids)
        readingVersion = rules.version
    }

    private static func read(
        _ request: IngestRequest, _ rules: ReadingRules, _ ids: RequestIDs
    ) -> (items: [Item], order: IngestOrder, bytes: Int) {
        let result = request.batch.read(
            MessageBatch.Circumstances(
                source: request.source, rules: rules, receivedAt: request.receivedAt,
                sentAtHeader: request.sentAtHeader, clientAddress: request.clientAddress,
                makeMessageID: { ids.id(at: $0).uuidString.lowercased() }))
        var items: [Item] = []
        items.reserveCapacity(request.batch.count)
        var order = IngestOrder()
        var bytes = 512
        var (message, refused) = (result.messages.startIndex, result.refused.startIndex)
        for index in 0..<request.batch.count {
            if message < result.messages.endIndex, result.messages[message].index == index {
                var next = result.messages[message]
                if request.replay?.textReplaced.contains(index) == true { next.flags.insert(.textReplaced) }
                message += 1
                note(next, in: &order)
                // Payload, traits, and what the columns around them take.
                bytes += next.payload.count + (next.traits?.count ?? 0) + 512
                items.append(.message(next))
            } else if refused < result.refused.endIndex {
                items.append(.refused(result.refused[refused]))
                refused += 1
                bytes += 1_024
            }
        }
        return (items, order, bytes)
    }

    private static func note(_ message: WireMessage, in order: inout IngestOrder) {
        for id in [message.rawUserID, message.rawAnonymousID, message.previousID] {
            guard let key = id?.hashValue else { continue }
            switch message.type {
            case .identify, .group, .alias: order.changes.insert(key)
            case .track, .page, .screen: order.records.insert(key)
            }
        }
    }

    /// Answers the request; only the first answer counts.
    func answer(_ result: Result<[IngestOutcome], IngestFailure>) {
        let answer = answer.withLock { answer in
            defer { answer = nil }
            return answer
        }
        answer?(result)
    }
}
