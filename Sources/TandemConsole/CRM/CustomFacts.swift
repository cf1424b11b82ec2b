import Foundation
import Postgres
import Tandem

extension Console {
    /// What the tenant's own fields say of a record; nothing where they say nothing.
    func customFacts(
        _ tenant: Tenant, _ object: ObjectDescription, _ id: UUID
    ) async throws -> [AccountCard.Fact] {
        try await reading(tenant) { (connection, catalog) throws(TandemError) -> [AccountCard.Fact] in
            let described = catalog[object]
            let custom = described.fields.filter { $0.custom != nil }
            if custom.isEmpty { return [] }
            let record = try connection.recordGet(described, id: id, catalog: catalog).json
            return custom.compactMap { field in
                guard let label = field.custom?.label, let text = Self.words(record[field.name]) else { return nil }
                return AccountCard.Fact(term: label, fact: text)
            }
        }
    }

    private static func words(_ value: JSON?) -> String? {
        switch value {
        case nil, .null: nil
        case .bool(let flag): flag ? "yes" : "no"
        case .array(let values): values.isEmpty ? nil : values.compactMap(\.string).joined(separator: ", ")
        case .string(let text): text
        case .some(let other): other.text
        }
    }
}
