import Foundation
import HTTPTypes
import Hummingbird
import Postgres
import Tandem
import TandemHTTP

/// The files beside a record.
struct FilesCard {
    struct Entry {
        let fileName: String
        let fileHref: String
        let fileSize: String
        let addedAt: Moment?
        let addedBy: String
        let removeAction: String?
    }

    /// Nil for who may not.
    let uploadAction: String?
    let fileToken: String
    let fileBack: String
    let limit: String
    let files: [Entry]
    let isCut: Bool
}

extension FilesCard {
    init(_ page: RecordPage, place: String, limit: Int, tenant: Tenant, _ visit: Visit, _ words: TimeWords) {
        uploadAction = visit.may("create", "attachment") ? "\(place)/files" : nil
        fileToken = visit.csrf
        fileBack = "\(place)#files"
        self.limit = Figures.bytes(limit)
        files = page.items.map { item in
            let href = "/console/\(tenant.slug)/files/\(PublicID(.attachment, item.id))"
            return Entry(
                fileName: item.json["file_name"]?.string ?? "", fileHref: href,
                fileSize: Figures.bytes(item.json["size_bytes"]?.int ?? 0),
                addedAt: words.moment(item.json["created_at"]?.string),
                addedBy: ActorWords.words(item.json["created_by"]?.string ?? ""),
                removeAction: visit.may("delete", "attachment") ? href + "/delete" : nil)
        }
        isCut = page.next != nil
    }
}

extension Console {
    /// Room for the other fields of the form and the words around them.
    private static let formRoom = 64 << 10

    var fileRoutes: [Route] {
        Self.withExtras.map { object in
            uploadAction(
                "/console/{tenant}/\(object.plural)/{\(object.name)}/files", "Put a file beside one \(object.name)",
                limit: attachmentLimit + Self.formRoom
            ) { call, visit, form in
                try await upload(object, call.id(object.name, object.prefix), visit, form)
            }
        } + [
            page("/console/{tenant}/files/{file}", "A file that stands beside a record", module: .crm, right: .free) {
                call, visit in
                let (tenant, id) = (try visit.requiredTenant(), try call.id("file", .attachment))
                let file = try await reading(tenant) { (connection, catalog) throws(TandemError) -> AttachmentFile in
                    try Self.requireRecord(ofFile: id, catalog, on: connection)
                    return try connection.attachmentFile(id)
                }
                return Response(file: file)
            },
            action(
                "/console/{tenant}/files/{file}/delete", "Take a file away", module: .crm,
                right: .to("delete", "attachment")
            ) { call, visit, form in
                let (tenant, id) = (try visit.requiredTenant(), try call.id("file", .attachment))
                let (author, catalog) = (RecordAuthor(actor: visit.actor), try await catalog(of: tenant))
                try await writing(tenant) { (connection) throws(TandemError) in
                    try Self.requireRecord(ofFile: id, catalog, on: connection)
                    try connection.recordDelete(catalog[.attachment], id: id, by: author)
                }
                return .seeOther(Self.back(form, else: "today", tenant, notice: "file-deleted"))
            },
        ]
    }

    /// A file is who may read the record beside which it stands.
    private static func requireRecord(
        ofFile id: RecordID, _ catalog: ObjectCatalog, on connection: Connection
    ) throws(TandemError) {
        let file = try connection.recordGet(catalog[.attachment], id: id, catalog: catalog).json
        guard let object = file["object"]?.string.flatMap({ catalog.object($0) }),
            let record = file["object_id"]?.string.flatMap({ PublicID(object.prefix, text: $0)?.uuid })
        else { throw .notFound() }
        _ = try connection.recordGet(object, id: record, catalog: catalog)
    }

    private func upload(
        _ object: ObjectDescription, _ id: RecordID, _ visit: Visit, _ form: MultipartForm
    ) async throws -> Response {
        let tenant = try visit.requiredTenant()
        let place = "/console/\(tenant.slug)/\(object.plural)/\(object.publicID(id))"
        guard let file = form.file, !file.name.isEmpty else {
            return .seeOther(Self.with(notice: "no-file", place) + "#files")
        }
        guard file.bytes.count <= attachmentLimit else {
            throw Problem(
                .contentTooLarge, "file_too_large",
                "\(file.name) has \(Figures.bytes(file.bytes.count)); a file may have \(Figures.bytes(attachmentLimit))."
            )
        }
        let upload = try AttachmentUpload(fileName: file.name, mediaType: file.type, bytes: file.bytes)
        let (author, catalog) = (RecordAuthor(actor: visit.actor), try await catalog(of: tenant))
        _ = try await writing(tenant) { (connection) throws(TandemError) in
            try connection.attach(upload, to: catalog[object], id, by: author, catalog: catalog)
        }
        return .seeOther(Self.with(notice: "file-added", place) + "#files")
    }
}
