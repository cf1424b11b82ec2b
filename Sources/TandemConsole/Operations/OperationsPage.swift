import Foundation
import Hummingbird
import Postgres
import Tandem
import TandemHTTP

/// Long work, newest first: how far it is, what came of it, and the way back.
struct OperationsPage {
    struct Entry {
        let work: QuarantinePage.Work
        let what: String
        let who: String
        /// Where what came of it is shown; nil: the counts are all.
        let resultHref: String?
        let undo: Undo?
    }

    struct Undo {
        let action: String
        let csrf: String
        let label: String
    }

    let chrome: Chrome
    let entries: [Entry]
    let hasEntries: Bool
    let pager: Pager?
}

/// What the SQL function `operation_show` gives of work on records.
private struct OperationDetail: Decodable {
    struct Input: Decodable {
        let object: String?
        let action: String?
        /// The one that is taken back.
        let operation: UUID?
    }

    let id: UUID
    let type: String
    let state: String
    let actor: String
    let createdAt: String
    let input: Input
}

extension Console {
    private static let operationsOnPage = 50

    var operationRoutes: [Route] {
        [
            page(
                "/console/{tenant}/operations", "Long work: how far it is, and the way back",
                right: .free,
                parameters: [.init("after", "When the last of the page before was ordered"), .init("id", "Its id")]
            ) { call, visit in
                try await operations(call, visit, visit.requiredTenant())
            },
            action("/console/{tenant}/operations/{id}/undo", "Take an operation back", right: .free) { call, visit, _ in
                let tenant = try visit.requiredTenant()
                let (operation, actor) = (try call.id("id", .operation), visit.actor)
                return .seeOther(
                    "/console/\(tenant.slug)/operations?notice=\(try await undo(operation, tenant, by: actor))")
            },
        ]
    }

    private func undo(_ operation: UUID, _ tenant: Tenant, by actor: String) async throws -> String {
        do {
            _ = try await writing(tenant) { (connection) throws(TandemError) in
                try connection.bulkUndo(operation, id: .v7(), by: actor)
            }
            context.operations.ring(for: tenant.id)
            return "ordered"
        } catch TandemError.alreadyUndone {
            return "operation-undone"
        }
    }

    private func operations(_ call: Call, _ visit: Visit, _ tenant: Tenant) async throws -> Response {
        let place = call.place(.operation)
        let limit = Self.operationsOnPage
        let rows = try await read(
            tenant, [.call("operation_list", .null(.text), place.at, place.id, .int4(Int32(limit + 1)))])[0]
        let words = TimeWords(tenant.timezone)
        let path = "/console/\(tenant.slug)/operations"
        let details = try rows.decoded("item", as: OperationDetail.self)
        // What took it back was ordered later, and stands above it.
        let undone = Set(details.compactMap(\.input.operation))
        let entries = try zip(details, rows.decoded("item", as: QuarantinePage.OperationRead.self)).prefix(limit).map {
            detail, read in
            let isUndoable =
                (detail.actor == visit.actor || visit.may("edit", "setting")) && detail.type == "bulk"
                && detail.state != "running" && !undone.contains(detail.id)
            let work = QuarantinePage.Work(read, words)
            let what = Self.words(of: detail, context.catalogs.standard) ?? work.what
            return OperationsPage.Entry(
                work: work, what: what, who: ActorWords.words(detail.actor),
                resultHref: detail.type == RulesSimulation.operationType && visit.may("read", "setting")
                    ? "/console/\(tenant.slug)/rules?simulation=\(PublicID(.operation, detail.id))" : nil,
                undo: !isUndoable
                    ? nil
                    : OperationsPage.Undo(
                        action: "\(path)/\(PublicID(.operation, detail.id))/undo", csrf: visit.csrf,
                        label: what))
        }
        var pager: Pager?
        if rows.count > limit, let last = details.prefix(limit).last {
            pager = Pager(href: "\(path)?after=\(queryValue(last.createdAt))&id=\(PublicID(.operation, last.id))")
        }
        let page = OperationsPage(
            chrome: Chrome(
                title: "Operations", visit: visit, place: .operations, notice: call.query["notice"], version: version),
            entries: Array(entries), hasEntries: !details.isEmpty, pager: pager)
        return Response(html: templates.render(page, as: "operations"))
    }

    /// `Update contacts`, `Undo: update contacts`.
    private static func words(of detail: OperationDetail, _ catalog: ObjectCatalog) -> String? {
        guard let object = detail.input.object.flatMap({ catalog.object($0) }),
            let action = detail.input.action
        else { return nil }
        let words = "\(action) \(object.plural)"
        return detail.type == "bulk_undo" ? "Undo: " + words : words.prefix(1).uppercased() + words.dropFirst()
    }
}
