import Foundation
import Hummingbird
import Postgres
import Tandem
import TandemHTTP

/// The keys of a tenant: what each opens and when it was used, and the form that makes one.
struct KeysPage {
    /// A key that was made at this moment.
    struct Made {
        let what: String
        let text: String
        /// Of one that took the place of another: until when that works.
        let oldUntil: Moment?
    }

    struct Entry {
        let name: String
        let kind: String
        let opens: String
        let created: Moment?
        let used: Moment?
        let state: String
        let tone: String
        let until: Moment?
        /// Nil: it has ended.
        let verbs: [Verb]
    }

    struct Verb {
        let action: String
        let label: String
        let isDangerous: Bool
        let token: String
        let of: String
    }

    struct Form {
        let makeAction: String
        let sources: [Choice]
        let scopes: [Choice]
        let roles: [Choice]
        let lives: [Choice]
    }

    let chrome: Chrome
    let made: Made?
    let wrong: String?
    let form: Form
    let keys: [Entry]
    let hasKeys: Bool
    let csrf: String
}

extension Console {
    /// How long the old key of one that is made anew still works.
    private static let grace = Duration.seconds(86400)
    private static let lives = [
        ("", "until it is revoked"), ("30", "30 days"), ("90", "90 days"), ("365", "a year"),
    ]

    var keyRoutes: [Route] {
        [
            page("/console/{tenant}/keys", "Keys of the API, and the form to make one", right: .operators) {
                call, visit in
                try await keys(call, visit)
            },
            action("/console/{tenant}/keys", "Make a key, which is shown once", right: .operators) {
                call, visit, form in
                try await makeKey(call, visit, form)
            },
            action(
                "/console/{tenant}/keys/{key}/rotate", "Make a key anew; the old one ends after a day",
                right: .operators
            ) { call, visit, _ in
                let end = Date().addingTimeInterval(Double(Self.grace.components.seconds))
                return try await changeKey(call, visit, until: end) { (directory, key) throws(PostgresError) in
                    try directory.rotateKey(key, grace: Self.grace)
                }
            },
            action("/console/{tenant}/keys/{key}/revoke", "End a key at once", right: .operators) { call, visit, _ in
                try await changeKey(call, visit) { (directory, key) throws(PostgresError) in
                    _ = try directory.revokeKey(key)
                    return nil
                }
            },
        ]
    }

    private typealias MadeKey = (key: APIKey, text: KeyText)

    private func keys(
        _ call: Call, _ visit: Visit, made: KeysPage.Made? = nil, wrong: String? = nil
    ) async throws -> Response {
        let tenant = try visit.requiredTenant()
        let (keys, sources) = try await withDirectory(visit) { (directory) throws in
            (try directory.keys(tenant), try directory.sources(tenant))
        }
        let roles = try await roleChoices(tenant)
        let path = "/console/\(tenant.slug)/keys"
        let words = KeyWords(
            sources: Dictionary(sources.map { ($0.id, $0.name) }, uniquingKeysWith: { first, _ in first }),
            roles: Dictionary(roles.map { ($0.id, $0.title) }, uniquingKeysWith: { first, _ in first }),
            times: TimeWords(tenant.timezone), path: path, csrf: visit.csrf)
        let (valid, ended) = (keys.filter { !words.hasEnded($0) }, keys.filter { words.hasEnded($0) })
        let page = KeysPage(
            chrome: Chrome(title: "Keys", visit: visit, place: .keys, notice: call.query["notice"], version: version),
            made: made, wrong: wrong,
            form: KeysPage.Form(
                makeAction: path,
                sources: sources.map { Choice(value: $0.name, label: $0.name, isChosen: false) },
                scopes: APIKey.knownScopes.sorted().map { Choice(value: $0, label: $0, isChosen: false) },
                roles: [Choice(value: "", label: "no role: the scopes below", isChosen: true)]
                    + roles.map { Choice(value: "\(PublicID(.role, $0.id))", label: $0.title, isChosen: false) },
                lives: Self.lives.map { Choice(value: $0.0, label: $0.1, isChosen: false) }),
            keys: (valid + ended).map(words.entry), hasKeys: !keys.isEmpty, csrf: visit.csrf)
        return Response(
            html: templates.render(page, as: "keys"), status: wrong == nil ? .ok : .unprocessableContent)
    }

    private func makeKey(_ call: Call, _ visit: Visit, _ form: Query) async throws -> Response {
        let tenant = try visit.requiredTenant()
        guard let kind = APIKey.Kind(rawValue: form["kind"] ?? ""), kind != .admin else {
            throw Problem.badRequest(
                "unknown_kind", "A key is one to write, to read and write everything, or restricted.")
        }
        let role = form["role"].flatMap { $0.isEmpty ? nil : $0 }
        let scopes = role != nil ? [] : form.items.filter { $0.name == "scope" }.map(\.value)
        let end = form["lives"].flatMap { Int($0) }.map { Date().addingTimeInterval(Double($0) * 86400) }
        do {
            let made = try await withDirectory(visit) { (directory) throws -> MadeKey in
                let caller =
                    kind == .restricted ? try role.map { try directory.binding(tenant, role: $0, user: nil) } : nil
                return try directory.createKey(
                    kind, tenant: tenant, source: kind == .write ? directory.source(tenant, form["source"] ?? "") : nil,
                    scopes: kind == .restricted ? scopes : [], caller: caller, expiresAt: end)
            }
            // No redirect: it is shown once, and stands in no address.
            return try await keys(call, visit, made: shown(made))
        } catch TandemError.invalid(let errors) {
            return try await keys(call, visit, wrong: Self.sentences(errors))
        }
    }

    private func changeKey(
        _ call: Call, _ visit: Visit, until: Date? = nil,
        _ change: @escaping @Sendable (TenantDirectory, APIKey) throws(PostgresError) -> MadeKey?
    ) async throws -> Response {
        let (tenant, id) = (try visit.requiredTenant(), try call.id("key", .key))
        let made = try await withDirectory(visit) { (directory) throws -> MadeKey? in
            guard let key = try directory.keys(tenant).first(where: { $0.id == id }) else { throw Problem.notFound }
            return try change(directory, key)
        }
        guard let made else { return .seeOther("/console/\(tenant.slug)/keys?notice=key-revoked") }
        let old = until.flatMap { TimeWords(tenant.timezone).moment($0.ISO8601Format()) }
        return try await keys(call, visit, made: shown(made, oldUntil: old))
    }

    private func shown(_ made: MadeKey, oldUntil: Moment? = nil) -> KeysPage.Made {
        KeysPage.Made(
            what: made.key.kind == .write
                ? "It sends events, may be public, and is shown with its source at any time."
                : "It is shown only now: store it where secrets are kept.",
            text: made.text.text, oldUntil: oldUntil)
    }
}

/// What the page says of a key.
private struct KeyWords {
    let sources: [UUID: String]
    let roles: [UUID: String]
    let times: TimeWords
    let path: String
    let csrf: String

    func hasEnded(_ key: APIKey) -> Bool {
        key.revokedAt != nil || (key.expiresAt.map { $0 <= Date() } ?? false)
    }

    func entry(_ key: APIKey) -> KeysPage.Entry {
        let name = SourceWords.key(key)
        let place = "\(path)/\(key.publicID)"
        let isOver = hasEnded(key)
        let verbs =
            isOver
            ? []
            : [("rotate", "Make anew", false), ("revoke", "Revoke", true)].map {
                KeysPage.Verb(action: "\(place)/\($0.0)", label: $0.1, isDangerous: $0.2, token: csrf, of: name)
            }
        return KeysPage.Entry(
            name: name, kind: key.kind.rawValue, opens: opens(key),
            created: times.moment(key.createdAt.ISO8601Format()),
            used: key.lastUsedAt.flatMap { times.moment($0.ISO8601Format()) },
            state: isOver ? (key.revokedAt != nil ? "revoked" : "expired") : key.expiresAt != nil ? "ends" : "valid",
            tone: isOver ? "" : key.expiresAt != nil ? "warn" : "good",
            until: (key.revokedAt ?? key.expiresAt).flatMap { times.moment($0.ISO8601Format()) }, verbs: verbs)
    }

    private func opens(_ key: APIKey) -> String {
        if let source = key.source { return "sends events of \(sources[source] ?? "a source that is gone")" }
        if let role = key.role { return "what the role \(roles[role] ?? "that is gone") allows" }
        return key.kind == .secret ? "everything of this tenant" : key.scopes.joined(separator: ", ")
    }
}
