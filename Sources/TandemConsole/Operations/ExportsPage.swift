import Foundation
import Hummingbird
import Postgres
import Tandem
import TandemHTTP

/// Files of records, profiles and events: the form that orders one, and those that are there.
struct ExportsPage {
    struct Kind {
        let href: String
        let label: String
        let isCurrent: Bool
    }

    struct Order {
        let action: String
        let what: String
        let conditions: [String]
        let hidden: [Choice]
        /// Of records only: whether what is left out can be chosen.
        let ofEvents: Bool
        let wrong: String?
    }

    struct Entry {
        let what: String
        let fileName: String
        let who: String
        let ordered: Moment?
        let state: String
        let tone: String
        let rows: String
        let size: String
        let until: Moment?
        let reason: String?
        let fileHref: String?
        let deleteAction: String
    }

    let chrome: Chrome
    let kinds: [Kind]
    let order: Order?
    let files: [Entry]
    let hasFiles: Bool
    let isMaking: Bool
    let againHref: String
    let pager: Pager?
    let csrf: String
}

/// What the SQL function `export_show` gives.
private struct ExportRead: Decodable {
    struct Fault: Decodable {
        let message: String
    }

    let id: UUID
    let object: String
    let state: String
    let total: Int
    let rows: Int
    let bytes: Int
    let fileName: String
    let actor: String
    let error: Fault?
    let createdAt: String
    let expiresAt: String
}

extension Console {
    private static let exportsOnPage = 25
    private static let exportParameters = ListConditions.names + ["view"]

    /// Who may export any records.
    static let exportRight = ConsoleRight(ways: listed.map { ConsoleRight.Way(action: "export", object: $0.name) })

    var exportRoutes: [Route] {
        [
            page(
                "/console/{tenant}/exports", "Files to take along, and the form to order one", right: Self.exportRight,
                parameters: [
                    .init("object", "What the form orders: accounts, contacts, …, profiles, events"),
                    .init("view", "A saved list whose records are meant"),
                    .init("after", "When the last of the page before was ordered"), .init("id", "Its id"),
                ] + ListConditions.names.map { .init($0, "A condition of the list that is meant") }
            ) { call, visit in
                try await exports(call, visit)
            },
            action("/console/{tenant}/exports", "Order a file", right: Self.exportRight) { call, visit, form in
                try await orderExport(call, visit, form)
            },
            page("/console/{tenant}/exports/{id}/file", "A file that was ordered", right: Self.exportRight) {
                call, visit in
                try await exportedFile(call.id("id", .operation), visit)
            },
            action("/console/{tenant}/exports/{id}/delete", "Delete a file", right: Self.exportRight) {
                call, visit, _ in
                let (tenant, id) = (try visit.requiredTenant(), try call.id("id", .operation))
                let (owner, actor) = (Self.owner(visit), visit.actor)
                try await writing(tenant) { (connection) throws(TandemError) in
                    try connection.exportDiscard(id, of: owner, by: actor)
                }
                return .seeOther("/console/\(tenant.slug)/exports?notice=export-deleted")
            },
        ]
    }

    /// Whose files are seen: a user's own, since others may have been made with more rights; nil: all.
    private static func owner(_ visit: Visit) -> String? { visit.user == nil ? nil : visit.actor }

    /// What the visitor may take along, by the words of addresses.
    private static func kinds(_ visit: Visit, _ tenant: Tenant) -> [String] {
        let objects = listed.filter {
            ($0.module.map(tenant.modules.contains) ?? true) && visit.may("export", $0.name)
        }
        // People and their events have no owner: who exports all contacts may have them.
        let seesPeople =
            visit.may("read", "profile") && (visit.rights?.mayAll("export", "contact") ?? true)
            && tenant.modules.contains(.cdp)
        return objects.map(\.plural) + (seesPeople ? [ExportOrder.profiles, ExportOrder.events] : [])
    }

    private func exports(
        _ call: Call, _ visit: Visit, _ form: Query? = nil, wrong: String? = nil
    ) async throws -> Response {
        let tenant = try visit.requiredTenant()
        let path = "/console/\(tenant.slug)/exports"
        let place = call.place(.operation)
        let rows = try await read(
            tenant,
            [
                .call(
                    "export_list", Self.owner(visit).bind, place.at, place.id, .int4(Int32(Self.exportsOnPage + 1)))
            ])[0]
        let read = try rows.decoded("item", as: ExportRead.self)
        let shown = read.prefix(Self.exportsOnPage)
        let words = TimeWords(tenant.timezone)
        let kinds = Self.kinds(visit, tenant)
        let asked = form ?? call.query
        let chosen = kinds.first { $0 == asked["object"] } ?? kinds.first
        let page = ExportsPage(
            chrome: Chrome(
                title: "Exports", visit: visit, place: .exports, notice: call.query["notice"], version: version),
            kinds: kinds.map { .init(href: "\(path)?object=\($0)", label: Self.label($0), isCurrent: $0 == chosen) },
            order: try await chosen.asyncMap { try await exportForm($0, asked, tenant, path: path, wrong: wrong) },
            files: shown.map { Self.entry($0, words, path: path) }, hasFiles: !shown.isEmpty,
            isMaking: shown.contains { $0.state == "running" }, againHref: path,
            pager: read.count <= shown.count
                ? nil
                : shown.last.map {
                    Pager(href: "\(path)?after=\(queryValue($0.createdAt))&id=\(PublicID(.operation, $0.id))")
                },
            csrf: visit.csrf)
        return Response(
            html: templates.render(page, as: "exports"), status: wrong == nil ? .ok : .unprocessableContent)
    }

    private static func label(_ kind: String) -> String { kind == ExportOrder.profiles ? "people" : kind }

    private static func entry(_ read: ExportRead, _ words: TimeWords, path: String) -> ExportsPage.Entry {
        let place = "\(path)/\(PublicID(.operation, read.id))"
        let tones = ["done": "good", "running": "info", "failed": "bad", "withdrawn": "warn"]
        let reason =
            read.state == "withdrawn"
            ? "Somebody was erased since, who may have been in it. Order it again." : read.error?.message
        return ExportsPage.Entry(
            what: label(read.object), fileName: read.fileName, who: ActorWords.words(read.actor),
            ordered: words.moment(read.createdAt), state: read.state == "done" ? "ready" : read.state,
            tone: tones[read.state] ?? "",
            rows: read.state == "running"
                ? "\(Figures.count(read.rows)) of about \(Figures.count(read.total))" : Figures.count(read.rows),
            size: read.bytes == 0 ? "" : Figures.bytes(read.bytes), until: words.moment(read.expiresAt),
            reason: reason, fileHref: read.state == "done" ? place + "/file" : nil, deleteAction: place + "/delete")
    }

    private func exportForm(
        _ kind: String, _ asked: Query, _ tenant: Tenant, path: String, wrong: String?
    ) async throws -> ExportsPage.Order {
        let given = Self.exportConditions(asked)
        var conditions: [String] = []
        if let object = Self.listed.first(where: { $0.plural == kind }) {
            let view = asked["view"].flatMap { PublicID(.view, text: $0)?.uuid }
            let (owners, list) = try await reading(tenant) {
                (connection, catalog) throws(TandemError) -> ([RecordChoice], JSON?) in
                (
                    try connection.recordChoices(catalog.target(.user), limit: 500),
                    try view.map { (id) throws(TandemError) in
                        try connection.recordGet(catalog[.view], id: id, catalog: catalog).json
                    }
                )
            }
            let names = Dictionary(
                owners.map { ("\(PublicID(.user, $0.id))", $0.title) }, uniquingKeysWith: { first, _ in first })
            conditions = ListConditions(object, given, titles: names).words
            if let list { conditions.append("In the saved list “\(list["name"]?.string ?? "")”") }
        }
        return ExportsPage.Order(
            action: path, what: Self.label(kind), conditions: conditions,
            hidden: [Choice(value: kind, label: "object", isChosen: false)]
                + given.map { Choice(value: $0.value, label: $0.name, isChosen: false) },
            ofEvents: kind == ExportOrder.events, wrong: wrong)
    }

    private static func exportConditions(_ query: Query) -> [(name: String, value: String)] {
        query.items.filter { exportParameters.contains($0.name) && !$0.value.isEmpty }
    }

    private func orderExport(_ call: Call, _ visit: Visit, _ form: Query) async throws -> Response {
        let tenant = try visit.requiredTenant()
        guard let kind = Self.kinds(visit, tenant).first(where: { $0 == form["object"] }) else {
            throw Problem.notFound
        }
        let catalog = try await catalog(of: tenant)
        let isSheet = form["format"] == "sheet"
        var body: JSONObject = [
            "format": .string(form["format"] == "jsonl" ? "jsonl" : "csv"), "byte_order_mark": .bool(isSheet),
        ]
        for part in ["since", "until", "type", "event"] where kind == ExportOrder.events {
            if let text = form[part], !text.isEmpty { body[part] = .string(text) }
        }
        let (asked, id, actor, now) = (body, UUID.v7(), visit.actor, context.clock.microseconds)
        do {
            try await writing(tenant) { (connection) throws(TandemError) in
                let order =
                    switch kind {
                    case ExportOrder.profiles: try ExportOrder(ofProfiles: asked)
                    case ExportOrder.events: try ExportOrder(ofEvents: asked)
                    default: try Self.recordOrder(kind, form, asked, catalog, visit.user, connection)
                    }
                _ = try connection.exportOrder(order, id: id, at: now, by: actor)
            }
        } catch TandemError.limitReached(let detail) {
            return try await exports(call, visit, form, wrong: detail)
        } catch TandemError.invalid(let errors) {
            let words = errors.map { $0.detail.prefix(1).uppercased() + $0.detail.dropFirst() }
            return try await exports(call, visit, form, wrong: words.joined(separator: " "))
        }
        context.operations.ring(for: tenant.id)
        return .seeOther("/console/\(tenant.slug)/exports?object=\(kind)&notice=ordered")
    }

    private static func recordOrder(
        _ kind: String, _ form: Query, _ body: JSONObject, _ catalog: ObjectCatalog, _ user: SignedInUser?,
        _ connection: Connection
    ) throws(TandemError) -> ExportOrder {
        guard let object = listed.first(where: { $0.plural == kind }) else { throw .notFound() }
        var (body, conditions) = (body, ListConditions(object, exportConditions(form), titles: [:]).conditions)
        if let view = form["view"].flatMap({ PublicID(.view, text: $0)?.uuid }) {
            let list = try connection.recordGet(catalog[.view], id: view, catalog: catalog).json
            guard user == nil || isVisible(list, to: user.map { "\(PublicID(.user, $0.id))" }) else {
                throw .notFound()
            }
            if let filter = list["filter"], !filter.isNull { conditions.append(filter) }
        }
        if !conditions.isEmpty { body["where"] = ["all": .array(conditions)] }
        return try ExportOrder(of: catalog[object], body, catalog: catalog)
    }

    private func exportedFile(_ id: UUID, _ visit: Visit) async throws -> Response {
        let (tenant, owner) = (try visit.requiredTenant(), Self.owner(visit))
        let file = try await reading(tenant) { (connection) throws(TandemError) in
            try connection.exportFile(id, of: owner)
        }
        return Response(file: file.name, type: file.format.mediaType, bytes: file.bytes, parts: file.parts) { number in
            try await reading(tenant) { (connection) throws(TandemError) in try connection.exportPart(id, number) }
        }
    }
}

extension Optional {
    fileprivate func asyncMap<Value>(_ transform: (Wrapped) async throws -> Value) async rethrows -> Value? {
        if let self { try await transform(self) } else { nil }
    }
}
