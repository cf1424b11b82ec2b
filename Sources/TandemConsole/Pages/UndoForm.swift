import Tandem

/// What a notice offers to take back: one form that leads back to the page it stands on.
struct UndoForm {
    struct Value {
        let undoName: String
        let undoValue: String
    }

    let undoAction: String
    let undoToken: String
    let undoValues: [Value]

    /// - Parameter order: from the address: see ``Undo``.
    init?(_ order: String, _ visit: Visit) {
        guard let tenant = visit.tenant, let undo = Undo(order) else { return nil }
        let path = "/console/\(tenant.slug)"
        var values = [Value(undoName: "back", undoValue: visit.path)]
        switch undo {
        case .delete(let record):
            undoAction = "\(path)/bin/restore"
            values.append(Value(undoName: "record", undoValue: record))
        case .move(let opportunity, let stage):
            undoAction = "\(path)/opportunities/\(PublicID(.opportunity, opportunity))/move"
            values.append(Value(undoName: "stage", undoValue: "\(PublicID(.stage, stage))"))
        case .done(let activity):
            undoAction = "\(path)/activities/\(PublicID(.activity, activity))/state"
            values.append(Value(undoName: "state", undoValue: "planned"))
        case .disqualify(let before):
            undoAction = "\(path)/leads/requalify"
            values += before.map { Value(undoName: "lead", undoValue: "\(PublicID(.lead, $0.lead))=\($0.status)") }
        }
        undoToken = visit.csrf
        undoValues = values
    }
}

/// What the last form did and can be taken back, as it stands in addresses: `delete:act_…`, `move:opp_…:stg_…`, `done:act_…`,
/// `disqualify:lead_…=new:lead_…=working`.
enum Undo {
    /// A record's public id.
    case delete(String)
    /// An opportunity, and the stage it was in.
    case move(RecordID, RecordID)
    case done(RecordID)
    /// Leads, and the status that each had.
    case disqualify([(lead: RecordID, status: String)])

    /// Of leads that were disqualified at once, so that an address stays short.
    static let leadsMaximum = 25

    init?(_ text: String) {
        let parts = text.split(separator: ":").map(String.init)
        switch (parts.first, parts.count) {
        case ("delete", 2):
            guard parts[1].allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }) else { return nil }
            self = .delete(parts[1])
        case ("move", 3):
            guard let opportunity = PublicID(.opportunity, text: parts[1]), let stage = PublicID(.stage, text: parts[2])
            else { return nil }
            self = .move(opportunity.uuid, stage.uuid)
        case ("done", 2):
            guard let activity = PublicID(.activity, text: parts[1]) else { return nil }
            self = .done(activity.uuid)
        case ("disqualify", 2...(Self.leadsMaximum + 1)):
            let before = parts.dropFirst().compactMap(Self.lead)
            guard before.count == parts.count - 1 else { return nil }
            self = .disqualify(before)
        default: return nil
        }
    }

    var text: String {
        switch self {
        case .delete(let record): "delete:\(record)"
        case .move(let opportunity, let stage):
            "move:\(PublicID(.opportunity, opportunity)):\(PublicID(.stage, stage))"
        case .done(let activity): "done:\(PublicID(.activity, activity))"
        case .disqualify(let before):
            "disqualify:" + before.map { "\(PublicID(.lead, $0.lead))=\($0.status)" }.joined(separator: ":")
        }
    }

    /// `lead_…=new`: a lead, and a status that is worked on.
    static func lead(_ text: String) -> (lead: RecordID, status: String)? {
        let parts = text.split(separator: "=", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2, let id = PublicID(.lead, text: parts[0]), LeadRead.open.contains(parts[1]) else {
            return nil
        }
        return (id.uuid, parts[1])
    }
}
