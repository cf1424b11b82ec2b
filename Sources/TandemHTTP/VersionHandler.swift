import NIOCore
import NIOHTTP1

/// What of the protocol's version the parts behind the codec no longer know: which request is the connection's last, and
/// that an HTTP/1.0 client is answered in its own version, without chunks, and is told when its connection stays open.
final class VersionHandler: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    private let onLastRequest: () -> Void
    private var isOld = false
    private var isKept = false

    init(onLastRequest: @escaping () -> Void) { self.onLastRequest = onLastRequest }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if case .head(let head) = unwrapInboundIn(data) {
            isOld = head.version == .http1_0
            isKept = head.isKeepAlive
            if !isKept { onLastRequest() }
        }
        context.fireChannelRead(data)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard isOld, case .head(var head) = unwrapOutboundIn(data) else {
            context.write(data, promise: promise)
            return
        }
        head.version = .http1_0
        // Without a length the end of such an answer is the end of the connection.
        if isKept, !head.headers.contains(name: "connection"), head.headers.contains(name: "content-length") {
            head.headers.add(name: "Connection", value: "keep-alive")
        }
        context.write(wrapOutboundOut(.head(head)), promise: promise)
    }
}
