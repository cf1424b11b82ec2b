import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import Tandem

/// What this server asks of others. No redirect is followed: an answer counts from where it was asked for alone.
enum OutgoingRequests {
    /// An answer, with its body as JSON.
    struct Answer: Sendable {
        let status: Int
        let json: JSON?
    }

    /// Of a body, bytes.
    private static let limit = 512 << 10
    /// From the request to the last byte of its answer.
    private static let time: TimeAmount = .seconds(5)

    /// Lives as long as the process; its connections close when nobody uses them.
    private static let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration(names: [:]))

    /// - Parameter names: which address a name stands for.
    private static func configuration(names: [String: String]) -> HTTPClient.Configuration {
        var configuration = HTTPClient.Configuration()
        configuration.redirectConfiguration = .disallow
        configuration.timeout = .init(connect: .seconds(3), read: .seconds(5))
        configuration.httpVersion = .http1Only
        configuration.dnsOverride = names
        return configuration
    }

    static func get(_ address: String, _ reach: OIDCReach) async throws(OIDCFault) -> Answer {
        var request = HTTPClientRequest(url: address)
        request.headers.add(name: "Accept", value: "application/json")
        return try await send(request, reach)
    }

    /// - Parameter authorization: the header of that name.
    static func post(
        _ address: String, _ reach: OIDCReach, form: [(String, String)], authorization: String?
    ) async throws(OIDCFault) -> Answer {
        var request = HTTPClientRequest(url: address)
        request.method = .POST
        request.headers.add(name: "Accept", value: "application/json")
        request.headers.add(name: "Content-Type", value: "application/x-www-form-urlencoded")
        if let authorization { request.headers.add(name: "Authorization", value: authorization) }
        request.body = .bytes(ByteBuffer(string: OIDCSignIn.form(form)))
        return try await send(request, reach)
    }

    private static func send(_ request: HTTPClientRequest, _ reach: OIDCReach) async throws(OIDCFault) -> Answer {
        guard reach == .outside else { return try await send(request, by: client) }
        let names = try await OutsideAddress.names(of: request.url)
        // One of its own: the name stands for the address that was looked at, and for none that is asked for later.
        let own = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration(names: names))
        do throws(OIDCFault) {
            let answer = try await send(request, by: own)
            try? await own.shutdown()
            return answer
        } catch {
            try? await own.shutdown()
            throw error
        }
    }

    private static func send(
        _ request: HTTPClientRequest, by client: HTTPClient
    ) async throws(OIDCFault) -> Answer {
        do {
            var request = request
            request.headers.add(name: "User-Agent", value: "tandem")
            let response = try await client.execute(request, deadline: .now() + time)
            let body = try await response.body.collect(upTo: limit)
            return Answer(
                status: Int(response.status.code), json: try? JSON(parsing: Array(body.readableBytesView)))
        } catch {
            throw .unreachable("\(request.url): \(error)")
        }
    }
}
