import Foundation
import Hummingbird
import Postgres
import Tandem
import TandemHTTP

/// What the SQL function `submission_json` gives of a submission, its objects as lists.
struct SubmissionRead: Decodable {
    struct NamedValue: Decodable {
        let name: String
        let value: String?
    }

    struct Consent: Decodable {
        let purpose: String
        let given: Bool
        let text: String?
    }

    let id: UUID
    let form: String
    let formId: UUID?
    let at: String
    let source: String?
    let outcome: String
    let reason: String?
    let owner: String?
    let page: String?
    let referrer: String?
    let campaign: [NamedValue]
    let fields: [NamedValue]
    let consent: [Consent]
    let lead: LeadRead?
    let profileId: UUID?
}

/// One submission of a form, wherever it is shown.
struct SubmissionEntry {
    let formName: String
    let formHref: String?
    let when: Moment?
    let outcome: String
    let tone: String
    let leadName: String?
    let leadHref: String?
    let personHref: String?
    let source: String?
    let page: String?
    let referrer: String?
    let campaign: String?
    let given: String?
    let fields: [AccountCard.Fact]
    let consent: [AccountCard.Fact]

    init(_ read: SubmissionRead, _ words: TimeWords, path: String, _ visit: Visit) {
        formName = read.form
        formHref = !visit.may("read", "form") ? nil : read.formId.map { "\(path)/forms/\(PublicID(.form, $0))" }
        when = words.moment(read.at)
        outcome = FormWords.outcome(read.outcome, read.reason)
        tone = FormWords.tone(read.outcome)
        leadName = read.lead?.label
        leadHref = read.lead.map { "\(path)/leads/\(PublicID(.lead, $0.id))" }
        personHref =
            !visit.may("read", "profile") ? nil : read.profileId.map { "\(path)/people/\(PublicID(.profile, $0))" }
        source = read.source
        page = read.page
        referrer = read.referrer.flatMap { $0.isEmpty ? nil : $0 }
        campaign =
            read.campaign.isEmpty
            ? nil : read.campaign.map { "\($0.name): \($0.value ?? "")" }.joined(separator: ", ")
        given = read.owner
        fields = read.fields.map { AccountCard.Fact(term: $0.name, fact: $0.value ?? "") }
        consent = read.consent.map { statement in
            AccountCard.Fact(
                term: "\(statement.purpose): \(statement.given ? "yes" : "no")",
                fact: statement.text.map { "“\($0)”" } ?? "The form sent no words.")
        }
    }
}

/// What became of a submission, in words.
enum FormWords {
    static func outcome(_ outcome: String, _ reason: String?) -> String {
        switch (outcome, reason) {
        case ("created", _): "made the lead"
        case ("updated", _): "filled the lead"
        case ("unchanged", _): "nothing new for the lead"
        case (_, "no_address"): "no lead: neither email nor phone"
        case (_, "invalid_address"): "no lead: no email or phone that works"
        case (_, "value_too_long"): "no lead: a value is too long"
        case (_, "has_contact"): "no lead: the person is a contact"
        case (_, "source_may_not"): "no lead: the source may not write leads"
        case (_, "form_makes_none"): "no lead: the form makes none"
        case (_, "no_person"): "no lead: all of its identifiers are blocked"
        case (_, let reason): "no lead: \((reason ?? "unknown").replacing("_", with: " "))"
        }
    }

    static func tone(_ outcome: String) -> String {
        switch outcome {
        case "created": "good"
        case "none": "warn"
        default: "info"
        }
    }
}

/// What the SQL function `form_json` gives of a form.
private struct FormRead: Decodable {
    let id: UUID
    let name: String
    let makesLeads: Bool
    let leadSource: String?
    let campaign: String?
    let accountOwner: Bool
    let owner: String?
    let team: String?
    let submissionCount: Int
    let leadCount: Int
    let lastSubmittedAt: String?

    /// Who gets its leads.
    var rule: String {
        if !makesLeads { return "makes no leads" }
        let others = owner ?? team.map { "\($0), in turn" }
        if accountOwner { return "the account's owner, else \(others ?? "nobody")" }
        return others ?? "nobody"
    }
}

private struct FormDetail: Decodable {
    struct Outcome: Decodable {
        let outcome: String
        let reason: String?
        let count: Int
    }

    let outcomes: [Outcome]
    let submissions: [SubmissionRead]
}

/// The forms with their counts.
struct FormsPage {
    struct Entry {
        let href: String
        let formName: String
        let submissions: String
        let leads: String
        let rule: String
        let last: Moment?
    }

    let chrome: Chrome
    let forms: [Entry]
    let hasForms: Bool
}

/// One form: its rule, what became of its submissions, the submissions.
struct FormPage {
    let chrome: Chrome
    let formName: String
    let id: String
    let facts: [AccountCard.Fact]
    let figures: [AccountPage.Figure]
    let hasFigures: Bool
    let submissions: [SubmissionEntry]
    let pager: Pager?
}

extension Console {
    private static let submissionPageSize = 20

    var formRoutes: [Route] {
        [
            page("/console/{tenant}/forms", "The forms of a tenant", module: .crm, right: .read("form")) {
                call, visit in
                try await forms(call, visit, visit.requiredTenant())
            },
            page(
                "/console/{tenant}/forms/{form}", "One form and its submissions", module: .crm, right: .read("form"),
                parameters: [
                    .init("after", "Time of the last one of the page before"), .init("id", "And its id"),
                ]
            ) { call, visit in
                try await form(call, visit, visit.requiredTenant())
            },
        ]
    }

    private func forms(_ call: Call, _ visit: Visit, _ tenant: Tenant) async throws -> Response {
        let found = try await read(tenant, [.call("find_forms")])[0].decoded("form", as: FormRead.self)
        let words = TimeWords(tenant.timezone)
        let page = FormsPage(
            chrome: Chrome(
                title: "Forms", visit: visit, place: .forms, notice: call.query["notice"], version: version),
            forms: found.map { read in
                FormsPage.Entry(
                    href: "/console/\(tenant.slug)/forms/\(PublicID(.form, read.id))", formName: read.name,
                    submissions: Figures.count(read.submissionCount), leads: Figures.count(read.leadCount),
                    rule: read.rule, last: words.moment(read.lastSubmittedAt))
            }, hasForms: !found.isEmpty)
        return Response(html: templates.render(page, as: "forms"))
    }

    private func form(_ call: Call, _ visit: Visit, _ tenant: Tenant) async throws -> Response {
        let id = try call.id("form", .form)
        let place = call.place(.event)
        let row = try await read(
            tenant,
            [
                .call(
                    "form_page", .uuid(id), place.at, place.id, .int4(Int32(Self.submissionPageSize + 1)))
            ])[0].one()
        let read = try row.decoded(0, as: FormRead.self)
        let detail = try row.decoded(0, as: FormDetail.self)
        let shown = detail.submissions.prefix(Self.submissionPageSize)
        let path = "/console/\(tenant.slug)"
        let words = TimeWords(tenant.timezone)
        let pairs: [(String, String?)] = [
            ("Leads go to", read.rule), ("Lead source", read.leadSource ?? "the event source and the form's name"),
            ("Campaign", read.campaign ?? "the page's"), ("Last submitted", words.moment(read.lastSubmittedAt)?.text),
        ]
        let page = FormPage(
            chrome: Chrome(
                title: read.name, visit: visit, place: .forms, notice: call.query["notice"], version: version),
            formName: read.name, id: "\(PublicID(.form, read.id))",
            facts: pairs.compactMap { term, fact in fact.map { AccountCard.Fact(term: term, fact: $0) } },
            figures: detail.outcomes.map {
                AccountPage.Figure(
                    value: Figures.count($0.count), label: FormWords.outcome($0.outcome, $0.reason))
            },
            hasFigures: !detail.outcomes.isEmpty,
            submissions: shown.map { SubmissionEntry($0, words, path: path, visit) },
            pager: detail.submissions.count > shown.count
                ? shown.last.map {
                    Pager(
                        href: "\(path)/forms/\(PublicID(.form, read.id))?after=\(queryValue($0.at))"
                            + "&id=\(PublicID(.event, $0.id))")
                } : nil)
        return Response(html: templates.render(page, as: "form"))
    }
}
