public import Postgres

extension TenantDirectory {
    /// Changes what is not nil; 0 goes back to the server's default.
    public func setRate(
        _ tenant: Tenant, perSecond: Int? = nil, burst: Int? = nil, requestsPerSecond: Int? = nil
    ) throws(PostgresError) -> Tenant {
        try check(perSecond, "/rate")
        try check(burst, "/burst")
        try check(requestsPerSecond, "/request_rate")
        return try Tenant(
            row: change([
                .call(
                    "set_tenant_rate", .uuid(tenant.id), perSecond.rateBind, burst.rateBind, requestsPerSecond.rateBind,
                    .text(actor))
            ])[0].one())
    }

    /// Changes what is not nil; 0: no rate of its own.
    public func setRate(_ source: Source, perSecond: Int? = nil, burst: Int? = nil) throws(PostgresError) -> Source {
        try check(perSecond, "/rate")
        try check(burst, "/burst")
        return try Source(
            row: change([
                .call("set_source_rate", .uuid(source.id), perSecond.rateBind, burst.rateBind, .text(actor))
            ])[0].one())
    }

    private func check(_ number: Int?, _ pointer: String) throws(PostgresError) {
        guard let number, number != 0, !Rate.range.contains(number) else { return }
        throw Self.invalid(pointer, "1 to \(Rate.range.upperBound), or 0 for the default")
    }
}

extension Int? {
    fileprivate var rateBind: Bind { map { .int4(Int32($0)) } ?? .null(.int4) }
}
