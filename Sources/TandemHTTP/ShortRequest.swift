public import HTTPTypes
import NIOCore
import Tandem

/// A request that came in one piece and asks for nothing but what its path says, as nearly all events do: no query, no
/// compression, no browser's origin, no idempotency key.
public struct ShortRequest: Sendable {
    public let route: Route
    /// The header `Authorization`.
    public let authorization: String
    /// The header `SentAt`.
    public private(set) var sentAt: String?
    /// See ``Client/address``.
    public let clientAddress: String?
    let isSecure: Bool
    public let body: [UInt8]
    public let received: ContinuousClock.Instant
    private(set) var retry: String?

    /// When the answer has to be out.
    public var deadline: ContinuousClock.Instant { received + route.time }

    /// Nil where a header asks for more, or is missing.
    init?(_ head: HTTPRequest, _ body: ByteBuffer, _ route: Route, peer: String?, edge: Edge) {
        guard head.authority?.isEmpty == false else { return nil }
        var authorization: String?
        for field in head.headerFields {
            switch field.name {
            case .authorization:
                if authorization != nil { return nil }
                authorization = field.value
            case .contentType:
                guard field.value == "application/json" || field.value.hasPrefix("application/json;") else {
                    return nil
                }
            case .sentAt: sentAt = field.value
            case .retryCount, .rudderRetryAttempt: retry = field.value
            case .origin, .contentEncoding, .idempotencyKey: return nil
            default: break
            }
        }
        guard let authorization else { return nil }
        self.authorization = authorization
        self.route = route
        self.body = Array(body.readableBytesView)
        let client = edge.client(of: head, peer: peer)
        clientAddress = client.address
        isSecure = client.isSecure
        received = .now
    }
}

/// An answer of known length.
public struct ShortAnswer: Sendable {
    public let status: HTTPResponse.Status
    public var headers: HTTPFields
    let body: ByteBuffer

    /// - Parameter json: one JSON value.
    public init(json: [UInt8], status: HTTPResponse.Status = .ok) {
        self.init(json, "application/json", status)
    }

    init(_ problem: Problem, requestID: String, path: String) {
        let json = problem.json(requestID: requestID, path: path).encoded()
        self.init(json, "application/problem+json", problem.status)
        for field in problem.headers { headers[field.name] = field.value }
    }

    private init(_ bytes: [UInt8], _ type: String, _ status: HTTPResponse.Status) {
        self.status = status
        body = ByteBuffer(bytes: bytes)
        headers = RouteResponder.usual
        headers.append(HTTPField(name: .contentType, value: type))
        headers.append(HTTPField(name: .contentLength, value: String(bytes.count)))
    }
}

/// Takes a short request on its connection's event loop, without a task of its own, and answers it later; false: nothing
/// happened, the route's handler is to take it. Must not wait.
public typealias Prompt = @Sendable (ShortRequest, CredentialMemory, Reply) -> Bool

/// Where the answer to a short request goes: once, from any thread. What `make` throws leaves as a problem.
public struct Reply: Sendable {
    private let send: @Sendable (_ make: @escaping @Sendable () throws -> ShortAnswer) -> Void

    init(_ send: @escaping @Sendable (_ make: @escaping @Sendable () throws -> ShortAnswer) -> Void) {
        self.send = send
    }

    public func callAsFunction(_ make: @escaping @Sendable () throws -> ShortAnswer) { send(make) }
}
