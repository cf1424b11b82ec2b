import Foundation
import HTTPTypes
public import Hummingbird
import NIOCore
public import Tandem

extension Response {
    /// What browsers would run as a page of this site, whoever wrote it.
    private static let active: Set<String> = [
        "text/html", "application/xhtml+xml", "image/svg+xml", "text/xml", "application/xml", "text/javascript",
        "application/javascript",
    ]

    /// A file to be saved, never to be shown: whoever uploaded it may have written anything.
    public init(file: AttachmentFile) {
        var headers: HTTPFields = [.eTag: "\"\(file.sha256)\""]
        headers[.contentType] = Self.active.contains(file.mediaType) ? "application/octet-stream" : file.mediaType
        headers[.contentSecurityPolicy] = "default-src 'none'; sandbox; frame-ancestors 'none'"
        let plain = String(
            file.fileName.unicodeScalars.map { $0.isASCII && $0 != "\"" && $0 != "%" ? Character($0) : "_" })
        let whole = file.fileName.addingPercentEncoding(withAllowedCharacters: .alphanumericASCII) ?? "file"
        headers[.contentDisposition] = "attachment; filename=\"\(plain)\"; filename*=UTF-8''\(whole)"
        self.init(status: .ok, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: file.bytes)))
    }
}

extension CharacterSet {
    /// What RFC 8187 lets stand for itself, and is no mark.
    fileprivate static let alphanumericASCII = CharacterSet(
        charactersIn: "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_")
}
