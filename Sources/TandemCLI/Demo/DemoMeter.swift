import Foundation
import Tandem

/// Says how far the load of the demo is: a line a step, and one every two seconds within a long one.
final class DemoMeter {
    private var step: DemoLoader.Progress?
    private var last = ContinuousClock.now
    private var stepStart = ContinuousClock.now
    private var first: Int64 = 0

    func show(_ progress: DemoLoader.Progress) {
        let now = ContinuousClock.now
        let isNew = step?.tenant != progress.tenant || step?.step != progress.step
        if isNew { (step, stepStart, first) = (progress, now, progress.done) }
        guard isNew || now - last > .seconds(2) else { return }
        last = now
        FileHandle.standardError.write(Data((text(progress, elapsed: now - stepStart) + "\n").utf8))
    }

    private func text(_ progress: DemoLoader.Progress, elapsed: Duration) -> String {
        var text = "demo: \(progress.tenant), \(progress.step)"
        guard let total = progress.total, total > 0 else { return text }
        text += " \(progress.done) of \(total)"
        let seconds = Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) / 1e18
        let done = Double(progress.done - first)
        guard seconds > 1, done > 0, progress.done < total else { return text }
        let left = Int((Double(total - progress.done) * seconds / done).rounded(.up))
        return text + ", \(left) s left"
    }
}
