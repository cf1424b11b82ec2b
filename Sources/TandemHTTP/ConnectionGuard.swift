import HTTPTypes
import NIOCore
import NIOHTTPTypes
import NIOHTTPTypesHTTP1
import NIOSSL
import Tandem

/// What the framework's own connection handling leaves open: bounds on the number of connections; deadlines for a head, a
/// body and a client that does not read; an answer in our form to what is no HTTP; `100-continue`; HTTP/1.0; and a close
/// that is never a reset.
///
/// Not `Sendable`: lives on its channel's event loop.
final class ConnectionGuard: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    /// Time limits of a connection.
    struct Times {
        var head: TimeAmount = .seconds(Int64(Limits.headDeadlineSeconds))
        /// From a request's first byte to its last.
        var request: TimeAmount = .seconds(Int64(Limits.requestDeadlineSeconds))
        /// Without any progress of a client that reads an answer.
        var write: TimeAmount = .seconds(Int64(Limits.writeStallSeconds))
        /// How long our side waits for the client's close after its own.
        var lingering: TimeAmount = .seconds(2)
        /// A connection that was used within this time is asked for no close by a draining server: its next request, which
        /// may be on its way, is answered and told to close.
        var quiet: TimeAmount = .milliseconds(500)
    }

    private var state = ConnectionState()
    private let times: Times
    private let census: ConnectionCensus
    private let proxies: TrustedProxies
    private var address: String?
    private var isCounted = false
    private var isLingering = false
    private var headDeadline: Scheduled<Void>?
    private var bodyDeadline: Scheduled<Void>?
    private var writeDeadline: Scheduled<Void>?
    /// When the bytes of the request that is being read began to come.
    private var requestBegan: NIODeadline?
    private var lastActive = NIODeadline.now()
    private var hasBytes = false
    private var hasParts = false

    init(
        census: ConnectionCensus = ConnectionCensus(), proxies: TrustedProxies = TrustedProxies(),
        times: Times = Times()
    ) {
        self.census = census
        self.proxies = proxies
        self.times = times
    }

    // MARK: Begin and end

    func handlerAdded(context: ChannelHandlerContext) {
        let pipeline = context.pipeline.syncOperations
        let bytes = ByteWatch { [unowned self] in hasBytes = true }
        let version = VersionHandler { [unowned self] in state.announceLast() }
        do {
            // Behind TLS: a handshake is no request.
            let secured = (try? pipeline.handler(type: NIOSSLServerHandler.self)).map {
                ChannelPipeline.SynchronousOperations.Position.after($0)
            }
            try pipeline.addHandler(bytes, position: secured ?? .first)
            if let codec = try? pipeline.handler(type: HTTP1ToHTTPServerCodec.self) {
                try pipeline.addHandler(version, position: .before(codec))
            }
        } catch {
            context.close(promise: nil)
        }
        if context.channel.isActive { begin(context) }
    }

    func channelActive(context: ChannelHandlerContext) {
        begin(context)
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        end()
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) { end() }

    private func begin(_ context: ChannelHandlerContext) {
        guard !isCounted, !state.closing else { return }
        // A proxy carries many clients.
        address = context.channel.remoteAddress?.ipAddress.flatMap { proxies.contains($0) ? nil : $0 }
        if let refusal = census.enter(address) {
            let message =
                refusal == .total
                ? "The server has as many connections as it takes." : "Your address has as many connections as it may."
            answer(.serviceUnavailable, "too_many_connections", message, context, retryAfter: Int.random(in: 1...3))
            return
        }
        isCounted = true
        waitForHead(context)
    }

    private func end() {
        for deadline in [headDeadline, bodyDeadline, writeDeadline] { deadline?.cancel() }
        headDeadline = nil
        bodyDeadline = nil
        writeDeadline = nil
        if isCounted {
            isCounted = false
            census.leave(address)
        }
    }

    // MARK: What comes in

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        hasParts = true
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
            requestBegan = nil
            if state.readEnd() == .forward { context.fireChannelRead(data) }
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        if hasParts || hasBytes {
            // Most requests arrive in one piece and never need a timer.
            if hasParts, let deadline = headDeadline {
                deadline.cancel()
                headDeadline = nil
            }
            if state.reading {
                if bodyDeadline == nil, !state.closing { waitForBody(context) }
            } else if !hasParts, !state.closing {
                if requestBegan == nil { requestBegan = .now() }
                if headDeadline == nil { waitForHead(context) }
            }
            hasBytes = false
            hasParts = false
        }
        context.fireChannelReadComplete()
    }

    private func waitForHead(_ context: ChannelHandlerContext) {
        headDeadline = schedule(context, in: times.head) { $0.headTimedOut($1) }
    }

    private func waitForBody(_ context: ChannelHandlerContext) {
        let now = NIODeadline.now()
        let passed = now - (requestBegan ?? now)
        bodyDeadline = schedule(context, in: max(.zero, times.request - passed)) { $0.bodyTimedOut($1) }
    }

    private func headTimedOut(_ context: ChannelHandlerContext) {
        headDeadline = nil
        guard !state.closing, !state.reading else { return }
        if state.open > 0 {
            // An earlier request of the same connection is still being answered.
            waitForHead(context)
            return
        }
        census.cut(.slowHead)
        if requestBegan != nil {
            answer(.requestTimeout, "request_timeout", "The request's head did not arrive in time.", context)
        } else {
            state.close()
            linger(context)
        }
    }

    private func bodyTimedOut(_ context: ChannelHandlerContext) {
        bodyDeadline = nil
        guard state.reading, context.channel.isActive else { return }
        census.cut(.slowBody)
        if state.mayAnswer, state.open == 1 {
            answer(.requestTimeout, "request_timeout", "The body did not arrive in time.", context)
        } else {
            cut(context)
        }
    }

    // MARK: What goes out

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        // After the guard's own answer the route's comes too late.
        if state.closing {
            promise?.succeed()
            return
        }
        switch unwrapOutboundIn(data) {
        case .head(let head):
            // Of the framework itself, without a body: its answer to no HTTP that came behind a request still being answered.
            if head.status == .badRequest, head.headerFields[.requestID] == nil {
                answerMalformed(context)
                promise?.succeed()
                return
            }
            state.writeHead(head)
            context.write(data, promise: promise)
        case .body:
            context.write(data, promise: promise)
        case .end:
            let next = state.writeEnd()
            lastActive = .now()
            context.write(data, promise: promise)
            if next == .close {
                context.flush()
                linger(context)
            }
        }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable {
            writeDeadline?.cancel()
            writeDeadline = nil
        } else if writeDeadline == nil {
            writeDeadline = schedule(context, in: times.write) { handler, context in
                handler.writeDeadline = nil
                handler.census.cut(.slowReader)
                handler.cut(context)
            }
        }
        context.fireChannelWritabilityChanged()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // A handshake that failed is closed already, and a client that ended without TLS's farewell has only closed.
        if error is NIOSSLError || error is BoringSSLError { return }
        guard state.mayAnswer, state.open == (state.reading ? 1 : 0) else {
            context.fireErrorCaught(error)
            return
        }
        answerMalformed(context)
    }

    private func answerMalformed(_ context: ChannelHandlerContext) {
        answer(.badRequest, "malformed_request", "This is not a valid HTTP/1.1 request.", context)
    }

    /// Answers in place of the route and closes.
    private func answer(
        _ status: HTTPResponse.Status, _ code: String, _ message: String, _ context: ChannelHandlerContext,
        retryAfter: Int? = nil
    ) {
        let id = RequestIdentifier.make()
        let text = Problem(status, code, message).json(requestID: id, path: "").encoded()
        var head = HTTPResponse(status: status)
        head.headerFields[.requestID] = id
        head.headerFields[.contentType] = "application/problem+json"
        head.headerFields[.contentLength] = String(text.count)
        head.headerFields[.connection] = "close"
        if let retryAfter { head.headerFields[.retryAfter] = String(retryAfter) }
        state.writeHead(head)
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.write(wrapOutboundOut(.body(ByteBuffer(bytes: text))), promise: nil)
        _ = state.writeEnd()
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        linger(context)
    }

    // MARK: The close

    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        guard mode == .all, context.channel.isActive else {
            context.close(mode: mode, promise: promise)
            return
        }
        // Whoever closes (an idle timeout, the end of the connection's task): never by a reset.
        context.channel.closeFuture.cascade(to: promise)
        state.close()
        context.flush()
        linger(context)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case is ChannelShouldQuiesceEvent:
            leave(context)
        case let event as ChannelEvent where event == .inputClosed && state.closing:
            context.close(promise: nil)
        default:
            context.fireUserInboundEventTriggered(event)
        }
    }

    /// The server drains: closes once what was asked is answered. A connection that was just used waits for its next
    /// request, whose answer says close.
    private func leave(_ context: ChannelHandlerContext) {
        guard !state.closing else { return }
        let rest = times.quiet - (NIODeadline.now() - lastActive)
        if state.isIdle, requestBegan != nil || rest > .zero {
            _ = schedule(context, in: .milliseconds(100)) { $0.leave($1) }
        } else if state.closeSoon() {
            linger(context)
        }
    }

    /// Closes our side and reads on until the client closes, or for a moment.
    private func linger(_ context: ChannelHandlerContext) {
        guard !isLingering else { return }
        isLingering = true
        headDeadline?.cancel()
        context.close(mode: .output, promise: nil)
        _ = schedule(context, in: times.lingering) { $0.cut($1) }
    }

    private func cut(_ context: ChannelHandlerContext) {
        state.close()
        context.close(promise: nil)
    }

    private func schedule(
        _ context: ChannelHandlerContext, in time: TimeAmount,
        _ body: @escaping (ConnectionGuard, ChannelHandlerContext) -> Void
    ) -> Scheduled<Void> {
        context.eventLoop.assumeIsolated().scheduleTask(in: time) { [self] in
            if context.channel.isActive { body(self, context) }
        }
    }
}
