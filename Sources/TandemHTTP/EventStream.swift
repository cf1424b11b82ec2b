import HTTPTypes
public import Hummingbird
import NIOCore

/// One of the events of a `text/event-stream`.
public struct ServerSentEvent: Sendable {
    /// Nil: `message`, as a client calls what has no name.
    public var name: String?
    /// Text without line ends.
    public var data: [UInt8]

    public init(_ name: String? = nil, data: [UInt8]) {
        self.name = name
        self.data = data
    }

    func append(to buffer: inout ByteBuffer) {
        if let name { buffer.writeString("event: \(name)\n") }
        buffer.writeString("data: ")
        buffer.writeBytes(data)
        buffer.writeString("\n\n")
    }
}

/// Gives events as they come, to one reader.
public protocol EventFeed: Sendable {
    /// What came since the last call, of which there is one every tenth of a second.
    func next() async throws -> [ServerSentEvent]
    func close()
}

extension Response {
    /// Server-sent events until the client leaves or the server drains: then the event `end` says so, and the client may
    /// come again. An idle stream has a comment every few seconds, so that both sides notice when the other is gone.
    ///
    /// A reader that is slow holds up nobody: while its socket is full nothing is asked of `feed`, which has to bound what
    /// it keeps.
    ///
    /// - Parameter open: begins the feed, when the stream begins; nil: the stream ends at once with the event `refused`.
    public init(drain: Drain, events open: @escaping @Sendable () -> (any EventFeed)?) {
        var headers: HTTPFields = [:]
        headers[.contentType] = "text/event-stream"
        headers[.accelBuffering] = "no"
        let body = ResponseBody { writer in
            if let feed = open() {
                defer { feed.close() }
                try await EventStream(feed: feed, drain: drain).write(to: &writer)
            } else {
                try await writer.write(EventStream.buffer([ServerSentEvent("refused", data: Array("{}".utf8))]))
            }
            try await writer.finish(nil)
        }
        self.init(status: .ok, headers: headers, body: body)
    }
}

private struct EventStream {
    let feed: any EventFeed
    let drain: Drain

    private static let pause: Duration = .milliseconds(100)
    private static let heartbeat: Duration = .seconds(5)

    @concurrent
    func write(to writer: inout any ResponseBodyWriter) async throws {
        // A client that was cut off comes again after a second.
        try await writer.write(ByteBuffer(string: "retry: 1000\n\n"))
        var last = ContinuousClock.now
        while !drain.isDraining, !Task.isCancelled {
            let events = try await feed.next()
            if !events.isEmpty {
                try await writer.write(Self.buffer(events))
                last = .now
                continue
            }
            if .now - last >= Self.heartbeat {
                try await writer.write(ByteBuffer(string: ": heartbeat\n\n"))
                last = .now
            }
            try await Task.sleep(for: Self.pause)
        }
        let rest = try await feed.next()
        let end = ServerSentEvent("end", data: Array(#"{"reason":"shutdown"}"#.utf8))
        try await writer.write(Self.buffer(rest + [end]))
    }

    static func buffer(_ events: [ServerSentEvent]) -> ByteBuffer {
        var buffer = ByteBuffer()
        for event in events { event.append(to: &buffer) }
        return buffer
    }
}
