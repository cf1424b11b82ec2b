import CZlib

/// Inflates gzip (RFC 1952) within bounds, so that a small request cannot become a large one.
public enum Gunzip {
    public enum Failure: Error, Sendable {
        /// More than `limit` bytes, or more than `ratio` times the input.
        case tooLarge
        /// No gzip, or cut short.
        case malformed
    }

    /// JSON of events shrinks about ten times, of repetitive batches up to fifty.
    private static let ratio = 100
    /// Below this the ratio says nothing.
    private static let floor = 64 << 10

    /// The inflated bytes of one gzip stream of one or more members.
    /// - Parameter limit: bytes of the result.
    public static func inflate(_ input: [UInt8], limit: Int) throws(Failure) -> [UInt8] {
        guard !input.isEmpty else { throw .malformed }
        let limit = min(limit, max(floor, input.count * ratio))
        var stream = z_stream()
        // 16: a gzip header is wanted.
        guard inflateInit2_(&stream, 15 + 16, ZLIB_VERSION, CInt(MemoryLayout<z_stream>.size)) == Z_OK else {
            throw .malformed
        }
        defer { inflateEnd(&stream) }
        var output = [UInt8](repeating: 0, count: min(limit, max(4_096, input.count * 8)))
        var written = 0
        var input = input
        let failure: Failure? = input.withUnsafeMutableBufferPointer { source in
            stream.next_in = source.baseAddress
            stream.avail_in = UInt32(source.count)
            while true {
                let code = output.withUnsafeMutableBufferPointer { target in
                    stream.next_out = target.baseAddress.map { $0 + written }
                    stream.avail_out = UInt32(target.count - written)
                    let code = CZlib.inflate(&stream, Z_NO_FLUSH)
                    written = target.count - Int(stream.avail_out)
                    return code
                }
                switch code {
                case Z_STREAM_END:
                    if stream.avail_in == 0 { return nil }
                    if inflateReset(&stream) != Z_OK { return .malformed }
                case Z_OK, Z_BUF_ERROR:
                    if written < output.count { return .malformed }
                    if output.count >= limit { return .tooLarge }
                    output.append(contentsOf: repeatElement(0, count: min(limit, output.count * 2) - output.count))
                default:
                    return .malformed
                }
            }
        }
        if let failure { throw failure }
        output.removeLast(output.count - written)
        return output
    }
}
