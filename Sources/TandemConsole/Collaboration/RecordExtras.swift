import Foundation
import Postgres
import Tandem
import TandemHTTP

/// What colleagues put beside a record: comments, files, tags; and what was merged into it.
struct RecordExtras {
    let commentsCard: CommentsCard?
    let filesCard: FilesCard?
    let tagsCard: TagsCard?
    let mergedCard: MergedCard?
    /// Nil for what is not merged.
    var mergeHref: String?
}

extension Console {
    /// - Parameters:
    ///   - owners: the colleagues who can be mentioned.
    ///   - mayEdit: whether the visitor may change this record.
    func extras(
        _ object: ObjectDescription, _ id: RecordID, _ owners: [RecordChoice], _ visit: Visit, _ tenant: Tenant,
        mayEdit: Bool
    ) async throws -> RecordExtras {
        let place = "/console/\(tenant.slug)/\(object.plural)/\(object.publicID(id))"
        let hasCRM = tenant.modules.contains(.crm)
        let parameters = [("object_id", object.publicID(id)), ("limit", String(Self.besideLimit))]
        let seal = CursorSeal(key: context.sealingKey, tenant: tenant.database)
        let (comments, files, tags) = try await reading(tenant) {
            (connection, catalog) throws(TandemError) -> (RecordPage?, RecordPage?, [String]?) in
            var pages: [RecordPage?] = []
            for beside in [ObjectDescription.comment, .attachment] {
                guard hasCRM, beside.name == "attachment" || catalog.object(beside.name) != nil else {
                    pages.append(nil)
                    continue
                }
                let description = catalog[beside]
                let query = try RecordQueryReader(description, catalog: catalog).read(
                    parameters: parameters.map { (name: $0.0, value: $0.1) })
                pages.append(try connection.recordList(description, query, seal: seal, catalog: catalog))
            }
            let record = try connection.recordGet(catalog[object], id: id, catalog: catalog)
            return (pages[0], pages[1], record.json["tags"]?.array?.compactMap(\.string))
        }
        let words = TimeWords(tenant.timezone)
        return RecordExtras(
            commentsCard: comments.map { CommentsCard($0, place: place, owners: owners, visit, words) },
            filesCard: files.map {
                FilesCard($0, place: place, limit: attachmentLimit, tenant: tenant, visit, words)
            },
            tagsCard: tags.map { TagsCard($0, object, place: place, tenant: tenant, visit, mayEdit: mayEdit) },
            mergedCard: try await mergedCard(object, id, visit, tenant),
            mergeHref: RecordMerge.objects.contains { $0.name == object.name } && Self.mayMerge(visit, [object])
                ? "/console/\(tenant.slug)/compare/\(object.plural)?record=\(object.publicID(id))" : nil)
    }

    /// Of comments and files beside a record, the newest.
    static let besideLimit = 100

    /// The objects whose pages show what stands beside their records.
    static let withExtras: [ObjectDescription] = [.account, .contact, .lead, .opportunity, .ticket]
}
