import Crypto
import Foundation
public import Postgres

/// An `Idempotency-Key` of one caller: the same key with the same request has its effect once, and the same answer.
public struct IdempotencyKey: Sendable, Hashable {
    /// Who calls: the id of the API key.
    public let caller: String
    public let method: String
    public let path: String
    public let key: String
    let fingerprint: [UInt8]

    /// - Parameter header: bare or quoted, 1 to 255 bytes.
    /// - Throws: `badRequest(code: "invalid_idempotency_key")`.
    public init(caller: String, method: String, path: String, header: String, body: [UInt8]) throws(TandemError) {
        var text = header[...]
        if text.hasPrefix("\""), text.hasSuffix("\""), text.utf8.count >= 2 { text = text.dropFirst().dropLast() }
        guard (1...255).contains(text.utf8.count), text.utf8.allSatisfy({ (0x21...0x7e).contains($0) }) else {
            throw .badRequest(
                code: "invalid_idempotency_key", detail: "The Idempotency-Key has 1 to 255 visible ASCII characters.")
        }
        self.caller = caller
        self.method = method
        self.path = path
        key = String(text)
        fingerprint = Array(SHA256.hash(data: body))
    }
}

/// An answer that was given before.
public struct IdempotentAnswer: Sendable, Hashable {
    public let status: Int
    /// `{name: value}`.
    public let headers: JSON
    public let body: [UInt8]

    public init(status: Int, headers: JSON = [:], body: [UInt8]) {
        self.status = status
        self.headers = headers
        self.body = body
    }
}

// Both run inside the transaction of the work itself, so that key and effect are committed together.

extension Connection {
    /// Claims the key before the work. A second call with the key waits for the first to end.
    ///
    /// - Returns: the answer to give instead of doing the work; nil: do it, then call `idempotencyKeep`.
    /// - Throws: `invalid` with code `idempotency_key_reused` if the key belongs to another request; `unavailable` while
    ///   the first call takes longer than a lock may be waited for.
    public func idempotencyClaim(_ key: IdempotencyKey) throws(TandemError) -> IdempotentAnswer? {
        _ = try run(
            """
            delete from idempotency where key_id = \(key.caller) and method = \(key.method) and path = \(key.path)
            and key = \(key.key) and created_at < now() - interval '24 hours'
            """ as Statement)
        let claimed = try run(
            """
            insert into idempotency (key_id, method, path, key, fingerprint, created_at)
            values (\(key.caller), \(key.method), \(key.path), \(key.key), \(bind: .bytea(key.fingerprint)), now())
            on conflict do nothing returning 1
            """ as Statement)
        if !claimed.isEmpty { return nil }
        let rows = try run(
            """
            select fingerprint, status, headers, body from idempotency
            where key_id = \(key.caller) and method = \(key.method) and path = \(key.path) and key = \(key.key)
            """ as Statement)
        guard let row = rows.first else { throw .unavailable("the idempotency key ended meanwhile") }
        guard try reading({ () throws(PostgresError) in try row.bytea(0) }) == key.fingerprint else {
            throw .invalid("", "idempotency_key_reused", "the Idempotency-Key belongs to another request")
        }
        guard let status = try reading({ () throws(PostgresError) in try row.optionalInt(1) }) else {
            throw .unavailable("the first request with this idempotency key has not ended")
        }
        return IdempotentAnswer(
            status: status, headers: try row.json(2) ?? [:],
            body: try reading { () throws(PostgresError) in try row.optionalBytea(3) } ?? [])
    }

    /// Keeps the answer for a day.
    public func idempotencyKeep(_ key: IdempotencyKey, _ answer: IdempotentAnswer) throws(TandemError) {
        _ = try run(
            """
            update idempotency set status = \(Int16(clamping: answer.status)), headers = \(
                bind: .jsonb(answer.headers.encoded())), body = \(bind: .bytea(answer.body))
            where key_id = \(key.caller) and method = \(key.method) and path = \(key.path) and key = \(key.key)
            """ as Statement)
    }
}
