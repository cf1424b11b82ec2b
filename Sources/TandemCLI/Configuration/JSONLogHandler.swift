import Foundation
import Logging
import Synchronization
import Tandem

/// Logs one JSON object a line on standard error: `{"ts","level","msg",…}`.
struct JSONLogHandler: LogHandler {
    var logLevel: Logger.Level = .info
    var metadata: Logger.Metadata = [:]
    let label: String

    private static let lock = Mutex(())

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        var object: JSONObject = [
            "ts": .string(Date().formatted(.iso8601.time(includingFractionalSeconds: true))),
            "level": .string(event.level.rawValue), "msg": .string("\(event.message)"),
        ]
        let all = metadata.merging(event.metadata ?? [:]) { _, new in new }
        for (key, value) in all.sorted(by: { $0.key < $1.key }) { object[key] = .string("\(value)") }
        if let error = event.error { object["error"] = .string("\(error)") }
        Self.write(object)
    }

    /// Whole lines, also from several threads.
    static func write(_ object: JSONObject) {
        let line = JSON.object(object).text + "\n"
        lock.withLock { _ in FileHandle.standardError.write(Data(line.utf8)) }
    }
}
