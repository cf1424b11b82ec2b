import HTTPTypes
import Hummingbird
import TandemHTTP

extension Call {
    /// Where the browser finds this server, as it said: for links that it is to pass on, and for who sends it back here.
    var origin: String {
        let scheme = isSecure ? "https" : "http"
        return "\(scheme)://\(request.head.authority ?? "127.0.0.1:8080")"
    }

    /// Whether the browser came by TLS, which a proxy in front of this server ended.
    var isSecure: Bool { headers[.forwardedProtocol]?.lowercased() == "https" }
}
