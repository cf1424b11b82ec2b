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
        }
        undoToken = visit.csrf
        undoValues = values
    }
}

/// What the last form did and can be taken back, as it stands in addresses: `delete:act_…`, `move:opp_…:stg_…`, `done:act_…`.
enum Undo {
    /// A record's public id.
    case delete(String)
    /// An opportunity, and the stage it was in.
    case move(RecordID, RecordID)
    case done(RecordID)

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
        default: return nil
        }
    }

    var text: String {
        switch self {
        case .delete(let record): "delete:\(record)"
        case .move(let opportunity, let stage):
            "move:\(PublicID(.opportunity, opportunity)):\(PublicID(.stage, stage))"
        case .done(let activity): "done:\(PublicID(.activity, activity))"
        }
    }
}
