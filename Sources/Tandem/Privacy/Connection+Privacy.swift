public import Foundation
public import Postgres

// Inside a transaction of the tenant: `connection.inTenant(tenant.database) { … }`.

extension Connection {
    /// - Throws: `notFound`.
    public func privacyRequest(_ id: UUID) throws(TandemError) -> JSON {
        PrivacyPresenter.request(try run(.call("privacy_request_show", .uuid(id))).first?.json(0) ?? .null)
    }

    /// At most `limit` requests, newest first.
    public func privacyRequests(kind: String? = nil, limit: Int) throws(TandemError) -> [JSON] {
        let rows = try run(
            .call(
                "privacy_request_list", kind.bind, .null(.timestamptz), .null(.uuid), .int4(Int32(clamping: limit))))
        return try rows.map { (row) throws(TandemError) in PrivacyPresenter.request(try row.json(2) ?? .null) }
    }

    /// `{"suppressed", "since"?, "request"?}`.
    public func suppressionState(_ subject: PrivacySubject) throws(TandemError) -> JSON {
        var state =
            try run(.call("suppression_state", Array(subject.binds.dropFirst()))).first?.json(0)?.object ?? [:]
        PrivacyPresenter.replaceID(&state, "request")
        return .object(state)
    }

    /// A page of what is known of the person of an export: `{"kind", "data"}` each. The keys of the last item before it
    /// are those of the last row.
    public func exportPage(
        _ id: UUID, after: (node: Int64, at: Int64, place: Int64)?, limit: Int
    ) throws(TandemError) -> (items: [JSON], last: (node: Int64, at: Int64, place: Int64)?) {
        let rows = try run(
            .call(
                "export_page", .uuid(id), after.map { .int8($0.node) } ?? .null(.int8),
                after.map { .timestamptz($0.at) } ?? .null(.timestamptz), after.map { .int8($0.place) } ?? .null(.int8),
                .int4(Int32(clamping: limit))))
        var items: [JSON] = []
        var last: (node: Int64, at: Int64, place: Int64)?
        for row in rows {
            items.append(try row.json(3) ?? .null)
            last = try reading { () throws(PostgresError) in
                (Int64(try row.int(0)), try row.timestamp(1), Int64(try row.int(2)))
            }
        }
        return (items, last)
    }
}

/// Requests about somebody's data as API, command line and console show them.
public enum PrivacyPresenter {
    public static func request(_ stored: JSON) -> JSON {
        var request = stored.object ?? [:]
        replaceID(&request, "id")
        return .object(request)
    }

    static func replaceID(_ object: inout JSONObject, _ name: String) {
        guard let id = object[name]?.string.flatMap(UUID.init(uuidString:)) else { return }
        object[name] = .string(PublicID(.privacyRequest, id).description)
    }
}
