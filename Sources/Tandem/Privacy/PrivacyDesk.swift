import Foundation
public import Postgres

/// What is done on request with one person's data. Each answer is a request as the API shows it:
/// `{"id", "kind", "state", "subject", "counts", "receipt", …}`.
///
/// Not inside a transaction: erasing takes several.
public struct PrivacyDesk {
    private let connection: Connection
    private let tenant: Tenant
    private let actor: String
    private let signer: ReceiptSigner

    public init(_ connection: Connection, tenant: Tenant, actor: String) throws(TandemError) {
        self.connection = connection
        self.tenant = tenant
        self.actor = actor
        signer = try reading { () throws(PostgresError) in try ReceiptSigner(connection) }
    }

    static let operationType = "privacy_erase"
    /// Events that are erased in the one transaction; more are an operation.
    public static let eventsAtOnce = 10_000
    /// What a call may take.
    public static let longest: Duration = .seconds(60)

    /// Erases all that is known of a person, and keeps out what comes after. Many events: an operation does it, whose id is the
    /// request's; then the state is `running`.
    ///
    /// - Parameters:
    ///   - all: everybody who has the address or number.
    ///   - isDryRun: answers what would go, and changes nothing; the events of a person with many are not counted to their end.
    /// - Throws: `conflict` if several persons have it.
    public func erase(
        _ subject: PrivacySubject, all: Bool, reason: String?, isDryRun: Bool = false
    ) throws(TandemError) -> JSON {
        let id = UUID.v7()
        if isDryRun { return try rehearsal(id, subject, all: all, reason: reason) }
        let begun = try transact { (connection) throws(TandemError) in
            try begin(id, "erase", subject, all: all, reason: reason, connection)
        }
        try passBarrier()
        guard begun["events"]?.int ?? 0 <= Self.eventsAtOnce else { return try order(id) }
        return try finishErasing(id, asked: subject.identifier)
    }

    /// The same for everybody who has it, to the end and by this process, however many events there are: for a tenant that
    /// nobody serves yet.
    func eraseHere(_ subject: PrivacySubject, reason: String) throws(TandemError) {
        let id = UUID.v7()
        _ = try transact { (connection) throws(TandemError) in
            try begin(id, "erase", subject, all: true, reason: reason, connection)
        }
        try passBarrier()
        while try !eraseSome(id) {}
    }

    /// Keeps out what comes after, and leaves what is there.
    ///
    /// - Parameter isDryRun: answers how many identifiers that would be, and changes nothing.
    public func suppress(
        _ subject: PrivacySubject, all: Bool, reason: String?, isDryRun: Bool = false
    ) throws(TandemError) -> JSON {
        try doneOrTried("suppress", isDryRun: isDryRun) { (id, connection) throws(TandemError) in
            let begun = try begin(id, "suppress", subject, all: all, reason: reason, connection)
            return ["suppressed": begun["suppressed"] ?? 0]
        }
    }

    /// Lets a person's events and records in again. What was erased stays so.
    ///
    /// - Parameter isDryRun: answers how many identifiers that would be, and changes nothing.
    public func unsuppress(
        _ subject: PrivacySubject, reason: String?, isDryRun: Bool = false
    ) throws(TandemError) -> JSON {
        guard subject.kind == "identifier" else {
            throw .invalid("/type", "unsuitable", "has to be an identifier's: a record that was erased has none")
        }
        return try doneOrTried("unsuppress", isDryRun: isDryRun) { (id, connection) throws(TandemError) in
            let rows = try connection.run(
                .call(
                    "lift_suppression_request", [.uuid(id)] + subject.binds.dropFirst() + [reason.bind, .text(actor)]))
            let lifted = try reading { () throws(PostgresError) in try rows.one().int(0) }
            return ["lifted": .number(lifted)]
        }
    }

    /// Notes that a person's data were asked for; `exportPage` gives them.
    ///
    /// - Parameter isDryRun: answers what there is, and notes nothing.
    /// - Throws: `unknownIdentifier` if nothing is known of anybody, `conflict` if several persons have it.
    public func export(
        _ subject: PrivacySubject, all: Bool, reason: String?, isDryRun: Bool = false
    ) throws(TandemError) -> JSON {
        try doneOrTried("export", isDryRun: isDryRun) { (id, connection) throws(TandemError) in
            let rows = try connection.run(
                .call("begin_export", [.uuid(id)] + subject.binds + [.bool(all), reason.bind, .text(actor)]))
            guard let counts = try rows.first?.json(0)?.object else { throw .unknownIdentifier }
            return counts
        }
    }

    /// What one transaction does, with its receipt; of a dry run its counts alone, and all of it is taken back.
    private func doneOrTried(
        _ kind: String, isDryRun: Bool, _ body: (UUID, Connection) throws(TandemError) -> JSONObject
    ) throws(TandemError) -> JSON {
        let id = UUID.v7()
        return try transact { (connection) throws(TandemError) in
            let counts = try body(id, connection)
            return isDryRun ? try takenBack(kind, counts, connection) : try finish(id, counts, connection)
        }
    }

    /// Takes back all that the transaction did, and answers what it would have been.
    private func takenBack(
        _ kind: String, _ counts: JSONObject, _ connection: Connection
    ) throws(TandemError) -> JSON {
        try connection.discardChanges()
        return ["dry_run": true, "kind": .string(kind), "counts": .object(counts)]
    }

    // MARK: steps of an erasure

    private func begin(
        _ id: UUID, _ kind: String, _ subject: PrivacySubject, all: Bool, reason: String?, _ connection: Connection
    ) throws(TandemError) -> JSON {
        let rows = try connection.run(
            .call(
                "begin_erasure",
                [.uuid(id), .text(kind)] + subject.binds + [
                    .bool(all), reason.bind, .text(actor), .int4(Int32(Self.eventsAtOnce) + 1),
                ]))
        return try rows.first?.json(0) ?? .null
    }

    /// Waits until nothing is under way that began before the suppression; lets others go first rather than hold them up.
    private func passBarrier() throws(TandemError) {
        var attempts = 0
        while true {
            do throws(TandemError) {
                let settings = tenant.database.settings(lockTimeout: .milliseconds(300))
                try connection.transaction(settings: settings, deadline: .seconds(5)) {
                    (connection) throws(TandemError) in
                    _ = try connection.run(.call("privacy_barrier"))
                }
                return
            } catch {
                attempts += 1
                guard case .unavailable = error, attempts < 60, connection.isOpen else { throw error }
                Thread.sleep(forTimeInterval: 0.1)
            }
        }
    }

    /// - Parameter asked: the identifier that was asked for; a long erasure, of somebody who has events, keeps none.
    private func finishErasing(_ id: UUID, asked: String? = nil) throws(TandemError) -> JSON {
        while true {
            let done = try transact { (connection) throws(TandemError) -> JSON? in
                let rows = try connection.run(.call("erase_person", .uuid(id), .text(actor), asked.bind))
                guard let counts = try rows.first?.json(0)?.object else { return nil }
                return try finish(id, counts, connection)
            }
            if let done { return done }
            try passBarrier()
        }
    }

    /// One step of a long erasure. Answers whether it was the last.
    func eraseSome(_ id: UUID) throws(TandemError) -> Bool {
        let erased = try transact { (connection) throws(TandemError) -> Int in
            let rows = try connection.run(
                .call("erase_some_events", .uuid(id), .int4(Int32(Self.eventsAtOnce))))
            return try reading { () throws(PostgresError) in try rows.one().int(0) }
        }
        if erased == Self.eventsAtOnce { return false }
        _ = try finishErasing(id)
        return true
    }

    private func order(_ id: UUID) throws(TandemError) -> JSON {
        try transact { (connection) throws(TandemError) in
            let rows = try connection.run(.call("order_erasure", .uuid(id), .text(actor)))
            return PrivacyPresenter.request(try rows.first?.json(0) ?? .null)
        }
    }

    private func rehearsal(
        _ id: UUID, _ subject: PrivacySubject, all: Bool, reason: String?
    ) throws(TandemError) -> JSON {
        try transact { (connection) throws(TandemError) in
            let begun = try begin(id, "erase", subject, all: all, reason: reason, connection)
            var counts = begun.object ?? [:]
            if begun["events"]?.int ?? 0 <= Self.eventsAtOnce {
                let rows = try connection.run(.call("erase_person", .uuid(id), .text(actor), subject.identifier.bind))
                counts = try rows.first?.json(0)?.object ?? counts
            } else {
                counts["events_counted_to"] = .number(Self.eventsAtOnce)
            }
            return try takenBack("erase", counts, connection)
        }
    }

    private func finish(
        _ id: UUID, _ counts: JSONObject, _ connection: Connection
    ) throws(TandemError) -> JSON {
        let shown = PrivacyPresenter.request(
            try connection.run(.call("privacy_request_show", .uuid(id))).first?.json(0) ?? .null)
        var receipt: JSONObject = [
            "request": shown["id"] ?? .null, "kind": shown["kind"] ?? .null,
            "tenant": .string(PublicID(.tenant, tenant.id).description), "subject": shown["subject"] ?? .null,
            "requested_by": .string(actor), "requested_at": shown["created_at"] ?? .null,
            "done_at": .string(Date().ISO8601Format()), "counts": .object(counts),
        ]
        receipt = try signer.signed(receipt)
        let rows = try connection.run(
            .call(
                "finish_privacy_request", .uuid(id), .jsonb(JSON.object(counts).encoded()),
                .jsonb(JSON.object(receipt).encoded()), .text(actor)))
        return PrivacyPresenter.request(try rows.first?.json(0) ?? .null)
    }

    private func transact<Result>(
        _ body: (Connection) throws(TandemError) -> Result
    ) throws(TandemError) -> Result {
        try connection.inTenant(tenant.database) { (connection) throws(TandemError) in
            _ = try connection.run(
                .call(
                    "set_config", .text("statement_timeout"), .text("\(Self.longest.components.seconds)s"), .bool(true))
            )
            return try body(connection)
        }
    }
}

/// Does what `PrivacyDesk.erase` ordered, ten thousand events a page.
final class Erasing: OperationWork {
    func close() {}

    func next(
        _ operation: Operation, of tenant: Tenant, on connection: Connection
    ) throws(TandemError) -> OperationPage {
        let desk = try PrivacyDesk(connection, tenant: tenant, actor: "operation:" + operation.id.text)
        return OperationPage(isLast: try desk.eraseSome(operation.id))
    }
}
