import Foundation
import Hummingbird
import Postgres
import Tandem
import TandemHTTP

/// Files that were imported: what came of them, and how far those have come that go on where the one before ended.
struct ImportsPage {
    struct Entry {
        let file: String
        let what: String
        let who: String
        let began: Moment?
        let state: String
        let tone: String
        let read: String
        let created: String
        let updated: String
        let unchanged: String
        let rejected: String
        let hasRejected: Bool
        let passedOver: String
        let cursor: Cursor?
    }

    struct Cursor {
        let kept: String
        let column: String
        /// What is odd about it.
        let note: String?
    }

    let chrome: Chrome
    let entries: [Entry]
    let hasEntries: Bool
    let pager: Pager?
}

/// What the SQL function `import_json` gives.
private struct ImportRead: Decodable {
    struct Cursor: Decodable {
        let column: String?
        let from: String?
        let kept: String?
        let stays: Bool
        let without: Int
    }

    let id: UUID
    let object: String
    let file: String
    let state: String
    let rows: Int
    let read: Int
    let created: Int
    let updated: Int
    let unchanged: Int
    let rejected: Int
    let passedOver: Int
    let cursor: Cursor?
    let actor: String
    let createdAt: String
}

extension Console {
    private static let importsOnPage = 50

    var importRoutes: [Route] {
        [
            page(
                "/console/{tenant}/imports", "Files that were imported, and what came of them", right: .settings,
                parameters: [.init("after", "When the last of the page before began"), .init("id", "Its id")]
            ) { call, visit in
                try await imports(call, visit, visit.requiredTenant())
            }
        ]
    }

    private func imports(_ call: Call, _ visit: Visit, _ tenant: Tenant) async throws -> Response {
        let place = call.place(.import)
        let limit = Self.importsOnPage
        let rows = try await read(tenant, [.call("list_imports", .int4(Int32(limit + 1)), place.at, place.id)])[0]
        let read = try rows.decoded(0, as: ImportRead.self)
        let words = TimeWords(tenant.timezone)
        let shown = read.prefix(limit)
        let page = ImportsPage(
            chrome: Chrome(
                title: "Imports", visit: visit, place: .imports, notice: call.query["notice"], version: version),
            entries: shown.map { Self.entry($0, words, context.catalogs.standard) }, hasEntries: !shown.isEmpty,
            pager: read.count <= shown.count
                ? nil
                : shown.last.map {
                    Pager(
                        href: "/console/\(tenant.slug)/imports?after=\(queryValue($0.createdAt))"
                            + "&id=\(PublicID(.import, $0.id))")
                })
        return Response(html: templates.render(page, as: "imports"))
    }

    private static func entry(
        _ read: ImportRead, _ words: TimeWords, _ catalog: ObjectCatalog
    ) -> ImportsPage.Entry {
        let tones = ["done": "good", "running": "info", "undoing": "info", "undone": "warn"]
        let cursor = read.cursor.flatMap { cursor in
            cursor.column.map { column in
                ImportsPage.Cursor(
                    kept: cursor.kept ?? "", column: column,
                    note: cursor.stays
                        ? "stays: what lies before \(cursor.from ?? "") was not read"
                        : cursor.without > 0 ? "\(Figures.count(cursor.without)) rows have none" : nil)
            }
        }
        return ImportsPage.Entry(
            file: read.file, what: catalog.object(read.object)?.plural ?? read.object + "s",
            who: ActorWords.words(read.actor), began: words.moment(read.createdAt),
            state: read.state == "undone" ? "taken back" : read.state, tone: tones[read.state] ?? "",
            read: read.state == "running"
                ? "\(Figures.count(read.read)) of \(Figures.count(read.rows))" : Figures.count(read.read),
            created: Figures.count(read.created), updated: Figures.count(read.updated),
            unchanged: Figures.count(read.unchanged), rejected: Figures.count(read.rejected),
            hasRejected: read.rejected > 0, passedOver: Figures.count(read.passedOver), cursor: cursor)
    }
}
