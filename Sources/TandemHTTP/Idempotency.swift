import Crypto
import FoundationEssentials
import HTTPTypes
import Hummingbird
import NIOCore
public import Postgres
import Tandem

/// `Idempotency-Key`: the second request with a key gets the first one's answer.
///
/// A key belongs to the API key, the method and the path; it is kept for 24 hours. Refusals that another try may change
/// (400, 401, 403, 422, 429, 5xx) are not kept.
public struct Idempotency: Sendable {
    let pool: Pool

    public init(pool: Pool) {
        self.pool = pool
    }

    private struct Claim: Sendable {
        let tenant: Tenant
        let keyID: String
        let method: String
        let path: String
        let key: String

        var binds: [Bind] { [.text(keyID), .text(method), .text(path), .text(key)] }
    }

    private struct Stored: Sendable {
        let state: String
        let status: Int?
        let headers: JSON?
        let body: [UInt8]?
        let age: Int
    }

    /// Runs `handler`, or answers what it answered before.
    func respond(_ call: Call, _ handler: Route.Handler) async throws -> Response {
        guard let header = call.headers[.idempotencyKey], case .key(let access) = call.principal,
            let tenant = access.tenant, call.request.method == .post
        else { return try await handler(call) }
        let key = header.trimmingSpaces().trimmingQuotes()
        guard (1...255).contains(key.utf8.count), !key.utf8.contains(0) else {
            throw Problem.badRequest("invalid_idempotency_key", "Idempotency-Key has to have 1 to 255 bytes.")
        }
        let claim = Claim(
            tenant: tenant, keyID: access.key.keyID, method: "POST", path: call.request.uri.path, key: key)
        let stored = try await begin(claim, fingerprint: fingerprint(call))
        switch stored.state {
        case "new":
            return try await run(call, claim, handler)
        case "done":
            return try replay(stored)
        case "other":
            throw Problem.unprocessable(
                "idempotency_key_reused", "This Idempotency-Key came with another request before.")
        default:
            throw Problem.conflict(
                "idempotency_in_flight",
                stored.age < 60
                    ? "The first request with this Idempotency-Key has no answer yet."
                    : "The first request with this Idempotency-Key was cut off; look whether it took effect, then use a new key."
            ).retry(after: 1)
        }
    }

    private func run(_ call: Call, _ claim: Claim, _ handler: Route.Handler) async throws -> Response {
        let response: Response
        do {
            response = try await handler(call)
        } catch {
            let problem = (error as? Problem) ?? Problem(translating: error)
            if let problem, Idempotency.isKept(problem.status.code) {
                let response = problem.response(requestID: call.id, path: call.request.uri.path)
                try await finish(claim, response)
                return response
            }
            // What may have taken effect is not done a second time: the key stays taken.
            if !Idempotency.isOutcomeUnknown(error) { try await finish(claim, nil) }
            throw error
        }
        try await finish(claim, Idempotency.isKept(response.status.code) ? response : nil)
        return response
    }

    private static func isOutcomeUnknown(_ error: any Error) -> Bool {
        if let error = error as? PostgresError { return TandemError(error).isOutcomeUnknown }
        return (error as? TandemError)?.isOutcomeUnknown ?? false
    }

    private static func isKept(_ status: Int) -> Bool {
        status < 500 && ![400, 401, 403, 422, 429].contains(status)
    }

    private func fingerprint(_ call: Call) -> [UInt8] {
        var hash = SHA256()
        hash.update(data: Array((call.request.uri.query ?? "").utf8))
        hash.update(data: [0])
        hash.update(data: call.body)
        return Array(hash.finalize())
    }

    private func begin(_ claim: Claim, fingerprint: [UInt8]) async throws -> Stored {
        try await pool.withConnection(affinity: claim.tenant.database.affinity) { connection in
            let row = try connection.single(
                settings: claim.tenant.database.settings(),
                .call("idempotency_begin", claim.binds + [.bytea(fingerprint)])
            ).one()
            return Stored(
                state: try row.text("state"), status: try row.optionalInt("status"),
                headers: try row.optionalText("headers").flatMap { try? JSON(parsing: $0) },
                body: try row.optionalBytea("body"), age: try row.int("age_s"))
        }
    }

    private func finish(_ claim: Claim, _ response: Response?) async throws {
        var bytes: [UInt8] = []
        var headers = JSONObject()
        if let response {
            bytes = try await response.collected()
            for field in response.headers { headers[field.name.rawName] = .string(field.value) }
        }
        let status: Bind = response.map { .int2(Int16($0.status.code)) } ?? .null(.int2)
        let binds = claim.binds + [status, .jsonb(JSON.object(headers).encoded()), .bytea(bytes)]
        try await pool.withConnection(affinity: claim.tenant.database.affinity) { connection in
            _ = try connection.single(
                settings: claim.tenant.database.settings(), .call("idempotency_finish", binds))
        }
    }

    private func replay(_ stored: Stored) throws -> Response {
        var headers: HTTPFields = [:]
        for (name, value) in stored.headers?.object ?? [:] {
            if let field = HTTPField.Name(name), let value = value.string { headers[field] = value }
        }
        headers[.idempotencyReplayed] = "true"
        return Response(
            status: HTTPResponse.Status(code: stored.status ?? 200), headers: headers,
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: stored.body ?? [])))
    }
}

extension Response {
    /// The bytes of the body. Bodies of the data plane are whole buffers, so this copies nothing but them.
    func collected() async throws -> [UInt8] {
        let sink = CollectingWriter.Sink()
        try await body.write(CollectingWriter(sink: sink))
        return sink.bytes
    }
}

private struct CollectingWriter: ResponseBodyWriter {
    final class Sink {
        var bytes: [UInt8] = []
    }

    let sink: Sink

    mutating func write(_ buffer: ByteBuffer) async throws {
        sink.bytes += buffer.readableBytesView
    }

    consuming func finish(_ trailingHeaders: HTTPFields?) async throws {}
}

extension String {
    /// `"key"` is `key`: the draft's header is a quoted string.
    func trimmingQuotes() -> String {
        count >= 2 && hasPrefix("\"") && hasSuffix("\"") ? String(dropFirst().dropLast()) : self
    }
}
