import FoundationEssentials
public import Postgres

/// A mapping that is to be put into force.
public struct MappingChange: Sendable {
    public let mapping: SourceMapping
    /// The version that it replaces; nil: whatever it is.
    public var expectedVersion: Int?

    public init(_ mapping: SourceMapping, expectedVersion: Int? = nil) {
        self.mapping = mapping
        self.expectedVersion = expectedVersion
    }

    /// - Parameter body: `{"rules", "version"?}`, or what `GET` answers.
    /// - Throws: `invalid`.
    public init(json body: JSONObject) throws(TandemError) {
        for key in body.names where !["rules", "version", "source", "author", "created_at"].contains(key) {
            throw .invalid("/\(key)", "unknown_key", "A mapping has rules and version.")
        }
        guard let rules = body["rules"] else { throw .invalid("/rules", "required", "A mapping has rules.") }
        mapping = try SourceMapping(rules: rules)
        expectedVersion = try body.expectedVersion()
    }

    /// - Parameter source: its name or uuid.
    public func statement(of source: String, actor: String) -> Statement {
        .call(
            "source_mapping_put", .text(source),
            expectedVersion.map { .int4(Int32(clamping: $0)) } ?? .null(.int4), .jsonb(mapping.json.encoded()),
            .text(actor))
    }
}

extension Source {
    /// A source's name, or its id as SQL knows it, from `src_…`, a uuid or a name.
    public static func reference(_ text: String) -> String {
        PublicID(.source, text: text)?.uuid.uuidString.lowercased() ?? text
    }
}

// Inside a transaction of the tenant.

extension Connection {
    /// The mapping in force, as API and command line show it.
    ///
    /// - Throws: `notFound`.
    public func mappingGet(of source: String) throws(TandemError) -> JSON {
        try run(.call("source_mapping_get", .text(source))).first?.json(0) ?? .null
    }

    /// At most `limit` versions, newest first.
    public func mappingVersions(of source: String, limit: Int) throws(TandemError) -> [JSON] {
        let rows = try run(
            .call("source_mapping_versions", .text(source), .null(.int4), .int4(Int32(clamping: limit))))
        return try rows.map { (row) throws(TandemError) in try row.json(1) ?? .null }
    }

    /// Puts a mapping into force.
    ///
    /// - Throws: `notFound`, `versionMismatch`.
    public func mappingPut(_ change: MappingChange, of source: String, actor: String) throws(TandemError) -> JSON {
        try run(change.statement(of: source, actor: actor)).first?.json(0) ?? .null
    }
}
