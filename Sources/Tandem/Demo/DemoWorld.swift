/// Who is who in the demo: the real accounts, products and opportunities of the Maven files, moved in time so that their
/// last day is today, and simulated people at them. Nobody has an invented name: people are called by role and number.
struct DemoWorld: Sendable {
    struct Account: Sendable {
        var name: String
        /// Also the group in events and the first part of the domain.
        var key: String
        var domain: String
        /// As the file has them.
        var cells: [String: String]
        var owner: Int
        var people: ClosedRange<Int>
    }

    struct Person: Sendable {
        var number: Int
        var role: String
        /// Position among the accounts.
        var account: Int
        var email: String

        var handle: String { "\(role)-\(number)" }
        /// "Buyer 17", so that lists have something to show.
        var title: String { role.prefix(1).uppercased() + role.dropFirst() }
    }

    struct Opportunity: Sendable {
        var externalID: String
        var product: String
        /// Position among the accounts.
        var account: Int?
        var stage: String
        /// Days since 1970.
        var engaged: Int64?
        var closed: Int64?
        var value: String?
        /// Number of the sales agent.
        var owner: Int
    }

    struct Agent: Sendable {
        var number: Int
        var team: String
        var manager: Int

        static func name(_ number: Int) -> String { number < 10 ? "rep-0\(number)" : "rep-\(number)" }
    }

    let accounts: [Account]
    let people: [Person]
    let products: [[String: String]]
    let agents: [Agent]
    let opportunities: [Opportunity]
    /// Microseconds since 1970: when the demo's time ends.
    let now: Int64

    static let roles = ["buyer", "admin", "engineer", "analyst", "manager", "operator"]

    init(_ folder: DemoFolder, now: Int64) throws(TandemError) {
        self.now = now
        products = try folder.rows("products.csv")
        let (agents, numbers) = Self.agents(try folder.rows("sales_teams.csv"))
        self.agents = agents
        let (accounts, people) = Self.accounts(try folder.rows("accounts.csv"), agents: agents.count)
        self.accounts = accounts
        self.people = people
        opportunities = Self.opportunities(
            try folder.rows("sales_pipeline.csv"), accounts, numbers, today: now / WireTime.day)
    }

    /// The person with a number, from 1.
    func person(_ number: Int) -> Person { people[number - 1] }

    private static func agents(_ rows: [[String: String]]) -> ([Agent], [String: Int]) {
        var managers: [String] = []
        var agents: [Agent] = []
        var numbers: [String: Int] = [:]
        for row in rows {
            let manager = row["manager"] ?? ""
            if !managers.contains(manager) { managers.append(manager) }
            let number = agents.count + 1
            numbers[row["sales_agent"] ?? ""] = number
            agents.append(
                Agent(
                    number: number, team: "Team " + (row["regional_office"] ?? ""),
                    manager: (managers.firstIndex(of: manager) ?? 0) + 1))
        }
        return (agents, numbers)
    }

    private static func accounts(_ rows: [[String: String]], agents: Int) -> ([Account], [Person]) {
        var random = SplitMix64(seed: 85)
        var accounts: [Account] = []
        var people: [Person] = []
        for (position, row) in rows.enumerated() {
            let name = row["account"] ?? ""
            let key = (Normalizer.companyKey(name) ?? name).split(separator: " ").joined(separator: "-")
            // The first account has enough people for the story of number 17.
            let count = position == 0 ? 20 : random.number(4...6)
            let first = people.count + 1
            for number in first..<(first + count) {
                let role = roles[(number + 1) % roles.count]
                people.append(
                    Person(number: number, role: role, account: position, email: "\(role)-\(number)@\(key).example"))
            }
            accounts.append(
                Account(
                    name: name, key: key, domain: key + ".example", cells: row, owner: random.number(1...agents),
                    people: first...people.count))
        }
        return (accounts, people)
    }

    /// The last day in the file.
    private static let lastDay = WireTime.days(year: 2017, month: 12, day: 31)

    private static func opportunities(
        _ rows: [[String: String]], _ accounts: [Account], _ agents: [String: Int], today: Int64
    ) -> [Opportunity] {
        let positions = Dictionary(uniqueKeysWithValues: accounts.enumerated().map { ($1.name, $0) })
        let format = try? DateFormat("MM/DD/YYYY")
        func day(_ text: String?) -> Int64? {
            text.flatMap { format?.read($0) }.map { $0.days - lastDay + today }
        }
        return rows.map { row in
            let product = row["product"] ?? ""
            return Opportunity(
                externalID: row["opportunity_id"] ?? "", product: product == "GTXPro" ? "GTX Pro" : product,
                account: positions[row["account"] ?? ""], stage: row["deal_stage"] ?? "",
                engaged: day(row["engage_date"]), closed: day(row["close_date"]),
                value: row["close_value"].flatMap { $0.isEmpty ? nil : $0 },
                owner: agents[row["sales_agent"] ?? ""] ?? 1)
        }
    }
}
