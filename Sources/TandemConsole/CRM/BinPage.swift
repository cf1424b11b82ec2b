import Foundation
import Hummingbird
import Postgres
import Tandem
import TandemHTTP

/// What was deleted, the last first.
struct BinPage {
    struct Kind {
        let href: String
        let label: String
        let isCurrent: Bool
    }

    struct Entry {
        /// What a tick sends.
        let recordID: String
        let recordName: String
        let kind: String
        let deletedAt: Moment?
        let deletedBy: String
    }

    let chrome: Chrome
    let kinds: [Kind]
    let action: String
    let csrf: String
    let back: String
    let records: [Entry]
    let hasRecords: Bool
    let kindLabel: String?
    let pager: Pager?
}

/// What the SQL function `find_deleted` gives of a record.
private struct DeletedRead: Decodable {
    let object: String
    let id: UUID
    let at: String
    let actor: String
    let name: String?
    let kind: String?
}

extension Console {
    private static let binPageSize = 50
    private static let restoredAtOnce = 200

    /// Whoever may delete anything.
    static let binRight = ConsoleRight(
        ways: ObjectCatalog.standard.objects.map { .init(action: "delete", object: $0.name) })

    var binRoutes: [Route] {
        [
            page(
                "/console/{tenant}/bin", "What was deleted", right: Self.binRight,
                parameters: [
                    .init("object", "Only records of this object"),
                    .init("after", "Time of the last one of the page before"), .init("id", "And its id"),
                ]
            ) { call, visit in
                try await bin(call, visit, visit.requiredTenant())
            },
            action("/console/{tenant}/bin/restore", "Restore deleted records", right: Self.binRight) {
                _, visit, form in
                try await restore(visit, form)
            },
        ]
            + Self.deletable.map { object in
                action(
                    "/console/{tenant}/\(object.plural)/{\(object.name)}/delete", "Delete one \(object.name)",
                    module: object.module, right: .to("delete", object.name)
                ) { call, visit, form in
                    try await delete(object, call.id(object.name, object.prefix), visit, form)
                }
            }
    }

    /// The objects whose records the console deletes.
    static let deletable: [ObjectDescription] = [.account, .contact, .lead, .opportunity, .activity]

    private func bin(_ call: Call, _ visit: Visit, _ tenant: Tenant) async throws -> Response {
        let path = "/console/\(tenant.slug)/bin"
        let all = try await catalog(of: tenant).objects.filter {
            ($0.module.map(tenant.modules.contains) ?? true) && visit.may("delete", $0.name)
        }
        let asked = call.text("object")
        guard let chosen = asked == nil ? all : all.first(where: { $0.name == asked }).map({ [$0] }) else {
            throw Problem.notFound
        }
        let at = call.text("after").flatMap { WireTime.parse($0) }.map(Bind.timestamptz) ?? .null(.timestamptz)
        let id = call.text("id").flatMap { UUID(uuidString: $0) }.bind
        let found = try await read(
            tenant,
            [.call("find_deleted", .textArray(chosen.map(\.name)), at, id, .int4(Int32(Self.binPageSize + 1)))])[0]
            .decoded("record", as: DeletedRead.self)
        let shown = found.prefix(Self.binPageSize)
        let words = TimeWords(tenant.timezone)
        let filter = asked.map { "object=\(queryValue($0))&" } ?? ""
        let page = BinPage(
            chrome: Chrome(title: "Bin", visit: visit, place: .bin, notice: call.query["notice"], version: version),
            kinds: [BinPage.Kind(href: path, label: "all", isCurrent: asked == nil)]
                + all.map {
                    BinPage.Kind(href: "\(path)?object=\($0.name)", label: $0.plural, isCurrent: $0.name == asked)
                },
            action: "\(path)/restore", csrf: visit.csrf, back: filter.isEmpty ? path : "\(path)?\(filter.dropLast())",
            records: shown.compactMap { read in
                all.first { $0.name == read.object }.map { object in
                    BinPage.Entry(
                        recordID: object.publicID(read.id), recordName: read.name ?? "without a name",
                        kind: (read.kind ?? object.name).replacing("_", with: " "), deletedAt: words.moment(read.at),
                        deletedBy: ActorWords.words(read.actor))
                }
            },
            hasRecords: !shown.isEmpty, kindLabel: asked == nil ? nil : chosen.first?.plural,
            pager: found.count > shown.count
                ? shown.last.map {
                    Pager(href: "\(path)?\(filter)after=\(queryValue($0.at))&id=\($0.id.uuidString.lowercased())")
                } : nil)
        return Response(html: templates.render(page, as: "bin"))
    }

    /// All of them, or none. What others hang on comes first, so that links find their ends.
    private func restore(_ visit: Visit, _ form: Query) async throws -> Response {
        let tenant = try visit.requiredTenant()
        let back = Self.local(form["back"], tenant) ?? "/console/\(tenant.slug)/bin"
        let chosen = form.items.filter { $0.name == "record" }.map(\.value)
        guard !chosen.isEmpty else { return .seeOther(Self.with(notice: "nothing-chosen", back)) }
        guard chosen.count <= Self.restoredAtOnce else {
            throw Problem.badRequest("too_many", "At most \(Self.restoredAtOnce) records are restored at once.")
        }
        let catalog = try await catalog(of: tenant)
        let author = RecordAuthor(actor: visit.actor)
        var orders: [(object: ObjectDescription, id: RecordID)] = []
        for object in catalog.objects {
            for text in chosen where text.lowercased().hasPrefix(object.prefix.rawValue + "_") {
                if let id = PublicID(object.prefix, text: text)?.uuid { orders.append((object, id)) }
            }
        }
        guard orders.count == chosen.count else { throw Problem.notFound }
        let isWhole = try await writing(tenant) { [orders] (connection) throws(TandemError) -> Bool in
            var isWhole = true
            for order in orders {
                let record = try connection.recordRestore(order.object, id: order.id, by: author, catalog: catalog)
                if record.detail?["not_restored"] != nil { isWhole = false }
            }
            return isWhole
        }
        return .seeOther(Self.with(notice: isWhole ? "restored" : "restored-in-part", back))
    }

    private func delete(
        _ object: ObjectDescription, _ id: RecordID, _ visit: Visit, _ form: Query
    ) async throws -> Response {
        let tenant = try visit.requiredTenant()
        let (catalog, author) = (try await catalog(of: tenant), RecordAuthor(actor: visit.actor))
        try await writing(tenant) { (connection) throws(TandemError) in
            try connection.recordDelete(catalog[object], id: id, by: author)
        }
        let list = "/console/\(tenant.slug)/\(object.name == "activity" ? "today" : object.plural)"
        let back = Self.local(form["back"], tenant) ?? list
        return .seeOther(Self.with(notice: "deleted", undo: .delete(object.publicID(id)), back))
    }
}
