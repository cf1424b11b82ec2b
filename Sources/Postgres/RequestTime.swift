/// When the task has to have its answer: no checkout of a pool lasts longer, whatever its caller allows.
public enum RequestTime {
    @TaskLocal public static var end: ContinuousClock.Instant?

    /// `duration`, or what is left if that is less.
    static func within(_ duration: Duration) -> Duration {
        guard let end else { return duration }
        return max(.zero, min(duration, end - .now))
    }
}
