import Foundation
import Hummingbird
import Postgres
import Tandem
import TandemHTTP

/// What the SQL function `account_json` gives of an account.
struct AccountRead: Decodable {
    let id: UUID
    let name: String
    let domain: String?
    let industry: String?
    let employeeCount: Int?
    let annualRevenue: String?
    let currency: String?
    let lifecycle: String?
    let groupId: String?
    let parentId: UUID?
    let parent: String?
    let owner: String?
    let city: String?
    let country: String?
    let website: String?
    let phone: String?
    let description: String?
    let createdAt: String?
    let members: Int
    let worth: [WorthRead]?
    let mayEdit: Bool
    let mayTake: Bool
}

/// Number and sum of opportunities in one status and currency.
struct WorthRead: Decodable {
    let status: String
    let currency: String?
    let count: Int
    let amount: String?

    static func figures(_ worth: [WorthRead]) -> [AccountPage.Figure] {
        ["open", "won", "lost"].compactMap { status in
            let entries = worth.filter { $0.status == status }
            if entries.isEmpty { return nil }
            let sums = entries.compactMap { Figures.money($0.amount, $0.currency) }.joined(separator: " + ")
            let number = Figures.counted(entries.reduce(0) { $0 + $1.count }, "opportunity")
                .replacing("opportunitys", with: "opportunities")
            let label = status.prefix(1).uppercased() + status.dropFirst()
            return AccountPage.Figure(
                value: sums.isEmpty ? Figures.count(entries.reduce(0) { $0 + $1.count }) : sums,
                label: "\(label): \(number)\(sums.isEmpty ? ", no amount" : "")")
        }
    }
}

/// An account beside a person.
struct AccountCard {
    struct Fact {
        let term: String
        let fact: String
    }

    let href: String
    let accountName: String
    let facts: [Fact]

    init(_ read: AccountRead, path: String) {
        href = "\(path)/accounts/\(PublicID(.account, read.id))"
        accountName = read.name
        facts = Self.facts(read)
    }

    static func facts(_ read: AccountRead) -> [Fact] {
        let place = [read.city, read.country].compactMap { $0 }.joined(separator: ", ")
        let pairs: [(String, String?)] = [
            ("Domain", read.domain), ("Industry", read.industry),
            ("Employees", read.employeeCount.map { Figures.count($0) }),
            ("Annual revenue", Figures.money(read.annualRevenue, read.currency)), ("Lifecycle", read.lifecycle),
            ("Location", place.isEmpty ? nil : place), ("Owner", read.owner), ("Phone", read.phone),
            ("Group ID", read.groupId), ("People", read.members == 0 ? nil : Figures.count(read.members)),
        ]
        return pairs.compactMap { term, fact in fact.map { Fact(term: term, fact: $0) } }
    }
}

/// Accounts by name.
struct AccountsPage {
    struct Entry {
        let href: String
        let accountName: String
        let industry: String?
        let place: String
        let members: Int
        let openSum: String?
        let wonSum: String?
    }

    let chrome: Chrome
    let saved: SavedListsLink
    let query: String
    let newHref: String?
    let accounts: [Entry]
    let hasAccounts: Bool
    let isSearch: Bool
    let hasCRM: Bool
    let pager: Pager?
}

/// One account: people, opportunities, activity, fields with their sources.
struct AccountPage {
    struct Figure {
        let value: String
        let label: String
    }

    struct Link {
        let href: String
        let label: String
    }

    struct Person {
        let href: String?
        let personLabel: String
        let position: String?
        let email: String?
        let lastSeen: Moment?
    }

    let chrome: Chrome
    let account: String
    let id: String
    let parentAccount: Link?
    let childAccounts: [Link]
    let hasChildren: Bool
    var facts: [AccountCard.Fact]
    let figures: [Figure]
    let hasFigures: Bool
    let contacts: [Person]
    let people: [Person]
    let hasPeople: Bool
    let opportunities: OpportunityTable?
    /// Nil without the CRM.
    let log: LogForms?
    let nextSteps: [PlannedEntry]
    let hasNextSteps: Bool
    let timeline: Timeline
    let extras: RecordExtras
    let sourcesCard: SourcesCard
    var originCard: OriginCard?
    let take: TakeForm?
    let editHref: String?
    let newContactHref: String?
    let newOpportunityHref: String?
    let contactsHref: String?
    /// Of the account and all below it; nil: there are none below.
    let treeFigures: [Figure]
    let treeLabel: String?
    let hasCRM: Bool
}

/// What the SQL function `account_page` adds to the account itself.
private struct AccountDetail: Decodable {
    struct Child: Decodable {
        let id: UUID
        let name: String
    }

    struct Person: Decodable {
        let profile: UUID
        let label: String
        let lastSeenAt: String?
    }

    let children: [Child]
    let sources: [SourceRead]
    let people: [Person]
}

/// What the SQL function `account_business` answers.
private struct AccountBusiness: Decodable {
    struct Contact: Decodable {
        let name: String?
        let title: String?
        let email: String?
        let role: String?
        let id: UUID
        let profile: UUID?
    }

    struct Tree: Decodable {
        /// How many accounts are below.
        let below: Int
        let worth: [WorthRead]
    }

    let worth: [WorthRead]
    let tree: Tree
    let contacts: [Contact]
    let opportunities: [OpportunityRead]

    static let nothing = AccountBusiness(
        worth: [], tree: Tree(below: 0, worth: []), contacts: [], opportunities: [])
}

extension Console {
    private static let accountPageSize = 50
    fileprivate static let accountOpportunities: Int32 = 15

    var accountRoutes: [Route] {
        [
            page(
                "/console/{tenant}/accounts", "The accounts of a tenant",
                right: .read("account"),
                parameters: [
                    .init("q", "The beginning of a name, domain or group id"),
                    .init("after", "Name of the last one of the page before"), .init("id", "And its id"),
                ]
            ) { call, visit in
                try await accounts(call, visit, visit.requiredTenant())
            },
            page(
                "/console/{tenant}/accounts/{account}", "One account", right: .read("account"),
                parameters: Timeline.parameters
            ) {
                call, visit in
                try await account(call, visit, visit.requiredTenant())
            },
        ]
    }

    private func accounts(_ call: Call, _ visit: Visit, _ tenant: Tenant) async throws -> Response {
        let path = "/console/\(tenant.slug)"
        let hasCRM = tenant.modules.contains(.crm)
        let query = call.text("q")
        let id = call.text("id").flatMap { PublicID(.account, text: $0)?.uuid }
        let rows = try await read(
            tenant,
            [
                .call(
                    "find_accounts", .text(query ?? ""), call.text("after").bind, id.bind,
                    .int4(Int32(Self.accountPageSize + 1)), .bool(hasCRM))
            ])
        let found = try rows[0].decoded("account", as: AccountRead.self)
        let shown = found.prefix(Self.accountPageSize)
        let search = query.map { "q=\(queryValue($0))&" } ?? ""
        func sum(_ account: AccountRead, _ status: String) -> String? {
            let worth = (account.worth ?? []).filter { $0.status == status }
            let sums = worth.compactMap { Figures.money($0.amount, $0.currency) }
            if worth.isEmpty { return nil }
            let count = worth.reduce(0) { $0 + $1.count }
            return sums.isEmpty ? "\(Figures.count(count)), no amount" : sums.joined(separator: " + ")
        }
        let page = AccountsPage(
            chrome: Chrome(
                title: "Accounts", visit: visit, place: .accounts, notice: call.query["notice"], version: version),
            saved: SavedListsLink(.account, call, tenant),
            query: query ?? "", newHref: visit.may("create", "account") ? "\(path)/accounts/new" : nil,
            accounts: shown.map { account in
                AccountsPage.Entry(
                    href: "\(path)/accounts/\(PublicID(.account, account.id))", accountName: account.name,
                    industry: account.industry,
                    place: [account.city, account.country].compactMap { $0 }.joined(separator: ", "),
                    members: account.members, openSum: sum(account, "open"), wonSum: sum(account, "won"))
            },
            hasAccounts: !shown.isEmpty, isSearch: query != nil, hasCRM: hasCRM,
            pager: found.count > shown.count
                ? shown.last.map {
                    Pager(
                        href: "\(path)/accounts?\(search)after=\(queryValue($0.name))&id=\(PublicID(.account, $0.id))")
                } : nil)
        return Response(html: templates.render(page, as: "accounts"))
    }

    private func account(_ call: Call, _ visit: Visit, _ tenant: Tenant) async throws -> Response {
        let id = try call.id("account", .account)
        let hasCRM = tenant.modules.contains(.crm)
        var statements: [Statement] = [
            .call("account_page", .uuid(id)), try Timeline.statement(.account, id, call),
            OriginCard.statement(.account, id),
        ]
        if hasCRM {
            statements += [
                .call("account_business", .uuid(id), .int4(Self.accountOpportunities)),
                Self.nextStepsStatement(.account, id, tenant),
            ]
        }
        let rows = try await read(tenant, statements)
        let account = try rows[0].one().decoded(0, as: AccountRead.self)
        let detail = try rows[0].one().decoded(0, as: AccountDetail.self)
        let business = hasCRM ? try rows[3].one().decoded(0, as: AccountBusiness.self) : .nothing
        let desk = try await desk(
            .account, id, rows[1], hasCRM ? rows[4] : .empty, call, visit, tenant, mayEdit: account.mayEdit)
        var page = AccountPage(
            account, detail, business, desk, tenant: tenant, visit: visit,
            chrome: Chrome(
                title: account.name, visit: visit, place: .accounts, notice: call.query["notice"], version: version))
        page.facts += try await customFacts(tenant, .account, id)
        page.originCard = try OriginCard(
            rows[2], path: "/console/\(tenant.slug)", showsPerson: true, visit, TimeWords(tenant.timezone))
        return Response(html: templates.render(page, as: "account"))
    }
}

extension AccountPage {
    fileprivate init(
        _ read: AccountRead, _ detail: AccountDetail, _ business: AccountBusiness, _ desk: RecordDesk, tenant: Tenant,
        visit: Visit, chrome: Chrome
    ) {
        let path = "/console/\(tenant.slug)"
        let words = TimeWords(tenant.timezone)
        func link(_ id: UUID, _ name: String) -> Link {
            Link(href: "\(path)/accounts/\(PublicID(.account, id))", label: name)
        }
        self.chrome = chrome
        account = read.name
        id = "\(PublicID(.account, read.id))"
        parentAccount = read.parentId.flatMap { id in read.parent.map { link(id, $0) } }
        childAccounts = detail.children.map { link($0.id, $0.name) }
        hasChildren = !childAccounts.isEmpty
        facts = AccountCard.facts(read)
        figures = WorthRead.figures(business.worth)
        hasFigures = !figures.isEmpty
        contacts = business.contacts.map { contact in
            let visits = detail.people.first { $0.profile == contact.profile }
            let position = [
                contact.title, contact.role == contact.title ? nil : contact.role,
                contact.name == nil ? nil : contact.email,
            ]
            .compactMap { $0 }.filter { !$0.isEmpty }.joined(separator: ", ")
            return Person(
                href: "\(path)/contacts/\(PublicID(.contact, contact.id))",
                personLabel: contact.name ?? contact.email ?? "without a name",
                position: position.isEmpty ? nil : position, email: nil, lastSeen: words.moment(visits?.lastSeenAt))
        }
        // A member who is a contact stands among the contacts already.
        let known = Set(business.contacts.compactMap(\.profile))
        people = detail.people.filter { !known.contains($0.profile) }.map { person in
            Person(
                href: "\(path)/people/\(PublicID(.profile, person.profile))", personLabel: person.label, position: nil,
                email: nil, lastSeen: words.moment(person.lastSeenAt))
        }
        hasPeople = !contacts.isEmpty || !people.isEmpty
        opportunities = OpportunityTable(
            business.opportunities,
            caption: "Open ones first, then the latest; at most \(Console.accountOpportunities)", path: path,
            showsAccount: false)
        let hasCRM = tenant.modules.contains(.crm)
        let publicID = "\(PublicID(.account, read.id))"
        log = hasCRM ? desk.log : nil
        nextSteps = desk.nextSteps
        hasNextSteps = !nextSteps.isEmpty
        timeline = desk.timeline
        extras = desk.extras
        take = TakeForm(read.mayTake, of: .account, place: "\(path)/accounts/\(publicID)", visit)
        sourcesCard = SourcesCard(
            detail.sources, of: desk.object, path: "\(path)/accounts/\(publicID)",
            csrf: read.mayEdit ? visit.csrf : nil, words)
        editHref = read.mayEdit ? "\(path)/accounts/\(publicID)/edit" : nil
        newContactHref =
            !visit.may("create", "contact")
            ? nil : "\(path)/contacts/new?accounts.count=1&accounts.0.account_id=\(publicID)"
        newOpportunityHref =
            !visit.may("create", "opportunity") ? nil : "\(path)/opportunities/new?account_id=\(publicID)"
        contactsHref = !visit.may("read", "contact") ? nil : "\(path)/contacts?account=\(publicID)"
        treeFigures = business.tree.below == 0 ? [] : WorthRead.figures(business.tree.worth)
        treeLabel =
            business.tree.below == 0
            ? nil
            : "With "
                + Figures.counted(business.tree.below, "subsidiary").replacing("subsidiarys", with: "subsidiaries")
        self.hasCRM = hasCRM
    }
}
