import Foundation
import Glibc
import Testing

@testable import Tandem

/// What stands where we write may be somebody else's trap.
@Suite("Files in folders of another user") struct OwnedFileTests {
    private func withFolder(_ body: (String) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.path + "/owned-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try body(folder)
    }

    private func status(_ path: String) -> stat {
        var status = stat()
        lstat(path, &status)
        return status
    }

    private func text(_ path: String) throws -> String { try String(contentsOfFile: path, encoding: .utf8) }

    @Test("A link at the file's path, or beside it, is replaced, and nothing behind it is written or given away")
    func links() throws {
        try withFolder { folder in
            let (victim, path) = (folder + "/victim", folder + "/tandem.conf")
            try "untouched".write(toFile: victim, atomically: false, encoding: .utf8)
            let owner = status(victim).st_uid
            #expect(symlink(victim, path + ".new") == 0)
            #expect(symlink(victim, path) == 0)
            // As root the file is given to another user.
            let other = geteuid() == 0 ? SystemUser(named: "nobody") : nil
            try OwnedFile.replace(path, with: Array("port = 1\n".utf8), owner: other)
            #expect(try text(victim) == "untouched")
            #expect(status(victim).st_uid == owner)
            #expect(status(path).st_mode & S_IFMT == S_IFREG)
            #expect(status(path).st_mode & 0o777 == 0o600)
            #expect(status(path).st_uid == other?.uid ?? geteuid())
            #expect(try OwnedFile.text(path, owner: other) == "port = 1\n")
            #expect(access(path + ".new", F_OK) != 0)
        }
    }

    @Test("A file is not read through a link, nor under a second name")
    func reading() throws {
        try withFolder { folder in
            let (secret, path) = (folder + "/secret", folder + "/tandem.conf")
            try "secret".write(toFile: secret, atomically: false, encoding: .utf8)
            #expect(symlink(secret, path) == 0)
            #expect(throws: EmbeddedServerError.self) { try OwnedFile.text(path, owner: nil) }
            unlink(path)
            #expect(link(secret, path) == 0)
            #expect(throws: EmbeddedServerError.self) { try OwnedFile.text(path, owner: nil) }
            unlink(secret)
            #expect(try OwnedFile.text(path, owner: nil) == "secret")
        }
    }

    @Test("What is signed by us is written into a folder of ours alone")
    func folders() throws {
        try withFolder { folder in
            let (ours, place) = (folder + "/ours", folder + "/suppressions")
            try FileManager.default.createDirectory(atPath: ours, withIntermediateDirectories: true)
            #expect(symlink(ours, place) == 0)
            #expect(throws: EmbeddedServerError.self) {
                try OwnedFile.replace(place + "/a.json", with: [1], owner: nil, inOurs: true)
            }
            #expect(try FileManager.default.contentsOfDirectory(atPath: ours).isEmpty)
            try OwnedFile.replace(ours + "/a.json", with: [1], owner: nil, inOurs: true)
            guard geteuid() == 0, let other = SystemUser(named: "nobody") else { return }
            #expect(chown(ours, other.uid, other.gid) == 0)
            #expect(throws: EmbeddedServerError.self) {
                try OwnedFile.replace(ours + "/a.json", with: [2], owner: nil, inOurs: true)
            }
            try OwnedFile.own(folder: ours)
            try OwnedFile.replace(ours + "/a.json", with: [3], owner: nil, inOurs: true)
        }
    }
}
