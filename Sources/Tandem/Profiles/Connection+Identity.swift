public import Foundation
public import Postgres

/// One end of a merge that a person orders.
public enum MergeEnd: Sendable, Hashable {
    case profile(UUID)
    /// Normalised.
    case identifier(Identifier)

    /// As `merge_end` reads it.
    public var json: JSON {
        switch self {
        case .profile(let id): ["id": .string(id.text)]
        case .identifier(let identifier): ["type": .string(identifier.type), "value": .string(identifier.value)]
        }
    }

    /// As `node_at` takes it: id, type, value.
    var binds: [Bind] {
        switch self {
        case .profile(let id): [.uuid(id), .null(.text), .null(.text)]
        case .identifier(let identifier): [.null(.uuid), .text(identifier.type), .text(identifier.value)]
        }
    }
}

// All of these run inside a transaction of the tenant: `connection.inTenant(tenant.database) { connection in … }`, and
// answer what the API shows.

extension Connection {
    /// - Throws: `notFound`.
    public func profileShow(_ id: UUID) throws(TandemError) -> JSON {
        IdentityPresenter.profile(try answer(.call("profile_show", .uuid(id))))
    }

    /// - Throws: `notFound`.
    public func profileFind(_ identifier: Identifier) throws(TandemError) -> JSON {
        IdentityPresenter.profile(
            try answer(.call("profile_by_identifier", .text(identifier.type), .text(identifier.value))))
    }

    /// What a person agreed to: `{"profile_id", "categories": {name: {"granted", "at", "source", "proof"}}}`.
    ///
    /// - Throws: `notFound`.
    public func profileConsent(_ id: UUID) throws(TandemError) -> JSON {
        IdentityPresenter.consent(try answer(.call("profile_consent", .uuid(id))))
    }

    /// Records what a person said to somebody, for the whole profile.
    ///
    /// - Throws: `notFound`.
    public func stateConsent(_ id: UUID, _ order: ConsentOrder, by actor: String) throws(TandemError) -> JSON {
        IdentityPresenter.consent(
            try answer(
                .call(
                    "state_consent", .uuid(id), .jsonb(JSON.object(order.categories).encoded()),
                    order.at.map { .timestamptz($0) } ?? .null(.timestamptz),
                    .jsonb(JSON.object(order.proof).encoded()), .text(actor))))
    }

    /// At most `limit` profiles, oldest first.
    public func profileList(limit: Int) throws(TandemError) -> [JSON] {
        try answers(.call("profile_list", .null(.uuid), .int4(Int32(clamping: limit))), column: 1)
            .map(IdentityPresenter.profile)
    }

    /// At most `limit` things that happened to a profile, newest first.
    ///
    /// - Throws: `notFound`.
    public func profileTimeline(_ id: UUID, limit: Int) throws(TandemError) -> [JSON] {
        try answers(
            .call("profile_timeline", .uuid(id), .null(.timestamptz), .null(.text), .int4(Int32(clamping: limit))),
            column: 2
        ).map(IdentityPresenter.timelineItem)
    }

    /// The nodes and merges behind a profile, undone ones too.
    ///
    /// - Throws: `notFound`.
    public func profileGraph(_ id: UUID) throws(TandemError) -> JSON {
        IdentityPresenter.graph(try answer(.call("profile_graph", .uuid(id))))
    }

    /// A profile as it was: `{"id", "as_of", "user_id", "anonymous_ids", "identifiers", "traits", "merged_ids"}`.
    ///
    /// - Parameter moment: microseconds since 1970.
    /// - Throws: `notFound`, also where there was no such profile yet.
    public func profileShow(_ profile: MergeEnd, asOf moment: Int64) throws(TandemError) -> JSON {
        IdentityPresenter.profile(try answer(.call("profile_at", profile.binds + [.timestamptz(moment)])))
    }

    /// The graph behind a profile as it was.
    ///
    /// - Parameter moment: microseconds since 1970.
    /// - Throws: `notFound`, also where there was no such profile yet.
    public func profileGraph(_ profile: MergeEnd, asOf moment: Int64) throws(TandemError) -> JSON {
        IdentityPresenter.graph(try answer(.call("graph_at", profile.binds + [.timestamptz(moment)])))
    }

    /// At most `limit` merges, newest first: all, those of a ref or message, or those that touch a profile.
    public func mergeList(
        ref: String? = nil, profile: UUID? = nil, _ filter: MergeFilter = MergeFilter(), limit: Int
    ) throws(TandemError) -> [JSON] {
        try answers(
            .call(
                "merge_list",
                [ref.bind, profile.map { .uuid($0) } ?? .null(.uuid)] + filter.binds
                    + [.null(.timestamptz), .null(.uuid), .int4(Int32(clamping: limit))]), column: 2
        ).map(IdentityPresenter.merge)
    }

    /// - Throws: `notFound`.
    public func mergeShow(_ id: UUID) throws(TandemError) -> JSON {
        IdentityPresenter.merge(try answer(.call("merge_show", .uuid(id))))
    }

    /// - Parameter effectiveAt: microseconds since 1970; nil: now.
    /// - Throws: `sameProfile`, `refExists`, `unknownIdentifier`, `erased`.
    public func mergeApply(
        winner: MergeEnd, loser: MergeEnd, ref: String?, effectiveAt: Int64?, force: Bool, actor: String, isDryRun: Bool
    ) throws(TandemError) -> JSON {
        IdentityPresenter.merge(
            try answer(
                .call(
                    "apply_merge", .jsonb(winner.json.encoded()), .jsonb(loser.json.encoded()), ref.bind,
                    effectiveAt.map { .timestamptz($0) } ?? .null(.timestamptz), .bool(force), .text(actor),
                    .bool(isDryRun))))
    }

    /// - Parameter isDryRun: answers the `plan` and changes nothing.
    /// - Throws: `notFound`, `alreadyUndone`, `erased`.
    public func mergeUndo(_ id: UUID, actor: String, isDryRun: Bool = false) throws(TandemError) -> JSON {
        IdentityPresenter.merge(
            try answer(.call("undo_merge", .uuid(id), .null(.text), .text(actor), .bool(isDryRun))))
    }

    /// At most `limit` reviews in a state (`open`, `approved`, `rejected`, `obsolete`), oldest first.
    ///
    /// - Parameter reason: only these, as `likeness`; nil: all.
    public func reviewList(state: String, reason: String? = nil, limit: Int) throws(TandemError) -> [JSON] {
        try answers(
            .call(
                "review_list", .text(state), .null(.timestamptz), .null(.uuid), .int4(Int32(clamping: limit)),
                reason.bind),
            column: 2
        ).map(IdentityPresenter.review)
    }

    /// - Throws: `notFound`.
    public func reviewShow(_ id: UUID) throws(TandemError) -> JSON {
        IdentityPresenter.review(try answer(.call("review_show", .uuid(id))))
    }

    /// - Parameter isDryRun: answers the `plan` and changes nothing.
    /// - Throws: `notFound`, `alreadyDecided`.
    public func reviewDecide(
        _ id: UUID, approve: Bool, actor: String, isDryRun: Bool = false
    ) throws(TandemError) -> JSON {
        IdentityPresenter.review(
            try answer(.call("decide_review", .uuid(id), .bool(approve), .text(actor), .bool(isDryRun))))
    }

    private func answer(_ statement: Statement) throws(TandemError) -> JSON {
        guard let row = try run(statement).first, let json = try row.json(0) else { throw .notFound() }
        return json
    }

    private func answers(_ statement: Statement, column: Int) throws(TandemError) -> [JSON] {
        var items: [JSON] = []
        for row in try run(statement) {
            if let item = try row.json(column) { items.append(item) }
        }
        return items
    }
}
