import Glibc

/// The header `Date`, made once a second.
struct HTTPDate {
    private var second: time_t = 0
    private var text = ""

    /// Of this second, as RFC 9110 wants it.
    var now: String {
        mutating get {
            var current = time(nil)
            if current != second {
                second = current
                var parts = tm()
                gmtime_r(&current, &parts)
                text = withUnsafeTemporaryAllocation(of: CChar.self, capacity: 40) { buffer in
                    strftime(buffer.baseAddress, buffer.count, "%a, %d %b %Y %H:%M:%S GMT", &parts)
                    return buffer.baseAddress.map { String(cString: $0) } ?? ""
                }
            }
            return text
        }
    }
}
