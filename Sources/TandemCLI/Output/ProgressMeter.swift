import Foundation
import Tandem

/// Shows on a terminal how far something is, with rate and time left; elsewhere one line every few seconds.
final class ProgressMeter {
    private let start = ContinuousClock.now
    private var last: ContinuousClock.Instant?
    private var phase: ImportProgress.Phase?
    private var phaseStart = ContinuousClock.now
    private var phaseFirst: Int64 = 0
    private let isTerminal = isatty(2) == 1
    private var isOpen = false

    func show(_ progress: ImportProgress) {
        let now = ContinuousClock.now
        if progress.phase != phase {
            (phase, phaseStart, phaseFirst) = (progress.phase, now, progress.done)
        }
        let pause: Duration = isTerminal ? .milliseconds(200) : .seconds(5)
        if let last, now - last < pause { return }
        if last == nil, !isTerminal, now - start < pause { return }
        last = now
        write(text(progress, elapsed: now - phaseStart))
    }

    func end() {
        if isOpen { FileHandle.standardError.write(Data("\r\u{1B}[K".utf8)) }
        isOpen = false
    }

    private func text(_ progress: ImportProgress, elapsed: Duration) -> String {
        var text = "\(progress.phase.rawValue) \(progress.done)"
        if let total = progress.total { text += " of \(total)" }
        let seconds = Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) / 1e18
        let done = Double(progress.done - phaseFirst)
        guard seconds > 0.5, done > 0 else { return text }
        let rate = done / seconds
        text += ", \(Int(rate.rounded())) rows/s"
        if let total = progress.total, total > progress.done {
            let left = Int((Double(total - progress.done) / rate).rounded(.up))
            text += left >= 60 ? ", \(left / 60) min \(left % 60) s left" : ", \(left) s left"
        }
        return text
    }

    private func write(_ text: String) {
        isOpen = isTerminal
        FileHandle.standardError.write(Data((isTerminal ? "\r\u{1B}[K\(text)" : text + "\n").utf8))
    }
}
