import Foundation
import HTTPTypes
import Hummingbird
import Tandem
import TandemHTTP

/// What a browser sees of a problem.
struct ErrorPage {
    struct Giver {
        let giver: String
    }

    let chrome: Chrome
    let heading: String
    let message: String
    /// What an operator may type to change it.
    let command: String?
    let code: String
    let requestID: String
    /// Who may give the right that is missing.
    let givers: [Giver]
    let hasGivers: Bool
    let backHref: String
    let backLabel: String
    /// Whether a form was sent whose contents are not taken.
    let isForm: Bool
    /// The page of the form, where the browser says so.
    let formHref: String
    private let status: HTTPResponse.Status
    private let retryAfter: String?

    /// Nil where a program asks: it gets `application/problem+json`.
    /// - Parameter visit: of who is signed in, so that the page keeps the navigation; nil if nobody is, or is not known.
    init?(problem: Problem, request: Request, id: String, version: String, visit: Visit? = nil, givers: [String] = []) {
        guard request.headers[.accept]?.contains("text/html") == true, problem.status != .seeOther else { return nil }
        let tenant = visit?.tenant
        status = problem.status
        retryAfter = problem.headers[.retryAfter]
        let title = Self.heading(of: problem)
        chrome =
            visit.map { Chrome(title: title, visit: $0, place: nil, version: version) }
            ?? Chrome(title: title, version: version)
        heading = title
        (message, command) = Self.words(of: problem, tenant)
        code = "\(problem.status.code) \(problem.code)"
        requestID = id
        self.givers = givers.map { Giver(giver: $0) }
        hasGivers = !givers.isEmpty
        let home = tenant.map { "/console/\($0.slug)" } ?? "/console"
        let from = Self.path(request.headers[.referer]).flatMap { $0 == request.uri.description ? nil : $0 }
        // A page that led here; what was opened by its address has none.
        backHref = request.method == .get ? from ?? home : home
        backLabel =
            backHref == from ? "Back" : tenant.map { "Back to \($0.displayName)" } ?? "To the console"
        isForm = request.method == .post && problem.status == .unprocessableContent
        formHref = Self.path(request.headers[.referer]) ?? home
    }

    /// The path of an address within the console.
    private static func path(_ address: String?) -> String? {
        guard let address, let start = address.range(of: "/console/") else { return nil }
        return String(address[start.lowerBound...])
    }

    private static func heading(of problem: Problem) -> String {
        if problem.code == Self.moduleDisabled { return "This tenant does not have this page" }
        return switch problem.status {
        case .notFound: "There is no such page"
        case .forbidden: "This is not possible"
        case .badRequest, .methodNotAllowed, .unsupportedMediaType, .contentTooLarge:
            "This request cannot be understood"
        case .unprocessableContent: "This cannot be stored as it is"
        case .serviceUnavailable, .tooManyRequests: "Not at this moment"
        case .internalServerError: "Something failed here"
        default: problem.status.reasonPhrase
        }
    }

    private static func words(of problem: Problem, _ tenant: Tenant?) -> (message: String, command: String?) {
        if problem.code == Self.moduleDisabled, let tenant {
            return (
                problem.message + " Who operates Tandem can add it; what is there stays as it is:",
                "tandem tenant update \(tenant.slug) --modules cdp,crm"
            )
        }
        if problem.status == .notFound {
            return ("The address may be mistyped, or what was here is gone or was never part of this tenant.", nil)
        }
        if !problem.errors.isEmpty {
            return (problem.errors.map { "\(Self.field($0.pointer)) \($0.detail)." }.joined(separator: " "), nil)
        }
        return (problem.message, nil)
    }

    /// `/opportunity/close_date` is "Close date".
    private static func field(_ pointer: String) -> String {
        let name = (pointer.split(separator: "/").last.map(String.init) ?? "it").replacing("_", with: " ")
        return name.prefix(1).uppercased() + name.dropFirst()
    }

    static let moduleDisabled = "module_disabled"

    func response(_ templates: Templates) -> Response {
        var response = Response(html: templates.render(self, as: "error"), status: status)
        response.headers[.retryAfter] = retryAfter
        return response
    }
}
