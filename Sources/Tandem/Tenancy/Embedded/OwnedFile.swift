import Foundation
import Glibc

/// Small files in folders that another user of the system may change at any moment, as those of PostgreSQL's user are while we are root.
/// No link is followed, and what is given away is the file that was written, whatever stands at its path by then.
enum OwnedFile {
    /// Replaces a file (0600), whole or not at all.
    ///
    /// - Parameters:
    ///   - owner: whose it becomes; nil: ours.
    ///   - inOurs: whether its folder has to be one that nobody else changes.
    static func replace(
        _ path: String, with bytes: [UInt8], owner: SystemUser?, inOurs: Bool = false
    ) throws(EmbeddedServerError) {
        let (folder, name) = ((path as NSString).deletingLastPathComponent, (path as NSString).lastPathComponent)
        let place = try open(folder: folder, isOurs: inOurs)
        defer { close(place) }
        let new = name + ".new"
        unlinkat(place, new, 0)
        let file = openat(place, new, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw fault("\(path).new cannot be written") }
        defer { close(file) }
        guard write(bytes, to: file), fsync(file) == 0 else { throw fault("\(path).new cannot be written") }
        if let owner {
            guard fchown(file, owner.uid, owner.gid) == 0 else { throw fault("\(path).new cannot be given away") }
        }
        guard renameat(place, new, place, name) == 0 else { throw fault("\(path) cannot be written") }
    }

    /// The text of a file that its folder's owner or we have written; a link, or another user's file under a second name, is none.
    static func text(_ path: String, owner: SystemUser?) throws(EmbeddedServerError) -> String {
        let file = Glibc.open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK)
        guard file >= 0 else { throw fault("\(path) cannot be read") }
        let handle = FileHandle(fileDescriptor: file, closeOnDealloc: true)
        var status = stat()
        guard fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_nlink == 1,
            status.st_uid == geteuid() || status.st_uid == owner?.uid
        else { throw .file("\(path) is no file of its own: put it back") }
        guard let data = try? handle.readToEnd() ?? Data() else { throw fault("\(path) cannot be read") }
        return String(decoding: data, as: UTF8.self)
    }

    /// Removes a folder with all in it, if it is there: rm looks at each folder again before it enters it.
    static func remove(_ path: String) throws(EmbeddedServerError) {
        let outcome: ChildProcess.Outcome
        do throws(ChildProcess.Failure) {
            outcome = try ChildProcess.run("/usr/bin/rm", ["-rf", "--", path])
        } catch {
            throw .program("rm", output: error.description)
        }
        guard outcome.status == 0 else { throw .file("\(path) cannot be removed: \(outcome.output)") }
    }

    /// Takes a folder back that was given away.
    static func own(folder: String) throws(EmbeddedServerError) {
        let place = try open(folder: folder, isOurs: false)
        defer { close(place) }
        guard fchown(place, geteuid(), getegid()) == 0 else { throw fault("\(folder) cannot be taken back") }
    }

    private static func open(folder: String, isOurs: Bool) throws(EmbeddedServerError) -> Int32 {
        let place = Glibc.open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC | (isOurs ? O_NOFOLLOW : 0))
        guard place >= 0 else { throw fault("\(folder) cannot be opened") }
        guard isOurs else { return place }
        var status = stat()
        guard fstat(place, &status) == 0, status.st_uid == geteuid() else {
            close(place)
            throw .file("\(folder) belongs to somebody else: give it to who runs tandem")
        }
        return place
    }

    private static func write(_ bytes: [UInt8], to file: Int32) -> Bool {
        var offset = 0
        while offset < bytes.count {
            let count = bytes.withUnsafeBytes { all in
                Glibc.write(file, all.baseAddress.map { $0 + offset }, all.count - offset)
            }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { return false }
            offset += count
        }
        return true
    }

    private static func fault(_ what: String) -> EmbeddedServerError {
        .file("\(what): \(String(cString: strerror(errno)))")
    }
}
