import Tandem

extension Chrome {
    /// What the navigation is divided into, by its words.
    enum Area: String, CaseIterable {
        case crm = "CRM"
        case people = "People"
        case events = "Events"
        case settings = "Settings"
    }

    /// The places of the navigation, in the order of their areas.
    enum Place: String, CaseIterable {
        case today, tasks, accounts, contacts, leads, opportunities, tickets, forms, bin
        case thread, people, merges, reviews, duplicates, privacy
        case events, quarantine, sources, plans, send
        case fields, rules, retention, users, roles, keys, bi, imports, exports, operations, audit

        var area: Area {
            switch self {
            case .today, .tasks, .accounts, .contacts, .leads, .opportunities, .tickets, .forms, .bin: .crm
            case .thread, .people, .merges, .reviews, .duplicates, .privacy: .people
            case .events, .quarantine, .sources, .plans, .send: .events
            case .fields, .rules, .retention, .users, .roles, .keys, .bi, .imports, .exports, .operations,
                .audit:
                .settings
            }
        }

        var label: String {
            switch self {
            case .thread: "One person"
            case .events: "Live events"
            case .quarantine: "Quarantine"
            case .sources: "Sources"
            case .plans: "Plans"
            case .people: "People"
            case .today: "Today"
            case .tasks: "Tasks"
            case .accounts: "Accounts"
            case .contacts: "Contacts"
            case .leads: "Leads"
            case .forms: "Forms"
            case .bin: "Bin"
            case .opportunities: "Opportunities"
            case .tickets: "Tickets"
            case .duplicates: "Duplicates"
            case .merges: "Merges"
            case .reviews: "Review"
            case .imports: "Imports"
            case .exports: "Exports"
            case .operations: "Operations"
            case .audit: "Audit"
            case .users: "Users"
            case .roles: "Roles"
            case .keys: "Keys"
            case .bi: "BI logins"
            case .fields: "Fields"
            case .rules: "Identity rules"
            case .retention: "Retention"
            case .privacy: "Privacy"
            case .send: "Send an event"
            }
        }

        var module: Module? {
            switch self {
            case .thread, .events, .quarantine, .sources, .plans, .send, .rules, .retention: .cdp
            case .today, .tasks, .contacts, .leads, .forms, .opportunities, .tickets, .duplicates: .crm
            case .people, .accounts, .merges, .reviews, .fields, .imports, .exports, .operations, .audit, .users,
                .roles, .keys, .bi, .privacy, .bin:
                nil
            }
        }

        /// What a visitor's roles have to allow.
        var right: ConsoleRight {
            switch self {
            case .thread, .events, .quarantine, .people, .merges, .reviews: .profiles
            case .sources, .plans, .rules, .retention, .imports: .settings
            case .fields, .send: .to("edit", "setting")
            case .today: .read("activity", "lead", "opportunity")
            case .tasks: .read("activity")
            case .accounts: .read("account")
            case .contacts: .read("contact")
            case .leads: .read("lead")
            case .opportunities: .read("opportunity")
            case .tickets: .read("ticket")
            case .forms: .read("form")
            case .bin: Console.binRight
            case .users: .read("user")
            case .roles: .read("role")
            case .exports: Console.exportRight
            case .operations: .free
            case .privacy, .audit, .keys, .bi: .operators
            case .duplicates: Console.mergeRight
            }
        }

        /// The places of a visitor, in their order.
        static func all(of tenant: Tenant, for rights: RecordRights?) -> [Place] {
            allCases.filter { place in
                (place.module.map(tenant.modules.contains) ?? true) && place.right.isHeld(rights)
            }
        }

        func href(_ tenant: Tenant) -> String {
            self == .thread ? "/console/\(tenant.slug)" : "/console/\(tenant.slug)/\(rawValue)"
        }
    }
}
