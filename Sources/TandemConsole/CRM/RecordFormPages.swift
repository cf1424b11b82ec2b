import Foundation
import HTTPTypes
import Hummingbird
import Postgres
import Tandem
import TandemHTTP

/// One showing of a record's form, and what is to be said with it.
private struct RecordFormShowing {
    let state: RecordFormState
    var input: RecordFormInput
    var errors: [TandemError.FieldError] = []
    var existing: [RecordID] = []
    var changes: [RecordFormPage.Change] = []
    var status = HTTPResponse.Status.ok
}

extension Console {
    /// The objects whose records the console makes and changes.
    private static let editable: [ObjectDescription] = [.account, .contact, .lead, .opportunity, .activity]

    /// A tenant's objects.
    func catalog(of tenant: Tenant) async throws -> ObjectCatalog {
        try await reading(tenant) { (_, catalog) throws(TandemError) in catalog }
    }

    var recordFormRoutes: [Route] {
        Self.editable.flatMap { object -> [Route] in
            let base = "/console/{tenant}/\(object.plural)"
            let one = "\(base)/{\(object.name)}"
            let back = Route.Parameter("back", "The page to come back to")
            return [
                page(
                    "\(base)/new", "The form of a new \(object.name)", module: object.module,
                    right: .to("create", object.name), parameters: [back],
                    takesFields: true
                ) {
                    call, visit in
                    let fields = RecordFormInput(call.query)
                    let state = try await state(of: object, id: nil, visit, fields)
                    return try await shown(RecordFormShowing(state: state, input: fields), call, visit)
                },
                action(
                    "\(base)/new", "Make a new \(object.name)", module: object.module, right: .to("create", object.name)
                ) { call, visit, form in
                    try await save(object, id: nil, RecordFormInput(form), call, visit)
                },
                page(
                    "\(one)/edit", "The form of one \(object.name)", module: object.module,
                    right: .to("edit", object.name), parameters: [back]
                ) {
                    call, visit in
                    let id = try call.id(object.name, object.prefix)
                    let state = try await state(of: object, id: id, visit, RecordFormInput([:]))
                    let input = RecordFormInput(call.query["back"].map { ["back": $0] } ?? [:])
                    return try await shown(RecordFormShowing(state: state, input: input), call, visit)
                },
                action(
                    "\(one)/edit", "Change one \(object.name)", module: object.module, right: .to("edit", object.name)
                ) { call, visit, form in
                    try await save(object, id: call.id(object.name, object.prefix), RecordFormInput(form), call, visit)
                },
            ]
        }
    }

    private func state(
        of object: ObjectDescription, id: RecordID?, _ visit: Visit, _ typed: RecordFormInput
    ) async throws -> RecordFormState {
        let tenant = try visit.requiredTenant()
        let catalog = try await catalog(of: tenant)
        guard let description = catalog.object(object.name) else { throw Problem.notFound }
        var stages: [RecordChoice] = []
        if description.name == "opportunity", id == nil { stages = try await stageChoices(tenant) }
        return try await reading(tenant) { [stages] (connection) throws(TandemError) in
            try RecordFormState.load(
                description, id: id, typed: typed, stages: stages, catalog: catalog, on: connection)
        }
    }

    /// Writes what was typed, or shows the form again with what is in the way.
    private func save(
        _ object: ObjectDescription, id: RecordID?, _ input: RecordFormInput, _ call: Call, _ visit: Visit
    ) async throws -> Response {
        let tenant = try visit.requiredTenant()
        let state = try await state(of: object, id: id, visit, input)
        let words = TimeWords(tenant.timezone)
        let seen = input["version"].flatMap { Int($0) }
        var showing = RecordFormShowing(state: state, input: input)
        if let snapshot = state.snapshot, let seen, seen < snapshot.version {
            return try await conflict(showing, since: seen, call, visit)
        }
        let body = JSON.object(state.changes(input, words))
        if id != nil, body == [:] {
            return .seeOther(Self.with(notice: "unchanged", place(of: state, id, input, tenant)))
        }
        let (description, catalog) = (state.description, try await catalog(of: tenant))
        let author = RecordAuthor(actor: visit.actor)
        let allow = input["allow_duplicate"] == "true"
        do {
            let saved = try await writing(tenant) { (connection) throws(TandemError) -> RecordSnapshot in
                if let id {
                    return try connection.recordUpdate(
                        description, id: id, body, ifMatch: seen, by: author, catalog: catalog)
                }
                return try connection.recordCreate(
                    description, body, by: author, catalog: catalog, allowDuplicate: allow)
            }
            let notice = id == nil ? "created" : "saved"
            return .seeOther(Self.with(notice: notice, place(of: state, saved.id, input, tenant)))
        } catch TandemError.invalid(let errors) {
            showing.errors = errors
            showing.status = .unprocessableContent
        } catch TandemError.duplicate(let ids, _) {
            showing.existing = ids
            showing.status = .conflict
        } catch TandemError.versionMismatch {
            let now = try await self.state(of: object, id: id, visit, input)
            return try await conflict(RecordFormShowing(state: now, input: input), since: seen ?? 0, call, visit)
        }
        return try await shown(showing, call, visit)
    }

    /// Where a form leads when it is done: back where its maker says, else to the record.
    private func place(of state: RecordFormState, _ id: RecordID?, _ input: RecordFormInput, _ tenant: Tenant) -> String
    {
        if let back = Self.local(input["back"], tenant) { return back }
        guard let id, state.description.name != "activity" else { return "/console/\(tenant.slug)/today" }
        return "/console/\(tenant.slug)/\(state.description.plural)/\(state.description.publicID(id))"
    }

    /// Somebody else wrote meanwhile: their values where nothing was typed, both where both wrote.
    private func conflict(
        _ showing: RecordFormShowing, since version: Int, _ call: Call, _ visit: Visit
    ) async throws -> Response {
        let (tenant, state) = (try visit.requiredTenant(), showing.state)
        guard let id = state.snapshot?.id else { throw Problem.notFound }
        let (description, catalog) = (state.description, try await catalog(of: tenant))
        let seal = CursorSeal(key: context.sealingKey, tenant: tenant.database)
        let history = try await reading(tenant) { (connection) throws(TandemError) in
            try connection.recordHistory(description, id: id, limit: 100, seal: seal, catalog: catalog)
        }
        let words = TimeWords(tenant.timezone)
        let since = (history["items"]?.array ?? []).filter { ($0["version"]?.int ?? 0) > version }
        let merge = RecordConflict(state: state, history: since, words: words)
        var showing = showing
        showing.input = merge.input(showing.input)
        showing.changes = merge.changes
        showing.status = .preconditionFailed
        return try await shown(showing, call, visit)
    }

    private func mayDelete(_ state: RecordFormState, _ visit: Visit, _ tenant: Tenant) async throws -> Bool {
        guard let id = state.snapshot?.id, visit.may("delete", state.description.name) else { return false }
        let rows = try await read(
            tenant, [.call("readable_ids", .text(state.description.name), .uuidArray([id]), .text("delete"))])
        return try rows[0].one().uuids(0).contains(id)
    }

    private func shown(_ showing: RecordFormShowing, _ call: Call, _ visit: Visit) async throws -> Response {
        let tenant = try visit.requiredTenant()
        let (state, description) = (showing.state, showing.state.description)
        var existing: [AccountPage.Link] = []
        if !showing.existing.isEmpty {
            let target = description.target(
                LinkTarget(
                    object: description.name, prefix: description.prefix, table: description.table,
                    title: description.title))
            let ids = showing.existing
            existing = try await reading(tenant) { (connection) throws(TandemError) in
                try connection.recordChoices(target, ids: ids)
            }.map { choice in
                AccountPage.Link(
                    href: "/console/\(tenant.slug)/\(description.plural)/\(description.publicID(choice.id))",
                    label: choice.title.isEmpty ? "without a name" : choice.title)
            }
        }
        let title = state.record[description.title]?.string ?? state.record["name"]?.string
        let heading = state.isNew ? "New \(description.name)" : "Edit \(title ?? description.name)"
        let chrome = Chrome(
            title: heading, visit: visit, place: Chrome.Place(rawValue: description.plural) ?? .today,
            notice: call.query["notice"], version: version)
        let builder = RecordFormBuilder(
            state: state, input: showing.input, errors: showing.errors, words: TimeWords(tenant.timezone))
        let path = "/console/\(tenant.slug)/\(description.plural)"
        let page = builder.page(
            chrome: chrome, heading: heading, path: path, csrf: visit.csrf,
            cancel: place(of: state, state.snapshot?.id, showing.input, tenant),
            mayDelete: try await mayDelete(state, visit, tenant), existing: existing,
            changes: showing.changes)
        return Response(html: templates.render(page, as: "record-form"), status: showing.status)
    }
}
