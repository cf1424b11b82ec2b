public import Postgres

// Inside a transaction of the tenant. Plans and sources are named by name or id.

extension Connection {
    /// A version of a plan, or the newest.
    ///
    /// - Throws: `notFound`.
    public func planGet(_ plan: String, version: Int? = nil) throws(TandemError) -> JSONObject {
        try value(
            .call(
                "plan_get", .text(TrackingPlan.reference(plan)),
                version.map { .int4(Int32(clamping: $0)) } ?? .null(.int4)))
    }

    /// At most `limit` plans, by name, without their schemas.
    public func planList(limit: Int) throws(TandemError) -> [JSON] {
        try run(.call("plan_list", .null(.text), .int4(Int32(clamping: limit)))).map { (row) throws(TandemError) in
            TrackingPlan.shown(try row.json(1) ?? .null)
        }
    }

    /// At most `limit` versions of a plan, newest first.
    ///
    /// - Throws: `notFound`.
    public func planVersions(_ plan: String, limit: Int) throws(TandemError) -> [JSON] {
        let rows = try run(
            .call(
                "plan_versions", .text(TrackingPlan.reference(plan)), .null(.int4), .int4(Int32(clamping: limit))))
        return try rows.map { (row) throws(TandemError) in try row.json(1) ?? .null }
    }

    /// Adds a version, and the plan if there is none of that name.
    ///
    /// - Throws: `invalid`, `notFound`, `versionMismatch`.
    public func planPut(_ change: PlanChange, of plan: String, actor: String) throws(TandemError) -> JSONObject {
        try value(change.statement(of: plan, actor: actor))
    }

    /// - Throws: `notFound`, `inUse`.
    public func planDelete(_ plan: String, actor: String) throws(TandemError) -> JSONObject {
        try value(.call("plan_delete", .text(TrackingPlan.reference(plan)), .text(actor)))
    }

    /// - Throws: `notFound`.
    public func planConnect(
        _ connection: PlanConnection, of plan: String, source: String, actor: String
    ) throws(TandemError) -> JSONObject {
        try value(connection.statement(of: plan, source: source, actor: actor))
    }

    /// - Throws: `notFound`.
    public func planDisconnect(
        _ plan: String, source: String, actor: String
    ) throws(TandemError) -> JSONObject {
        try value(
            .call("plan_disconnect", .text(TrackingPlan.reference(plan)), .text(source), .text(actor)))
    }

    /// At most `limit` events with their violations, newest first.
    /// - Parameter after: time and id of the last one before them.
    public func planViolations(
        _ filter: PlanViolationFilter, after: (at: Bind, id: Bind) = (.null(.timestamptz), .null(.uuid)), limit: Int
    ) throws(TandemError) -> [JSON] {
        let rows = try run(
            .call("plan_violation_list", filter.bind, after.at, after.id, .int4(Int32(clamping: limit))))
        return try rows.map { (row) throws(TandemError) in TrackingPlan.shown(violation: try row.json(2) ?? .null) }
    }

    /// How many violations there were, by source, plan, event, keyword and action, and by hour if asked for.
    public func planViolationCounts(
        _ filter: PlanViolationFilter, byHour: Bool
    ) throws(TandemError) -> JSONObject {
        try value(.call("plan_violation_counts", filter.bind, .bool(byHour), .int4(PlanViolationFilter.countsLimit)))
    }

    /// A plan that the events of some days would keep to.
    ///
    /// - Throws: `notFound`.
    public func planLearn(_ lesson: PlanLesson) throws(TandemError) -> JSONObject {
        LearnedPlan(observed: .object(try value(lesson.statement))).json
    }

    private func value(_ statement: Statement) throws(TandemError) -> JSONObject {
        guard let json = try run(statement).first?.json(0) else { throw .notFound() }
        return TrackingPlan.shown(json).object ?? [:]
    }
}
