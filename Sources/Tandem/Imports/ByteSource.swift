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

    /// - Parameter name: what the ledger calls it, where the last part of the path says too little.
    public init(path: String, name: String) {
        self.name = name
        content = .path(path)
    }

    public init(name: String, bytes: [UInt8]) {
        self.name = name
        content = .bytes(bytes)
    }

    /// SHA-256 of the bytes as they lie there.
    public func digest() throws(TandemError) -> [UInt8] {
        var hasher = SHA256()
        var source = try open(inflates: false)
        while let block = try source.next() { hasher.update(data: block) }
        return Array(hasher.finalize())
    }

    /// - Parameter inflates: a gzip file gives what was packed into it.
    func open(inflates: Bool = true) throws(TandemError) -> ByteSource {
        switch content {
        case .bytes(let bytes): return ByteSource(bytes: bytes, inflates: inflates, name: name)
        case .path(let path):
            guard let handle = FileHandle(forReadingAtPath: path) else {
                throw .badRequest(code: "file_not_readable", detail: "cannot read \(path)")
            }
            return ByteSource(handle: handle, inflates: inflates, name: name)
        }
    }
}

/// The bytes of a file, block by block.
struct ByteSource {
    private var raw: RawSource
    private var gzip: GzipStream?
    private var isFirst: Bool
    private let name: String

    init(bytes: [UInt8], inflates: Bool = true, name: String = "") {
        self.init(.bytes(bytes), inflates, name)
    }

    init(handle: FileHandle, inflates: Bool, name: String) {
        self.init(.file(handle, name: name), inflates, name)
    }

    private init(_ raw: RawSource, _ inflates: Bool, _ name: String) {
        self.raw = raw
        self.name = name
        isFirst = inflates
    }

    mutating func next() throws(TandemError) -> [UInt8]? {
        if isFirst {
            isFirst = false
            guard let first = try raw.next() else { return nil }
            guard GzipStream.begins(first) else { return first }
            gzip = try GzipStream(first, name: name)
        }
        guard let gzip else { return try raw.next() }
        return try gzip.next { () throws(TandemError) in try raw.next() }
    }
}

/// The bytes as they lie there.
private enum RawSource {
    case bytes([UInt8])
    case file(FileHandle, name: String)
    case end

    private static let blockBytes = 1 << 20

    mutating func next() throws(TandemError) -> [UInt8]? {
        switch self {
        case .end: return nil
        case .bytes(let bytes):
            self = .end
            return bytes.isEmpty ? nil : bytes
        case .file(let handle, let name):
            do {
                let data = try handle.read(upToCount: Self.blockBytes)
                guard let data, !data.isEmpty else { return nil }
                return Array(data)
            } catch {
                throw .badRequest(code: "file_not_readable", detail: "cannot read \(name): \(error)")
            }
        }
    }
}
