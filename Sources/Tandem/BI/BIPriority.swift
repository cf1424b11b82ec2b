import CLinux
import Foundation
import Glibc

/// Gives BI's processes on the embedded server the processor after everybody else's.
///
/// Linux weighs a process's nice number against those of its own group alone. PostgreSQL begins a session of the operating system for each
/// of its processes, and where the kernel groups by session (`kernel.sched_autogroup_enabled`, on by default) each of them is a group by
/// itself: there the group's number counts. Where a control group rules the processor, as in a container, it is the process's. So both are
/// set. See sched(7), "The autogroup feature".
///
/// A process that runs keeps the processor for its slice even from one that wakes up with more weight (since Linux 6.6), and a request is
/// several wake-ups; so BI gets the shortest slice there is, which kernels since 6.12 obey.
struct BIPriority {
    /// The lowest there is: against the others' 0 it gets one part in seventy.
    static let niceness: Int32 = 19
    /// Nanoseconds; the kernel's own is a millisecond or several.
    static let slice: UInt64 = 100_000

    /// What a process of PostgreSQL does, by its title.
    enum Kind: Equatable {
        /// A BI login's.
        case bi
        /// Helps the process with that id.
        case worker(of: Int32)
        case other
        /// It has no title yet.
        case unknown
    }

    private var seen: [Int32: Bool] = [:]

    /// Looks at the children of PostgreSQL's main process that are new since the last look; cheap, so that a statement of BI is as good
    /// as never before the others.
    mutating func look(at postmaster: Int32) {
        let children = Self.children(of: postmaster)
        var now: [Int32: Bool] = [:]
        for pid in children {
            if let known = seen[pid] {
                now[pid] = known
                continue
            }
            switch Self.kind(title: Self.title(of: pid)) {
            case .unknown: continue
            case .other: now[pid] = false
            case .bi: if Self.lower(pid) { now[pid] = true }
            case .worker(let leader):
                // Its leader was born before it and stands before it in the list.
                let isBI = now[leader] ?? seen[leader] ?? false
                if !isBI || Self.lower(pid) { now[pid] = isBI }
            }
        }
        seen = now
    }

    static func kind(title: String) -> Kind {
        guard title.hasPrefix("postgres: ") else { return .unknown }
        let words = title.dropFirst(10).split(separator: " ")
        if words.starts(with: ["parallel", "worker", "for", "PID"]), words.count > 4 {
            return Int32(words[4]).map { .worker(of: $0) } ?? .other
        }
        return words.first.map(isBILogin) == true ? .bi : .other
    }

    /// `t_djkfkbemts_b2`: a tenant's schema and a number.
    private static func isBILogin(_ name: Substring) -> Bool {
        guard let end = name.range(of: "_b", options: .backwards) else { return false }
        let number = name[end.upperBound...]
        return TenantSchema(String(name[..<end.lowerBound])) != nil && !number.isEmpty
            && number.utf8.allSatisfy { (48...57).contains($0) }
    }

    /// - Returns: false: not now, try again. The kernel takes ten changes of groups a second from who is not its administrator.
    @discardableResult
    static func lower(_ pid: Int32) -> Bool {
        let kind = __priority_which_t(PRIO_PROCESS.rawValue)
        if getpriority(kind, id_t(pid)) < niceness, tandem_sched_yielding(pid, niceness, slice) != 0 {
            setpriority(kind, id_t(pid), niceness)
        }
        let group = "/proc/\(pid)/autogroup"
        // Empty: it is in none. "/autogroup-4711 nice 0"
        guard let text = read(group), !text.isEmpty, !text.hasSuffix(" nice \(niceness)\n") else { return true }
        let file = open(group, O_WRONLY | O_CLOEXEC)
        guard file >= 0 else { return true }
        defer { close(file) }
        let bytes = Array("\(niceness)".utf8)
        return write(file, bytes, bytes.count) == bytes.count || errno != EAGAIN
    }

    private static func children(of pid: Int32) -> [Int32] {
        (read("/proc/\(pid)/task/\(pid)/children") ?? "").split(separator: " ").compactMap { Int32($0) }
    }

    /// What `ps` shows; the title ends where the room that PostgreSQL has for it is filled up.
    private static func title(of pid: Int32) -> String {
        (read("/proc/\(pid)/cmdline") ?? "").replacing("\0", with: " ")
    }

    private static func read(_ path: String) -> String? {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: 16_384)
        let count = Glibc.read(file, &bytes, bytes.count)
        return count < 0 ? nil : String(decoding: bytes[..<count], as: UTF8.self)
    }
}
