import Foundation
import Tandem

/// Records side by side: which stays, which value of each field, and what merging them will do.
struct ComparePage {
    struct Candidate {
        let candidateID: String
        let candidateName: String
        let candidateHref: String
        let since: String
        let isWinner: Bool
    }

    struct Row {
        let fieldLabel: String
        let fieldName: String
        let cells: [Cell]
    }

    struct Cell {
        let of: String
        let record: String
        let shown: String
        let isEmpty: Bool
        let isChosen: Bool
    }

    /// Another record that may be meant.
    struct Proposal {
        let proposalHref: String
        let proposalName: String
    }

    let chrome: Chrome
    let plural: String
    let action: String
    let csrf: String
    let candidates: [Candidate]
    /// Whether there are at least two.
    let isComparison: Bool
    let winner: String
    let rows: [Row]
    let hasRows: Bool
    let plan: MergePlan?
    let refused: String?
    let search: String
    let proposals: [Proposal]
    let hasSearched: Bool
    let cancelHref: String
}

/// What somebody chose on the page, and the records that it is about.
struct MergeChoices {
    /// Fields that take one record's value: what an address is made of goes together.
    static let address = "address"
    static let maximum = 6

    let description: ObjectDescription
    /// At least one; the winner among them.
    let records: [RecordSnapshot]
    let winner: RecordSnapshot
    /// By field, the id of the record whose value is chosen, where it is not what a merge takes by itself.
    let chosen: [String: String]

    /// - Parameters:
    ///   - winner: the id of the one that stays; the oldest unless given.
    ///   - seen: the winner of the page on which the choices were made: what it proposed is no choice.
    ///   - asked: by field, the id of a record.
    init?(
        _ description: ObjectDescription, _ records: [RecordSnapshot], winner: String?, seen: String?,
        asked: [String: String]
    ) {
        func find(_ id: String?) -> RecordSnapshot? { records.first { description.publicID($0.id) == id } }
        func age(_ record: RecordSnapshot) -> String { record.json["created_at"]?.string ?? "" }
        guard let stays = find(winner) ?? records.min(by: { age($0) < age($1) }) else { return nil }
        self.description = description
        self.records = records
        self.winner = stays
        let proposer = find(seen) ?? stays
        var chosen: [String: String] = [:]
        for (field, id) in asked {
            guard let record = find(id) else { continue }
            func holder(_ winner: RecordSnapshot) -> RecordID? {
                Self.holder(field, records, winner: winner, description)?.id
            }
            if record.id != holder(proposer), record.id != holder(stays) { chosen[field] = id }
        }
        self.chosen = chosen
    }

    /// The fields about which a merge has to decide, `address` standing for all of an address.
    var fields: [String] {
        var names: [String] = []
        for field in description.fields where Self.isOffered(field) {
            let values = records.map { $0.json[field.name] ?? .null }
            let isSaid = values.contains { !$0.isNull && $0.string != "" }
            guard isSaid, Set(values.map(\.text)).count > 1 else { continue }
            let name = field.name.hasPrefix("address_") ? Self.address : field.name
            if !names.contains(name) { names.append(name) }
        }
        return names
    }

    private static func isOffered(_ field: ObjectField) -> Bool {
        if field.isReadOnly || field.type == .id || field.type.isArray { return false }
        return !["do_not_contact", "status", "external_id"].contains(field.name)
    }

    /// What a record says of a field.
    static func values(_ field: String, _ record: RecordSnapshot, _ description: ObjectDescription) -> [JSON] {
        let names = field == address ? description.fields.map(\.name).filter { $0.hasPrefix("address_") } : [field]
        return names.compactMap { record.json[$0] }.filter { !$0.isNull && $0.string != "" }
    }

    /// Whose value a merge takes by itself: the winner's, else that of the first that says something.
    static func holder(
        _ field: String, _ records: [RecordSnapshot], winner: RecordSnapshot, _ description: ObjectDescription
    ) -> RecordSnapshot? {
        ([winner] + records.filter { $0.id != winner.id }).first { !values(field, $0, description).isEmpty }
    }

    func isTaken(_ record: RecordSnapshot, for field: String) -> Bool {
        if let id = chosen[field] { return description.publicID(record.id) == id }
        return Self.holder(field, records, winner: winner, description)?.id == record.id
    }

    var losers: [RecordSnapshot] { records.filter { $0.id != winner.id } }

    /// As `POST /v1/{objects}/{id}:merge` takes it.
    var body: JSONObject {
        var choose = JSONObject()
        for (field, id) in chosen { choose[field] = .string(id) }
        return [
            "losers": .array(losers.map { .string(description.publicID($0.id)) }), "choose": .object(choose),
        ]
    }

    static func name(_ record: RecordSnapshot) -> String {
        let parts = [record.json["first_name"]?.string, record.json["last_name"]?.string].compactMap { $0 }
        return [
            record.json["name"]?.string, parts.isEmpty ? nil : parts.joined(separator: " "),
            record.json["company"]?.string, record.json["email"]?.string,
        ].compactMap { $0 }.first { !$0.isEmpty } ?? "without a name"
    }
}
