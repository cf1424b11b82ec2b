import Crypto
import Foundation

/// A file to import, or the same in memory.
public struct ImportFile: Sendable {
    /// What the ledger and people call it.
    public let name: String
    private let content: Content

    private enum Content: Sendable {
        case path(String)
        case bytes([UInt8])
    }

    public init(path: String) {
        name = String(path.split(separator: "/").last ?? "")
        content = .path(path)
    }

    public init(name: String, bytes: [UInt8]) {
        self.name = name
        content = .bytes(bytes)
    }

    /// SHA-256 of the bytes.
    public func digest() throws(TandemError) -> [UInt8] {
        var hasher = SHA256()
        var source = try open()
        while let block = try source.next() { hasher.update(data: block) }
        return Array(hasher.finalize())
    }

    func open() throws(TandemError) -> ByteSource {
        switch content {
        case .bytes(let bytes): return ByteSource(bytes: bytes)
        case .path(let path):
            guard let handle = FileHandle(forReadingAtPath: path) else {
                throw .badRequest(code: "file_not_readable", detail: "cannot read \(path)")
            }
            return ByteSource(handle: handle, name: name)
        }
    }
}

/// The bytes of a file, block by block.
struct ByteSource {
    private var rest: [UInt8]?
    private let handle: FileHandle?
    private let name: String

    private static let blockBytes = 1 << 20

    init(bytes: [UInt8]) {
        rest = bytes
        handle = nil
        name = ""
    }

    init(handle: FileHandle, name: String) {
        rest = nil
        self.handle = handle
        self.name = name
    }

    mutating func next() throws(TandemError) -> [UInt8]? {
        guard let handle else {
            defer { rest = nil }
            return rest
        }
        do {
            let data = try handle.read(upToCount: Self.blockBytes)
            guard let data, !data.isEmpty else { return nil }
            return Array(data)
        } catch {
            throw .badRequest(code: "file_not_readable", detail: "cannot read \(name): \(error)")
        }
    }
}
