import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import Postgres
import Tandem
import TandemHTTP

/// Files beside records: they come and go as bytes; what is known of them is a record.
struct AttachmentRoutes {
    let records: RecordStore
    /// Of a file, bytes.
    let limit: Int

    var routes: [Route] {
        ObjectDescription.attachable.compactMap { records.standard.object($0) }.flatMap {
            [attach(to: $0), list(of: $0)]
        }
            + [content] + RecordRoutes(description: .attachment, records: records).ofMadeElsewhere
    }

    private func attach(to object: ObjectDescription) -> Route {
        Route(
            .post, "/v1/\(object.plural)/{id}/attachments",
            "\(object.plural.capitalized): put a file, the body, beside one", feature: "CRM", scope: .secret,
            module: .crm,
            body: .bytes(limit: limit), parameters: [.init("file_name", "The file's name")], success: 201
        ) { [records] call in
            let id = try call.id(object.prefix)
            let upload = try AttachmentUpload(
                fileName: call.query["file_name"], mediaType: call.headers[.contentType], bytes: call.body)
            let author = records.author(call)
            let made = try await records.transaction(call, object) {
                (connection, object, catalog) throws(TandemError) in
                try connection.attach(upload, to: object, id, by: author, catalog: catalog)
            }
            return .resource(
                call, made.json, version: made.version, status: .created,
                location: "/v1/attachments/\(ObjectDescription.attachment.publicID(made.id))")
        }
    }

    private func list(of object: ObjectDescription) -> Route {
        Route(
            .get, "/v1/\(object.plural)/{id}/attachments",
            "\(object.plural.capitalized): the files beside one, newest first",
            feature: "CRM", scope: .secret, module: .crm, parameters: Page.parameters
        ) { [records] call in
            let id = try call.id(object.prefix)
            var asked: [(name: String, value: String)] = [("object_id", object.publicID(id))]
            asked += call.query.items
            let (seal, parameters) = (try records.seal(call), asked)
            let page = try await records.transaction(call, object, readOnly: true) {
                (connection, object, catalog) throws(TandemError) -> RecordPage in
                _ = try connection.recordGet(object, id: id, catalog: catalog)
                let query = try RecordQueryReader(.attachment, catalog: catalog).read(parameters: parameters)
                return try connection.recordList(.attachment, query, seal: seal, catalog: catalog)
            }
            return Response(json: page.json)
        }
    }

    private var content: Route {
        Route(
            .get, "/v1/attachments/{id}/content", "Attachments: the file itself", feature: "CRM", scope: .secret,
            module: .crm
        ) { [records] call in
            let id = try call.id(.attachment)
            let file = try await records.transaction(call, .attachment, readOnly: true) {
                (connection, _, _) throws(TandemError) in try connection.attachmentFile(id)
            }
            return Response(file: file)
        }
    }
}
