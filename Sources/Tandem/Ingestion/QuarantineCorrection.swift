public import Foundation
public import Logging
public import Postgres

/// An event of the quarantine as somebody changed it. The original stays; the correction is read as the original was, with the time and the
/// circumstances of its receipt.
public struct QuarantineCorrection: Sendable {
    public let event: UUID
    /// JSON, of at most as many bytes as an event has.
    public let bytes: [UInt8]

    public init(of event: UUID, _ bytes: [UInt8]) {
        self.event = event
        self.bytes = bytes
    }

    /// What is still wrong with it; nil: it will be stored.
    public struct Fault: Sendable, Hashable {
        public let code: String
        public let message: String

        init(_ reason: QuarantineReason) { (code, message) = (reason.code, reason.message) }

        init(_ code: String, _ message: String) { (self.code, self.message) = (code, message) }
    }

    /// What reading the bytes by themselves says.
    private var fault: Fault? {
        if bytes.count > QuarantinedEvent.originalLimit { return Fault(QuarantineReason(.eventTooLarge)) }
        do throws(JSONError) {
            let json = try JSON(parsing: String(decoding: bytes, as: UTF8.self), depth: 64)
            return json.object == nil ? Fault(QuarantineReason(.eventNotObject)) : nil
        } catch {
            let why =
                switch error {
                case .empty: "it is empty"
                case .tooDeep: "it is nested too deep"
                case .numberOutOfRange: "a number is too large"
                case .keyTooLong: "a key is over 256 bytes"
                case .invalidUTF8, .syntax, .tooLarge: "look for a missing quote, comma or brace"
                }
            return Fault("invalid_json", "It cannot be read as JSON: \(why).")
        }
    }

    fileprivate func fault(
        in kept: KeptEvent, of tenant: Tenant, sources: [Int16: Source], rules: ReadingRules
    ) -> Fault? {
        if let fault { return fault }
        guard kept.source.flatMap({ sources[$0] }) != nil else {
            return Fault("unreadable", "The source that it came from is no longer there: discard it.")
        }
        guard let request = KeptEvent.request([kept.corrected(bytes)], event, tenant, sources) else {
            return Fault("unreadable", "The source makes no message of it.")
        }
        for item in IngestJob(request, rules: rules).items {
            if case .refused(let refused) = item { return Fault(refused.reason) }
        }
        return nil
    }
}

extension Connection {
    /// What is still wrong with a correction, by the rules in force; nil: nothing. Writes nothing. Runs transactions of its own.
    ///
    /// - Throws: `notFound`, `alreadyDecided`.
    public func quarantineFault(
        _ correction: QuarantineCorrection, of tenant: Tenant, rules directory: ReadingRulesDirectory, logger: Logger
    ) throws(TandemError) -> QuarantineCorrection.Fault? {
        let row = try inTenant(tenant.database, readOnly: true) { (connection) throws(TandemError) in
            try connection.run(.call("quarantine_kept", .uuid(correction.event))).first
        }
        guard let row else { throw .notFound() }
        let kept = try reading { () throws(PostgresError) in try KeptEvent(row) }
        let rules = try reading { () throws(PostgresError) in try directory.rules(of: tenant, on: self) }
        return correction.fault(
            in: kept, of: tenant, sources: try sourcesByNumber(of: tenant, logger: logger), rules: rules)
    }

    /// Keeps a correction beside the original and orders that it be processed; answers the operation. Runs transactions of its own.
    ///
    /// - Throws: `invalid` with what is still wrong, `notFound`, `alreadyDecided`.
    public func quarantineCorrect(
        _ correction: QuarantineCorrection, of tenant: Tenant, rules directory: ReadingRulesDirectory, operation: UUID,
        actor: String, logger: Logger
    ) throws(TandemError) -> JSON {
        if let fault = try quarantineFault(correction, of: tenant, rules: directory, logger: logger) {
            throw .invalid("/event", fault.code, fault.message)
        }
        let row = try inTenant(tenant.database) { (connection) throws(TandemError) in
            try connection.run(
                .call(
                    "quarantine_correct", .uuid(correction.event), .bytea(correction.bytes), .uuid(operation),
                    .text(actor))
            ).first
        }
        return OperationPresenter.shown(try row?.json(0) ?? .null)
    }
}
