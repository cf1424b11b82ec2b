import HummingbirdCore
import Logging
import NIOCore

/// Runs each connection's task on the event loop of its socket. On the shared pool every request would change threads four times
/// (socket, handler, answer, socket), each time waking one.
///
/// What takes long must not stay there: see `Route.answer(_:)`.
struct LoopBound<Child: ServerChildChannel>: ServerChildChannel {
    let child: Child
    let responder: RouteResponder
    let handover = Handover<Child.Value>()

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Child.Value> {
        channel.eventLoop.makeCompletedFuture {
            try responder.edge.certificate?.secure(channel)
        }.flatMap {
            child.setup(channel: channel, logger: logger)
        }.flatMapThrowing { value in
            let pipeline = channel.pipeline.syncOperations
            // Behind what counts requests and knows the time, before what reads the connection as a stream.
            let state = try pipeline.handler(type: HTTPConnectionStateHandler.self)
            let whole = WholeRequests(
                responder: responder, executor: EventLoopTaskExecutor(channel.eventLoop),
                connection: ConnectionContext(logger: logger, clientAddress: channel.remoteAddress?.ipAddress))
            try pipeline.addHandler(whole, position: .after(state))
            handover.keep(value)
            // Nobody took it: the listening channel was closed in between.
            channel.closeFuture.whenComplete { _ in
                if let value = handover.take(channel) { Task { await serve(value, logger: logger) } }
            }
            return value
        }
    }

    func handle(value: Child.Value, logger: Logger) async {
        if let value = handover.take(value.channel) { await serve(value, logger: logger) }
    }

    private func serve(_ value: Child.Value, logger: Logger) async {
        await withTaskExecutorPreference(EventLoopTaskExecutor(value.channel.eventLoop)) {
            await child.handle(value: value, logger: logger)
        }
    }
}

/// An event loop as the executor of tasks.
final class EventLoopTaskExecutor: TaskExecutor {
    private let loop: any EventLoop

    init(_ loop: any EventLoop) { self.loop = loop }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        loop.execute { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
