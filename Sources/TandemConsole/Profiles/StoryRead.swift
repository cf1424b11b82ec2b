import Foundation

/// What the SQL function `person_story` answers.
struct StoryRead: Decodable {
    struct Node: Decodable {
        let id: UUID
        /// The live profile that it belongs to now, and its name.
        let profile: UUID
        let label: String
        let createdAt: String
        /// At most 1001 are counted; nil: nobody did.
        let events: Int?
        let identifiers: [IdentifierRead]
    }

    struct Merge: Decodable {
        let id: UUID
        let ref: String
        let cause: String
        let state: String
        let at: String
        let actor: String
        let messageId: String?
        let undoneAt: String?
        let undoneBy: String?
        /// Places of nodes.
        let edges: [[Int]]
    }

    let id: UUID
    let label: String
    let nodes: [Node]
    let merges: [Merge]
    let events: [EventRead]

    /// Whether an event is the person's own now, not that of somebody whom an undo has parted from it.
    func isOwn(_ event: EventRead) -> Bool {
        event.node.map { nodes.indices.contains($0) && nodes[$0].profile == id } ?? false
    }
}

struct IdentifierRead: Decodable {
    let type: String
    let value: String
    /// The event that attached it.
    var event: UUID?
}

/// An event as the lists' SQL functions give it.
struct EventRead: Decodable {
    /// Place of its node in a story.
    let node: Int?
    /// Its node, in a person's list.
    let nodeId: UUID?
    let id: UUID
    let at: String
    let receivedAt: String?
    let type: String
    let name: String?
    let source: String?
    let messageId: String
    /// Name of the account that a group call means.
    let account: String?
    let flags: Int?
    let path: String?
    let referrer: String?
    let campaign: String?
    let properties: [[String]]
    /// The live profile and its name, where the list is not one person's.
    let profile: UUID?
    let person: String?

    /// What happened, in words.
    var words: String {
        switch type {
        case "page": "Visited " + (path ?? name ?? "a page")
        case "screen": "Opened " + (name ?? "a screen")
        case "identify": "Identified"
        case "group": "Joined " + (account ?? "a group")
        case "alias": "Took another id"
        default: name ?? "Did something"
        }
    }

    /// Where, from where, and the first properties.
    var detail: String? {
        var parts: [String] = []
        if type == "page", let name, name != path { parts.append(name) }
        if type != "page", let path { parts.append("on \(path)") }
        if let referrer, !referrer.isEmpty { parts.append("from \(referrer)") }
        if let campaign { parts.append("campaign \(campaign)") }
        parts += properties.filter { $0.count == 2 }.map { "\($0[0]): \($0[1])" }
        return parts.isEmpty ? nil : parts.joined(separator: " · ")
    }
}

/// What the SQL function `person_business` answers; empty without the module crm.
struct BusinessRead: Decodable {
    struct Contact: Decodable {
        struct Place: Decodable {
            let id: UUID
            let name: String
            let role: String?
        }

        let id: UUID
        let name: String?
        let title: String?
        let email: String?
        let phone: String?
        let node: UUID
        let profile: UUID?
        let createdAt: String
        let accounts: [Place]
    }

    struct Lead: Decodable {
        let id: UUID
        let name: String?
        let email: String?
        let company: String?
        let status: String
        let source: String?
        let node: UUID
        let createdAt: String
    }

    let contacts: [Contact]
    let leads: [Lead]
    let accounts: [AccountRead]
    let opportunities: [OpportunityRead]

    static let nothing = BusinessRead(contacts: [], leads: [], accounts: [], opportunities: [])

    /// Without what belongs to those that an undo has parted from the person.
    /// - Parameters:
    ///   - nodes: the person's own.
    ///   - isMember: whether the person belongs to an account by its own events.
    func own(_ nodes: [UUID], isMember: (AccountRead) -> Bool) -> BusinessRead {
        let contacts = contacts.filter { nodes.contains($0.node) }
        let places = contacts.flatMap { $0.accounts.map(\.id) }
        let accounts = accounts.filter { places.contains($0.id) || isMember($0) }
        return BusinessRead(
            contacts: contacts, leads: leads.filter { nodes.contains($0.node) }, accounts: accounts,
            opportunities: opportunities.filter { read in
                read.accountId.map { id in accounts.contains { $0.id == id } } ?? !contacts.isEmpty
            })
    }
}
