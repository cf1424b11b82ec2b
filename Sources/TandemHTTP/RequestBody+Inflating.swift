import HTTPTypes
import Hummingbird
import NIOCore
import Tandem

extension Request {
    /// The whole body, inflated. 413 over `limit` (before and after inflating), 415 for an encoding other than gzip,
    /// 400 when the bytes are no gzip, 503 where it does not fit beside the others.
    func inflatedBody(limit: Int, _ share: BodyBudget.Share) async throws -> [UInt8] {
        let length = headers[.contentLength].flatMap(Int.init)
        if let length, length > limit { throw Problem.bodyTooLarge }
        try share.take(length ?? 0)
        var buffer = ByteBuffer()
        do {
            for try await var part in body {
                guard buffer.readableBytes + part.readableBytes <= limit else { throw Problem.bodyTooLarge }
                // How long it becomes is not known before.
                if length == nil { try share.take(part.readableBytes) }
                buffer.writeBuffer(&part)
            }
        } catch let problem as Problem {
            throw problem
        } catch {
            // Nobody is there to read this: the client went, or was too slow and has its answer.
            throw Problem.badRequest("incomplete_body", "The body did not arrive whole.")
        }
        let bytes = Array(buffer.readableBytesView)
        switch headers[.contentEncoding]?.lowercased() {
        case nil, "", "identity":
            return bytes
        case "gzip", "x-gzip":
            let inflated: [UInt8]
            do throws(Gunzip.Failure) {
                inflated = try Gunzip.inflate(bytes, limit: limit)
            } catch {
                switch error {
                case .tooLarge: throw Problem.bodyTooLarge
                case .malformed: throw Problem.badRequest("invalid_encoding", "The body is not valid gzip.")
                }
            }
            try share.take(inflated.count)
            return inflated
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
