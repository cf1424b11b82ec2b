import Postgres

/// Writes chunks of rows as events, by a mapping. Inside a transaction of the tenant.
struct EventImportWriter {
    let plan: EventPlan
    let writer: EventWriter

    func write(_ rows: [StagedRow], on connection: Connection) throws(TandemError) -> WrittenChunk {
        var chunk = WrittenChunk()
        var messages: [EventWriter.Message] = []
        var places: [Int] = []
        for row in rows {
            switch plan.message(row) {
            case .failure(let refusal): chunk.rows.append(.rejected(row.number, refusal.faults))
            case .success(let message):
                messages.append(EventWriter.Message(json: Array(message.encoded()), id: ""))
                places.append(chunk.rows.count)
                chunk.rows.append(WrittenRow(row: row.number, outcome: .rejected))
            }
        }
        for (place, outcome) in zip(places, try writer.write(messages, on: connection)) {
            switch outcome {
            case .created(let event): (chunk.rows[place].outcome, chunk.rows[place].record) = (.created, event)
            case .unchanged(let event): (chunk.rows[place].outcome, chunk.rows[place].record) = (.unchanged, event)
            case .rejected(let fault): chunk.rows[place].faults = [fault]
            }
        }
        return chunk
    }
}
