import HTTPTypes
import Hummingbird
import TandemHTTP

/// What a browser sees of a problem.
struct ErrorPage {
    let chrome: Chrome
    let heading: String
    let message: String
    let code: String
    let requestID: String
    private let status: HTTPResponse.Status

    /// Nil where a program asks: it gets `application/problem+json`.
    init?(problem: Problem, request: Request, id: String, version: String) {
        guard request.headers[.accept]?.contains("text/html") == true else { return nil }
        status = problem.status
        heading =
            switch problem.status {
            case .notFound: "There is no such page"
            case .forbidden: "This is not possible"
            case .badRequest, .methodNotAllowed, .unsupportedMediaType, .contentTooLarge:
                "This request cannot be understood"
            case .serviceUnavailable: "Not at this moment"
            case .internalServerError: "Something failed here"
            default: problem.status.reasonPhrase
            }
        message =
            problem.status == .notFound
            ? "Perhaps the address is mistyped, or what was here is gone or has never been in this tenant."
            : problem.message
        code = "\(problem.status.code) \(problem.code)"
        requestID = id
        chrome = Chrome(title: heading, version: version)
    }

    func response(_ templates: Templates) -> Response {
        Response(html: templates.render(self, as: "error"), status: status)
    }
}
