import CZlib

/// Inflates a gzip file (RFC 1952, one or more members) piece by piece, however much it grows.
final class GzipStream {
    /// On the heap: zlib's state points back at it.
    private let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
    private var input: [UInt8]
    private var position = 0
    /// A member has begun and not ended.
    private var isInside = false
    /// zlib may have more to give without more input.
    private var hasPending = false
    private let name: String

    private static let pieceBytes = 1 << 20

    /// Whether a file that begins so is one.
    static func begins(_ bytes: [UInt8]) -> Bool { bytes.starts(with: [0x1F, 0x8B]) }

    /// - Parameter name: of the file, for errors.
    init(_ first: [UInt8], name: String) throws(TandemError) {
        input = first
        self.name = name
        stream.initialize(to: z_stream())
        // 16: a gzip header is wanted.
        guard inflateInit2_(stream, 15 + 16, ZLIB_VERSION, CInt(MemoryLayout<z_stream>.size)) == Z_OK else {
            throw .failure("zlib cannot be set up", sqlState: nil)
        }
    }

    deinit {
        inflateEnd(stream)
        stream.deallocate()
    }

    /// The next bytes; nil at the end.
    /// - Parameter more: the file's next bytes as they are, nil at its end.
    func next(_ more: () throws(TandemError) -> [UInt8]?) throws(TandemError) -> [UInt8]? {
        while true {
            if position == input.count, !hasPending {
                guard let block = try more() else {
                    if isInside { throw fault("the gzip data ends early; is the file whole?") }
                    return nil
                }
                input = block
                position = 0
            }
            let output = try inflate()
            if !output.isEmpty { return output }
        }
    }

    private func inflate() throws(TandemError) -> [UInt8] {
        var code = Z_OK
        let start = position
        let output = [UInt8](unsafeUninitializedCapacity: Self.pieceBytes) { target, written in
            input.withUnsafeMutableBufferPointer { source in
                stream.pointee.next_in = source.baseAddress.map { $0 + start }
                stream.pointee.avail_in = UInt32(source.count - start)
                stream.pointee.next_out = target.baseAddress
                stream.pointee.avail_out = UInt32(target.count)
                code = CZlib.inflate(stream, Z_NO_FLUSH)
                written = target.count - Int(stream.pointee.avail_out)
            }
        }
        position = input.count - Int(stream.pointee.avail_in)
        hasPending = stream.pointee.avail_out == 0
        switch code {
        case Z_STREAM_END:
            isInside = false
            hasPending = false
            guard inflateReset(stream) == Z_OK else { throw .failure("zlib cannot be reset", sqlState: nil) }
        case Z_OK, Z_BUF_ERROR: isInside = true
        default: throw fault("the gzip data is damaged")
        }
        return output
    }

    private func fault(_ reason: String) -> TandemError {
        .badRequest(code: "file_not_readable", detail: "cannot read \(name): \(reason)")
    }
}
