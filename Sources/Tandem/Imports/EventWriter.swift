import Foundation
import Postgres

/// Writes messages as events, through `ingest_batch`. Inside a transaction of the tenant.
struct EventWriter: Sendable {
    /// A message of the batch route on its way.
    struct Message: Sendable {
        var json: [UInt8]
        /// The message id if it has none of its own.
        var id: String
        /// Another product kept it: when that had received it, where the message itself does not say.
        var archivedAt: Int64?
    }

    enum Outcome: Sendable {
        case created(UUID)
        /// Its message id is known.
        case unchanged(UUID)
        case rejected(ImportFault)
    }

    let source: MessageSource
    let rules: ReadingRules
    /// Microseconds since 1970.
    let receivedAt: Int64
    /// Another product kept the messages; their times hold.
    var isArchive = false

    /// Below the limit of a request's body.
    private static let bodyBytes = 3 << 20

    /// One outcome for each message, in order.
    func write(_ messages: [Message], on connection: Connection) throws(TandemError) -> [Outcome] {
        try forEachRead(messages) { (read, count) throws(TandemError) in
            var outcomes = Self.refused(read, count)
            if let statement = PlanViolations(of: read).statement { _ = try connection.run(statement) }
            guard !read.messages.isEmpty else { return outcomes }
            var columns = IngestColumns(read.messages, readingVersion: rules.version)
            columns.tally { _ in "import" }
            let rows = try connection.run(columns.statement())
            let accepted = try reading { () throws(PostgresError) in try rows.one().bools("accepted") }
            for (message, isNew) in zip(read.messages, accepted) {
                outcomes[message.index] = isNew ? .created(message.eventID) : .unchanged(message.eventID)
            }
            return outcomes
        }
    }

    /// Reads messages without writing them: what would be stored, by their places, and what would not.
    func read(_ messages: [Message]) throws(TandemError) -> (stored: [WireMessage?], outcomes: [Outcome]) {
        var stored: [WireMessage?] = []
        let outcomes = try forEachRead(messages) { (read, count) throws(TandemError) in
            var found = [WireMessage?](repeating: nil, count: count)
            for message in read.messages { found[message.index] = message }
            stored += found
            var outcomes = Self.refused(read, count)
            for message in read.messages { outcomes[message.index] = .created(message.eventID) }
            return outcomes
        }
        return (stored, outcomes)
    }

    private static func refused(_ read: MessageBatch.Result, _ count: Int) -> [Outcome] {
        var outcomes = [Outcome](
            repeating: .rejected(ImportFault(code: "rejected", reason: "was refused")), count: count)
        for refused in read.refused {
            outcomes[refused.index] = .rejected(
                ImportFault(code: refused.reason.code, reason: refused.reason.message))
        }
        return outcomes
    }

    /// Reads messages in bodies of bounded size.
    private func forEachRead(
        _ messages: [Message], _ body: (MessageBatch.Result, _ count: Int) throws(TandemError) -> [Outcome]
    ) throws(TandemError) -> [Outcome] {
        var outcomes: [Outcome] = []
        outcomes.reserveCapacity(messages.count)
        var start = 0
        while start < messages.count {
            var bytes = Array("{\"batch\":[".utf8)
            var end = start
            while end < messages.count, end == start || bytes.count + messages[end].json.count < Self.bodyBytes {
                if end > start { bytes.append(UInt8(ascii: ",")) }
                bytes += messages[end].json
                end += 1
            }
            bytes += "]}".utf8
            outcomes += try body(try read(bytes, Array(messages[start..<end])), end - start)
            start = end
        }
        return outcomes
    }

    private func read(_ bytes: [UInt8], _ messages: [Message]) throws(TandemError) -> MessageBatch.Result {
        let batch: MessageBatch
        do throws(BodyError) {
            batch = try MessageBatch(bytes, path: .batch)
        } catch {
            throw .failure("a chunk of an import is no batch: \(error)", sqlState: nil)
        }
        var circumstances = MessageBatch.Circumstances(
            source: source, rules: rules, receivedAt: receivedAt, makeMessageID: { messages[$0].id })
        if isArchive { circumstances.archivedAt = { messages[$0].archivedAt } }
        return batch.read(circumstances)
    }
}
