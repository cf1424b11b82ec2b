import Crypto
import Foundation
import Logging
public import Postgres

extension TenantDirectory {
    /// Makes a source. Trust and provenance are the kind's defaults unless given.
    public func createSource(
        _ tenant: Tenant, name: String, kind: Source.Kind, trust: Source.Trust? = nil,
        provenance: Source.Provenance? = nil, allowedOrigins: [AllowedOrigin] = []
    ) throws(PostgresError) -> Source {
        let statement = try sourceStatement(
            tenant.id, name: name, kind: kind, trust: trust, provenance: provenance, allowedOrigins: allowedOrigins)
        return try Source(row: change([statement])[0].one())
    }

    /// The same, within the transaction of `create`.
    func makeSource(_ tenant: UUID, name: String, kind: Source.Kind) throws(PostgresError) -> Source {
        try Source(row: connection.execute(sourceStatement(tenant, name: name, kind: kind)).one())
    }

    private func sourceStatement(
        _ tenant: UUID, name: String, kind: Source.Kind, trust: Source.Trust? = nil,
        provenance: Source.Provenance? = nil, allowedOrigins: [AllowedOrigin] = []
    ) throws(PostgresError) -> Statement {
        try Self.checkName(name)
        let provenance = provenance ?? .default(for: kind)
        var trust = trust ?? .default(for: kind)
        if provenance == .thirdParty { trust.mayIdentify = false }
        return .call(
            "create_source", .uuid(ids.next()), .uuid(tenant), .text(name), .text(kind.rawValue),
            .bool(trust.mayIdentify), .bool(trust.mayCreateAccounts), .text(trust.mayWriteCRM.rawValue),
            .text(provenance.rawValue), .textArray(allowedOrigins.map(\.text)), .text(actor))
    }

    private static func checkName(_ name: String) throws(PostgresError) {
        guard !name.isEmpty, name.utf8.count <= 200 else { throw invalid("/name", "1 to 200 bytes") }
    }

    /// A tenant's sources by number.
    public func sources(_ tenant: Tenant) throws(PostgresError) -> [Source] {
        var result: [Source] = []
        for row in try connection.single(
            settings: TenantDatabase.control(), .call("find_sources", .uuid(tenant.id)))
        {
            result.append(try Source(row: row))
        }
        return result
    }

    /// The source with that name, `src_…` or uuid.
    public func source(_ tenant: Tenant, _ reference: String) throws(PostgresError) -> Source {
        let id = PublicID(.source, text: reference)?.uuid
        guard let source = try sources(tenant).first(where: { $0.name == reference || $0.id == id }) else {
            throw PostgresError(
                kind: .server("TD001"), message: "tenant \(tenant.slug) has no source \(reference)")
        }
        return source
    }

    /// The source's JSON with its `keys`, as API and command line show it.
    public func shown(_ source: Source, of tenant: Tenant) throws(PostgresError) -> JSONObject {
        var object = source.json
        object["keys"] = .array(
            try keys(tenant).filter { $0.source == source.id }.map { .object($0.json(source: source.name)) })
        return object
    }

    /// Changes what the change says.
    public func updateSource(_ source: Source, _ change: SourceChange) throws(PostgresError) -> Source {
        if let name = change.name { try Self.checkName(name) }
        if change.ratePerSecond != nil || change.burst != nil {
            _ = try setRate(source, perSecond: change.ratePerSecond, burst: change.burst)
        }
        let statement = Statement.call(
            "update_source", .uuid(source.id), change.name.bind, change.isEnabled.bind, change.mayIdentify.bind,
            change.mayCreateAccounts.bind, (change.mayWriteCRM?.rawValue).bind, (change.provenance?.rawValue).bind,
            change.allowedOrigins.map { .textArray($0.map(\.text)) } ?? .null(.textArray), .text(actor))
        return try Source(row: self.change([statement])[0].one())
    }

    /// Takes a source away; its keys end at once. Its events stay.
    public func deleteSource(_ source: Source) throws(PostgresError) -> Source {
        try Source(row: change([.call("delete_source", .uuid(source.id), .text(actor))])[0].one())
    }

    /// - Parameters:
    ///   - mapping: nil: as it is.
    ///   - secret: what the payloads are signed with, never shown again; nil: as it is.
    public func setWebhook(
        _ source: Source, mapping: WebhookMapping?, secret: String?
    ) throws(PostgresError) -> Source {
        var sealed: SealedSecret?
        if let secret {
            guard (8...500).contains(secret.utf8.count) else { throw Self.invalid("/secret", "8 to 500 bytes") }
            sealed = SealedSecret(
                sealing: secret, for: .webhook, of: source.id, with: try TandemContext.sealingKey(on: connection))
        }
        return try Source(
            row: change([
                .call(
                    "set_source_webhook", .uuid(source.id), mapping.map { .jsonb($0.json.encoded()) } ?? .null(.jsonb),
                    sealed.map { .bytea($0.bytes) } ?? .null(.bytea), .text(actor))
            ])[0].one())
    }
}

extension Connection {
    /// A tenant's sources by the number that stored events carry, for an operation.
    func sourcesByNumber(of tenant: Tenant, logger: Logger) throws(TandemError) -> [Int16: Source] {
        let directory = TenantDirectory(self, actor: "operation", logger: logger)
        let sources = try reading { () throws(PostgresError) in try directory.sources(tenant) }
        return Dictionary(sources.map { ($0.number, $0) }) { first, _ in first }
    }
}
