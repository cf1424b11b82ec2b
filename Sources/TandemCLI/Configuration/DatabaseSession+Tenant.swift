import Foundation
import Postgres
import Tandem

extension DatabaseSession {
    /// Runs `body` in one transaction of the tenant. With --dry-run all of it happens, is checked, and is rolled back.
    func inTenant<Result>(
        _ tenant: Tenant, readOnly: Bool = false, _ body: (Connection) throws(TandemError) -> Result
    ) throws -> Result {
        let isDryRun = options.dryRun && !readOnly
        return try connection.inTenant(tenant.database, readOnly: readOnly) {
            (connection) throws(TandemError) -> Result in
            let result = try body(connection)
            if isDryRun { try connection.discardChanges() }
            return result
        }
    }

    /// The tenant's objects with its own fields.
    func catalog(of tenant: Tenant) throws -> ObjectCatalog {
        try connection.inTenant(tenant.database, readOnly: true, catalogs: CatalogDirectory()) {
            (_, catalog) throws(TandemError) in catalog
        }
    }

    /// The whole object for -o json, with `"dry_run": true` if nothing stays.
    func written(_ json: JSON) -> JSONObject {
        var object = json.object ?? JSONObject()
        if options.dryRun { object["dry_run"] = true }
        return object
    }
}
