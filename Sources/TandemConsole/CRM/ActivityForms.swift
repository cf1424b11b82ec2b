import Foundation
import Hummingbird
import Postgres
import Tandem
import TandemHTTP

/// The forms of a record's page that log a call or a note and add a task.
struct LogForms {
    let logAction: String
    let logToken: String
    let logBack: String
    let logOwners: [Choice]
    let logToday: String
    /// Days that a follow-up or a task is often due on.
    let logDays: [Choice]
    let outcomes: [String]
    /// Open tasks of the record, one of which a call or a note may have been.
    let openTasks: [Choice]
    let hasOpenTasks: Bool
    let repeats: [Choice]
    let reminds: [Choice]
    /// Without a record: a day's page adds tasks alone.
    let isTaskOnly: Bool
    /// Whether the page has a button that opens with the key `e`.
    let hasEditKey: Bool

    static let outcomes = ["reached", "no answer", "left a message", "busy", "wrong number", "call back later"]

    /// - Parameters:
    ///   - action: where the forms are sent.
    ///   - back: the page to come back to.
    ///   - steps: what is planned for the record.
    init(
        action: String, back: String, csrf: String, owners: Owners, today: String, steps: [PlannedEntry] = [],
        isTaskOnly: Bool = false, mayEdit: Bool = false
    ) {
        logAction = action
        logToken = csrf
        logBack = back
        logOwners = owners.menu([("", "nobody")], chosen: owners.chosenID ?? owners.me)
        logToday = today
        logDays = DueDays.choices(from: today)
        outcomes = Self.outcomes
        openTasks = steps.compactMap { step in
            step.done.map { Choice(value: $0.taskID, label: "\(step.subject) (\(step.due))", isChosen: false) }
        }
        hasOpenTasks = !openTasks.isEmpty
        repeats = RecurrenceWords.choices()
        reminds = ReminderWords.choices
        self.isTaskOnly = isTaskOnly
        hasEditKey = mayEdit
    }
}

/// What one of the forms holds: the fields of an activity.
struct LoggedActivity {
    /// - Parameters:
    ///   - now: microseconds since 1970.
    ///   - words: in the time zone of whoever has to do it.
    /// - Throws: `invalid`.
    static func fields(_ form: Query, now: Int64, words: TimeWords) throws(TandemError) -> JSONObject {
        func text(_ name: String) -> String? {
            let text = (form[name] ?? "").trimmingCharacters(in: .whitespacesAndNewlines)
            return text.isEmpty ? nil : text.replacing("\r\n", with: "\n")
        }
        var fields: JSONObject = ["type": .string(form["type"] ?? ""), "source": "manual"]
        if let owner = text("owner_id") { fields["owner_id"] = .string(owner) }
        if let body = text("body") { fields["body"] = .string(body) }
        if let subject = text("subject") { fields["subject"] = .string(subject) }
        switch form["type"] {
        case "call":
            var seconds = 0
            if let minutes = text("minutes") {
                guard let number = Int(minutes), (0...1440).contains(number) else {
                    throw .invalid("/minutes", "out_of_range", "must be a whole number of minutes up to 1440")
                }
                seconds = number * 60
                fields["duration_s"] = .number(seconds)
            }
            if let outcome = text("outcome") { fields["outcome"] = .string(outcome) }
            fields["direction"] = .string(form["direction"] == "in" ? "in" : "out")
            fields["started_at"] = .string(RecordTime.text(now - Int64(seconds) * WireTime.second))
            fields["ended_at"] = .string(RecordTime.text(now))
        case "note":
            if fields["body"] == nil { throw .invalid("/body", "required", "is required: what is to be noted?") }
        case "task":
            if fields["subject"] == nil { throw .invalid("/subject", "required", "is required: what is to be done?") }
            fields["status"] = "planned"
            if let priority = text("priority") { fields["priority"] = .string(priority) }
            if let rule = text("recurrence") {
                fields["recurrence"] = .string(rule)
                fields["recurs_when"] = form["recurs_when"] == "due" ? "due" : "done"
            }
            if let minutes = text("remind").flatMap({ Int($0) }) {
                fields["reminders"] = [["minutes": .number(minutes)]]
            }
            guard let date = text("due_date") else { break }
            if let time = text("due_time") {
                guard let due = words.instant("\(date)T\(time)") else {
                    throw .invalid("/due_time", "not_a_timestamp", "must be a time as 14:30")
                }
                fields["due_at"] = .string(due)
            } else {
                fields["due_date"] = .string(date)
            }
        default: throw .invalid("/type", "unknown_option", "must be call, note or task")
        }
        return fields
    }

    /// The task that a call or a note leads to, without its links; nil: none.
    /// - Throws: `invalid`.
    static func followUp(_ form: Query) throws(TandemError) -> JSONObject? {
        guard form["type"] != "task" else { return nil }
        let subject = (form["next_subject"] ?? "").trimmingCharacters(in: .whitespacesAndNewlines)
        // A day of the menu, or one of its own.
        let given = ["next_date", "next_day"].map { (form[$0] ?? "").trimmingCharacters(in: .whitespacesAndNewlines) }
        let date = given.first { !$0.isEmpty } ?? ""
        guard !subject.isEmpty else {
            guard date.isEmpty else {
                throw .invalid("/next_subject", "required", "is required: what is to be done next?")
            }
            return nil
        }
        var fields: JSONObject = [
            "type": "task", "source": "manual", "status": "planned", "subject": .string(subject),
        ]
        if !date.isEmpty { fields["due_date"] = .string(date) }
        return fields
    }
}

/// Days by their words: tomorrow, next week.
enum DueDays {
    /// - Parameter today: `2026-11-24`.
    static func choices(from today: String) -> [Choice] {
        let days = [
            ("", "without a date"), (day(after: today, 0), "today"), (day(after: today, 1), "tomorrow"),
            (day(after: today, 3), "in three days"), (nextMonday(after: today), "next week"),
            (day(after: today, 14), "in two weeks"), (day(after: today, 30), "in 30 days"),
        ]
        return days.compactMap { value, label in
            value.map { value in
                let date = TimeWords.dayOfWeek(value).map { "\(label), \($0)" } ?? label
                return Choice(value: value, label: date, isChosen: false)
            }
        }
    }

    private static let calendar = {
        var calendar = Calendar(identifier: .iso8601)
        calendar.timeZone = .gmt
        return calendar
    }()

    private static func date(_ day: String) -> Date? { try? Date(day + "T00:00:00Z", strategy: .iso8601) }

    private static func text(_ date: Date) -> String { String(date.ISO8601Format().prefix(10)) }

    static func day(after today: String, _ days: Int) -> String? {
        date(today).flatMap { calendar.date(byAdding: .day, value: days, to: $0) }.map(text)
    }

    /// The Monday after a day.
    static func nextMonday(after today: String) -> String? {
        guard let date = date(today) else { return nil }
        // Sunday is 1.
        let weekday = calendar.component(.weekday, from: date)
        return day(after: today, (9 - weekday) % 7 == 0 ? 7 : (9 - weekday) % 7)
    }
}

extension Console {
    /// The objects at whose records something can be logged.
    private static let logged: [ObjectDescription] = [.account, .contact, .lead, .opportunity]

    var activityRoutes: [Route] {
        Self.logged.map { object in
            action(
                "/console/{tenant}/\(object.plural)/{\(object.name)}/log",
                "Log a call or a note of one \(object.name), or add a task", module: .crm,
                right: .to("create", "activity")
            ) { call, visit, form in
                let id = try call.id(object.name, object.prefix)
                return try await log(object, id, visit, form)
            }
        } + [
            action("/console/{tenant}/today/log", "Add a task", module: .crm, right: .to("create", "activity")) {
                _, visit, form in
                try await log(nil, nil, visit, form)
            },
            action(
                "/console/{tenant}/activities/{activity}/state", "Make a task done, or to be done again", module: .crm,
                right: .to("edit", "activity")
            ) {
                call, visit, form in
                try await setState(call.id("activity", .activity), visit, form)
            },
        ]
    }

    private func log(
        _ object: ObjectDescription?, _ id: RecordID?, _ visit: Visit, _ form: Query
    ) async throws -> Response {
        let tenant = try visit.requiredTenant()
        let catalog = try await catalog(of: tenant)
        let (author, now, zone) = (RecordAuthor(actor: visit.actor), context.clock.microseconds, tenant.timezone)
        let target = object.flatMap { object in id.map { (object, $0) } }
        try await writing(tenant) { (connection) throws(TandemError) in
            var words = TimeWords(zone)
            if let owner = PublicID(.user, text: form["owner_id"] ?? "")?.uuid {
                let user = try connection.recordGet(catalog[.user], id: owner, catalog: catalog)
                words = TimeWords(user.json["time_zone"]?.string ?? zone, else: zone)
            }
            var fields = try LoggedActivity.fields(form, now: now, words: words)
            if let (object, id) = target {
                fields["links"] = .array(try connection.activityTargets(object, id))
            }
            _ = try connection.recordCreate(catalog[.activity], .object(fields), by: author, catalog: catalog)
            if let task = PublicID(.activity, text: form["closes"] ?? "")?.uuid, form["type"] != "task" {
                let done: JSON = ["status": "done", "ended_at": .string(RecordTime.text(now))]
                _ = try connection.recordUpdate(catalog[.activity], id: task, done, by: author, catalog: catalog)
            }
            if var next = try LoggedActivity.followUp(form) {
                for name in ["links", "owner_id"] { next[name] = fields[name] }
                _ = try connection.recordCreate(catalog[.activity], .object(next), by: author, catalog: catalog)
            }
        }
        let page = target.map { "\($0.0.plural)/\($0.0.publicID($0.1))" } ?? "today"
        let back = Self.local(form["back"], tenant) ?? "/console/\(tenant.slug)/\(page)"
        return .seeOther(Self.with(notice: form["type"] == "task" ? "planned" : "logged", back))
    }

    private func setState(_ id: RecordID, _ visit: Visit, _ form: Query) async throws -> Response {
        let tenant = try visit.requiredTenant()
        guard let state = form["state"], ["done", "planned"].contains(state) else {
            throw Problem.badRequest("invalid_state", "A task is done or planned.")
        }
        let ended: JSON = state == "done" ? .string(RecordTime.text(context.clock.microseconds)) : .null
        let body: JSON = ["status": .string(state), "ended_at": ended]
        let (author, catalog) = (RecordAuthor(actor: visit.actor), try await catalog(of: tenant))
        try await writing(tenant) { (connection) throws(TandemError) in
            _ = try connection.recordUpdate(catalog[.activity], id: id, body, by: author, catalog: catalog)
        }
        let back = Self.local(form["back"], tenant) ?? "/console/\(tenant.slug)/today"
        return .seeOther(
            state == "done"
                ? Self.with(notice: "done", undo: .done(id), back) : Self.with(notice: "reopened", back))
    }
}
