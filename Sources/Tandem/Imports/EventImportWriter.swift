import Foundation
import Postgres

/// Writes chunks of rows as events, through `ingest_batch`. Inside a transaction of the tenant.
struct EventImportWriter {
    let plan: EventPlan
    let source: MessageSource
    let policy: IdentifierPolicy
    /// Microseconds since 1970.
    let receivedAt: Int64

    /// Below the limit of a request's body.
    private static let bodyBytes = 3 << 20

    func write(_ rows: [StagedRow], on connection: Connection) throws(TandemError) -> WrittenChunk {
        var chunk = WrittenChunk()
        var body = Body()
        for row in rows {
            switch plan.message(row) {
            case .failure(let refusal): chunk.rows.append(.rejected(row.number, refusal.faults))
            case .success(let message):
                body.append(message, place: chunk.rows.count)
                chunk.rows.append(WrittenRow(row: row.number, outcome: .rejected))
                if body.count >= Self.bodyBytes { try send(&body, &chunk, on: connection) }
            }
        }
        try send(&body, &chunk, on: connection)
        return chunk
    }

    /// `{"batch": […]}` and the rows that its messages stand for.
    private struct Body {
        private(set) var bytes = Array("{\"batch\":[".utf8)
        private(set) var places: [Int] = []
        var count: Int { bytes.count }

        mutating func append(_ message: JSON, place: Int) {
            if !places.isEmpty { bytes.append(UInt8(ascii: ",")) }
            message.append(to: &bytes)
            places.append(place)
        }

        var closed: [UInt8] { bytes + "]}".utf8 }
    }

    private func send(_ body: inout Body, _ chunk: inout WrittenChunk, on connection: Connection) throws(TandemError) {
        defer { body = Body() }
        guard !body.places.isEmpty else { return }
        let batch: MessageBatch
        do throws(BodyError) {
            batch = try MessageBatch(body.closed, path: .batch)
        } catch {
            throw .failure("a chunk of an import is no batch: \(error)", sqlState: nil)
        }
        let read = batch.read(
            MessageBatch.Circumstances(source: source, policy: policy, receivedAt: receivedAt))
        for refused in read.rejected {
            chunk.rows[body.places[refused.index]].faults = [
                ImportFault(code: refused.error.code, reason: refused.error.message)
            ]
        }
        guard !read.messages.isEmpty else { return }
        var columns = IngestColumns(read.messages, rulesVersion: policy.rules.version)
        columns.tally { _ in "import" }
        for row in try connection.run(.call("ingest_batch", columns.binds)) {
            let (index, outcome, code) = try reading { () throws(PostgresError) in
                (try row.int(0), try row.text(1), try row.optionalText(2))
            }
            let message = read.messages[index - 1]
            let place = body.places[message.index]
            switch outcome {
            case "accepted":
                chunk.rows[place].outcome = .created
                chunk.rows[place].record = message.eventID
            case "duplicate":
                chunk.rows[place].outcome = .unchanged
                chunk.rows[place].record = message.eventID
            default:
                chunk.rows[place].faults = [ImportFault(code: code ?? outcome, reason: code ?? outcome)]
            }
        }
    }
}
