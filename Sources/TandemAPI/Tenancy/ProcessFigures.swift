import Foundation
import Glibc

/// What Linux says of this process, under `/proc`; nil where it says nothing.
struct ProcessFigures {
    var residentBytes: Int? {
        // Pages: all, resident, …
        fields("/proc/self/statm").dropFirst().first.flatMap { Int($0) }.map { $0 * sysconf(Int32(_SC_PAGESIZE)) }
    }

    var openFiles: Int? {
        (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")).map(\.count)
    }

    /// Seconds since 1970.
    var startedAt: Double? {
        // Behind the name, which may hold spaces and ends with the last parenthesis, it is the 20th: ticks since the machine's start.
        guard let line = text("/proc/self/stat"), let end = line.lastIndex(of: ")"),
            let ticks = line[end...].split(separator: " ").dropFirst(20).first.flatMap({ Double($0) }),
            let boot = text("/proc/stat")?.split(separator: "\n").first(where: { $0.hasPrefix("btime ") })
                .flatMap({ Double($0.dropFirst(6)) })
        else { return nil }
        return boot + ticks / Double(sysconf(Int32(_SC_CLK_TCK)))
    }

    private func fields(_ path: String) -> [Substring] { text(path)?.split { $0.isWhitespace } ?? [] }

    private func text(_ path: String) -> String? {
        // Files of no length, which Foundation's shortcuts take for empty.
        guard let file = FileHandle(forReadingAtPath: path), let data = try? file.readToEnd() else { return nil }
        return String(decoding: data, as: UTF8.self)
    }
}
