import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix

/// A server's address as people write it: `http://127.0.0.1:8080`.
struct ServerAddress {
    let host: String
    let port: Int

    init(_ text: String) throws {
        guard let url = URLComponents(string: text.contains("://") ? text : "http://" + text), let host = url.host,
            !host.isEmpty
        else { throw CommandFailure.usage("\(text) is no address; write http://HOST:PORT") }
        guard url.scheme == "http" else {
            throw CommandFailure.usage(
                "\(text): only http is spoken here",
                hint: "through TLS: curl -N -H 'Authorization: Bearer KEY' https://…/v1/events:tail")
        }
        self.host = host.trimmingCharacters(in: ["[", "]"])
        port = url.port ?? 80
    }

    /// As it stands in a Host header.
    var authority: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}

/// Reads a `text/event-stream` over HTTP, event by event.
struct EventStreamReader {
    enum Failure: Error {
        /// Nobody listens there.
        case unreachable(String)
        /// The server answers, but not with a stream.
        case refused(status: UInt, body: String)
        /// The connection ended without a word.
        case lost(String)
    }

    let address: ServerAddress
    /// With its query.
    let path: String
    let key: String

    private typealias Client = NIOAsyncChannel<HTTPClientResponsePart, HTTPClientRequestPart>

    /// Runs until `body` says false (an event's name, `message` where it has none, and its data), or the stream ends.
    func read(_ body: @Sendable (_ name: String, _ data: String) async throws -> Bool) async throws {
        let channel: Client
        do {
            channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .connectTimeout(.seconds(5))
                .connect(host: address.host, port: address.port) { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHTTPClientHandlers()
                        return try Client(wrappingChannelSynchronously: channel)
                    }
                }
        } catch {
            throw Failure.unreachable("\(error)")
        }
        do {
            try await channel.executeThenClose { inbound, outbound in
                try await outbound.write(.head(head))
                try await outbound.write(.end(nil))
                try await take(inbound, body)
            }
        } catch let error as ChannelError {
            throw Failure.lost("\(error)")
        } catch let error as IOError {
            throw Failure.lost("\(error)")
        }
    }

    private var head: HTTPRequestHead {
        HTTPRequestHead(
            version: .http1_1, method: .GET, uri: path,
            headers: [
                "Host": address.authority, "Authorization": "Bearer \(key)", "Accept": "text/event-stream",
            ])
    }

    private func take(
        _ inbound: NIOAsyncChannelInboundStream<HTTPClientResponsePart>,
        _ body: @Sendable (_ name: String, _ data: String) async throws -> Bool
    ) async throws {
        var status: HTTPResponseStatus?
        var refusal = ""
        var parser = EventStreamParser()
        for try await part in inbound {
            switch part {
            case .head(let head): status = head.status
            case .body(let buffer) where status == .ok:
                for event in parser.take(buffer.readableBytesView) {
                    if try await !body(event.name, event.data) { return }
                }
            case .body(let buffer): refusal += String(decoding: buffer.readableBytesView.prefix(4_096), as: UTF8.self)
            case .end:
                if let status, status != .ok { throw Failure.refused(status: status.code, body: refusal) }
                return
            }
        }
        throw Failure.lost("the connection ended")
    }
}

/// Cuts the bytes of a `text/event-stream` into its events.
struct EventStreamParser {
    private var line: [UInt8] = []
    private var name = ""
    private var data: [String] = []

    mutating func take(_ bytes: some Sequence<UInt8>) -> [(name: String, data: String)] {
        var events: [(name: String, data: String)] = []
        for byte in bytes {
            guard byte == UInt8(ascii: "\n") else {
                if byte != UInt8(ascii: "\r") { line.append(byte) }
                continue
            }
            if let event = end() { events.append(event) }
            line.removeAll(keepingCapacity: true)
        }
        return events
    }

    /// The end of a line; an empty one ends an event.
    private mutating func end() -> (name: String, data: String)? {
        if line.isEmpty {
            defer { (name, data) = ("", []) }
            return data.isEmpty ? nil : (name.isEmpty ? "message" : name, data.joined(separator: "\n"))
        }
        let text = String(decoding: line, as: UTF8.self)
        if let value = Self.value(of: "event", text) { name = value }
        if let value = Self.value(of: "data", text) { data.append(value) }
        return nil
    }

    private static func value(of field: String, _ line: String) -> String? {
        guard line.hasPrefix(field + ":") else { return nil }
        let rest = line.dropFirst(field.count + 1)
        return String(rest.first == " " ? rest.dropFirst() : rest)
    }
}
