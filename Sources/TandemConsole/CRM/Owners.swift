import Foundation
import Hummingbird
import Postgres
import Tandem
import TandemHTTP

/// The colleagues who may own records, and which of them the session says that it is.
struct Owners: Sendable {
    static let everyone = "everyone"
    static let nobody = "nobody"
    private static let limit = 500

    let all: [RecordChoice]
    /// Nil: everyone.
    let chosen: RecordChoice?
    /// Who is signed in; nil: an operator.
    let me: RecordID?

    var chosenID: RecordID? { chosen?.id }

    static func load(
        _ choice: String? = nil, me: RecordID? = nil, on connection: Connection, _ catalog: ObjectCatalog
    ) throws(TandemError) -> Owners {
        let all = try connection.recordChoices(catalog.target(.user), limit: limit)
        let id = choice.map { PublicID(.user, text: $0)?.uuid } ?? me
        return Owners(all: all, chosen: all.first { $0.id == id }, me: me)
    }

    /// A menu of them.
    /// - Parameter first: what stands above them, by its value.
    func menu(_ first: [(value: String, label: String)], chosen id: RecordID?, value: String? = nil) -> [Choice] {
        first.map {
            Choice(value: $0.value, label: $0.label, isChosen: id == nil && (value ?? first.first?.value) == $0.value)
        }
            + all.map { Choice(value: "\(PublicID(.user, $0.id))", label: $0.title, isChosen: $0.id == id) }
    }
}

extension Console {
    private static let ownerCookie = "tandem_owner"

    /// Whose records a page shows: the address says, else what was chosen last in this browser, else
    /// their own, else (for an operator) everyone's. 404 for nobody's id.
    func owners(_ call: Call, _ visit: Visit, _ tenant: Tenant) async throws -> Owners {
        let asked = call.text("owner")
        let choice = asked ?? Self.cookie(call, named: Self.ownerCookie)
        let me = visit.user?.id
        let owners = try await reading(tenant) { (connection, catalog) throws(TandemError) in
            try Owners.load(choice, me: me, on: connection, catalog)
        }
        if let asked, ![Owners.everyone, Owners.nobody].contains(asked), owners.chosen == nil {
            throw Problem.notFound
        }
        return owners
    }

    /// Remembers whose day it is that this browser looks at.
    static func remember(_ owners: Owners, _ call: Call, _ tenant: Tenant, in response: Response) -> Response {
        guard call.text("owner") != nil else { return response }
        var response = response
        let value = owners.chosen.map { "\(PublicID(.user, $0.id))" } ?? Owners.everyone
        response.headers[.setCookie] =
            cookie(named: ownerCookie, value, path: "/console/" + tenant.slug, seconds: 31_536_000, call)
        return response
    }
}
