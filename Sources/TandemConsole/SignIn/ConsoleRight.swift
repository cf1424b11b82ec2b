import Tandem
import TandemHTTP

/// What a page, or a form's action, asks of the roles of who is signed in, before records are asked for one by one. Operators' sessions have
/// all of it.
struct ConsoleRight: Sendable, Hashable {
    struct Way: Sendable, Hashable {
        let action: String
        /// An object, or a part of Tandem (`RoleInput.areas`).
        let object: String
    }

    /// Any of them is enough; none: it is for everybody who sees the tenant.
    let ways: [Way]

    /// For everybody who sees the tenant.
    static let free = ConsoleRight(ways: [])
    /// For no user, whatever their roles.
    static let operators = to("be", "operator")
    static let profiles = read("profile")
    static let settings = read("setting")

    static func read(_ objects: String...) -> ConsoleRight {
        ConsoleRight(ways: objects.map { Way(action: "read", object: $0) })
    }

    static func to(_ action: String, _ object: String) -> ConsoleRight {
        ConsoleRight(ways: [Way(action: action, object: object)])
    }

    func isHeld(_ rights: RecordRights?) -> Bool {
        guard let rights else { return true }
        return ways.isEmpty || ways.contains { rights.may($0.action, $0.object) }
    }

    /// What is missing, for who does not hold it.
    var refusal: Problem {
        if self == .operators { return Console.operatorsOnly }
        let missing = ways.map { "\($0.action) \(Self.words($0.object))" }.joined(separator: " or ")
        return .forbidden("forbidden", "Your roles do not allow to \(missing).")
    }

    static func words(_ object: String) -> String {
        switch object {
        case "profile": "people, with their events and merges"
        case "setting": "settings: sources, plans, fields and the like"
        case "role": "roles"
        default: ObjectCatalog.standard.object(object)?.plural ?? object
        }
    }
}
