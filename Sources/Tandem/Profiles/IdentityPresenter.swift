import Foundation

/// Profiles, merges, reviews and what belongs to them, as API, command line and console show them: what the procedures
/// answer, its ids with their prefixes.
public enum IdentityPresenter {
    public static func profile(_ json: JSON) -> JSON {
        json.withPrefixes(["id": .profile, "merged_ids": .profile])
            .changing("accounts") { $0.changingElements { $0.withPrefixes(["id": .account]) } }
    }

    /// An answer of `consent_check`.
    static func consentAnswer(_ json: JSON) -> JSON { json.withPrefixes(["id": .profile]) }

    static func recipient(_ json: JSON) -> JSON { json.withPrefixes(["profile_id": .profile]) }

    static func consent(_ json: JSON) -> JSON { json.withPrefixes(["profile_id": .profile]) }

    /// A merge; one that became a review has a review's id.
    public static func merge(_ json: JSON) -> JSON {
        let prefix: PublicID.Prefix = json["state"]?.string == "review" ? .review : .merge
        return json.withPrefixes(["id": prefix, "winner": .profile, "loser": .profile])
            .changing("edges") { $0.changingElements { $0.withPrefixes(["a": .profile, "b": .profile]) } }
            .changing("detail") { $0.withPrefixes(["before": .profile, "review": .review]) }
            .changing("plan", plan)
    }

    /// What a dry run says of each part; see the SQL function `identity_plan`.
    static func plan(_ json: JSON) -> JSON {
        var plan = json.changing("profiles") { profiles in
            profiles.changingSides { $0.withPrefixes(["id": .profile]) }
        }
        let parts: [(String, PublicID.Prefix?)] = [
            ("identifiers", nil), ("traits", nil), ("consent", nil), ("accounts", .account), ("contacts", .contact),
            ("opportunities", .opportunity), ("audiences", nil),
        ]
        for (part, prefix) in parts {
            plan = plan.changing(part) { items in
                items.changingElements { item in
                    (prefix.map { item.withPrefixes(["id": $0]) } ?? item)
                        .changingSides { $0.withPrefixes(["profile": .profile]) }
                }
            }
        }
        return plan
    }

    public static func review(_ json: JSON) -> JSON {
        json.withPrefixes(["id": .review])
            .changing("profiles") { profiles in
                profiles.changingElements {
                    $0.withPrefixes(["id": .profile])
                        .changing("accounts") { $0.changingElements { $0.withPrefixes(["id": .account]) } }
                }
            }
            .changing("detail") { $0.withPrefixes(["winner": .profile, "loser": .profile]) }
            .changing("merge", merge)
            .changing("plan", plan)
    }

    public static func identifier(_ json: JSON) -> JSON {
        json.withPrefixes(["node": .profile])
    }

    public static func event(_ json: JSON) -> JSON {
        json.withPrefixes(["id": .event, "account_id": .account, "profile_id": .profile])
    }

    /// One thing that happened to a profile: `{"at", "kind": event|merge|undo|activity, …}`.
    public static func timelineItem(_ json: JSON) -> JSON {
        switch json["kind"]?.string {
        case "event": event(json)
        case "activity": json.withPrefixes(["id": .activity])
        default: json.changing("merge", merge)
        }
    }

    /// `{"profile", "nodes": [{"id", "profile", "created_at", "identifiers"}], "edges": [{"a", "b", "merge", …}]}`.
    public static func graph(_ json: JSON) -> JSON {
        json.withPrefixes(["profile": .profile])
            .changing("nodes") { $0.changingElements { $0.withPrefixes(["id": .profile, "profile": .profile]) } }
            .changing("edges") {
                $0.changingElements { $0.withPrefixes(["a": .profile, "b": .profile, "merge": .merge]) }
            }
    }
}

extension JSON {
    fileprivate func withPrefixes(_ keys: [String: PublicID.Prefix]) -> JSON {
        guard var object else { return self }
        for (key, prefix) in keys {
            switch object[key] {
            case .string(let text): object[key] = .string(JSON.prefixed(prefix, text))
            case .array(let list):
                object[key] = .array(list.map { $0.string.map { .string(JSON.prefixed(prefix, $0)) } ?? $0 })
            default: break
            }
        }
        return .object(object)
    }

    fileprivate func changing(_ key: String, _ change: (JSON) -> JSON) -> JSON {
        guard var object, let value = object[key] else { return self }
        object[key] = change(value)
        return .object(object)
    }

    fileprivate func changingElements(_ change: (JSON) -> JSON) -> JSON {
        guard let array else { return self }
        return .array(array.map(change))
    }

    /// Changes the elements of `before` and `after`.
    fileprivate func changingSides(_ change: (JSON) -> JSON) -> JSON {
        changing("before") { $0.changingElements(change) }.changing("after") { $0.changingElements(change) }
    }

    private static func prefixed(_ prefix: PublicID.Prefix, _ text: String) -> String {
        UUID(uuidString: text).map { PublicID(prefix, $0).description } ?? text
    }
}
