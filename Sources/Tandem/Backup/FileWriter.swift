import Glibc

/// Writes a file of rows that nobody else may read, in large pieces.
struct FileWriter: ~Copyable {
    private let descriptor: Int32
    private let path: String
    private var buffer: [UInt8] = []
    private(set) var bytes = 0

    private static let pieceBytes = 1 << 20

    init(creating path: String) throws(BackupError) {
        descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        self.path = path
        guard descriptor >= 0 else { throw .file("\(path) cannot be made: \(String(cString: strerror(errno)))") }
        buffer.reserveCapacity(Self.pieceBytes + 65_536)
    }

    deinit { close(descriptor) }

    mutating func write(_ row: UnsafeRawBufferPointer) throws(BackupError) {
        buffer.append(contentsOf: row)
        if buffer.count >= Self.pieceBytes { try flush() }
    }

    mutating func write(_ bytes: [UInt8]) throws(BackupError) {
        buffer += bytes
        if buffer.count >= Self.pieceBytes { try flush() }
    }

    /// To the disk itself.
    mutating func finish() throws(BackupError) {
        try flush()
        guard fsync(descriptor) == 0 else { throw fault() }
    }

    private mutating func flush() throws(BackupError) {
        var offset = 0
        while offset < buffer.count {
            let count = buffer.withUnsafeBytes { bytes in
                Glibc.write(descriptor, bytes.baseAddress.map { $0 + offset }, bytes.count - offset)
            }
            if count < 0 {
                if errno == EINTR { continue }
                throw fault()
            }
            offset += count
        }
        bytes += buffer.count
        buffer.removeAll(keepingCapacity: true)
    }

    private func fault() -> BackupError {
        let reason = String(cString: strerror(errno))
        return errno == ENOSPC
            ? .noSpace("\(path) cannot be written: \(reason)") : .file("\(path) cannot be written: \(reason)")
    }
}

/// Reads a file line by line; each ends with its newline, as `copy` wants it.
struct LineReader: ~Copyable {
    private let descriptor: Int32
    private let path: String
    private var buffer: [UInt8] = []
    private var position = 0
    private var isAtEnd = false

    private static let pieceBytes = 1 << 20

    init(_ path: String) throws(BackupError) {
        descriptor = open(path, O_RDONLY | O_CLOEXEC)
        self.path = path
        guard descriptor >= 0 else { throw .file("\(path) cannot be read: \(String(cString: strerror(errno)))") }
    }

    deinit { close(descriptor) }

    /// Nil at the end.
    mutating func next() throws(BackupError) -> [UInt8]? {
        var searched = position
        while true {
            if let end = buffer[searched...].firstIndex(of: 0x0A) {
                defer { position = end + 1 }
                return Array(buffer[position...end])
            }
            if isAtEnd {
                guard position < buffer.count else { return nil }
                throw .damaged("\(path) ends within a row")
            }
            buffer.removeFirst(position)
            position = 0
            searched = buffer.count
            try fill()
        }
    }

    private mutating func fill() throws(BackupError) {
        var piece = [UInt8](repeating: 0, count: Self.pieceBytes)
        var count = read(descriptor, &piece, piece.count)
        while count < 0 && errno == EINTR { count = read(descriptor, &piece, piece.count) }
        guard count >= 0 else { throw .file("\(path) cannot be read: \(String(cString: strerror(errno)))") }
        isAtEnd = count == 0
        buffer += piece[..<count]
    }
}
