public import HTTPTypes
import Hummingbird
public import Tandem

/// An error as the outside sees it: RFC 9457, with the two top-level strings `code` and `message` that the vendors' SDKs
/// read (without them rudder-sdk-python sends a refused batch again and again).
///
/// Never holds SQL text, a detail of the server, or a file name.
public struct Problem: Error, Sendable {
    /// One invalid field of the request.
    public struct Item: Sendable {
        /// JSON pointer into the body, or the name of a parameter.
        public let pointer: String
        public let code: String
        public let detail: String

        public init(pointer: String, code: String, detail: String) {
            self.pointer = pointer
            self.code = code
            self.detail = detail
        }

        /// What is wrong and where, for people.
        var sentence: String { pointer.isEmpty ? detail : "\(pointer): \(detail)" }
    }

    public let status: HTTPResponse.Status
    /// Stable, for machines.
    public let code: String
    /// For people; one sentence.
    public let message: String
    public var errors: [Item]
    /// Members of its own beside the standard ones, for example `version` of a 412.
    public var members: JSONObject
    public var headers: HTTPFields

    public init(
        _ status: HTTPResponse.Status, _ code: String, _ message: String, errors: [Item] = [],
        members: JSONObject = [:], headers: HTTPFields = [:]
    ) {
        self.status = status
        self.code = code
        self.message = message
        self.errors = errors
        self.members = members
        self.headers = headers
    }

    /// `Retry-After` in seconds, for 429 and 503.
    public func retry(after seconds: Int) -> Problem {
        var problem = self
        problem.headers[.retryAfter] = String(seconds)
        return problem
    }

    func json(requestID: String, path: String) -> JSON {
        var object: JSONObject = [
            "type": .string("urn:tandem:problem:\(code)"),
            "title": .string(status.reasonPhrase),
            "status": .number(status.code),
            "code": .string(code),
            "message": .string(message),
            "detail": .string(message),
            "instance": .string(path),
            "request_id": .string(requestID),
        ]
        if !errors.isEmpty { object["errors"] = errorList }
        for (name, value) in members { object[name] = value }
        return .object(object)
    }

    /// The part that stands inside another answer, for example in a batch's.
    public var summary: JSON {
        var object: JSONObject = ["code": .string(code), "message": .string(message)]
        if !errors.isEmpty { object["errors"] = errorList }
        for (name, value) in members { object[name] = value }
        return .object(object)
    }

    private var errorList: JSON {
        .array(errors.map { ["pointer": .string($0.pointer), "code": .string($0.code), "detail": .string($0.detail)] })
    }

    /// The answer, without the headers that every answer has.
    func response(requestID: String, path: String) -> Response {
        var response = Response(json: json(requestID: requestID, path: path), status: status)
        response.headers[.contentType] = "application/problem+json"
        for field in headers { response.headers[field.name] = field.value }
        return response
    }
}

extension Problem {
    public static func badRequest(_ code: String, _ message: String) -> Problem { Problem(.badRequest, code, message) }

    /// The same for an unknown id, another tenant's id, and a malformed one.
    public static let notFound = Problem(.notFound, "not_found", "There is nothing here.")

    public static func notFound(_ code: String, _ message: String) -> Problem { Problem(.notFound, code, message) }

    public static func unauthorized(_ code: String, _ message: String) -> Problem {
        Problem(.unauthorized, code, message, headers: [.wwwAuthenticate: #"Bearer realm="tandem""#])
    }

    public static func forbidden(_ code: String, _ message: String) -> Problem { Problem(.forbidden, code, message) }

    public static func conflict(_ code: String, _ message: String) -> Problem { Problem(.conflict, code, message) }

    public static func unprocessable(_ code: String, _ message: String, errors: [Item] = []) -> Problem {
        Problem(.unprocessableContent, code, message, errors: errors)
    }

    public static func validation(_ errors: [Item]) -> Problem {
        .unprocessable(
            "validation_failed",
            errors.count == 1 ? errors[0].sentence : "\(errors.count) fields are invalid.", errors: errors)
    }

    public static let bodyTooLarge = Problem(
        .contentTooLarge, "body_too_large", "The body is larger than the limit of this endpoint.")

    public static let internalError = Problem(
        .internalServerError, "internal_error", "Something failed here; the request id finds it in the log.")

    /// Nothing can be written, and it takes an operator to change that; who sends waits longer than otherwise.
    public static var diskFull: Problem {
        let message = TandemError.unavailable("", sqlState: "53100").message
        return Problem(.serviceUnavailable, "disk_full", message).retry(after: Int.random(in: 5...15))
    }

    public static func unavailable(_ code: String, _ message: String) -> Problem {
        // Spread, so that those who were turned away do not come back together.
        Problem(.serviceUnavailable, code, message).retry(after: Int.random(in: 1...3))
    }
}
