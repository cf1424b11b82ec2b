/// The demo's records as files to import, each with its mapping: the real ones, with agents called by number and dates
/// moved, and what the simulated people and agents add to them.
struct DemoRecords {
    private let world: DemoWorld
    private let behaviour: DemoBehaviour

    private static let minute = 60 * WireTime.second

    init(_ world: DemoWorld, _ behaviour: DemoBehaviour) {
        self.world = world
        self.behaviour = behaviour
    }

    /// What there is before the first event, in the order of their links.
    var before: [(object: String, file: ImportFile, mapping: String)] {
        [
            ("teams", Self.file("teams", teams), Self.teamMapping),
            ("users", Self.file("users", users), Self.userMapping),
            ("products", Self.file("products", world.products.map { .object(Self.texts($0)) }), Self.productMapping),
            ("accounts", Self.file("accounts", accounts), Self.accountMapping),
            ("opportunities", Self.file("opportunities", opportunities), Self.opportunityMapping),
        ]
    }

    /// What refers to contacts, which events make.
    var after: [(object: String, file: ImportFile, mapping: String)] {
        [
            ("opportunities", Self.file("opportunity-contacts", opportunityContacts), Self.opportunityContactMapping),
            ("activities", Self.file("activities", activities), Self.activityMapping),
            ("activities", Self.file("tasks", tasks), Self.taskMapping),
        ]
    }

    private static func file(_ name: String, _ rows: [JSON]) -> ImportFile {
        var bytes: [UInt8] = []
        for row in rows {
            row.append(to: &bytes)
            bytes.append(UInt8(ascii: "\n"))
        }
        return ImportFile(name: "demo-\(name).jsonl", bytes: bytes)
    }

    private static func texts(_ cells: [String: String]) -> JSONObject {
        JSONObject(cells.sorted { $0.key < $1.key }.map { ($0.key, .string($0.value)) })
    }

    // MARK: people of the house

    private var teams: [JSON] {
        Set(world.agents.map(\.team)).sorted().map { ["name": .string($0)] }
    }

    private var users: [JSON] {
        let managers = Set(world.agents.map(\.manager)).sorted()
        let heads: [JSON] = managers.map { number in
            ["name": .string("manager-\(number)"), "email": .string("manager-\(number)@vendor.example")]
        }
        return heads
            + world.agents.map { agent in
                let name = DemoWorld.Agent.name(agent.number)
                return [
                    "name": .string(name), "email": .string(name + "@vendor.example"), "team": .string(agent.team),
                    "manager": .string("manager-\(agent.manager)"),
                ]
            }
    }

    private static let teamMapping = "format: jsonl\nmatch: name\nfields: {name: name}\n"

    private static let userMapping = """
        format: jsonl
        match: email
        fields:
          name: name
          email: email
          team_id: {column: team, ref: teams.name}
          manager_id: {column: manager, ref: users.name}
        """

    // MARK: the real records

    private static let productMapping = """
        format: jsonl
        match: name
        defaults: {currency: USD}
        fields: {name: product, series: series, list_price: sales_price}
        """

    private var accounts: [JSON] {
        world.accounts.map { account in
            var row = Self.texts(account.cells)
            row["key"] = .string(account.key)
            row["domain"] = .string(account.domain)
            row["owner"] = .string(DemoWorld.Agent.name(account.owner))
            return .object(row)
        }
    }

    private static let accountMapping = """
        format: jsonl
        match: group_id
        defaults: {currency: USD, lifecycle: customer}
        fields:
          group_id: key
          name: account
          domain: domain
          industry: {column: sector, values: {technolgy: technology}}
          annual_revenue: {column: revenue, multiply: 1000000}
          employee_count: employees
          address_country: {column: office_location, values: {Philipines: Philippines}}
          parent_id: {column: subsidiary_of, ref: accounts.name}
          owner_id: {column: owner, ref: users.name}
        """

    private var opportunities: [JSON] {
        world.opportunities.map { opportunity in
            let account = opportunity.account.map { world.accounts[$0] }
            return [
                "id": .string(opportunity.externalID),
                "name": .string(opportunity.product + (account.map { " for " + $0.name } ?? " (no account)")),
                "owner": .string(DemoWorld.Agent.name(opportunity.owner)), "account": .string(account?.key ?? ""),
                "stage": .string(opportunity.stage), "product": .string(opportunity.product),
                "engaged": .string(opportunity.engaged.map(RecordTime.date) ?? ""),
                "closed": .string(opportunity.closed.map(RecordTime.date) ?? ""),
                "value": .string(opportunity.value ?? ""),
            ]
        }
    }

    private static let opportunityMapping = """
        format: jsonl
        match: external_id
        defaults: {currency: USD}
        fields:
          external_id: id
          name: name
          owner_id: {column: owner, ref: users.name}
          account_id: {column: account, ref: accounts.group_id}
          stage_id: {column: stage, ref: stages.name}
          close_date: closed
          amount: value
          products.product_id: {column: product, ref: products.name}
          products.unit_price: value
        history: {Engaging: engaged, Won: closed, Lost: closed}
        """

    // MARK: what agents did

    /// The contact of an opportunity: somebody of the account who had signed up by then, if anybody had.
    private func contact(_ opportunity: DemoWorld.Opportunity, by time: Int64, _ random: inout SplitMix64) -> DemoWorld
        .Person?
    {
        guard let account = opportunity.account else { return nil }
        let people = world.accounts[account].people
        if people.contains(DemoStory.buyer), random.chance(40),
            behaviour.signUps[DemoStory.buyer].map({ $0 < time }) == true
        {
            return world.person(DemoStory.buyer)
        }
        let known = people.filter { number in behaviour.signUps[number].map { $0 < time } ?? false }
        return known.isEmpty ? nil : world.person(random.pick(known))
    }

    private var recent: [(number: Int, opportunity: DemoWorld.Opportunity, engaged: Int64)] {
        let today = world.now / WireTime.day
        return world.opportunities.enumerated().compactMap { number, opportunity in
            guard opportunity.account != nil, let engaged = opportunity.engaged, engaged > today - 160 else {
                return nil
            }
            return (number, opportunity, engaged)
        }
    }

    private var opportunityContacts: [JSON] {
        recent.compactMap { number, opportunity, _ in
            var random = SplitMix64(seed: UInt64(number) &+ 17)
            guard let person = contact(opportunity, by: world.now, &random) else { return nil }
            return [
                "id": .string(opportunity.externalID), "contact": .string(person.email),
                "role": .string(random.pick(["decision maker", "champion", "user", "evaluator"])),
            ]
        }
    }

    private static let opportunityContactMapping = """
        format: jsonl
        match: external_id
        fields:
          external_id: id
          contacts.contact_id: {column: contact, ref: contacts.email, on_missing: "null"}
          contacts.role: role
        """

    private static let outcomes = ["reached", "reached", "voicemail", "no answer", "meeting booked"]

    private var activities: [JSON] {
        var rows: [JSON] = []
        for (number, opportunity, engaged) in recent where rows.count < 2400 {
            var random = SplitMix64(seed: UInt64(number) &+ 23)
            guard random.chance(60), let account = opportunity.account else { continue }
            for turn in 0..<random.number(1...3) {
                let day = engaged + Int64(turn * random.number(2...9))
                let time = day * WireTime.day + Int64(random.number(9 * 60...17 * 60)) * Self.minute
                guard time < world.now - 2 * 60 * Self.minute else { break }
                let kind = random.pick(["call", "call", "email", "email", "note", "meeting"])
                var row: JSONObject = [
                    "id": .string("demo-activity-\(number)-\(turn)"), "type": .string(kind),
                    "owner": .string(DemoWorld.Agent.name(opportunity.owner)), "at": .string(RecordTime.text(time)),
                    "account": .string(world.accounts[account].key), "opportunity": .string(opportunity.externalID),
                    "contact": .string(contact(opportunity, by: time, &random)?.email ?? ""),
                    "subject": .string(Self.subject(kind, opportunity.product)),
                ]
                if kind == "call" || kind == "meeting" {
                    let seconds = random.number(kind == "call" ? 60...1500 : 1200...3600)
                    row["ended"] = .string(RecordTime.text(time + Int64(seconds) * WireTime.second))
                    row["seconds"] = .number(seconds)
                }
                if kind != "note" { row["direction"] = .string(random.chance(80) ? "out" : "in") }
                if kind == "call" { row["outcome"] = .string(random.pick(Self.outcomes)) }
                rows.append(.object(row))
            }
        }
        return rows
    }

    /// What is planned for open opportunities: some of it overdue, some of today, some of the next days.
    private var tasks: [JSON] {
        let today = world.now / WireTime.day
        var rows: [JSON] = []
        for (number, opportunity, _) in recent where rows.count < 150 && opportunity.closed == nil {
            var random = SplitMix64(seed: UInt64(number) &+ 31)
            guard random.chance(40), let account = opportunity.account else { continue }
            rows.append([
                "id": .string("demo-task-\(number)"),
                "subject": .string(random.pick(Self.taskWords) + " " + opportunity.product),
                "due": .string(RecordTime.date(today + Int64(random.number(-3...9)))),
                "priority": .string(random.chance(20) ? "high" : "normal"),
                "owner": .string(DemoWorld.Agent.name(opportunity.owner)),
                "account": .string(world.accounts[account].key), "opportunity": .string(opportunity.externalID),
                "contact": .string(contact(opportunity, by: world.now, &random)?.email ?? ""),
            ])
        }
        return rows
    }

    private static let taskWords = [
        "Call back about", "Send the offer for", "Ask who decides on", "Agree on a day to show",
    ]

    private static let taskMapping = """
        format: jsonl
        match: external_id
        defaults: {type: task, status: planned}
        fields:
          external_id: id
          subject: subject
          due_date: due
          priority: priority
          owner_id: {column: owner, ref: users.name}
          links.account: {column: account, ref: accounts.group_id}
          links.opportunity: {column: opportunity, ref: opportunities.external_id}
          links.contact: {column: contact, ref: contacts.email, on_missing: "null"}
        """

    private static func subject(_ kind: String, _ product: String) -> String {
        switch kind {
        case "call": "Call about \(product)"
        case "email": "Offer for \(product)"
        case "meeting": "Walk through \(product)"
        default: "Notes on \(product)"
        }
    }

    private static let activityMapping = """
        format: jsonl
        match: external_id
        fields:
          external_id: id
          type: type
          subject: subject
          direction: direction
          outcome: outcome
          started_at: at
          ended_at: ended
          duration_s: seconds
          owner_id: {column: owner, ref: users.name}
          links.account: {column: account, ref: accounts.group_id}
          links.opportunity: {column: opportunity, ref: opportunities.external_id}
          links.contact: {column: contact, ref: contacts.email, on_missing: "null"}
        """

    /// Of the tenant `cdnow`: as `docs/examples/cdnow-events.yaml` has it.
    static let purchaseMapping = """
        format: {kind: whitespace}
        event: {value: Order Completed}
        timestamp: {column: date, format: YYYYMMDD}
        identifiers: {user_id: customer_id}
        properties:
          quantity: {column: number_of_cds, type: number}
          revenue: {column: dollar_value, type: number}
        """
}
