import HTTPTypes
import Hummingbird

/// CORS, on ingest routes only: browsers send from any origin (keys are public there), nothing else may be read by one.
enum CrossOrigin {
    /// The answer to a preflight. Headers are echoed: `*` would not cover Authorization.
    static func preflight(_ request: Request, methods: [HTTPRequest.Method]) -> Response {
        var headers: HTTPFields = [:]
        headers[.accessControlAllowMethods] = methods.map(\.rawValue).joined(separator: ", ")
        headers[.accessControlAllowHeaders] = request.headers[.accessControlRequestHeaders] ?? ""
        headers[.accessControlMaxAge] = "900"
        return Response(status: .noContent, headers: headers)
    }

    static func isPreflight(_ request: Request) -> Bool {
        request.method == .options && request.headers[.origin] != nil
            && request.headers[.accessControlRequestMethod] != nil
    }

    static func mark(_ headers: inout HTTPFields, request: Request) {
        guard let origin = request.headers[.origin] else { return }
        headers[.accessControlAllowOrigin] = origin
        headers[.accessControlAllowCredentials] = "true"
        headers[.accessControlExposeHeaders] = "Retry-After, Request-Id"
        headers.append(HTTPField(name: .vary, value: "Origin"))
    }
}
