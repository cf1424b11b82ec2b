import Foundation
import Hummingbird
import Postgres
import Tandem
import TandemHTTP

/// The button that makes a record of nobody's the visitor's own.
struct TakeForm {
    let takeAction: String
    let takeToken: String

    /// Nil where there is nothing to take.
    /// - Parameters:
    ///   - mayTake: what SQL says of it.
    ///   - place: of the record's page.
    init?(_ mayTake: Bool, of object: ObjectDescription, place: String, _ visit: Visit) {
        guard mayTake, visit.changes("owner_id", of: object.name) else { return nil }
        takeAction = "\(place)/own"
        takeToken = visit.csrf
    }
}

extension Console {
    /// The objects whose records are taken.
    private static let takable: [ObjectDescription] = [.account, .contact, .lead, .opportunity, .ticket]

    var takeRoutes: [Route] {
        Self.takable.map { object in
            action(
                "/console/{tenant}/\(object.plural)/{\(object.name)}/own",
                "Make one \(object.name) that nobody owns the visitor's own", module: object.module,
                right: .to("edit", object.name)
            ) { call, visit, _ in
                let tenant = try visit.requiredTenant()
                let id = try call.id(object.name, object.prefix)
                try await take(object, [id], visit, tenant)
                let place = "/console/\(tenant.slug)/\(object.plural)/\(object.publicID(id))"
                return .seeOther(Self.with(notice: "own", place))
            }
        }
    }

    /// All of them, or none. Who comes second takes nothing from who was first.
    func take(_ object: ObjectDescription, _ ids: [RecordID], _ visit: Visit, _ tenant: Tenant) async throws {
        guard let user = visit.user?.id else {
            throw Problem.forbidden(
                "no_user", "Operators own no records. Sign in as a user to take it, or assign it to one.")
        }
        let (author, catalog) = (RecordAuthor(actor: visit.actor), try await catalog(of: tenant))
        let change: JSON = ["owner_id": .string("\(PublicID(.user, user))")]
        try await writing(tenant) { (connection) throws(TandemError) in
            for id in ids {
                let record = try connection.recordGet(catalog[object], id: id, catalog: catalog)
                guard record.json["owner_id"]?.isNull == true else {
                    throw .conflict("Somebody else has taken it meanwhile; nothing was changed.")
                }
                _ = try connection.recordUpdate(
                    catalog[object], id: id, change, ifMatch: record.version, by: author, catalog: catalog)
            }
        }
    }
}
