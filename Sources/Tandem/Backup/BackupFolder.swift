public import Foundation
import Glibc

/// Where the backups of an embedded server lie.
///
/// ```
/// DATA_DIR/backups                  may be a link to another disk
/// backups/base/20261129T203000Z     a copy of the cluster; .json beside it says what it is; .partial: being made
/// backups/wal/….gz                     the write-ahead log since the oldest of them
/// backups/suppressions/tnt_….json   who was erased or kept out, signed
/// ```
public struct BackupFolder: Sendable, Hashable {
    /// As PostgreSQL's user reaches it.
    public let path: String

    var base: String { path + "/base" }
    var wal: String { path + "/wal" }
    public var suppressions: String { path + "/suppressions" }

    /// Nil where there is none.
    public init?(path: String) {
        self.path = URL(fileURLWithPath: path).resolvingSymlinksInPath().path
        guard access(wal, F_OK) == 0, access(base, F_OK) == 0 else { return nil }
    }

    public init?(of directory: DataDirectory) { self.init(path: directory.backups) }

    /// Newest first; those that were not finished do not count.
    public func all() throws(BackupError) -> [BaseBackup] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: base)) ?? []
        var found: [BaseBackup] = []
        for name in names where name.hasSuffix(".json") {
            found.append(try BaseBackup(path: base + "/" + name))
        }
        return found.sorted { $0.name > $1.name }
    }

    /// - Parameter name: nil: the newest.
    public func backup(_ name: String?) throws(BackupError) -> BaseBackup {
        let all = try all()
        guard let found = name.map({ name in all.first { $0.name == name } }) ?? all.first else {
            throw .notFound(name.map { "there is no backup \($0) in \(path)" } ?? "there is no backup in \(path)")
        }
        return found
    }

    /// What is kept of the write-ahead log.
    public var log: (segments: Int, bytes: Int, last: Date?) {
        let kept = segments()
        return (kept.numbers.count, kept.bytes, kept.last)
    }

    func folder(of backup: BaseBackup) -> String { base + "/" + backup.name }
    func note(of backup: BaseBackup) -> String { base + "/" + backup.name + ".json" }

    /// The segments that are kept, as their numbers without the timeline, in order; with their bytes on the disk.
    func segments() -> (numbers: [UInt64], bytes: Int, last: Date?) {
        var numbers: Set<UInt64> = []
        var bytes = 0
        var last: Date?
        for name in (try? FileManager.default.contentsOfDirectory(atPath: wal)) ?? [] {
            var status = stat()
            guard stat(wal + "/" + name, &status) == 0 else { continue }
            bytes += Int(status.st_size)
            guard let segment = WALSegment(fileName: name) else { continue }
            numbers.insert(segment.number)
            let time = Date(timeIntervalSince1970: Double(status.st_mtim.tv_sec))
            last = max(last ?? time, time)
        }
        return (numbers.sorted(), bytes, last)
    }
}

/// A segment of the write-ahead log, 16 MB.
struct WALSegment: Hashable {
    let timeline: UInt64
    let number: UInt64

    private static let perLog: UInt64 = 256

    /// From `000000010000000000000007.gz`; nil for history files and others.
    init?(fileName: String) {
        guard fileName.count == 27, fileName.hasSuffix(".gz") else { return nil }
        let digits = Array(fileName.utf8.prefix(24))
        func part(_ index: Int) -> UInt64? {
            UInt64(String(decoding: digits[index * 8..<index * 8 + 8], as: UTF8.self), radix: 16)
        }
        guard let timeline = part(0), let log = part(1), let segment = part(2) else { return nil }
        self.timeline = timeline
        number = log * Self.perLog + segment
    }

    /// The one that a place such as `0/2000028` is in.
    init?(timeline: UInt64, place: String) {
        guard let place = Self.place(place) else { return nil }
        self.timeline = timeline
        number = place >> 24
    }

    /// The last one before a place, which may be the first of the next.
    init?(endingAt place: String) {
        guard let place = Self.place(place), place > 0 else { return nil }
        timeline = 0
        number = (place - 1) >> 24
    }

    private static func place(_ text: String) -> UInt64? {
        let parts = text.split(separator: "/").compactMap { UInt64($0, radix: 16) }
        return parts.count == 2 ? parts[0] << 32 | parts[1] : nil
    }

    static func name(_ number: UInt64) -> String {
        func hex(_ value: UInt64) -> String {
            let digits = String(value, radix: 16, uppercase: true)
            return String(repeating: "0", count: max(0, 8 - digits.count)) + digits
        }
        return hex(number / perLog) + hex(number % perLog)
    }
}

/// A copy of the whole cluster, as its note says.
public struct BaseBackup: Sendable {
    /// When it was begun: `20261129T203000Z`.
    public let name: String
    public private(set) var json: JSONObject

    init(name: String, json: JSONObject) {
        self.name = name
        self.json = json
    }

    init(path: String) throws(BackupError) {
        guard let data = FileManager.default.contents(atPath: path),
            let json = try? JSON(parsing: Array(data)).object, let name = json["name"]?.string
        else { throw .damaged("\(path) cannot be read") }
        self.init(name: name, json: json)
    }

    public var bytes: Int { json["bytes"]?.int ?? 0 }
    /// From where on points in time can be restored.
    public var finishedAt: Date { Self.date(json["finished_at"]?.string) ?? .distantPast }
    /// Of PostgreSQL.
    var majorVersion: Int { (json["postgres_version"]?.int ?? 0) / 10_000 }
    var dataDirectory: String? { json["data_dir"]?.string }
    var firstSegment: UInt64 { UInt64(json["first_segment"]?.int ?? 0) }
    /// Nil: nobody looked.
    public var isVerified: Bool? { json["verified"]?.bool }

    mutating func note(verified: Bool, at: Date) {
        json["verified"] = .bool(verified)
        json["verified_at"] = .string(at.ISO8601Format())
    }

    static func date(_ text: String?) -> Date? {
        text.flatMap { try? Date($0, strategy: .iso8601) }
    }
}
