import Foundation
import Hummingbird
import Postgres
import Tandem
import TandemHTTP

/// The form of a lead's page that converts it: what is there already stands beside what would be made.
struct LeadConversionForm {
    struct Choice {
        let value: String
        let label: String
        let hint: String?
        let isChosen: Bool
    }

    let action: String
    let csrf: String
    let accounts: [Choice]
    let contacts: [Choice]
    let opportunityName: String

    init(_ read: LeadRead, _ matches: LeadMatches, action: String, csrf: String) {
        self.action = action
        self.csrf = csrf
        opportunityName = read.company ?? read.label
        let hasOne = matches.accounts.count == 1
        accounts =
            matches.accounts.map {
                Choice(
                    value: "\(PublicID(.account, $0.id))", label: $0.name ?? "without a name", hint: $0.why,
                    isChosen: hasOne)
            } + [
                Choice(
                    value: "new", label: read.company.map { "A new account: \($0)" } ?? "No account",
                    hint: read.company == nil ? "the lead names no company" : nil, isChosen: !hasOne)
            ]
        let person = matches.contacts.first { $0.reason == "person" }
        let known = person.map { [$0] } ?? matches.contacts
        contacts =
            known.map {
                Choice(
                    value: "\(PublicID(.contact, $0.id))", label: $0.name ?? "without a name", hint: $0.why,
                    isChosen: known.count == 1)
            }
            // The same person is no second contact.
            + (person != nil
                ? []
                : [
                    Choice(
                        value: "new", label: "A new contact: \(read.label)", hint: nil, isChosen: known.count != 1)
                ])
    }
}

/// What a converted lead became.
struct LeadBecame {
    /// Nil for who may not take it back.
    let unconvertHref: String?
    let when: Moment?
    let account: AccountPage.Link?
    let becameContact: AccountPage.Link?
    let opportunity: AccountPage.Link?
}

/// What the SQL function `lead_matches` finds.
struct LeadMatches: Decodable {
    struct Match: Decodable {
        let id: UUID
        let name: String?
        let reason: String

        var why: String {
            switch reason {
            case "person": "the same person"
            case "email": "the same email address"
            case "company": "the same company name"
            default: "the domain of the email address"
            }
        }
    }

    let accounts: [Match]
    let contacts: [Match]
}

/// What the SQL function `lead_page` says of a converted lead.
struct LeadBecameRead: Decodable {
    struct Named: Decodable {
        let id: UUID
        let name: String?
    }

    let at: String
    let account: Named?
    let contact: Named?
    let opportunity: Named?

    func shown(_ words: TimeWords, path: String, lead: String, mayEdit: Bool) -> LeadBecame {
        LeadBecame(
            unconvertHref: mayEdit ? "\(path)/leads/\(lead)/unconvert" : nil, when: words.moment(at),
            account: account.map {
                AccountPage.Link(
                    href: "\(path)/accounts/\(PublicID(.account, $0.id))", label: $0.name ?? "without a name")
            },
            becameContact: contact.map {
                AccountPage.Link(
                    href: "\(path)/contacts/\(PublicID(.contact, $0.id))", label: $0.name ?? "without a name")
            },
            opportunity: opportunity.map {
                AccountPage.Link(
                    href: "\(path)/opportunities/\(PublicID(.opportunity, $0.id))", label: $0.name ?? "without a name")
            })
    }
}

extension Console {
    var leadConversionRoutes: [Route] {
        [
            action("/console/{tenant}/leads/{lead}/convert", "Convert a lead", module: .crm, right: .to("edit", "lead"))
            { call, visit, form in
                try await convert(call, visit, form)
            },
            action(
                "/console/{tenant}/leads/{lead}/unconvert", "Take a conversion back", module: .crm,
                right: .to("edit", "lead")
            ) {
                call, visit, _ in
                try await unconvert(call, visit)
            },
            unconvertPageRoute,
        ]
    }

    private func convert(_ call: Call, _ visit: Visit, _ form: Query) async throws -> Response {
        let tenant = try visit.requiredTenant()
        let id = try call.id("lead", .lead)
        var body: JSONObject = ["on_duplicate": "create"]
        for (field, name) in [("account", "account_id"), ("contact", "contact_id")] {
            if let chosen = form[field], chosen != "new" { body[name] = .string(chosen) }
        }
        var opportunity = JSONObject()
        for name in ["name", "amount", "close_date"] {
            let text = form[name]?.trimmingCharacters(in: .whitespaces) ?? ""
            if !text.isEmpty { opportunity[name] = .string(text) }
        }
        // Who says how much or when means one, ticked or not; the name stands there before anybody typed.
        if form["opportunity"] != nil || opportunity["amount"] != nil || opportunity["close_date"] != nil {
            body["opportunity"] = .object(opportunity)
        }
        let conversion = try LeadConversion(body, catalog: try await catalog(of: tenant))
        let back = "/console/\(tenant.slug)/leads/\(PublicID(.lead, id))"
        do {
            try await writing(tenant) { (connection) throws(TandemError) in
                _ = try connection.convertLead(id, conversion, by: visit.actor)
            }
        } catch TandemError.alreadyConverted {
            return .seeOther(Self.with(notice: "already-converted", back))
        }
        return .seeOther(Self.with(notice: "converted", back))
    }

    private func unconvert(_ call: Call, _ visit: Visit) async throws -> Response {
        let tenant = try visit.requiredTenant()
        let id = try call.id("lead", .lead)
        let back = "/console/\(tenant.slug)/leads/\(PublicID(.lead, id))"
        let done = try await writing(tenant) { (connection) throws(TandemError) in
            try connection.unconvertLead(id, by: visit.actor)
        }
        let hasKept = done["kept"]?.array?.isEmpty == false
        return .seeOther(Self.with(notice: hasKept ? "unconverted-in-part" : "unconverted", back))
    }
}
