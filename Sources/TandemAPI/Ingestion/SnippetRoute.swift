import Crypto
import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import Tandem
import TandemHTTP

/// The browser library, which the binary carries. `make snippet` makes the file from `Snippet/tandem.js`.
enum SnippetRoute {
    private static let bytes = PackageResources.tandem_min_js

    /// Changes with the content.
    private static let tag =
        "\"" + SHA256.hash(data: Data(bytes)).prefix(8).map { String(format: "%02x", $0) }.joined() + "\""

    /// Any query is allowed: pages add one to get round a cache.
    static let route = Route(
        .get, "/tandem.js", "Show the browser library", feature: "Ingestion", scope: .none, takesFields: true,
        isPublic: true
    ) { call in
        var headers: HTTPFields = [.eTag: tag, .cacheControl: "public, max-age=3600"]
        let known = call.headers[.ifNoneMatch]?.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
        if known?.contains(where: { $0 == tag || $0 == "W/" + tag || $0 == "*" }) == true {
            return Response(status: .notModified, headers: headers)
        }
        headers[.contentType] = "application/javascript; charset=utf-8"
        return Response(status: .ok, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
    }
}
