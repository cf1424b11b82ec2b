import HTTPTypes
import Hummingbird
import TandemHTTP

extension Call {
    /// Where the browser finds this server, as it said: for links that it is to pass on, and for who sends it back here.
    var origin: String {
        let scheme = isSecure ? "https" : "http"
        return "\(scheme)://\(client.authority ?? "127.0.0.1:8080")"
    }

    /// Whether the browser came by TLS, to this server or to a trusted proxy in front of it.
    var isSecure: Bool { client.isSecure }

    /// Whether what is typed here can be read on the way: without TLS, from another machine.
    var isExposed: Bool {
        if isSecure { return false }
        let host = (client.authority ?? "").lowercased()
        let name = host.hasPrefix("[") ? host.prefix { $0 != "]" }.dropFirst() : host.prefix { $0 != ":" }
        return !(name == "localhost" || name.hasSuffix(".localhost") || name.hasPrefix("127.") || name == "::1")
    }
}
