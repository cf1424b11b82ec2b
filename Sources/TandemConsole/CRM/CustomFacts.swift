import Foundation
import Postgres
import Tandem

extension Console {
    /// What the tenant's own fields say of a record; nothing where they say nothing.
    func customFacts(
        _ tenant: Tenant, _ object: ObjectDescription, _ id: UUID
    ) async throws -> [AccountCard.Fact] {
        let words = TimeWords(tenant.timezone)
        return try await reading(tenant) { (connection, catalog) throws(TandemError) -> [AccountCard.Fact] in
            let described = catalog[object]
            let custom = described.fields.filter { $0.custom != nil }
            if custom.isEmpty { return [] }
            let record = try connection.recordGet(described, id: id, catalog: catalog).json
            return custom.compactMap { field in
                guard let label = field.custom?.label, let value = record[field.name], !value.isNull else { return nil }
                let text = FieldWords.text(value, field, words)
                return text.isEmpty ? nil : AccountCard.Fact(term: label, fact: text)
            }
        }
    }
}
