import Glibc

/// A point on the monotonic clock.
struct Deadline: Comparable {
    /// Nanoseconds since an arbitrary start.
    let nanoseconds: Int64

    static var now: Deadline {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Deadline(nanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
    }

    static let distantFuture = Deadline(nanoseconds: .max)

    static func after(_ duration: Duration) -> Deadline {
        now.adding(nanoseconds: duration.nanoseconds)
    }

    func adding(nanoseconds delta: Int64) -> Deadline {
        let (sum, overflow) = nanoseconds.addingReportingOverflow(delta)
        return overflow ? .distantFuture : Deadline(nanoseconds: sum)
    }

    /// Nanoseconds from now, negative when past.
    var remainingNanoseconds: Int64 {
        nanoseconds.subtractingReportingOverflow(Deadline.now.nanoseconds).partialValue
    }

    var isPast: Bool { remainingNanoseconds <= 0 }

    /// The rest as a time-out for poll(2): rounded up, so that a wait never ends just before the deadline.
    var pollMilliseconds: Int32 {
        let rest = remainingNanoseconds
        if rest <= 0 { return 0 }
        return Int32(min((rest - 1) / 1_000_000 + 1, 3_600_000))
    }

    static func < (left: Deadline, right: Deadline) -> Bool { left.nanoseconds < right.nanoseconds }
}

extension Duration {
    /// Whole nanoseconds, clamped to what an `Int64` holds.
    var nanoseconds: Int64 {
        let (seconds, attoseconds) = components
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        if overflow { return seconds > 0 ? .max : .min }
        let (sum, overflowed) = product.addingReportingOverflow(attoseconds / 1_000_000_000)
        if overflowed { return seconds > 0 ? .max : .min }
        return sum
    }
}
