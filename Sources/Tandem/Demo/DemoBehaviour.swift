/// What the simulated people do: visits, forms, sign-ups, use of the product. A function of the world and the seed alone.
struct DemoBehaviour {
    private let world: DemoWorld
    private var messages: [DemoMessage] = []
    /// Person → when they signed up; those have a contact.
    private(set) var signUps: [Int: Int64] = [:]
    /// Person → the device of their first visit.
    private(set) var devices: [Int: String] = [:]

    private static let minute = 60 * WireTime.second
    private static let hour = 60 * minute
    private static let seed: UInt64 = 0x7A4D_E11

    init(_ world: DemoWorld) {
        self.world = world
        for person in world.people where person.number != DemoStory.colleague { live(person) }
        visitAnonymously()
        lookAtPricesBeforeMoves()
        tellStory()
    }

    /// All messages by time, as the wire has them, each with its sender. Ids are numbers in that order.
    var timeline: [(sender: DemoMessage.Sender, message: JSON)] {
        let order = messages.indices.sorted {
            messages[$0].time == messages[$1].time ? $0 < $1 : messages[$0].time < messages[$1].time
        }
        return order.enumerated().map { number, index in
            let message = messages[index]
            var fields = message.fields
            fields["messageId"] = .string(message.id ?? "demo:\(number + 1)")
            fields["timestamp"] = .string(RecordTime.text(message.time))
            return (message.sender, .object(fields))
        }
    }

    private func random(_ number: Int, _ stream: UInt64 = 0) -> SplitMix64 {
        SplitMix64(seed: Self.seed &+ UInt64(number) &* 1_000_003 &+ stream)
    }

    /// A time on a working day, so many days ago.
    private func moment(daysAgo: Int, _ random: inout SplitMix64) -> Int64 {
        let midnight = world.now - world.now % WireTime.day - Int64(daysAgo) * WireTime.day
        let time =
            midnight + Int64(random.number(8 * 60...18 * 60)) * Self.minute + Int64(random.number(0...59))
            * WireTime.second
        return min(time, world.now - Int64(random.number(10...300)) * Self.minute)
    }

    private static func device(_ random: inout SplitMix64) -> String {
        func hex(_ count: Int) -> String {
            String((0..<count).map { _ in Array("0123456789abcdef")[random.number(0...15)] })
        }
        return "\(hex(8))-\(hex(4))-4\(hex(3))-a\(hex(3))-\(hex(12))"
    }

    // MARK: one person

    private mutating func live(_ person: DemoWorld.Person) {
        var random = random(person.number)
        let isStory = [DemoStory.buyer, DemoStory.kiosk.owner, DemoStory.kiosk.visitor].contains(person.number)
        // More people came lately than long ago.
        let spread = random.number(0...1000)
        let first = isStory ? 60 : 4 + spread * spread / 2600
        let device = Self.device(&random)
        devices[person.number] = device
        var time = moment(daysAgo: first, &random)
        time = visit(at: time, device, pages: random.number(2...5), isFirst: true, &random)
        for _ in 0..<random.number(0...2) {
            let pause = Int64(random.number(1...4)) * WireTime.day + Int64(random.number(0...180)) * Self.minute
            guard time + pause < world.now - Self.hour else { break }
            time = visit(at: time + pause, device, pages: random.number(1...4), &random)
        }
        guard isStory || random.chance(75), time < world.now - Self.hour else { return }
        time = fillForm(person, at: time + Self.minute, device, &random)
        if person.number == DemoStory.kiosk.visitor { return subscribe(person, at: time + Self.hour, device) }
        guard isStory || random.chance(65) else { return }
        time += Int64(isStory ? 1 : random.number(0...5)) * WireTime.day + Int64(random.number(5...60)) * Self.minute
        guard time < world.now - Self.hour else { return }
        signUp(person, at: time, device)
        use(person, from: time, device, &random)
        if isStory || random.chance(45) { useSecondDevice(person, from: time, &random) }
    }

    /// - Returns: the time of the last page.
    private mutating func visit(
        at start: Int64, _ device: String, user: String? = nil, pages: Int, isFirst: Bool = false,
        _ random: inout SplitMix64
    ) -> Int64 {
        var visit = DemoVisit(session: "s-\(device.prefix(8))-\(start / Self.minute)")
        if isFirst, random.chance(60) { visit.campaign = random.pick(DemoVisit.campaigns) }
        if visit.campaign != nil || random.chance(50) { visit.referrer = random.pick(DemoVisit.referrers) }
        var time = start
        for page in 0..<pages {
            let (path, title) = page == 0 && isFirst ? DemoVisit.pages[0] : random.pick(DemoVisit.pages)
            messages.append(.page(time, anonymous: device, user: user, path: path, title: title, visit: visit))
            visit.isFirstPage = false
            time += Int64(random.number(12...200)) * WireTime.second
        }
        return time
    }

    private mutating func fillForm(
        _ person: DemoWorld.Person, at time: Int64, _ device: String, _ random: inout SplitMix64
    ) -> Int64 {
        let visit = DemoVisit(session: "s-\(device.prefix(8))-\(time / Self.minute)")
        let form = random.pick(["Request a demo", "Contact sales", "Download the guide"])
        messages.append(
            .web(
                time, device, nil, visit,
                ["type": "track", "event": "Form Submitted", "properties": ["form": .string(form)]]))
        messages.append(
            .web(
                time + WireTime.second, device, nil, visit,
                [
                    "type": "identify",
                    "traits": [
                        "email": .string(person.email), "firstName": .string(person.title),
                        "lastName": .string(String(person.number)), "title": .string(person.title),
                        "company": ["name": .string(world.accounts[person.account].name)],
                    ],
                ]))
        return time + WireTime.second
    }

    /// Of two in three who sign up, from the thousand British numbers that are nobody's (Ofcom keeps them for drama).
    private static func phone(_ person: DemoWorld.Person) -> String? {
        let isStory = [DemoStory.buyer, DemoStory.colleague, DemoStory.kiosk.owner, DemoStory.kiosk.visitor]
            .contains(person.number)
        guard !isStory, person.number < 1000, person.number % 3 > 0 else { return nil }
        let number = String(person.number)
        return "+44 7700 900" + String(repeating: "0", count: 3 - number.count) + number
    }

    private mutating func signUp(_ person: DemoWorld.Person, at time: Int64, _ device: String?) {
        let account = world.accounts[person.account]
        signUps[person.number] = time
        var traits: JSONObject = [
            "email": .string(person.email), "firstName": .string(person.title),
            "lastName": .string(String(person.number)), "title": .string(person.title),
            "company": ["id": .string(account.key), "name": .string(account.name)],
        ]
        if let phone = Self.phone(person) { traits["phone"] = .string(phone) }
        var identify: JSONObject = [
            "type": "identify", "userId": .string(person.handle), "traits": .object(traits),
        ]
        if let device { identify["anonymousId"] = .string(device) }
        messages.append(.server(time, identify))
        messages.append(
            .server(
                time + WireTime.second,
                [
                    "type": "group", "userId": .string(person.handle), "groupId": .string(account.key),
                    "traits": ["name": .string(account.name), "plan": "trial"],
                ]))
        messages.append(
            .server(
                time + 2 * WireTime.second,
                [
                    "type": "track", "event": "Signed Up", "userId": .string(person.handle),
                    "properties": ["plan": "trial"],
                ]))
    }

    /// A contact without an account of the product.
    private mutating func subscribe(_ person: DemoWorld.Person, at time: Int64, _ device: String) {
        let account = world.accounts[person.account]
        messages.append(
            .server(
                time,
                [
                    "type": "identify", "anonymousId": .string(device),
                    "traits": [
                        "email": .string(person.email), "firstName": .string(person.title),
                        "lastName": .string(String(person.number)),
                        "company": ["id": .string(account.key), "name": .string(account.name)],
                    ],
                ]))
    }

    private static let uses = [
        "Report Created", "Dashboard Viewed", "Dashboard Viewed", "Dashboard Viewed", "Export Finished", "Seat Invited",
        "Integration Connected", "Comment Added", "Search Run", "Search Run",
    ]

    private mutating func use(
        _ person: DemoWorld.Person, from start: Int64, _ device: String, _ random: inout SplitMix64
    ) {
        let account = world.accounts[person.account]
        var time = start + 10 * Self.minute
        for _ in 0..<random.number(15...85) {
            time +=
                Int64(random.number(2...90)) * Self.minute
                + (random.chance(35) ? Int64(random.number(1...6)) * WireTime.day : 0)
            guard time < world.now - 10 * Self.minute else { return }
            messages.append(
                .server(
                    time,
                    [
                        "type": "track", "event": .string(random.pick(Self.uses)), "userId": .string(person.handle),
                        "properties": ["duration_s": .number(random.number(2...900))],
                        "context": ["groupId": .string(account.key)],
                    ]))
            if random.chance(6), time + Self.hour < world.now {
                _ = visit(at: time + 5 * Self.minute, device, user: person.handle, pages: random.number(1...3), &random)
            }
        }
    }

    /// A second device is anonymous until its owner signs in on it: then two profiles become one.
    private mutating func useSecondDevice(_ person: DemoWorld.Person, from start: Int64, _ random: inout SplitMix64) {
        let days = max(1, Int((world.now - start) / WireTime.day))
        let time = start + Int64(random.number(1...days)) * WireTime.day
        guard time < world.now - 2 * Self.hour else { return }
        let device = Self.device(&random)
        let end = visit(at: time, device, pages: random.number(2...4), isFirst: true, &random)
        messages.append(
            .server(
                end + Self.minute,
                ["type": "identify", "userId": .string(person.handle), "anonymousId": .string(device)]))
        _ = visit(at: end + 2 * Self.minute, device, user: person.handle, pages: 2, &random)
    }

    // MARK: everybody else

    private mutating func visitAnonymously() {
        for number in 1...300 {
            var random = random(number, 7)
            let time = moment(daysAgo: random.number(0...90), &random)
            let device = Self.device(&random)
            _ = visit(at: min(time, world.now - Self.hour), device, pages: random.number(1...5), isFirst: true, &random)
        }
    }

    /// Before an opportunity moves, somebody of the account looks at the prices.
    private mutating func lookAtPricesBeforeMoves() {
        let today = world.now / WireTime.day
        var looks: [Int: Int] = [:]
        for (number, opportunity) in world.opportunities.enumerated() {
            guard let account = opportunity.account, looks[account, default: 0] < 12 else { continue }
            for day in [opportunity.engaged, opportunity.closed].compactMap({ $0 }) where day > today - 120 {
                var random = random(number, 11)
                let person = world.person(random.number(world.accounts[account].people))
                guard person.number != DemoStory.colleague, let device = devices[person.number] else { continue }
                let time = moment(daysAgo: Int(today - day) + random.number(1...4), &random)
                guard let signedUp = signUps[person.number], signedUp < time else { continue }
                looks[account, default: 0] += 1
                let visit = DemoVisit(session: "s-\(device.prefix(8))-\(time / Self.minute)")
                messages.append(
                    .page(
                        time, anonymous: device, user: person.handle, path: "/pricing", title: "Pricing", visit: visit))
            }
        }
    }

    // MARK: the story

    private mutating func tellStory() {
        let (buyer, colleague) = (world.person(DemoStory.buyer), world.person(DemoStory.colleague))
        let other = world.accounts[colleague.account]
        let laptop = DemoStory.laptop
        var random = random(0, 3)
        var visit = DemoVisit(session: "s-laptop-1", campaign: DemoVisit.campaigns[3])
        var time = moment(daysAgo: 9, &random)
        for (path, title) in [DemoVisit.pages[0], DemoVisit.pages[1], DemoVisit.pages[6]] {
            messages.append(.page(time, anonymous: laptop, path: path, title: title, visit: visit))
            visit.isFirstPage = false
            time += Self.minute
        }
        // The laptop belongs to the other company: its workspace says so.
        messages.append(
            .web(time, laptop, nil, visit, ["type": "group", "groupId": .string(other.key), "traits": [:]]))
        time = moment(daysAgo: 6, &random)
        visit = DemoVisit(session: "s-laptop-2")
        messages.append(.page(time, anonymous: laptop, path: "/docs", title: "Documentation", visit: visit))
        var wrong = DemoMessage.web(
            time + Self.minute, laptop, nil, visit, ["type": "identify", "traits": ["email": .string(buyer.email)]])
        wrong.id = DemoStory.wrongMerge
        messages.append(wrong)
        for daysAgo in [5, 4, 2, 1] {
            let start = moment(daysAgo: daysAgo, &random)
            _ = self.visit(at: start, laptop, pages: 3, &random)
        }
        // The owner signs up: the laptop is taken already, so they start anew.
        signUp(colleague, at: moment(daysAgo: 4, &random), laptop)
        shareKiosk(&random)
        // The last event is of today, whenever that is.
        messages.append(
            .server(
                world.now - WireTime.second,
                [
                    "type": "track", "event": "Dashboard Viewed", "userId": .string(buyer.handle),
                    "properties": ["duration_s": 40],
                    "context": ["groupId": .string(world.accounts[buyer.account].key)],
                ]))
    }

    /// An address of one account's contact on the device of another's: a person has to decide.
    private mutating func shareKiosk(_ random: inout SplitMix64) {
        guard let device = devices[DemoStory.kiosk.owner] else { return }
        let visitor = world.person(DemoStory.kiosk.visitor)
        let visit = DemoVisit(session: "s-kiosk")
        messages.append(
            .web(
                moment(daysAgo: 3, &random), device, nil, visit,
                ["type": "identify", "traits": ["email": .string(visitor.email)]]))
    }
}
