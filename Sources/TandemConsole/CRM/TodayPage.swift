import Foundation
import Hummingbird
import Postgres
import Tandem
import TandemHTTP

/// A rep's day: what is due, leads and opportunities that ask for somebody, accounts that are busy.
struct TodayPage {
    struct Lead {
        let leadHref: String
        let leadName: String
        let company: String?
        let leadReasons: [Reason]
        let leadOwner: String?
        let leadNumber: String?
        let leadDial: String?
        let arrived: Moment?
    }

    struct Reason {
        let reason: String
        let reasonTone: String
    }

    struct Deal {
        let dealHref: String
        let dealName: String
        let dealAccount: AccountPage.Link?
        let dealAmount: String?
        let dealStage: String?
        let dealReasons: [Reason]
        let dealOwner: String?
        let dealCall: CallLink?
    }

    struct Hot {
        let accountHref: String
        let accountName: String
        let recent: String
        let usual: String
        let openSum: String?
        let hotOwner: String?
        let lastAt: Moment?
    }

    let chrome: Chrome
    let day: String
    let owners: [Choice]
    let isEveryone: Bool
    /// Nil for who may not plan.
    let log: LogForms?
    let reminders: RemindersCard?
    let overdue: [PlannedEntry]
    let hasOverdue: Bool
    /// Where the rest is; nil: there is none.
    let overdueAll: String?
    let overdueCount: String?
    let due: [PlannedEntry]
    let hasDue: Bool
    let dueAll: String?
    let dueCount: String?
    let week: [PlannedEntry]
    let hasWeek: Bool
    let weekAll: String?
    let weekCount: String?
    /// Nil for who may not read activities.
    let tasksHref: String?
    let leads: [Lead]
    let hasLeads: Bool
    let leadCount: String?
    let leadsAll: String?
    let unassigned: String?
    let unassignedHref: String
    let deals: [Deal]
    let hasDeals: Bool
    let dealCount: String?
    let dealsAll: String?
    let hot: [Hot]
    let hasHot: Bool
    let hasCDP: Bool
}

/// What the SQL function `today_page` answers.
struct TodayRead: Decodable {
    struct Marks: Decodable {
        let isUntouched: Bool
        let assignedAt: String?
        let call: CallRead?
        /// How many there are in all.
        let total: Int
    }

    struct LeadMarks: Decodable {
        let lead: LeadRead
        let marks: Marks

        init(from decoder: any Decoder) throws {
            lead = try LeadRead(from: decoder)
            marks = try Marks(from: decoder)
        }
    }

    struct DealMarks: Decodable {
        struct Marks: Decodable {
            let hasNoNextStep: Bool
            let isPast: Bool
            let isRotten: Bool
            let daysInStage: Int?
            let call: CallRead?
            let total: Int
        }

        let deal: OpportunityRead
        let marks: Marks

        init(from decoder: any Decoder) throws {
            deal = try OpportunityRead(from: decoder)
            marks = try Marks(from: decoder)
        }
    }

    struct Hot: Decodable {
        let id: UUID
        let name: String
        let recent: Int
        let before: Double
        let lastAt: String?
        let worth: [WorthRead]
        let owner: String?
    }

    /// By `overdue`, `today`, `week`; what is none is not there.
    let counts: [String: Int]
    let planned: [PlannedRead]
    let leads: [LeadMarks]
    let unassigned: Int
    let opportunities: [DealMarks]
    let accounts: [Hot]
}

extension Console {
    private static let todayLimit: Int32 = 10

    var todayRoutes: [Route] {
        [
            page(
                "/console/{tenant}/today", "A rep's day", module: .crm, right: Chrome.Place.today.right,
                parameters: [.init("owner", "Whose day: a user, or everyone")]
            ) { call, visit in
                try await today(call, visit, visit.requiredTenant())
            }
        ]
    }

    private func today(_ call: Call, _ visit: Visit, _ tenant: Tenant) async throws -> Response {
        let owners = try await owners(call, visit, tenant)
        let now = context.clock.microseconds
        let hasCDP = tenant.modules.contains(.cdp)
        let read = try await read(
            tenant,
            .call(
                "today_page", owners.chosenID.bind, .text(tenant.timezone), .timestamptz(now), .int4(Self.todayLimit),
                .bool(hasCDP)),
            as: TodayRead.self)
        let page = TodayPage(
            read, owners, tenant: tenant, visit: visit, now: RecordTime.text(now),
            reminders: try await remindersCard(owners.chosenID, visit, tenant),
            chrome: Chrome(title: "Today", visit: visit, place: .today, notice: call.query["notice"], version: version))
        return Self.remember(owners, call, tenant, in: Response(html: templates.render(page, as: "today")))
    }
}

extension TodayPage {
    fileprivate init(
        _ read: TodayRead, _ owners: Owners, tenant: Tenant, visit: Visit, now: String,
        reminders: RemindersCard?, chrome: Chrome
    ) {
        let path = "/console/\(tenant.slug)"
        let place = "\(path)/today"
        let words = TimeWords(tenant.timezone)
        self.chrome = chrome
        let today = words.date(now) ?? ""
        day = TimeWords.day(today) ?? ""
        self.reminders = reminders
        self.owners = owners.menu([(Owners.everyone, "everyone")], chosen: owners.chosenID)
        isEveryone = owners.chosen == nil
        let csrf = visit.csrf
        log =
            !visit.may("create", "activity")
            ? nil
            : LogForms(
                action: "\(place)/log", back: place, csrf: csrf, owners: owners, today: today, isTaskOnly: true)
        let whose = "owner=\(owners.chosen.map { "\(PublicID(.user, $0.id))" } ?? Owners.everyone)"
        func more(_ shown: Int, of count: Int?, _ address: String) -> String? {
            (count ?? 0) > shown ? "\(path)/\(address)\(whose)" : nil
        }
        tasksHref = visit.may("read", "activity") ? "\(path)/tasks?\(whose)" : nil
        func planned(_ states: String) -> [PlannedEntry] {
            read.planned.filter { $0.state == states }.map {
                PlannedEntry($0, back: place, path: path, csrf: csrf, words)
            }
        }
        overdue = planned("overdue")
        hasOverdue = !overdue.isEmpty
        overdueAll = more(overdue.count, of: read.counts["overdue"], "tasks?due=overdue&")
        overdueCount = Self.figure(read.counts["overdue"])
        due = planned("today")
        hasDue = !due.isEmpty
        dueAll = more(due.count, of: read.counts["today"], "tasks?due=today&")
        dueCount = Self.figure(read.counts["today"])
        week = planned("week")
        hasWeek = !week.isEmpty
        weekAll = more(week.count, of: read.counts["week"], "tasks?due=week&")
        weekCount = Self.figure(read.counts["week"])
        leads = read.leads.map { Lead($0, path: path, words) }
        hasLeads = !leads.isEmpty
        leadsAll = more(leads.count, of: read.leads.first?.marks.total, "today/leads?")
        leadCount = Self.figure(read.leads.first?.marks.total)
        unassigned = read.unassigned == 0 ? nil : Figures.counted(read.unassigned, "lead") + " of nobody"
        unassignedHref = "\(path)/leads?owner=\(Owners.nobody)"
        deals = read.opportunities.map { Deal($0, path: path) }
        hasDeals = !deals.isEmpty
        dealsAll = more(deals.count, of: read.opportunities.first?.marks.total, "today/opportunities?")
        dealCount = Self.figure(read.opportunities.first?.marks.total)
        hot = read.accounts.map { Hot($0, path: path, words) }
        hasHot = !hot.isEmpty
        hasCDP = tenant.modules.contains(.cdp)
    }

    private static func figure(_ count: Int?) -> String? { count.flatMap { $0 == 0 ? nil : Figures.count($0) } }
}

extension TodayPage.Lead {
    init(_ read: TodayRead.LeadMarks, path: String, _ words: TimeWords) {
        leadHref = "\(path)/leads/\(PublicID(.lead, read.lead.id))"
        leadName = read.lead.label
        company = read.lead.company
        leadOwner = read.lead.owner
        leadNumber = read.marks.call?.phone
        leadDial = CallLink.dial(leadNumber)
        arrived = words.moment(read.marks.assignedAt ?? read.lead.createdAt)
        var reasons: [TodayPage.Reason] = []
        if read.marks.isUntouched { reasons.append(.init(reason: "nobody called yet", reasonTone: "warn")) }
        if read.marks.assignedAt != nil { reasons.append(.init(reason: "assigned lately", reasonTone: "info")) }
        leadReasons = reasons
    }
}

extension TodayPage.Deal {
    init(_ read: TodayRead.DealMarks, path: String) {
        let deal = read.deal
        dealHref = "\(path)/opportunities/\(PublicID(.opportunity, deal.id))"
        dealName = deal.name
        dealAccount = deal.accountId.flatMap { id in
            deal.account.map { AccountPage.Link(href: "\(path)/accounts/\(PublicID(.account, id))", label: $0) }
        }
        dealAmount = Figures.money(deal.amount, deal.currency)
        dealStage = deal.stage
        dealOwner = deal.owner
        dealCall = read.marks.call.map { CallLink($0, path: path) }
        var reasons: [TodayPage.Reason] = []
        if read.marks.isPast {
            reasons.append(.init(reason: "close date \(TimeWords.day(deal.closeDate) ?? "")", reasonTone: "bad"))
        }
        if read.marks.isRotten, let days = read.marks.daysInStage {
            reasons.append(.init(reason: "\(Figures.counted(days, "day")) in stage", reasonTone: "bad"))
        }
        if read.marks.hasNoNextStep { reasons.append(.init(reason: "no next step", reasonTone: "warn")) }
        dealReasons = reasons
    }
}

extension TodayPage.Hot {
    fileprivate init(_ read: TodayRead.Hot, path: String, _ words: TimeWords) {
        accountHref = "\(path)/accounts/\(PublicID(.account, read.id))"
        accountName = read.name
        recent = Figures.counted(read.recent, "event")
        usual = read.before == 0 ? "none in the four weeks before" : "\(Figures.decimal(read.before)) a week before"
        let sums = read.worth.filter { $0.status == "open" }.compactMap { Figures.money($0.amount, $0.currency) }
        openSum = sums.isEmpty ? nil : sums.joined(separator: " + ")
        hotOwner = read.owner
        lastAt = words.moment(read.lastAt)
    }
}
