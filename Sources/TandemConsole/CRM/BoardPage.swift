import Foundation
import HTTPTypes
import Hummingbird
import Postgres
import Tandem
import TandemHTTP

/// A pipeline as columns: each stage with its sums and the first of its opportunities as cards.
struct BoardPage {
    struct Card {
        let cardHref: String
        let cardName: String
        let cardAccount: AccountPage.Link?
        let cardAmount: String?
        let cardCloses: String?
        let isLate: Bool
        let cardOwner: String?
        let move: MoveForm?
    }

    struct Column {
        let stageName: String
        let tone: String
        let count: String
        let sum: String?
        let cards: [Card]
        let hasCards: Bool
        let moreHref: String?
        let moreLabel: String
    }

    let chrome: Chrome
    let listHref: String
    let newHref: String?
    let pipelines: [Choice]
    let hasSeveralPipelines: Bool
    let owners: [Choice]
    let columns: [Column]
}

/// The menu that moves an opportunity to another stage.
struct MoveForm {
    let moveAction: String
    let moveToken: String
    let moveBack: String
    let moveLabel: String
    let moveID: String
    let moveStages: [Choice]

    init(_ read: OpportunityRead, _ stages: [StageRead], path: String, back: String, csrf: String) {
        let id = "\(PublicID(.opportunity, read.id))"
        moveAction = "\(path)/opportunities/\(id)/move"
        moveToken = csrf
        moveBack = back
        moveLabel = "Stage of \(read.name)"
        moveID = "move-\(id)"
        moveStages = stages.map {
            Choice(value: "\(PublicID(.stage, $0.id))", label: $0.name, isChosen: $0.name == read.stage)
        }
    }
}

/// What a stage asks of an opportunity that enters it.
struct MovePage {
    let chrome: Chrome
    let heading: String
    let action: String
    let csrf: String
    let back: String
    let stage: String
    let fields: [RecordFormPage.Field]
    let isRefused: Bool
}

extension Console {
    private static let cardsShown: Int32 = 12

    var boardRoutes: [Route] {
        [
            page(
                "/console/{tenant}/board", "A pipeline as a board", module: .crm, right: .read("opportunity"),
                parameters: [.init("pipeline", "Which"), .init("owner", "Only those of this user")]
            ) { call, visit in
                try await board(call, visit, visit.requiredTenant())
            },
            action(
                "/console/{tenant}/opportunities/{opportunity}/move", "Move an opportunity to another stage",
                module: .crm, right: .to("edit", "opportunity")
            ) { call, visit, form in
                try await move(call.id("opportunity", .opportunity), call, visit, RecordFormInput(form))
            },
        ]
    }

    /// The stages in order, with their pipeline's name where there are several.
    func stageChoices(_ tenant: Tenant) async throws -> [RecordChoice] {
        let stages = try await read(tenant, [.call("stage_sums")])[0].decoded("stage", as: StageRead.self)
        let isOne = Set(stages.map(\.pipeline)).count < 2
        return stages.map { RecordChoice(id: $0.id, title: isOne ? $0.name : "\($0.pipeline): \($0.name)") }
    }

    private func board(_ call: Call, _ visit: Visit, _ tenant: Tenant) async throws -> Response {
        let path = "/console/\(tenant.slug)"
        let owners = try await owners(call, visit, tenant)
        let pipelines = try await reading(tenant) { (connection) throws(TandemError) in
            try connection.pipelines()
        }
        let asked = try call.optionalID("pipeline", .pipeline)
        guard let current = asked ?? pipelines.first?.id, pipelines.contains(where: { $0.id == current }) else {
            throw Problem.notFound
        }
        let stages = try await read(
            tenant,
            [.call("opportunity_board", .uuid(current), owners.chosenID.bind, .int4(Self.cardsShown))])[0]
            .decoded("stage", as: StageRead.self)
        let today = TimeWords(tenant.timezone).date(RecordTime.text(context.clock.microseconds)) ?? ""
        let pipelineID = "\(PublicID(.pipeline, current))"
        let page = BoardPage(
            chrome: Chrome(
                title: "Board", visit: visit, place: .opportunities, notice: call.query["notice"], version: version),
            listHref: "\(path)/opportunities",
            newHref: visit.may("create", "opportunity") ? "\(path)/opportunities/new" : nil,
            pipelines: pipelines.map {
                Choice(value: "\(PublicID(.pipeline, $0.id))", label: $0.title, isChosen: $0.id == current)
            },
            hasSeveralPipelines: pipelines.count > 1,
            owners: owners.menu([(Owners.everyone, "everyone")], chosen: owners.chosenID),
            columns: stages.map { stage in
                let cards = stage.cards ?? []
                return BoardPage.Column(
                    stageName: stage.name, tone: OpportunityRead.tone(stage.status), count: Figures.count(stage.count),
                    sum: stage.sum,
                    cards: cards.map { card in
                        BoardPage.Card(
                            card, stages, showsOwner: owners.chosen == nil,
                            isLate: stage.status == "open" && (card.closeDate ?? "9999") < today,
                            path: path, back: "\(path)/board?pipeline=\(pipelineID)", csrf: visit.csrf)
                    },
                    hasCards: !cards.isEmpty,
                    moreHref: stage.count > cards.count
                        ? "\(path)/opportunities?stage=\(PublicID(.stage, stage.id))" : nil,
                    moreLabel: "All \(Figures.count(stage.count)) in \(stage.name)")
            })
        return Self.remember(owners, call, tenant, in: Response(html: templates.render(page, as: "board")))
    }

    /// Moves it, or asks for what the stage requires: its fields, and the reason of a loss.
    private func move(
        _ id: RecordID, _ call: Call, _ visit: Visit, _ input: RecordFormInput
    ) async throws -> Response {
        let tenant = try visit.requiredTenant()
        guard let stage = PublicID(.stage, text: input["stage"] ?? "")?.uuid else { throw Problem.notFound }
        let (catalog, author) = (try await catalog(of: tenant), RecordAuthor(actor: visit.actor))
        let state = try await reading(tenant) { (connection) throws(TandemError) in
            (
                try RecordFormState.load(
                    catalog[.opportunity], id: id, typed: input, stages: [], catalog: catalog, on: connection),
                try connection.recordGet(catalog[.stage], id: stage, catalog: catalog)
            )
        }
        let wanted = StageMove(state: state.0, stage: state.1.json)
        let words = TimeWords(tenant.timezone)
        var found: [TandemError.FieldError] = []
        if wanted.lacksReason(input) {
            found = [.init(pointer: "/lost_reason", code: "required", detail: "is required")]
        } else {
            var body = state.0.changes(input, words)
            body["stage_id"] = .string("\(PublicID(.stage, stage))")
            do {
                let json = JSON.object(body)
                try await writing(tenant) { (connection) throws(TandemError) in
                    _ = try connection.recordUpdate(catalog[.opportunity], id: id, json, by: author, catalog: catalog)
                }
                let back = Self.local(input["back"], tenant) ?? "/console/\(tenant.slug)/board"
                let before = state.0.record["stage_id"]?.string.flatMap { PublicID(.stage, text: $0)?.uuid }
                let undo = before.flatMap { $0 == stage ? nil : Undo.move(id, $0) }
                return .seeOther(Self.with(notice: "moved", undo: undo, back))
            } catch TandemError.invalid(let wrong) where wanted.asks(for: wrong) {
                found = wrong
            }
        }
        // Who is asked for the first time has done nothing wrong yet.
        let errors = input["asked"] == nil ? [] : found
        let builder = RecordFormBuilder(state: state.0, input: input, errors: errors, words: words)
        let name = state.0.record["name"]?.string ?? ""
        let page = MovePage(
            chrome: Chrome(title: "Move \(name)", visit: visit, place: .opportunities, version: version),
            heading: "Move \(name) to \(state.1.json["name"]?.string ?? "")",
            action: "/console/\(tenant.slug)/opportunities/\(PublicID(.opportunity, id))/move", csrf: visit.csrf,
            back: input["back"] ?? "", stage: "\(PublicID(.stage, stage))",
            fields: wanted.fields(with: found).map { builder.field($0) }, isRefused: !errors.isEmpty)
        return Response(html: templates.render(page, as: "move"), status: .unprocessableContent)
    }
}

/// What an opportunity needs for a stage.
struct StageMove {
    let state: RecordFormState
    let stage: JSON

    private var isLost: Bool { stage["status"]?.string == "lost" }

    /// Whether a loss has no reason yet.
    func lacksReason(_ input: RecordFormInput) -> Bool {
        let typed = input["lost_reason"]?.trimmingCharacters(in: .whitespacesAndNewlines) ?? ""
        return isLost && typed.isEmpty && (input["asked"] != nil || state.record["lost_reason"]?.string == nil)
    }

    /// Whether a form can ask for all that is wrong.
    func asks(for errors: [TandemError.FieldError]) -> Bool {
        let names = Set(state.fields.fields(isNew: false).map { "/" + $0.name })
        return errors.allSatisfy { names.contains($0.pointer) }
    }

    /// What the form asks for: what the stage requires, what is wrong, and the reason of a loss.
    func fields(with errors: [TandemError.FieldError]) -> [ObjectField] {
        var names = (stage["required_fields"]?.array ?? []).compactMap(\.string)
        names += errors.map { String($0.pointer.dropFirst()) }
        if isLost { names.insert("lost_reason", at: 0) }
        return state.fields.fields(isNew: false).filter { names.contains($0.name) }
    }
}

extension BoardPage.Card {
    fileprivate init(
        _ read: OpportunityRead, _ stages: [StageRead], showsOwner: Bool, isLate: Bool, path: String, back: String,
        csrf: String
    ) {
        cardHref = "\(path)/opportunities/\(PublicID(.opportunity, read.id))"
        cardName = read.name
        cardAccount = read.accountId.flatMap { id in
            read.account.map { AccountPage.Link(href: "\(path)/accounts/\(PublicID(.account, id))", label: $0) }
        }
        cardAmount = Figures.money(read.amount, read.currency)
        cardCloses = TimeWords.day(read.closeDate)
        self.isLate = isLate
        cardOwner = showsOwner ? read.owner : nil
        move = !read.mayEdit ? nil : MoveForm(read, stages, path: path, back: back, csrf: csrf)
    }
}
