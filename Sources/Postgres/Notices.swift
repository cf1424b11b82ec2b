import CLibPQ
import Logging

/// Sends the server's notices to the log: warnings as such, the rest (`relation exists, skipping`) for debugging.
final class NoticeSink {
    private let logger: Logger

    init(logger: Logger) { self.logger = logger }

    /// `self` must outlive `handle`.
    func attach(to handle: OpaquePointer) {
        PQsetNoticeReceiver(
            handle,
            { argument, result in
                guard let argument, let result else { return }
                Unmanaged<NoticeSink>.fromOpaque(argument).takeUnretainedValue().receive(result)
            }, Unmanaged.passUnretained(self).toOpaque())
    }

    private func receive(_ result: OpaquePointer) {
        let severity = Diagnostics.field(.severity, of: result) ?? "NOTICE"
        let level: Logger.Level =
            switch severity {
            case "WARNING": .warning
            case "ERROR", "FATAL", "PANIC": .error
            default: .debug
            }
        logger.log(
            level: level, "\(Diagnostics.field(.message, of: result) ?? "notice")",
            metadata: ["sqlstate": "\(Diagnostics.field(.sqlState, of: result) ?? "")"])
    }
}
