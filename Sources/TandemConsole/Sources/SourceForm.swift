import Foundation
import HTTPTypes
import Hummingbird
import Postgres
import Tandem
import TandemHTTP

/// The form that makes a source, and the one that changes it.
struct SourceFormPage {
    struct Right {
        let field: String
        let label: String
        let isOn: Bool
    }

    let chrome: Chrome
    let heading: String
    let action: String
    let cancelHref: String
    let csrf: String
    let wrong: String?
    let isNew: Bool
    let sourceName: String
    let kinds: [Choice]
    let origins: String
    let originExample = "https://acme.example"
    let wildcardExample = "https://*.acme.example"
    let rate: String
    let rights: [Right]
    let crmRights: [Choice]
    let provenances: [Choice]
    let button: String
}

extension Console {
    private static let right = ConsoleRight.to("edit", "setting")

    var sourceFormRoutes: [Route] {
        [
            page("/console/{tenant}/sources/new", "The form that makes a source", module: .cdp, right: Self.right) {
                call, visit in
                try sourceForm(visit, nil, SourceForm())
            },
            action("/console/{tenant}/sources", "Make a source", module: .cdp, right: Self.right) { _, visit, form in
                try await makeSource(visit, SourceForm(form))
            },
            page(
                "/console/{tenant}/sources/{source}/edit", "The form that changes a source", module: .cdp,
                right: Self.right
            ) { call, visit in
                let source = try await known(call, visit)
                return try sourceForm(visit, source, SourceForm(source))
            },
            action(
                "/console/{tenant}/sources/{source}/edit", "Change a source", module: .cdp, right: Self.right
            ) { call, visit, form in
                try await changeSource(known(call, visit), visit, SourceForm(form))
            },
        ]
    }

    private func known(_ call: Call, _ visit: Visit) async throws -> Source {
        let (id, tenant) = (try call.id("source", .source), try visit.requiredTenant())
        let sources = try await withDirectory(visit) { try $0.sources(tenant) }
        guard let source = sources.first(where: { $0.id == id }) else { throw Problem.notFound }
        return source
    }

    private func makeSource(_ visit: Visit, _ form: SourceForm) async throws -> Response {
        let tenant = try visit.requiredTenant()
        return try await saved(visit, nil, form) {
            guard let kind = Source.Kind(rawValue: form.kind) else {
                throw TandemError.invalid("/kind", "invalid", "The kind is none that there is.")
            }
            let change = try SourceChange(json: form.made)
            return try await withDirectory(visit) {
                try $0.createSource(
                    tenant, name: form.name, kind: kind, trust: change.trust(of: kind),
                    allowedOrigins: change.allowedOrigins ?? [])
            }
        }
    }

    private func changeSource(_ source: Source, _ visit: Visit, _ form: SourceForm) async throws -> Response {
        try await saved(visit, source, form) {
            let change = try SourceChange(json: form.changed)
            return try await withDirectory(visit) { try $0.updateSource(source, change) }
        }
    }

    /// To the source's page, or the form again with what is wrong.
    private func saved(
        _ visit: Visit, _ source: Source?, _ form: SourceForm, _ save: () async throws -> Source
    ) async throws -> Response {
        let path = "/console/\(try visit.requiredTenant().slug)/sources"
        do {
            let done = try await save()
            context.access.forget()
            return .seeOther("\(path)/\(done.publicID)?notice=\(source == nil ? "source-made" : "saved")")
        } catch TandemError.invalid(let errors) {
            return try sourceForm(visit, source, form, wrong: Self.sentences(errors))
        } catch TandemError.duplicate {
            return try sourceForm(visit, source, form, wrong: "There is a source of that name already.")
        }
    }

    private func sourceForm(
        _ visit: Visit, _ source: Source?, _ form: SourceForm, wrong: String? = nil
    ) throws -> Response {
        let path = "/console/\(try visit.requiredTenant().slug)/sources"
        let place = source.map { "\(path)/\($0.publicID)" }
        let heading = source.map { "Change \($0.name)" } ?? "New source"
        let page = SourceFormPage(
            chrome: Chrome(title: heading, visit: visit, place: .sources, notice: nil, version: version),
            heading: heading, action: place.map { "\($0)/edit" } ?? path, cancelHref: place ?? path, csrf: visit.csrf,
            wrong: wrong, isNew: source == nil, sourceName: form.name, kinds: form.kinds, origins: form.origins,
            rate: form.rate, rights: form.rights, crmRights: form.crmRights, provenances: form.provenances,
            button: source == nil ? "Make the source" : "Save")
        return Response(
            html: templates.render(page, as: "source-form"), status: wrong == nil ? .ok : .unprocessableContent)
    }
}

/// What stands in the form.
private struct SourceForm {
    var name = ""
    var kind = Source.Kind.browser.rawValue
    var origins = ""
    var rate = ""
    var isEnabled = true
    var mayIdentify = false
    var mayCreateAccounts = false
    var crmRight = ""
    var provenance = ""

    init() {}

    init(_ source: Source) {
        name = source.name
        kind = source.kind.rawValue
        origins = source.allowedOrigins.map(\.text).joined(separator: "\n")
        rate = source.rate.perSecond.map { String($0) } ?? ""
        isEnabled = source.isEnabled
        mayIdentify = source.trust.mayIdentify
        mayCreateAccounts = source.trust.mayCreateAccounts
        crmRight = source.trust.mayWriteCRM.rawValue
        provenance = source.provenance.rawValue
    }

    init(_ form: Query) {
        func text(_ field: String) -> String { (form[field] ?? "").trimmingCharacters(in: .whitespacesAndNewlines) }
        name = text("name")
        kind = text("kind")
        origins = text("origins")
        rate = text("rate")
        isEnabled = form["enabled"] != nil
        mayIdentify = form["may_identify"] != nil
        mayCreateAccounts = form["may_create_accounts"] != nil
        crmRight = text("may_write_crm")
        provenance = text("provenance")
    }

    /// Of a new one: its trust is that of its kind.
    var made: JSONObject { ["name": .string(name), "allowed_origins": .array(originList)] }

    var changed: JSONObject {
        var object = made
        object["enabled"] = .bool(isEnabled)
        object["may_identify"] = .bool(mayIdentify)
        object["may_create_accounts"] = .bool(mayCreateAccounts)
        object["may_write_crm"] = .string(crmRight)
        object["provenance"] = .string(provenance)
        object["rate_per_second"] = rate.isEmpty ? .number(0) : Int(rate).map { .number($0) } ?? .string(rate)
        return object
    }

    private var originList: [JSON] {
        origins.split { $0.isWhitespace || $0 == "," }.map { .string(String($0)) }
    }

    var kinds: [Choice] {
        [
            ("browser", "a web site: its key is public, so its events make leads and no contacts"),
            ("mobile", "an app: its key is public too"),
            ("server", "a server of yours: its key is secret, so its events may make accounts and contacts"),
            ("webhook", "another product that sends of itself: it never says who somebody is"),
            ("import", "an archive of events that another product has kept"),
        ].map { Choice(value: $0.0, label: $0.1, isChosen: $0.0 == kind) }
    }

    var rights: [SourceFormPage.Right] {
        [
            .init(field: "enabled", label: "It is on; off, its events are held in quarantine", isOn: isEnabled),
            .init(field: "may_identify", label: "Its events say who somebody is, and join people", isOn: mayIdentify),
            .init(field: "may_create_accounts", label: "Its events make accounts", isOn: mayCreateAccounts),
        ]
    }

    var crmRights: [Choice] {
        [("none", "nothing"), ("lead", "leads"), ("contact", "contacts and leads")].map {
            Choice(value: $0.0, label: $0.1, isChosen: $0.0 == crmRight)
        }
    }

    var provenances: [Choice] {
        [("first_party", "yourself"), ("third_party", "somebody else")].map {
            Choice(value: $0.0, label: $0.1, isChosen: $0.0 == provenance)
        }
    }
}
