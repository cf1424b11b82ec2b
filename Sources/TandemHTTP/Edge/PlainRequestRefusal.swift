import NIOCore
import Tandem

/// Answers who speaks plain HTTP to a port of TLS in words; without it the connection would only end.
///
/// Not `Sendable`: lives on its channel's event loop.
final class PlainRequestRefusal: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private enum State {
        case unknown, secured, refused
    }

    /// The first byte of each TLS connection: a record of the handshake.
    private static let handshake: UInt8 = 0x16
    private var state = State.unknown

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if state == .unknown {
            let bytes = unwrapInboundIn(data)
            guard let first = bytes.getInteger(at: bytes.readerIndex, as: UInt8.self) else { return }
            state = first == Self.handshake ? .secured : .refused
            if state == .refused { refuse(context) }
        }
        // What is refused is read to its end all the same, so that the close is no reset.
        if state == .secured { context.fireChannelRead(data) }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        if state == .refused { context.read() }
        context.fireChannelReadComplete()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if state == .refused {
            if let event = event as? ChannelEvent, event == .inputClosed { context.close(promise: nil) }
            return
        }
        context.fireUserInboundEventTriggered(event)
    }

    private func refuse(_ context: ChannelHandlerContext) {
        let id = RequestIdentifier.make()
        let problem = Problem(
            .badRequest, "tls_required", "This port speaks TLS. Ask for https:// in place of http://.")
        let body = problem.json(requestID: id, path: "").encoded()
        let head =
            "HTTP/1.1 400 Bad Request\r\nRequest-Id: \(id)\r\nContent-Type: application/problem+json\r\n"
            + "Content-Length: \(body.count)\r\nConnection: close\r\n\r\n"
        var buffer = context.channel.allocator.buffer(capacity: head.utf8.count + body.count)
        buffer.writeString(head)
        buffer.writeBytes(body)
        context.writeAndFlush(wrapOutboundOut(buffer), promise: nil)
        context.close(mode: .output, promise: nil)
        context.eventLoop.assumeIsolated().scheduleTask(in: .seconds(2)) {
            if context.channel.isActive { context.close(promise: nil) }
        }
    }
}
