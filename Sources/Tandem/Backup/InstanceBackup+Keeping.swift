import Foundation
import Glibc

extension BackupFolder {
    /// What came of looking at a backup.
    public struct Verification: Sendable {
        public let backup: BaseBackup
        public let segments: Int
        /// Nil: whole.
        public let fault: String?
    }

    /// Compares every file of a backup with its manifest (pg_verifybackup), reads the log that it needs, and looks for gaps in what is kept
    /// of the log since. Notes what came of it.
    ///
    /// - Parameter name: nil: the newest.
    public func verify(_ name: String?) throws(BackupError) -> Verification {
        var backup = try backup(name)
        let programs = try backing { try PostgresPrograms.find() }
        let user = try backing { try PostgresPrograms.user() }
        let outcome = try backing {
            try ChildProcess.run(programs.verifyBackup, ["--quiet", folder(of: backup)], as: user)
        }
        var fault = outcome.status == 0 ? nil : outcome.output.trimmingCharacters(in: .whitespacesAndNewlines)
        let kept = Set(segments().numbers.filter { $0 >= backup.firstSegment })
        if fault == nil, let last = kept.max() {
            let gap = (backup.firstSegment...last).first { !kept.contains($0) }
            fault = gap.map { "segment \(WALSegment.name($0)) of the write-ahead log is missing" }
        }
        if fault == nil, let bad = unreadable(from: backup.firstSegment) {
            fault = "\(bad) of the write-ahead log cannot be read"
        }
        backup.note(verified: fault == nil, at: Date())
        try rewrite(backup, owner: user)
        return Verification(backup: backup, segments: kept.count, fault: fault)
    }

    /// The name of the first kept segment since that does not unpack.
    private func unreadable(from first: UInt64) -> String? {
        let names = ((try? FileManager.default.contentsOfDirectory(atPath: wal)) ?? []).filter { name in
            WALSegment(fileName: name).map { $0.number >= first } ?? false
        }
        return names.sorted().first { name in
            (try? ChildProcess.run("/usr/bin/gzip", ["-t", wal + "/" + name]).status) != 0
        }
    }

    private func rewrite(_ backup: BaseBackup, owner: SystemUser?) throws(BackupError) {
        try backing {
            try OwnedFile.replace(note(of: backup), with: JSON.object(backup.json).encoded() + [0x0A], owner: owner)
        }
    }

    /// Removes all but the newest backups, what was left of interrupted ones, and the log that only those needed.
    ///
    /// - Returns: the names of removed backups, and how many segments of the log went.
    public func prune(keep: Int, isDryRun: Bool = false) throws(BackupError) -> (backups: [String], segments: Int) {
        let all = try all()
        let doomed = Array(all.dropFirst(keep))
        let manager = FileManager.default
        if !isDryRun {
            for backup in doomed {
                // The note first: without it the rest does not count as a backup.
                unlink(note(of: backup))
                try remove(folder(of: backup))
            }
            let known = Set(all.prefix(keep).flatMap { [$0.name, $0.name + ".json"] })
            for name in (try? manager.contentsOfDirectory(atPath: base)) ?? [] where !known.contains(name) {
                // One that is being made at this moment is young.
                var status = stat()
                guard stat(base + "/" + name, &status) == 0, time(nil) - status.st_mtim.tv_sec > 3_600 else { continue }
                try remove(base + "/" + name)
            }
        }
        guard let oldest = all.prefix(keep).last else { return (doomed.map(\.name), 0) }
        var segments = 0
        for name in (try? manager.contentsOfDirectory(atPath: wal)) ?? [] {
            guard let segment = WALSegment(fileName: name), segment.number < oldest.firstSegment else { continue }
            segments += 1
            if !isDryRun { unlink(wal + "/" + name) }
        }
        return (doomed.map(\.name), segments)
    }

    private func remove(_ path: String) throws(BackupError) {
        try backing { try OwnedFile.remove(path) }
    }
}
