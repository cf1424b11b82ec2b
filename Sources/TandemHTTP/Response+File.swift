import Foundation
import HTTPTypes
public import Hummingbird
import NIOCore
public import Tandem

extension Response {
    /// What no browser runs, neither as a page nor as a script of one.
    private static let harmless: Set<String> = [
        "application/pdf", "application/zip", "text/csv", "text/plain", "image/avif", "image/gif", "image/heic",
        "image/jpeg", "image/png", "image/tiff", "image/webp",
    ]

    private static func isHarmless(_ type: String) -> Bool {
        harmless.contains(type) || ["audio/", "video/", "application/vnd."].contains(where: type.hasPrefix)
    }

    /// A file to be saved, never to be shown: whoever uploaded it may have written anything.
    public init(file: AttachmentFile) {
        var headers = Self.headers(
            ofFile: file.fileName,
            type: Self.isHarmless(file.mediaType) ? file.mediaType : "application/octet-stream")
        headers[.eTag] = "\"\(file.sha256)\""
        self.init(status: .ok, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: file.bytes)))
    }

    /// A file to be saved, sent part by part while the client reads it.
    ///
    /// - Parameters:
    ///   - bytes: of all parts together.
    ///   - part: what it throws ends the connection before its time, so that nobody takes a part for the whole.
    public init(
        file name: String, type: String, bytes: Int, parts: Int,
        part: @escaping @Sendable (_ number: Int) async throws -> [UInt8]
    ) {
        let body = ResponseBody(contentLength: bytes) { writer in
            for number in 0..<parts { try await writer.write(ByteBuffer(bytes: part(number))) }
            try await writer.finish(nil)
        }
        self.init(status: .ok, headers: Self.headers(ofFile: name, type: type), body: body)
    }

    private static func headers(ofFile name: String, type: String) -> HTTPFields {
        var headers: HTTPFields = [.contentType: type]
        headers[.contentSecurityPolicy] = "default-src 'none'; sandbox; frame-ancestors 'none'"
        let plain = String(
            name.unicodeScalars.map { $0.isASCII && $0 != "\"" && $0 != "%" ? Character($0) : "_" })
        let whole = name.addingPercentEncoding(withAllowedCharacters: .alphanumericASCII) ?? "file"
        headers[.contentDisposition] = "attachment; filename=\"\(plain)\"; filename*=UTF-8''\(whole)"
        return headers
    }
}

extension CharacterSet {
    /// What RFC 8187 lets stand for itself, and is no mark.
    fileprivate static let alphanumericASCII = CharacterSet(
        charactersIn: "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_")
}
