import Foundation
import Logging
import Postgres

/// Runs stored events once more through what reads them, under the rules of now: traits, memberships and accounts, contacts
/// and leads, forms. The events, their times and whose they are stay as they are.
final class EventReplaying: OperationWork {
    private let readingRules: ReadingRulesDirectory
    private let logger: Logger
    private var sources: [Int16: Source]?
    private var rate: Int??
    /// Events of a page.
    private static let pageEvents = 200
    private static let attempts = 8

    init(readingRules: ReadingRulesDirectory, logger: Logger) {
        self.readingRules = readingRules
        self.logger = logger
    }

    func close() {}

    func next(
        _ operation: Operation, of tenant: Tenant, on connection: Connection
    ) throws(TandemError) -> OperationPage {
        let began = ContinuousClock.now
        let rate = try rate(of: operation, tenant, connection)
        let limit = rate.map { max(1, min(Self.pageEvents, $0 / 2)) } ?? Self.pageEvents
        let events = try page(operation, tenant, connection, limit: limit)
        guard let last = events.last else { return OperationPage(isLast: true) }
        let sources =
            if let known = self.sources { known } else { try connection.sourcesByNumber(of: tenant, logger: logger) }
        self.sources = sources
        var attempt = 0
        while true {
            do throws(TandemError) {
                try replay(events, operation, tenant, connection, sources)
                break
            } catch {
                attempt += 1
                guard error.isRetryable, attempt < Self.attempts, connection.isOpen else { throw error }
                Thread.sleep(forTimeInterval: 0.02 * Double(attempt))
            }
        }
        if let rate {
            let count = events.count { $0.isWanted }
            let pause = (began + .milliseconds(1_000 * count / rate) - .now) / .seconds(1)
            if pause > 0 { Thread.sleep(forTimeInterval: pause) }
        }
        return OperationPage(cursor: (last.timestamp, last.place), isLast: last.isAtEnd)
    }

    private func replay(
        _ events: [StoredEvent], _ operation: Operation, _ tenant: Tenant, _ connection: Connection,
        _ sources: [Int16: Source]
    ) throws(TandemError) {
        guard let last = events.last else { return }
        let rules = try reading { () throws(PostgresError) in try readingRules.reload(tenant, on: connection) }
        var columns = IngestColumns(readingVersion: rules.version)
        var homes: [Int64] = []
        var skipped = 0
        for event in events where event.isWanted {
            guard let source = sources[event.source], let message = event.message(source, rules) else {
                skipped += 1
                continue
            }
            columns.append(message)
            homes.append(event.node)
        }
        let statement = Statement.call(
            "replay_batch",
            [
                .uuid(operation.id), .timestamptz(last.timestamp), .uuid(last.place), .int4(Int32(skipped)),
                .int8Array(homes),
            ] + columns.replayBinds)
        try connection.inTenant(tenant.database) { (connection) throws(TandemError) in
            _ = try connection.run(statement)
        }
    }

    private func page(
        _ operation: Operation, _ tenant: Tenant, _ connection: Connection, limit: Int
    ) throws(TandemError) -> [StoredEvent] {
        try connection.inTenant(tenant.database, readOnly: true) { (connection) throws(TandemError) -> [StoredEvent] in
            let rows = try connection.run(
                .call("replay_page", .uuid(operation.id), .int4(Int32(limit))))
            return try reading { () throws(PostgresError) in
                var events: [StoredEvent] = []
                for row in rows { events.append(try StoredEvent(row)) }
                return events
            }
        }
    }

    private func rate(
        of operation: Operation, _ tenant: Tenant, _ connection: Connection
    ) throws(TandemError) -> Int? {
        if let rate { return rate }
        let shown = try connection.inTenant(tenant.database, readOnly: true) { (connection) throws(TandemError) in
            try connection.operationShow(operation.id)
        }
        let found = shown?["input"]?["rate"]?.int
        rate = .some(found)
        return found
    }
}

/// An event with all that reading it again needs.
private struct StoredEvent {
    let place: UUID
    let node: Int64
    let timestamp: Int64
    let receivedAt: Int64
    let messageID: String
    let type: MessageType?
    let name: String?
    let source: Int16
    let flags: MessageFlags
    let payload: [UInt8]
    let traits: [UInt8]?
    let groupID: String?
    let isWanted: Bool
    let isAtEnd: Bool

    init(_ row: Row) throws(PostgresError) {
        place = try row.uuid("place")
        node = Int64(try row.int("node"))
        timestamp = try row.timestamp("ts")
        receivedAt = try row.timestamp("received_at")
        messageID = try row.text("message_id")
        type = MessageType(rawValue: try row.text("type"))
        name = try row.optionalText("name")
        source = Int16(truncatingIfNeeded: try row.int("source"))
        flags = MessageFlags(rawValue: Int32(truncatingIfNeeded: try row.int("flags")))
        payload = Array(try row.text("payload").utf8)
        traits = try row.optionalText("traits").map { Array($0.utf8) }
        groupID = try row.optionalText("group_id")
        isWanted = try row.bool("wanted")
        isAtEnd = try row.bool("at_end")
    }

    /// The message as its source would send it now; nil if it cannot be read any more. Its time, receipt and marks are those
    /// that are stored.
    func message(_ source: Source, _ rules: ReadingRules) -> WireMessage? {
        guard let type, type != .alias, type != .group || groupID != nil, let json = json(type),
            let batch = try? MessageBatch(json, path: .message(type))
        else { return nil }
        let circumstances = MessageBatch.Circumstances(
            source: MessageSource(source, fromBrowser: flags.contains(.publicSource)), rules: rules,
            receivedAt: receivedAt)
        guard var message = batch.read(circumstances).messages.first else { return nil }
        message.timestamp = timestamp
        let marks: MessageFlags = [.clockClamped, .skewCorrected, .textReplaced, .identifiersBlocked, .imported]
        message.flags = message.flags.subtracting(marks).union(flags.intersection(marks))
        return message
    }

    private func json(_ type: MessageType) -> [UInt8]? {
        guard payload.first == UInt8(ascii: "{"), payload.count >= 2 else { return nil }
        // Whose it is, is known: the id is there because a message has to have one.
        var head: JSONObject = ["messageId": .string(messageID), "anonymousId": "replay"]
        head[type == .track ? "event" : "name"] = name.map { .string($0) }
        if let groupID { head["groupId"] = .string(groupID) }
        var bytes = Array(JSON.object(head).encoded().dropLast())
        if let traits { bytes += ",\"traits\":".utf8 + traits }
        bytes.append(UInt8(ascii: ","))
        bytes += payload.dropFirst().drop { $0 == UInt8(ascii: " ") }
        if bytes.suffix(2) == [UInt8(ascii: ","), UInt8(ascii: "}")] { bytes.remove(at: bytes.count - 2) }
        return bytes
    }
}

extension IngestColumns {
    /// The arguments of `replay_batch` behind the nodes.
    fileprivate var replayBinds: [Bind] {
        [
            .uuidArray(eventID), .textArray(messageID), .textArray(type), .timestamptzArray(timestamp),
            .int4Array(flags),
            .int2Array(source), .jsonbArray(traits.map { $0?[...] }), .textArray(groupID), .int4Array(companyMessage),
            .textArray(companyKind), .textArray(companyValue), .textArray(companyName), .int4Array(fieldMessage),
            .textArray(fieldName), .textArray(fieldValue), .textArray(email), .textArray(phone),
            form.isEmpty ? .null(.jsonbArray) : .jsonbArray(form.map { $0?[...] }),
        ]
    }
}
