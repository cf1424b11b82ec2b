import Foundation
import Tandem

/// Shows on a terminal how far something is, with rate and time left; elsewhere one line every few seconds.
final class ProgressMeter {
    private let start = ContinuousClock.now
    private var last: ContinuousClock.Instant?
    private var phase: String?
    private var phaseStart = ContinuousClock.now
    private var phaseFirst: Int64 = 0
    private let isTerminal = isatty(2) == 1
    private var isOpen = false

    func show(_ progress: ImportProgress) {
        show(progress.phase.rawValue, done: progress.done, of: progress.total, unit: "rows")
    }

    /// - Parameters:
    ///   - verb: what is being done; the rate counts from its first call.
    ///   - total: nil while it is unknown.
    func show(_ verb: String, done: Int64, of total: Int64?, unit: String) {
        let now = ContinuousClock.now
        if verb != phase { (phase, phaseStart, phaseFirst) = (verb, now, done) }
        let pause: Duration = isTerminal ? .milliseconds(200) : .seconds(5)
        if let last, now - last < pause { return }
        if last == nil, !isTerminal, now - start < pause { return }
        last = now
        write(text(verb, done, total, unit, elapsed: now - phaseStart))
    }

    func end() {
        if isOpen { FileHandle.standardError.write(Data("\r\u{1B}[K".utf8)) }
        isOpen = false
    }

    private func text(_ verb: String, _ all: Int64, _ total: Int64?, _ unit: String, elapsed: Duration) -> String {
        var text = "\(verb) \(all)"
        if let total { text += " of \(total)" }
        let seconds = Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) / 1e18
        let done = Double(all - phaseFirst)
        guard seconds > 0.5, done > 0 else { return text }
        let rate = done / seconds
        text += ", \(Int(rate.rounded())) \(unit)/s"
        if let total, total > all {
            let left = Int((Double(total - all) / rate).rounded(.up))
            text += left >= 60 ? ", \(left / 60) min \(left % 60) s left" : ", \(left) s left"
        }
        return text
    }

    private func write(_ text: String) {
        isOpen = isTerminal
        FileHandle.standardError.write(Data((isTerminal ? "\r\u{1B}[K\(text)" : text + "\n").utf8))
    }
}
