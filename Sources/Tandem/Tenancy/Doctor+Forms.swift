import Postgres

/// Normal forms that another version of the normaliser made than the one that compares with them now.
extension Doctor {
    static let formsCheck = "normalizer-version"
    /// Of those that stay, how many are named.
    private static let named = 5

    static func forms(_ connection: Connection, of tenants: [Tenant]) throws(TandemError) -> Finding {
        var words: [String] = []
        for tenant in tenants where tenant.state == .active {
            let found = try connection.outdatedForms(of: tenant.database)
            if !found.isEmpty { words.append("\(tenant.slug): " + found.map(\.words).joined(separator: ", ")) }
        }
        return finding(
            formsCheck, words.isEmpty ? .ok : .warn,
            words.isEmpty
                ? "every normal form is of version \(Normalizer.version)"
                : "normal forms that are not of version \(Normalizer.version): " + words.joined(separator: "; "),
            "doctor --fix makes them anew, page by page, while servers run; until then these rows may not be found by their e-mail "
                + "address, number, domain or company. It names those that stay because another record has their address now: merge the two, or change one"
        )
    }

    /// - Parameter end: when to leave the rest for the next time; nil: never.
    /// - Returns: what was done, in words.
    static func renewForms(
        _ connection: Connection, of tenants: [Tenant], until end: ContinuousClock.Instant?
    ) throws(TandemError) -> String {
        var words: [String] = []
        for tenant in tenants where tenant.state == .active {
            var renewal = FormRenewal(connection, of: tenant, until: end)
            try renewal.run()
            let renewed = renewal.renewed.filter { $0.value > 0 }.sorted { $0.key < $1.key }
            var parts: [String] = []
            if !renewed.isEmpty {
                parts.append("made anew: " + renewed.map { "\($0.key) \($0.value)" }.joined(separator: ", "))
            }
            if !renewal.held.isEmpty {
                let more = renewal.held.count - named
                parts.append(
                    "as they were, \(renewal.held.count): "
                        + renewal.held.prefix(named).map(\.words).joined(separator: "; ")
                        + (more > 0 ? "; and \(more) more" : ""))
            }
            if renewal.isCutShort { parts.append("the rest the next time") }
            if !parts.isEmpty { words.append("\(tenant.slug): " + parts.joined(separator: "; ")) }
            if renewal.isCutShort { break }
        }
        return words.isEmpty ? "nothing was left to do" : words.joined(separator: ". ")
    }
}
