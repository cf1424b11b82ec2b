public import Foundation
public import Postgres

/// A saved list: what a `view` holds, as a query. Its condition, order and fields are checked when it is saved, and again
/// when it is used: a field may have gone meanwhile, and the error names it.
struct SavedView {
    let filter: JSON?
    let sort: JSON?
    let fields: JSON?

    /// - Parameter data: columns of the view; those that are not there are not looked at.
    init(_ data: JSONObject) {
        func given(_ name: String) -> JSON? { data[name].flatMap { $0.isNull || $0.array?.isEmpty == true ? nil : $0 } }
        filter = given("filter")
        sort = given("sort")
        fields = given("fields")
    }

    /// - Throws: `invalid` with pointers into the view: `/filter/field`.
    func query(of description: ObjectDescription, _ catalog: ObjectCatalog) throws(TandemError) -> RecordQuery {
        var body = JSONObject()
        body["where"] = filter
        body["sort"] = sort
        body["fields"] = fields
        do throws(TandemError) {
            return try RecordQueryReader(description, catalog: catalog).read(.object(body))
        } catch {
            guard case .invalid(let errors) = error else { throw error }
            throw .invalid(
                errors.map { error in
                    let pointer =
                        error.pointer.hasPrefix("/where") ? "/filter" + error.pointer.dropFirst(6) : error.pointer
                    return .init(pointer: pointer, code: error.code, detail: error.detail)
                })
        }
    }
}

// Inside a transaction of the tenant.

extension Connection {
    /// The query that a list by a view is: the view's, with what else was asked for.
    ///
    /// - Throws: `badRequest` if there is no such view of the object, `invalid` if a field of it is gone.
    public func recordQuery(
        view id: RecordID, of description: ObjectDescription, _ asked: RecordQuery, catalog: ObjectCatalog
    ) throws(TandemError) -> RecordQuery {
        // One that the caller may not read is not there.
        let rows = try run(
            "select to_jsonb(v) from \(rows: catalog[.view]) v where v.id = \(bind: .uuid(id))" as SQLFragment)
        guard let data = try rows.first?.json(0)?.object, data["object"]?.string == description.name else {
            throw .badRequest(code: "unknown_view", detail: "There is no such view of \(description.plural).")
        }
        let saved = try SavedView(data).query(of: description, catalog)
        var query = asked
        let filters = [saved.filter, asked.filter].compactMap { $0 }
        query.filter = filters.count > 1 ? .all(filters) : filters.first
        if query.sort.isEmpty { query.sort = saved.sort }
        query.names = query.names ?? saved.names
        return query
    }

    /// What is wrong with the views that are about to be written, by their position.
    func viewErrors(_ writes: [RecordWrite]) throws(TandemError) -> [Int: [TandemError.FieldError]] {
        var errors: [Int: [TandemError.FieldError]] = [:]
        let catalog = try tenantCatalog()
        for (index, write) in writes.enumerated() where ![.delete, .restore].contains(write.operation) {
            // What a change leaves as it is counts too.
            var data = try savedView(write)
            for (name, value) in write.input.data { data[name] = value }
            let object = data["object"]?.string
            guard let description = object.flatMap({ catalog.object($0) }) else { continue }
            do throws(TandemError) {
                _ = try SavedView(data).query(of: description, catalog)
            } catch {
                guard case .invalid(let fields) = error else { throw error }
                errors[index] = fields
            }
        }
        return errors
    }

    private func savedView(_ write: RecordWrite) throws(TandemError) -> JSONObject {
        let id = write.id.map(Bind.uuid) ?? .null(.uuid)
        let externalID = write.match?["external_id"]?.string.map(Bind.text) ?? .null(.text)
        let rows = try run(
            "select to_jsonb(v) from views v where id = \(bind: id) or external_id = \(bind: externalID)" as SQLFragment
        )
        return try rows.first?.json(0)?.object ?? [:]
    }
}
