import Foundation
import Hummingbird
import Postgres
import Tandem
import TandemHTTP

/// What is planned and not done, by when it is due.
struct TasksPage {
    struct Kind {
        let href: String
        let label: String
        let isCurrent: Bool
    }

    let chrome: Chrome
    let owners: [Choice]
    let isEveryone: Bool
    let isNobodys: Bool
    let kinds: [Kind]
    /// Of `Console.dueKinds`; nil: all.
    let chosenDue: String?
    let tasks: [PlannedEntry]
    let hasTasks: Bool
    /// Nil for who may not plan.
    let log: LogForms?
    let pager: Pager?
}

extension Console {
    private static let taskPageSize = 50
    /// How something may stand (see the SQL function `due_state`), and what it is called.
    private static let dueKinds = [
        ("overdue", "overdue"), ("today", "today"), ("week", "the next seven days"), ("later", "later"),
        ("someday", "without a date"),
    ]

    var taskRoutes: [Route] {
        [
            page(
                "/console/{tenant}/tasks", "What is planned and not done", module: .crm,
                right: Chrome.Place.tasks.right,
                parameters: [
                    .init("owner", "Whose: a user, everyone, or nobody"),
                    .init("due", "Only what is overdue, due today, within a week, later, or someday (without a date)"),
                    .init("after", "When the last one of the page before is due, or none"), .init("id", "And its id"),
                ]
            ) { call, visit in
                try await tasks(call, visit, visit.requiredTenant())
            }
        ]
    }

    private func tasks(_ call: Call, _ visit: Visit, _ tenant: Tenant) async throws -> Response {
        let owners = try await owners(call, visit, tenant)
        let isNobodys = call.text("owner") == Owners.nobody
        let now = context.clock.microseconds
        let chosen = call.text("due").flatMap { due in Self.dueKinds.first { $0.0 == due }?.0 }
        // What has no date is behind a time that is none.
        let after: Bind =
            call.text("after").flatMap { WireTime.parse($0) }.map { .timestamptz($0) } ?? .null(.timestamptz)
        let id = try call.optionalID("id", .activity)
        let rows = try await read(
            tenant,
            [
                .call(
                    "find_tasks", owners.chosenID.bind, .bool(isNobodys), chosen.bind, .text(tenant.timezone),
                    .timestamptz(now), after, id.bind, .int4(Int32(Self.taskPageSize + 1)))
            ])[0]
        let found = try rows.prefix(Self.taskPageSize).map { row in
            (due: try row.optionalText("due"), read: try row.decoded("task", as: PlannedRead.self))
        }
        let path = "/console/\(tenant.slug)"
        let words = TimeWords(tenant.timezone)
        let whose =
            isNobodys
            ? Owners.nobody : owners.chosen.map { "\(PublicID(.user, $0.id))" } ?? Owners.everyone
        func address(_ due: String?) -> String { "\(path)/tasks?owner=\(whose)" + (due.map { "&due=\($0)" } ?? "") }
        let back = address(chosen)
        let last = rows.count > found.count ? found.last : nil
        let page = TasksPage(
            chrome: Chrome(title: "Tasks", visit: visit, place: .tasks, notice: call.query["notice"], version: version),
            owners: owners.menu(
                [(Owners.everyone, "everyone"), (Owners.nobody, "nobody")], chosen: isNobodys ? nil : owners.chosenID,
                value: whose),
            isEveryone: owners.chosen == nil && !isNobodys, isNobodys: isNobodys,
            kinds: [TasksPage.Kind(href: address(nil), label: "all", isCurrent: chosen == nil)]
                + Self.dueKinds.map { TasksPage.Kind(href: address($0.0), label: $0.1, isCurrent: $0.0 == chosen) },
            chosenDue: chosen,
            tasks: found.map { PlannedEntry($0.read, back: back, path: path, csrf: visit.csrf, words) },
            hasTasks: !found.isEmpty,
            log: !visit.may("create", "activity")
                ? nil
                : LogForms(
                    action: "\(path)/today/log", back: back, csrf: visit.csrf, owners: owners,
                    today: words.date(RecordTime.text(now)) ?? "", isTaskOnly: true),
            pager: last.flatMap { last in
                last.read.activity.id.map {
                    Pager(
                        href: "\(back)&after=\(last.due.map { queryValue($0) } ?? "none")&id=\(PublicID(.activity, $0))"
                    )
                }
            })
        return Self.remember(owners, call, tenant, in: Response(html: templates.render(page, as: "tasks")))
    }
}
