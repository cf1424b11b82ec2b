import HTTPTypes
import Hummingbird
import NIOCore

extension Response {
    /// A page.
    /// - Parameter fetches: whether its script asks this server for more.
    init(html: String, status: HTTPResponse.Status = .ok, fetches: Bool = false) {
        var headers: HTTPFields = [:]
        headers[.contentType] = "text/html; charset=utf-8"
        headers[.contentSecurityPolicy] = Self.pagePolicy + (fetches ? "; connect-src 'self'" : "")
        headers[.frameOptions] = "DENY"
        headers[.crossOriginOpenerPolicy] = "same-origin"
        headers[.permissionsPolicy] = "camera=(), geolocation=(), microphone=()"
        self.init(status: status, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(string: html)))
    }

    /// To another page, with GET.
    static func seeOther(_ path: String, cookie: String? = nil) -> Response {
        seeOther(path, cookies: cookie.map { [$0] } ?? [])
    }

    static func seeOther(_ path: String, cookies: [String]) -> Response {
        var headers: HTTPFields = [:]
        headers[.location] = path
        for cookie in cookies { headers.append(HTTPField(name: .setCookie, value: cookie)) }
        return Response(status: .seeOther, headers: headers)
    }

    static let pagePolicy =
        "default-src 'none'; style-src 'self'; img-src 'self' data:; script-src 'self'; form-action 'self'; "
        + "frame-ancestors 'none'; base-uri 'none'"
}

extension HTTPField.Name {
    private static func literal(_ name: String) -> HTTPField.Name {
        guard let field = HTTPField.Name(name) else { preconditionFailure("\(name) is no field name") }
        return field
    }

    static let frameOptions = literal("X-Frame-Options")
    static let crossOriginOpenerPolicy = literal("Cross-Origin-Opener-Policy")
    static let permissionsPolicy = literal("Permissions-Policy")
    static let fetchSite = literal("Sec-Fetch-Site")
}
