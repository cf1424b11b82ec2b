import HTTPTypes
import Hummingbird
import NIOCore
import NIOHTTPTypes

/// Answers requests that arrived in one piece, as nearly all events do, in the connection's pipeline; all others it hands on
/// to the framework's reading of a connection as a stream, which costs a short request more than its own work does.
///
/// Requests of a connection are answered in their order: what comes while an answer is on its way waits here.
///
/// Not `Sendable`: lives on its channel's event loop.
final class WholeRequests: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    private let responder: RouteResponder
    private let executor: EventLoopTaskExecutor
    private let connection: ConnectionContext
    private var turn = RequestTurn()
    private var head: HTTPRequest?
    private var body: ByteBuffer?
    /// What came while an answer is on its way.
    private var held = CircularBuffer<HTTPRequestPart>()
    private var holdsEnd = false
    private var heldError: (any Error)?
    private var holdsRead = false
    private var isCatchingUp = false
    private var answering: Task<Void, Never>?
    private var date = HTTPDate()
    private let credentials = CredentialMemory()
    private var isGone = false

    init(responder: RouteResponder, executor: EventLoopTaskExecutor, connection: ConnectionContext) {
        self.responder = responder
        self.executor = executor
        self.connection = connection
    }

    // MARK: What comes in

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let part = unwrapInboundIn(data)
        if turn.isAnswering {
            held.append(part)
        } else {
            take(part, context)
        }
    }

    /// What has not come whole by now will be read as a stream.
    func channelReadComplete(context: ChannelHandlerContext) {
        handOn(context)
        context.fireChannelReadComplete()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if let event = event as? ChannelEvent, event == .inputClosed {
            if turn.isAnswering {
                // Behind the answer: nobody may take the connection for done before.
                holdsEnd = true
                return
            }
            handOn(context)
        }
        context.fireUserInboundEventTriggered(event)
    }

    /// What is no HTTP, behind a request that is being answered, is answered after it.
    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if turn.isAnswering {
            heldError = error
        } else {
            context.fireErrorCaught(error)
        }
    }

    func read(context: ChannelHandlerContext) {
        if held.isEmpty { context.read() } else { holdsRead = true }
    }

    /// The connection is gone. (The end of activity itself is told to nobody behind the framework's counting handler.)
    func handlerRemoved(context: ChannelHandlerContext) {
        isGone = true
        answering?.cancel()
        held.removeAll()
    }

    private func take(_ part: HTTPRequestPart, _ context: ChannelHandlerContext) {
        if turn.isTheirs {
            forward(part, context)
            return
        }
        switch part {
        case .head(let new):
            head = new
            body = nil
        case .body(var bytes):
            if body == nil { body = bytes } else { body?.writeBuffer(&bytes) }
            if let body, body.readableBytes > Limits.shortBody { handOn(context) }
        case .end:
            if let head { answer(head, context) }
        }
    }

    private func handOn(_ context: ChannelHandlerContext) {
        guard let begun = head else { return }
        head = nil
        forward(.head(begun), context)
        if let body { forward(.body(body), context) }
        body = nil
    }

    private func forward(_ part: HTTPRequestPart, _ context: ChannelHandlerContext) {
        turn.handOn(part)
        context.fireChannelRead(wrapInboundOut(part))
    }

    // MARK: The answer

    private func answer(_ head: HTTPRequest, _ context: ChannelHandlerContext) {
        let bytes = body ?? ByteBuffer()
        self.head = nil
        body = nil
        turn.begin()
        let place = NIOLoopBound((handler: self, context: context), eventLoop: context.eventLoop)
        let isTaken = responder.takePromptly(head, bytes, of: connection, credentials) { make in
            place.eventLoop.execute { place.value.handler.write(make(), place.value.context) }
        }
        if isTaken { return }
        let request = Request(head: head, body: RequestBody(buffer: bytes))
        // Runs here and now, up to where it waits for the commit.
        answering = Task.immediate(executorPreference: executor) { [responder, connection] in
            let response = await responder.respond(to: request, of: connection)
            await WholeRequests.write(response, place)
        }
    }

    private func write(_ answer: ShortAnswer, _ context: ChannelHandlerContext) {
        if isGone { return }
        var head = HTTPResponse(status: answer.status, headerFields: answer.headers)
        head.headerFields.append(HTTPField(name: .date, value: date.now))
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.write(wrapOutboundOut(.body(answer.body)), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        answered(context)
    }

    private typealias Place = NIOLoopBound<(handler: WholeRequests, context: ChannelHandlerContext)>

    private static func write(_ response: Response, _ place: Place) async {
        var head = response.head
        head.headerFields[.date] = place.value.handler.date.now
        place.value.context.write(place.value.handler.wrapOutboundOut(.head(head)), promise: nil)
        do {
            try await response.body.write(PipelineWriter(place: place, isShort: response.body.contentLength != nil))
            place.value.handler.answered(place.value.context)
        } catch {
            // The status is out; only the end of the connection can say that the body is not whole.
            place.value.context.close(promise: nil)
        }
    }

    private struct PipelineWriter: ResponseBodyWriter {
        let place: Place
        /// Goes out with its end.
        let isShort: Bool

        func write(_ buffer: ByteBuffer) async throws {
            if isShort, place.eventLoop.inEventLoop {
                place.value.context.write(place.value.handler.wrapOutboundOut(.body(buffer)), promise: nil)
                return
            }
            // The next part is asked for when this one is with the client's machine.
            try await flush(.body(buffer))
        }

        consuming func finish(_ trailers: HTTPFields?) async throws {
            if isShort, place.eventLoop.inEventLoop {
                place.value.context.writeAndFlush(place.value.handler.wrapOutboundOut(.end(trailers)), promise: nil)
                return
            }
            try await flush(.end(trailers))
        }

        private func flush(_ part: HTTPResponsePart) async throws {
            try await place.eventLoop.flatSubmit { [place] in
                let promise = place.eventLoop.makePromise(of: Void.self)
                place.value.context.writeAndFlush(place.value.handler.wrapOutboundOut(part), promise: promise)
                return promise.futureResult
            }.get()
        }
    }

    private func answered(_ context: ChannelHandlerContext) {
        answering = nil
        turn.end()
        // An answer that waits for nothing is out within `take`: the loop goes on, it does not begin anew inside itself.
        if isCatchingUp { return }
        isCatchingUp = true
        while !turn.isAnswering, let part = held.popFirst() { take(part, context) }
        isCatchingUp = false
        if turn.isAnswering { return }
        handOn(context)
        if let error = heldError {
            heldError = nil
            context.fireErrorCaught(error)
        }
        if holdsEnd {
            holdsEnd = false
            context.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        }
        if holdsRead {
            holdsRead = false
            context.read()
        }
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        if case .end = unwrapOutboundIn(data) { turn.theirsAnswered() }
        context.write(data, promise: promise)
    }
}
