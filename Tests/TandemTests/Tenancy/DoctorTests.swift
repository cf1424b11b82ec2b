import Foundation
import Testing

@testable import Tandem

@Suite("What doctor says of a machine")
struct DoctorTests {
    @Test(
        "Clocks that differ by a second or more are named, with the direction",
        arguments: [(0, "ok"), (900_000, "ok"), (1_100_000, "warn"), (-3_200_000, "warn")] as [(Int64, String)])
    func clock(difference: Int64, result: String) {
        let finding = Doctor.clock(here: 1_700_000_000_000_000 + difference, there: 1_700_000_000_000_000)
        #expect(finding.result.rawValue == result)
        #expect((finding.remedy == nil) == (result == "ok"))
        if difference == -3_200_000 { #expect(finding.detail == "this machine is 3.2 s behind the database") }
    }

    @Test(
        "A disk with little room is named before it is full",
        arguments: [(100, "ok"), (4, "warn"), (0, "fail")] as [(UInt64, String)])
    func disk(gigabytes: UInt64, result: String) {
        let space = DiskRoom.Space(free: gigabytes * 1_000_000_000, total: 20_000_000_000)
        #expect(Doctor.disk(space, at: "/data").result.rawValue == result)
    }

    @Test("What is kept free of the disk is what was set")
    func reserve() {
        let space = DiskRoom.Space(free: 6_000_000_000, total: 20_000_000_000)
        #expect(Doctor.disk(space, at: "/data").result == .ok)
        #expect(Doctor.disk(space, DiskRoom.Bounds(percent: 40), at: "/data").detail.contains("less than 8000"))
    }

    @Test(
        "An installation that is older than a day has to have a backup",
        arguments: [(3, "ok"), (23.9, "ok"), (24.1, "warn"), (300, "warn")] as [(Double, String)])
    func noBackups(hours: Double, result: String) {
        let now = Date(timeIntervalSince1970: 1_800_000_000)
        let finding = Doctor.noBackups(since: now.addingTimeInterval(-hours * 3_600), now: now)
        #expect(finding.result.rawValue == result)
        #expect((finding.remedy == nil) == (result == "ok"))
        #expect(Doctor.noBackups(since: nil, now: now).result == .ok)
    }

    @Test("The newest backup may be two days old and must not be damaged")
    func backups() {
        let now = Date(timeIntervalSince1970: 1_800_000_000)
        func backup(hours: Double, verified: JSON) -> BaseBackup {
            let at = now.addingTimeInterval(-hours * 3_600)
            return BaseBackup(
                name: "b", json: ["finished_at": .string(at.ISO8601Format()), "verified": verified])
        }
        #expect(Doctor.backups([], now: now).result == .fail)
        #expect(Doctor.backups([backup(hours: 3, verified: .null)], now: now).result == .ok)
        #expect(Doctor.backups([backup(hours: 3, verified: true)], now: now).result == .ok)
        #expect(Doctor.backups([backup(hours: 3, verified: false)], now: now).result == .fail)
        #expect(Doctor.backups([backup(hours: 50, verified: true)], now: now).result == .warn)
    }
}

@Suite("Backups")
struct BackupTests {
    private func digest(_ rows: [String]) -> RowDigest {
        var digest = RowDigest()
        for row in rows { Array(row.utf8).withUnsafeBytes { digest.add($0) } }
        return digest
    }

    @Test("A checksum of rows does not depend on their order, and on nothing else less")
    func checksum() {
        #expect(digest(["a\n", "b\n"]) == digest(["b\n", "a\n"]))
        #expect(digest(["a\n", "b\n"]).text != digest(["a\n", "c\n"]).text)
        #expect(digest(["a\n", "a\n"]).text != digest(["a\n"]).text)
        #expect(digest(["a\n", "b\n"]).text != digest(["ab\n", "\n"]).text)
        #expect(digest([]).text == String(repeating: "0", count: 64))
    }

    @Test("Segments of the log are known by file name and by place")
    func segments() {
        #expect(WALSegment(fileName: "000000010000000200000007.gz")?.number == 2 * 256 + 7)
        #expect(WALSegment(fileName: "0000000200000002000000FF.gz")?.timeline == 2)
        #expect(WALSegment(fileName: "00000002.history.gz") == nil)
        #expect(WALSegment(fileName: "000000010000000000000002.00000028.backup.gz") == nil)
        #expect(WALSegment(timeline: 1, place: "2/7000028")?.number == 2 * 256 + 7)
        #expect(WALSegment(endingAt: "2/7000000")?.number == 2 * 256 + 6)
        #expect(WALSegment.name(2 * 256 + 7) == "0000000200000007")
    }
}
