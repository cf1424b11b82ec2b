public import Postgres

/// What else happens in the transaction that stores a batch, for example counters that have to agree with the events.
public protocol IngestHook: Sendable {
    /// Runs after the events are in, before the commit; an error of these statements undoes the batch.
    /// - Parameter refused: number of messages that were refused before and go into the quarantine.
    func statements(for messages: [WireMessage], refused: Int, of tenant: Tenant) -> [Statement]
}
