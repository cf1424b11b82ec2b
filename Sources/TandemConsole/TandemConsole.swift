import FoundationEssentials
public import Hummingbird
public import Tandem
public import TandemHTTP

/// The web console: pages made on the server, which work without JavaScript.
///
/// An operator's session, from a sign-in link, sees every tenant or the one that the link names; a user's sees the user's.
public struct Console: Sendable {
    let context: TandemContext
    let batcher: Batcher
    let installation: Installation
    let readingRules: ReadingRulesDirectory
    let drain: Drain
    let version: String
    /// Of a file that is uploaded, bytes.
    let attachmentLimit: Int
    let templates: Templates
    let oidc: OIDCClient
    let seal: FormSeal
    let signIns = SignInGate()

    /// - Parameters:
    ///   - batcher, readingRules: the way that events take; the console's own form goes it too.
    ///   - drain: ends what has no end.
    ///   - oidc: asks identity providers.
    ///   - installation: for operators.
    ///   - version: of the binary, for the foot of each page.
    ///   - attachmentLimit: of a file that is uploaded, bytes.
    public init(
        context: TandemContext, batcher: Batcher, readingRules: ReadingRulesDirectory, drain: Drain,
        oidc: OIDCClient = OIDCClient(), installation: Installation, version: String,
        attachmentLimit: Int = AttachmentUpload.standardLimit
    ) {
        self.context = context
        self.batcher = batcher
        self.installation = installation
        self.readingRules = readingRules
        self.drain = drain
        self.version = version
        self.attachmentLimit = attachmentLimit
        templates = Templates()
        self.oidc = oidc
        seal = FormSeal(key: context.sealingKey)
    }

    /// All of the console, for the listener of the data plane.
    public var routes: [Route] {
        [rootRoute] + assetRoutes + signInRoutes + passwordRoutes + tenantRoutes + userRoutes + roleRoutes
            + threadRoutes
            + peopleRoutes + eventRoutes
            + consentRulesRoutes + retentionRoutes + identityRulesRoutes + quarantineRoutes + replayRoutes
            + sourceRoutes + planRoutes + sendRoutes + mergeRoutes + crmRoutes
            + searchRoutes + fieldRoutes + exportRoutes + importRoutes + keyRoutes + biLoginRoutes + operationRoutes
            + auditRoutes
            + privacyRoutes
            + installationRoutes
    }

    private var crmRoutes: [Route] {
        todayRoutes + todayAllRoutes + taskRoutes + takeRoutes + binRoutes + accountRoutes + contactRoutes + leadRoutes
            + leadInboxRoutes
            + leadConversionRoutes + formRoutes
            + opportunityRoutes + boardRoutes + ticketRoutes + activityRoutes + recordFormRoutes + fieldSourceRoutes
            + recordMergeRoutes + commentRoutes + fileRoutes + tagRoutes + reminderRoutes
            + savedListRoutes
    }

    private var rootRoute: Route {
        Route(.get, "/", "Lead to the console", feature: "Console", scope: .none) { _ in
            .seeOther("/console")
        }
    }

    /// A problem as a page, for browsers; nil where a program asks.
    public func errorPage(_ problem: Problem, _ request: Request, _ id: String) -> Response? {
        ErrorPage(problem: problem, request: request, id: id, version: version)?.response(templates)
    }
}
