import Hummingbird
import Postgres
import Tandem
import TandemHTTP

extension Console {
    private static let leadsAtOnce = 200

    var leadInboxRoutes: [Route] {
        [
            action(
                "/console/{tenant}/leads/assign", "Take leads, assign or disqualify them", module: .crm,
                right: .to("edit", "lead")
            ) {
                _, visit, form in
                try await assign(visit, form)
            },
            action(
                "/console/{tenant}/leads/requalify", "Give leads that were disqualified their status back",
                module: .crm,
                right: .to("edit", "lead")
            ) { _, visit, form in
                try await requalify(visit, form)
            },
        ]
    }

    /// All of them, or none: whoever chose ten leads wants ten changed.
    private func assign(_ visit: Visit, _ form: Query) async throws -> Response {
        let tenant = try visit.requiredTenant()
        let back = Self.local(form["back"], tenant) ?? "/console/\(tenant.slug)/leads"
        let single = form["take"]
        let chosen = single.map { [$0] } ?? form.items.filter { $0.name == "lead" }.map(\.value)
        guard !chosen.isEmpty else { return .seeOther(Self.with(notice: "none-chosen", back)) }
        guard chosen.count <= Self.leadsAtOnce else {
            throw Problem.badRequest("too_many", "At most \(Self.leadsAtOnce) leads are changed at once.")
        }
        if single != nil || form["do"] == "take" {
            let ids = chosen.compactMap { PublicID(.lead, text: $0)?.uuid }
            guard ids.count == chosen.count else { throw Problem.notFound }
            try await take(.lead, ids, visit, tenant)
            return .seeOther(Self.with(notice: "own", back))
        }
        let isDisqualified = form["do"] == "disqualify"
        var change: JSONObject = ["status": "disqualified"]
        if !isDisqualified {
            guard let owner = form["assignee"], !owner.isEmpty else {
                throw Problem.badRequest("no_owner", "Choose to whom the leads are assigned.")
            }
            change = ["owner_id": owner == Owners.nobody ? .null : .string(owner)]
        }
        let items = chosen.map { JSON.object(["op": "update", "id": .string($0), "data": .object(change)]) }
        let batch = try RecordBatch(["mode": "all", "items": .array(items)])
        let (author, catalog) = (RecordAuthor(actor: visit.actor), try await catalog(of: tenant))
        let before = try await writing(tenant) { (connection) throws(TandemError) in
            let before = isDisqualified ? try Self.statuses(of: chosen, connection, catalog) : []
            let outcomes = try connection.recordBatch(catalog[.lead], batch, by: author, catalog: catalog)
            // What is not applied for another's sake is told by that one.
            let errors = outcomes.compactMap(\.error)
            if let error = errors.first(where: { if case .conflict = $0 { false } else { true } }) ?? errors.first {
                throw error
            }
            return before
        }
        let undo = before.isEmpty || before.count > Undo.leadsMaximum ? nil : Undo.disqualify(before)
        return .seeOther(Self.with(notice: isDisqualified ? "disqualified" : "assigned", undo: undo, back))
    }

    /// What leads say now that are worked on: it is lost once they are disqualified.
    private static func statuses(
        of leads: [String], _ connection: Connection, _ catalog: ObjectCatalog
    ) throws(TandemError) -> [(lead: RecordID, status: String)] {
        var before: [(lead: RecordID, status: String)] = []
        for text in leads {
            guard let id = PublicID(.lead, text: text)?.uuid else { throw .notFound() }
            let record = try connection.recordGet(catalog[.lead], id: id, catalog: catalog)
            if let status = record.json["status"]?.string, LeadRead.open.contains(status) {
                before.append((id, status))
            }
        }
        return before
    }

    /// All of them, or none. What somebody changed since is not overwritten.
    private func requalify(_ visit: Visit, _ form: Query) async throws -> Response {
        let tenant = try visit.requiredTenant()
        let back = Self.local(form["back"], tenant) ?? "/console/\(tenant.slug)/leads"
        let leads = form.items.filter { $0.name == "lead" }.map(\.value)
        let before = leads.compactMap { Undo.lead($0) }
        guard !before.isEmpty, before.count == leads.count, leads.count <= Undo.leadsMaximum else {
            throw Problem.badRequest("invalid_lead", "The form names no leads, or none with the status that they had.")
        }
        let (author, catalog) = (RecordAuthor(actor: visit.actor), try await catalog(of: tenant))
        try await writing(tenant) { (connection) throws(TandemError) in
            for (id, status) in before {
                let record = try connection.recordGet(catalog[.lead], id: id, catalog: catalog)
                guard record.json["status"]?.string == "disqualified" else {
                    throw .conflict("Somebody has changed the status meanwhile; nothing was taken back.")
                }
                _ = try connection.recordUpdate(
                    catalog[.lead], id: id, ["status": .string(status)], ifMatch: record.version, by: author,
                    catalog: catalog)
            }
        }
        return .seeOther(Self.with(notice: "requalified", back))
    }
}
