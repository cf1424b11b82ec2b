import Foundation
import Logging
import Postgres

/// Sends events of the quarantine the way of a fresh request, with the time and circumstances of their receipt: the same
/// reading, the same procedure. What is stored leaves the quarantine in the same transaction.
final class QuarantineReprocessing: OperationWork {
    private let lane: IngestLane
    private let readingRules: ReadingRulesDirectory
    private let logger: Logger
    private var sources: [Int16: Source]?
    /// Events of a page.
    private static let pageEvents: Int32 = 100

    init(ingest: ConnectionConfiguration, readingRules: ReadingRulesDirectory, logger: Logger) {
        lane = IngestLane(
            configuration: ingest, readingRules: readingRules, memory: IngestMemory(), hook: nil,
            batchLimit: Int(Self.pageEvents),
            stats: IngestStats(), tail: EventTail(),
            logger: logger)
        self.readingRules = readingRules
        self.logger = logger
    }

    func close() { lane.close() }

    func next(
        _ operation: Operation, of tenant: Tenant, on connection: Connection
    ) throws(TandemError) -> OperationPage {
        let sources =
            if let known = self.sources { known } else { try connection.sourcesByNumber(of: tenant, logger: logger) }
        self.sources = sources
        let events = try page(operation, tenant, connection)
        guard let last = events.last else { return OperationPage(isLast: true) }
        let rules = try reading { () throws(PostgresError) in try readingRules.rules(of: tenant, on: connection) }
        var jobs: [IngestJob] = []
        var unreadable: [(id: UUID, reason: QuarantineReason)] = []
        for group in Self.grouped(events) {
            if let request = KeptEvent.request(group, operation.id, tenant, sources) {
                jobs.append(IngestJob(request, rules: rules))
            } else {
                unreadable += group.map { ($0.id, Self.reason(of: $0)) }
            }
        }
        if !unreadable.isEmpty {
            let statement = Quarantine.refuse(unreadable, operation: operation.id)
            _ = try connection.inTenant(tenant.database) { (connection) throws(TandemError) in
                try connection.run(statement)
            }
        }
        if !jobs.isEmpty, let failure = lane.process(jobs, of: tenant) {
            switch failure {
            case .failed: throw .failure("events of the quarantine could not be stored", sqlState: nil)
            case .deadlineExceeded: throw .deadlineExceeded
            case .queueFull, .unavailable, .diskFull:
                throw .unavailable("events of the quarantine could not be stored now")
            }
        }
        return OperationPage(cursor: (last.receivedAt, last.id), isLast: events.count < Self.pageEvents)
    }

    private func page(
        _ operation: Operation, _ tenant: Tenant, _ connection: Connection
    ) throws(TandemError) -> [KeptEvent] {
        try connection.inTenant(tenant.database, readOnly: true) { (connection) throws(TandemError) -> [KeptEvent] in
            let rows = try connection.run(
                .call("quarantine_page", .uuid(operation.id), .int4(Self.pageEvents)))
            return try reading { () throws(PostgresError) in
                var events: [KeptEvent] = []
                for row in rows { events.append(try KeptEvent(row)) }
                return events
            }
        }
    }

    /// Events that stand beside each other and came in one request, in order.
    private static func grouped(_ events: [KeptEvent]) -> [[KeptEvent]] {
        var groups: [[KeptEvent]] = []
        for event in events {
            if event.isReadable, event.singleType == nil, let last = groups.last?.last, last.isReadable,
                last.request == event.request, last.source == event.source
            {
                groups[groups.count - 1].append(event)
            } else {
                groups.append([event])
            }
        }
        return groups
    }

    private static func reason(of event: KeptEvent) -> QuarantineReason {
        if !event.isComplete {
            return .init(.eventTooLarge)
        }
        if event.singleType == WebhookMapping.payloadType {
            return .init(code: "unmapped_event", message: "The source's webhook mapping makes no message of it.")
        }
        return .init(code: "unreadable", message: "The event, or the source that it came from, is no longer there.")
    }
}

/// Marks events of the quarantine as done with.
final class QuarantineDiscarding: OperationWork {
    private static let pageEvents: Int32 = 1_000

    func next(
        _ operation: Operation, of tenant: Tenant, on connection: Connection
    ) throws(TandemError) -> OperationPage {
        try connection.inTenant(tenant.database) { (connection) throws(TandemError) -> OperationPage in
            let rows = try connection.run(.call("quarantine_discard", .uuid(operation.id), .int4(Self.pageEvents)))
            let count = try reading { () throws(PostgresError) in try rows.one().int(0) }
            return OperationPage(isLast: count == 0)
        }
    }

    func close() {}
}
