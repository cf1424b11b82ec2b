import HTTPTypes
import NIOCore
import NIOHTTPTypes
import Tandem

/// What the framework's own connection handling leaves open: a deadline for a request's body, an answer in our form to
/// what is no HTTP, `100-continue`, and a close that is never a reset.
///
/// Not `Sendable`: lives on its channel's event loop.
final class ConnectionGuard: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    private var state = ConnectionState()
    private var bodyDeadline: Scheduled<Void>?
    private let bodyTimeout: TimeAmount
    private let lingering: TimeAmount

    init(bodyTimeout: TimeAmount = .seconds(Int64(Limits.requestDeadlineSeconds)), lingering: TimeAmount = .seconds(2))
    {
        self.bodyTimeout = bodyTimeout
        self.lingering = lingering
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            guard state.readHead() == .forward else { return }
            if head.headerFields[.expect]?.lowercased() == "100-continue" {
                context.writeAndFlush(wrapOutboundOut(.head(HTTPResponse(status: .continue))), promise: nil)
            }
            context.fireChannelRead(data)
        case .body:
            if !state.closing { context.fireChannelRead(data) }
        case .end:
            bodyDeadline?.cancel()
            bodyDeadline = nil
            if state.readEnd() == .forward { context.fireChannelRead(data) }
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        // Most requests arrive in one piece and never need the timer.
        if state.reading, bodyDeadline == nil, !state.closing {
            let box = NIOLoopBound((self, context), eventLoop: context.eventLoop)
            bodyDeadline = context.eventLoop.scheduleTask(in: bodyTimeout) {
                let (handler, context) = box.value
                handler.bodyTimedOut(context)
            }
        }
        context.fireChannelReadComplete()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        bodyDeadline?.cancel()
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        switch unwrapOutboundIn(data) {
        case .head(let head):
            // After the guard's own answer the route's comes too late.
            if state.closing {
                promise?.succeed()
                return
            }
            state.writeHead(head)
            context.write(data, promise: promise)
        case .body:
            if state.closing { promise?.succeed() } else { context.write(data, promise: promise) }
        case .end:
            if state.closing {
                promise?.succeed()
                return
            }
            let next = state.writeEnd()
            context.write(data, promise: promise)
            finish(next, context)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard state.mayAnswer, state.open == (state.reading ? 1 : 0) else {
            context.fireErrorCaught(error)
            return
        }
        answer(.badRequest, "malformed_request", "This is not a valid HTTP/1.1 request.", context)
    }

    private func bodyTimedOut(_ context: ChannelHandlerContext) {
        bodyDeadline = nil
        guard state.reading, context.channel.isActive else { return }
        if state.mayAnswer {
            answer(.requestTimeout, "request_timeout", "The body did not arrive in time.", context)
        } else {
            context.close(promise: nil)
        }
    }

    /// Answers in place of the route and closes.
    private func answer(
        _ status: HTTPResponse.Status, _ code: String, _ message: String, _ context: ChannelHandlerContext
    ) {
        let id = RequestIdentifier.make()
        let text = Problem(status, code, message).json(requestID: id, path: "").encoded()
        var head = HTTPResponse(status: status)
        head.headerFields[.requestID] = id
        head.headerFields[.contentType] = "application/problem+json"
        head.headerFields[.contentLength] = String(text.count)
        head.headerFields[.connection] = "close"
        state.writeHead(head)
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.write(wrapOutboundOut(.body(ByteBuffer(bytes: text))), promise: nil)
        let next = state.writeEnd()
        context.write(wrapOutboundOut(.end(nil)), promise: nil)
        finish(next == .close ? .linger : next, context)
    }

    private func finish(_ next: ConnectionState.AfterEnd, _ context: ChannelHandlerContext) {
        switch next {
        case .keep:
            break
        case .close:
            context.flush()
            context.close(promise: nil)
        case .linger:
            context.flush()
            context.close(mode: .output, promise: nil)
            let channel = context.channel
            context.eventLoop.scheduleTask(in: lingering) { channel.close(promise: nil) }
        }
    }
}
