public import Postgres
import Synchronization

/// The objects of the tenants with their own fields, remembered by the version that each change of them raises.
///
/// The version is read in the round trip that begins a transaction (see `Connection.inTenant(_:readOnly:catalogs:_:)`), so
/// a change holds at once, whichever process made it.
public final class CatalogDirectory: Sendable {
    /// The product's own objects: those of a tenant without fields of its own.
    public let standard: ObjectCatalog

    private let known = Mutex<[TenantSchema: (version: Int, catalog: ObjectCatalog)]>([:])

    public init(standard: ObjectCatalog = .standard) { self.standard = standard }

    /// The objects of the tenant as they were last known, and their version.
    func presumed(of tenant: TenantDatabase) -> (version: Int, catalog: ObjectCatalog) {
        known.withLock { $0[tenant.schema] } ?? (0, standard)
    }

    /// - Parameter version: of this transaction.
    func catalog(
        of tenant: TenantDatabase, at version: Int, on connection: Connection
    ) throws(TandemError) -> ObjectCatalog {
        if version == 0 { return standard }
        if let known = known.withLock({ $0[tenant.schema] }), known.version == version { return known.catalog }
        let catalog = standard.with(try connection.customFields())
        known.withLock { $0[tenant.schema] = (version, catalog) }
        return catalog
    }
}

extension Connection {
    /// The tenant's objects as they are now, for who has no directory at hand. Runs inside a transaction of the tenant.
    func tenantCatalog() throws(TandemError) -> ObjectCatalog { ObjectCatalog.standard.with(try customFields()) }

    /// The custom fields of an object (nil: of all) in their order, hidden ones among them. Runs inside a transaction of
    /// the tenant.
    ///
    /// - Parameter object: singular.
    public func customFields(of object: String? = nil) throws(TandemError) -> [CustomField] {
        let rows = try run(.call("custom_field_list", object.map(Bind.text) ?? .null(.text)))
        return try rows.map { (row) throws(TandemError) in try CustomField(stored: row.json(0) ?? .null) }
    }
}
