public import Foundation
public import Logging
public import Postgres

/// Long work that was ordered, as whoever does it sees it.
public struct Operation: Sendable {
    public let id: UUID
    public let type: String
    /// How many items it was thought to concern when it was ordered.
    public let total: Int
}

/// How far an operation is.
struct OperationPage: Sendable {
    /// The last item's place, behind which the next page begins; nil: unchanged.
    var cursor: (at: Int64, id: UUID)?
    var isLast: Bool
}

/// One type of long work, done page by page. A page that is done again, because the process ended before it was noted, must
/// have no second effect.
protocol OperationWork: AnyObject {
    func next(_ operation: Operation, of tenant: Tenant, on connection: Connection) throws(TandemError) -> OperationPage
    func close()
}

/// Does a tenant's operations, the oldest first, one after the other. Several processes may try: a lease says whose turn it is,
/// and what a process left behind another takes over when the lease ends.
///
/// Not `Sendable`: it lives on the thread of its connection.
public final class OperationRunner {
    private let connection: Connection
    private let ingest: ConnectionConfiguration
    private let readingRules: ReadingRulesDirectory
    private let figures: OperationFigures?
    private let hasRoom: () -> Bool
    private let logger: Logger
    private let lease = UUID.v7()
    /// Longer than a page takes, with all its retries.
    static let leaseSeconds: Int32 = 30

    /// - Parameters:
    ///   - ingest: for the connection that stores events.
    ///   - hasRoom: whether the disk takes more. While it does not, what only takes away goes on, and everything else waits.
    public init(
        _ connection: Connection, ingest: ConnectionConfiguration, readingRules: ReadingRulesDirectory,
        figures: OperationFigures? = nil, hasRoom: @escaping () -> Bool = { true }, logger: Logger
    ) {
        self.hasRoom = hasRoom
        self.figures = figures
        self.connection = connection
        self.ingest = ingest
        self.readingRules = readingRules
        self.logger = logger
    }

    /// Does what is ordered, until nothing is left or `goesOn` says no.
    ///
    /// - Parameters:
    ///   - only: this operation and no other.
    ///   - progress: is told after each page.
    /// - Returns: how many operations ended; 0 also when another process works for the tenant.
    @discardableResult
    public func run(
        _ tenant: Tenant, only: UUID? = nil, goesOn: () -> Bool = { true }, progress: (Operation) -> Void = { _ in }
    ) throws(TandemError) -> Int {
        var ended = 0
        while goesOn(), let operation = try claim(tenant, only) {
            let isEnded = try run(operation, tenant, goesOn, progress)
            if !isEnded { break }
            ended += 1
            if only != nil { break }
        }
        return ended
    }

    private func run(
        _ operation: Operation, _ tenant: Tenant, _ goesOn: () -> Bool, _ progress: (Operation) -> Void
    ) throws(TandemError) -> Bool {
        let work = try work(operation)
        defer { work.close() }
        while true {
            guard goesOn(), hasRoom() || Self.shrinking.contains(operation.type) else {
                _ = try advance(operation, tenant, OperationPage(isLast: false), seconds: 0)
                return false
            }
            let page: OperationPage
            do throws(TandemError) {
                page = try work.next(operation, of: tenant, on: connection)
            } catch {
                if Self.isTemporary(error) || !connection.isOpen { throw error }
                figures?.noteFailure()
                logger.error(
                    "an operation failed",
                    metadata: ["tenant": "\(tenant.slug)", "operation": "\(operation.id)", "error": "\(error)"])
                _ = try advance(operation, tenant, OperationPage(isLast: true), seconds: 0, error: error.message)
                return true
            }
            guard try advance(operation, tenant, page, seconds: page.isLast ? 0 : Self.leaseSeconds) else {
                return false
            }
            progress(operation)
            if page.isLast { return true }
        }
    }

    /// Not the operation's fault: it stays as it is, and goes on when its lease has ended.
    private static func isTemporary(_ error: TandemError) -> Bool {
        switch error {
        case .unavailable, .deadlineExceeded: true
        default: error.isRetryable
        }
    }

    private func work(_ operation: Operation) throws(TandemError) -> any OperationWork {
        switch operation.type {
        case QuarantineOrder.reprocess.operationType:
            QuarantineReprocessing(ingest: ingest, readingRules: readingRules, logger: logger)
        case QuarantineOrder.discard.operationType: QuarantineDiscarding()
        case ReplayFilter.operationType: EventReplaying(readingRules: readingRules, logger: logger)
        case BulkOrder.operationType: BulkWork()
        case BulkOrder.undoType: BulkUndoing()
        case PrivacyDesk.operationType: Erasing()
        case RulesSimulation.operationType: RulesSimulating()
        case ExportOrder.operationType: Exporting()
        default: throw .failure("an operation of an unknown type was claimed: \(operation.type)", sqlState: nil)
        }
    }

    /// What `work` can do. Others, which a newer version ordered, are left to it.
    private static let types =
        QuarantineOrder.allCases.map(\.operationType) + [
            ReplayFilter.operationType, BulkOrder.operationType, BulkOrder.undoType, PrivacyDesk.operationType,
            RulesSimulation.operationType, ExportOrder.operationType,
        ]

    /// Those that take more away than they write.
    private static let shrinking = [QuarantineOrder.discard.operationType, PrivacyDesk.operationType]

    private func claim(_ tenant: Tenant, _ only: UUID?) throws(TandemError) -> Operation? {
        let types = hasRoom() ? Self.types : Self.shrinking
        return try connection.inTenant(tenant.database) { (connection) throws(TandemError) -> Operation? in
            let rows = try connection.run(
                .call(
                    "operation_claim", only.bind, .uuid(lease), .int4(Self.leaseSeconds), .textArray(types)))
            guard let row = rows.first else { return nil }
            return try reading { () throws(PostgresError) in
                Operation(id: try row.uuid(0), type: try row.text(1), total: try row.int(2))
            }
        }
    }

    private func advance(
        _ operation: Operation, _ tenant: Tenant, _ page: OperationPage, seconds: Int32, error: String? = nil
    ) throws(TandemError) -> Bool {
        let statement = Statement.call(
            "operation_advance", .uuid(operation.id), .uuid(lease), .int4(seconds),
            page.cursor.map { .timestamptz($0.at) } ?? .null(.timestamptz), (page.cursor?.id).bind,
            .bool(page.isLast), error.bind)
        return try connection.inTenant(tenant.database) { (connection) throws(TandemError) -> Bool in
            let rows = try connection.run(statement)
            return try reading { () throws(PostgresError) in try rows.one().bool(0) }
        }
    }
}
