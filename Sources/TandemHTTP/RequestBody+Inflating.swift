import HTTPTypes
import Hummingbird
import NIOCore
import Tandem

extension Request {
    /// The whole body, inflated. 413 over `limit` (before and after inflating), 415 for an encoding other than gzip,
    /// 400 when the bytes are no gzip.
    func inflatedBody(limit: Int) async throws -> [UInt8] {
        if let length = headers[.contentLength].flatMap(Int.init), length > limit { throw Problem.bodyTooLarge }
        let buffer: ByteBuffer
        do {
            buffer = try await body.collect(upTo: limit)
        } catch is NIOTooManyBytesError {
            throw Problem.bodyTooLarge
        }
        let bytes = Array(buffer.readableBytesView)
        switch headers[.contentEncoding]?.lowercased() {
        case nil, "", "identity":
            return bytes
        case "gzip", "x-gzip":
            do throws(Gunzip.Failure) {
                return try Gunzip.inflate(bytes, limit: limit)
            } catch {
                switch error {
                case .tooLarge: throw Problem.bodyTooLarge
                case .malformed: throw Problem.badRequest("invalid_encoding", "The body is not valid gzip.")
                }
            }
        default:
            throw Problem(
                .unsupportedMediaType, "unsupported_encoding", "Content-Encoding has to be gzip or absent.",
                headers: [.acceptEncoding: "gzip"])
        }
    }

    /// The media type without its parameters, in lower case.
    var mediaType: String? {
        guard let text = headers[.contentType] else { return nil }
        // What nearly every request says.
        if text == "application/json" { return text }
        return text.split(separator: ";").first.map { $0.lowercased().trimmingSpaces() }
    }
}

extension StringProtocol {
    func trimmingSpaces() -> String {
        var bytes = Substring(self).utf8
        while let byte = bytes.first, byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") { bytes.removeFirst() }
        while let byte = bytes.last, byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") { bytes.removeLast() }
        return String(Substring(bytes))
    }
}
