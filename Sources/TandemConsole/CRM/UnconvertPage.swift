import Hummingbird
import Postgres
import Tandem
import TandemHTTP

/// What taking the conversion of a lead back would do, before anybody does it.
struct UnconvertPage {
    /// A record that goes, stays or gets empty fields.
    struct Part {
        let object: String
        let label: String
        let href: String
        let why: String?
    }

    /// Records with which the same happens.
    struct Group {
        let heading: String
        let parts: [Part]
    }

    let chrome: Chrome
    let lead: String
    let leadHref: String
    let status: String
    let groups: [Group]
    let action: String
    let csrf: String
}

extension UnconvertPage {
    private static let headings = [
        ("removed", "Goes to the bin"), ("kept", "Stays"), ("cleared", "Stays, without what the lead had filled"),
    ]

    /// - Parameter plan: what `unconvertLead` answers, as the visitor may read it.
    static func groups(_ plan: JSON, path: String) -> [Group] {
        headings.compactMap { name, heading in
            let parts = (plan[name]?.array ?? []).compactMap { Part($0, path: path) }
            return parts.isEmpty ? nil : Group(heading: heading, parts: parts)
        }
    }
}

extension UnconvertPage.Part {
    fileprivate init?(_ json: JSON, path: String) {
        guard let object = json["object"]?.string.flatMap({ ObjectCatalog.standard.object($0) }),
            let id = json["id"]?.string
        else { return nil }
        self.object = object.name
        label = json["name"]?.string ?? "without a name"
        href = "\(path)/\(object.plural)/\(id)"
        let fields = (json["fields"]?.array ?? []).compactMap(\.string).map { FieldWords.label($0) }
        why = Self.reason(json["reason"]?.string) ?? (fields.isEmpty ? nil : fields.joined(separator: ", "))
    }

    private static func reason(_ code: String?) -> String? {
        switch code {
        case "merged": "others were merged into it since"
        case "edited": "somebody has edited it since"
        case "in_use": "something refers to it"
        default: nil
        }
    }
}

extension Console {
    var unconvertPageRoute: Route {
        page(
            "/console/{tenant}/leads/{lead}/unconvert", "What taking a conversion back would do", module: .crm,
            right: .to("edit", "lead")
        ) { call, visit in
            let (tenant, id) = (try visit.requiredTenant(), try call.id("lead", .lead))
            let (path, lead, actor) = ("/console/\(tenant.slug)", "\(PublicID(.lead, id))", visit.actor)
            let catalog = try await catalog(of: tenant)
            let (plan, record) = try await writing(tenant) { (connection) throws(TandemError) in
                let record = try connection.recordGet(catalog[.lead], id: id, catalog: catalog)
                return (try connection.unconvertLead(id, by: actor, dryRun: true), record)
            }
            let page = UnconvertPage(
                chrome: Chrome(title: "Take a conversion back", visit: visit, place: .leads, version: version),
                lead: MergeChoices.name(record),
                leadHref: "\(path)/leads/\(lead)", status: plan["status"]?.string ?? "",
                groups: UnconvertPage.groups(LeadConversion.seen(plan, catalog), path: path),
                action: "\(path)/leads/\(lead)/unconvert", csrf: visit.csrf)
            return Response(html: templates.render(page, as: "unconvert"))
        }
    }
}
