import Glibc

/// A thread outside Swift's cooperative pool, for blocking work.
public enum DedicatedThread {
    /// Deep recursion (JSON, SQL text) fits; the pages are only reserved.
    public static let defaultStackBytes = 8 << 20

    /// Starts a detached thread that runs `body` once.
    ///
    /// - Parameter name: shown by `ps -L` and debuggers; the kernel keeps 15 bytes.
    /// - Returns: false when the system refuses another thread; `body` is then dropped.
    @discardableResult
    public static func spawn(
        name: String, stackBytes: Int = defaultStackBytes, _ body: @escaping @Sendable () -> Void
    ) -> Bool {
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        defer { pthread_attr_destroy(&attributes) }
        pthread_attr_setstacksize(&attributes, stackBytes)
        pthread_attr_setdetachstate(&attributes, CInt(PTHREAD_CREATE_DETACHED))
        let start = Unmanaged.passRetained(ThreadStart(name: name, body: body))
        var thread = pthread_t()
        let code = pthread_create(&thread, &attributes, { runThread($0) }, start.toOpaque())
        if code != 0 { start.release() }
        return code == 0
    }
}

private final class ThreadStart: Sendable {
    let name: String
    let body: @Sendable () -> Void

    init(name: String, body: @escaping @Sendable () -> Void) {
        self.name = name
        self.body = body
    }
}

private func runThread(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let argument else { return nil }
    let start = Unmanaged<ThreadStart>.fromOpaque(argument).takeRetainedValue()
    setThreadName(start.name)
    start.body()
    return nil
}

/// glibc's call is hidden from Swift (`_GNU_SOURCE`); a failure only costs the name.
private func setThreadName(_ name: String) {
    let file = open("/proc/thread-self/comm", O_WRONLY | O_CLOEXEC)
    guard file >= 0 else { return }
    _ = write(file, name, min(name.utf8.count, 15))
    close(file)
}
