import Foundation
import HTTPTypes
import Hummingbird
import Postgres
import Tandem
import TandemHTTP

/// The form that makes a tracking plan, and the one that adds a version to it.
struct PlanFormPage {
    let chrome: Chrome
    let heading: String
    let action: String
    let cancelHref: String
    /// Drafts the events from what has come in; nil: it was done, or there is a plan already.
    let learnHref: String?
    let csrf: String
    let wrong: [String]
    let hasWrong: Bool
    let isNew: Bool
    let planName: String
    let planDescription: String
    let events: String
    let lines: Int
    /// The version that is replaced.
    let replaced: String
}

extension Console {
    private static let right = ConsoleRight.to("edit", "setting")

    var planFormRoutes: [Route] {
        [
            page(
                "/console/{tenant}/plans/new", "The form that makes a tracking plan", module: .cdp, right: Self.right,
                parameters: [.init("learn", "Draft it from the events of these days or hours: 7d, 12h")]
            ) { call, visit in
                try await newPlan(call, visit)
            },
            action("/console/{tenant}/plans", "Make a tracking plan", module: .cdp, right: Self.right, limit: 1 << 20) {
                _, visit, form in
                try await savePlan(visit, nil, PlanForm(form))
            },
            page(
                "/console/{tenant}/plans/{plan}/edit", "The form that adds a version to a tracking plan", module: .cdp,
                right: Self.right
            ) { call, visit in
                let id = try Self.planID(call)
                return try planForm(visit, id, PlanForm(try await plan(id, visit)))
            },
            action(
                "/console/{tenant}/plans/{plan}/edit", "Add a version to a tracking plan", module: .cdp,
                right: Self.right, limit: 1 << 20
            ) { call, visit, form in
                let id = try Self.planID(call)
                _ = try await plan(id, visit)
                return try await savePlan(visit, id, PlanForm(form))
            },
            action(
                "/console/{tenant}/plans/{plan}/connect", "Let a source keep to a tracking plan", module: .cdp,
                right: Self.right
            ) { call, visit, form in
                try await connectPlan(Self.planID(call), visit, form)
            },
            action(
                "/console/{tenant}/plans/{plan}/disconnect", "Let a source keep to a tracking plan no longer",
                module: .cdp, right: Self.right
            ) { call, visit, form in
                let (id, source) = (try Self.planID(call), form["source"] ?? "")
                return try await changePlan(id, visit) { (connection, actor) throws(TandemError) in
                    try connection.planDisconnect(id, source: source, actor: actor)
                }
            },
        ]
    }

    static func planID(_ call: Call) throws -> String {
        "\(PublicID(.trackingPlan, try call.id("plan", .trackingPlan)))"
    }

    /// - Throws: `notFound`.
    private func plan(_ id: String, _ visit: Visit) async throws -> JSONObject {
        try await reading(visit.requiredTenant()) { (connection) throws(TandemError) in try connection.planGet(id) }
    }

    private func newPlan(_ call: Call, _ visit: Visit) async throws -> Response {
        var form = PlanForm()
        if let since = call.text("learn") {
            let lesson = try PlanLesson(json: ["since": .string(since)], now: context.clock.microseconds)
            let learned = try await reading(visit.requiredTenant()) { (connection) throws(TandemError) in
                try connection.planLearn(lesson)
            }
            form.events = PlanForm.text(learned["events"])
            form.isLearned = true
        }
        return try planForm(visit, nil, form)
    }

    private func savePlan(_ visit: Visit, _ id: String?, _ form: PlanForm) async throws -> Response {
        do {
            var change = try PlanChange(json: form.object)
            // A new one takes the place of none.
            change.expectedVersion = id == nil ? 0 : Int(form.replaced)
            let name = id ?? form.name
            return try await changePlan(id, visit) { [change] (connection, actor) throws(TandemError) in
                try connection.planPut(change, of: name, actor: actor)
            }
        } catch TandemError.invalid(let errors) {
            return try planForm(visit, id, form, wrong: errors.map { "\($0.pointer): \($0.detail)" })
        } catch TandemError.versionMismatch {
            let words =
                id == nil
                ? "There is a plan of that name already."
                : "Somebody has added a version since this page was opened. Look at it, and change that."
            return try planForm(visit, id, form, wrong: [words])
        }
    }

    private func connectPlan(_ id: String, _ visit: Visit, _ form: Query) async throws -> Response {
        var order = JSONObject()
        for (name, _) in PlanPolicy.parts { order[name] = form[name].map { .string($0) } }
        let connection = try PlanConnection(json: order)
        let source = form["source"] ?? ""
        return try await changePlan(id, visit) { (tenant, actor) throws(TandemError) in
            try tenant.planConnect(connection, of: id, source: source, actor: actor)
        }
    }

    /// Runs what changes the rules of reading, for events from now on; to the plan's page.
    private func changePlan(
        _ id: String?, _ visit: Visit,
        _ change: @escaping @Sendable (Connection, _ actor: String) throws(TandemError) -> JSONObject
    ) async throws -> Response {
        let (tenant, actor) = (try visit.requiredTenant(), visit.actor)
        let done = try await writing(tenant) { (connection) throws(TandemError) in try change(connection, actor) }
        readingRules.forget(tenant)
        return .seeOther("/console/\(tenant.slug)/plans/\(id ?? done["id"]?.string ?? "")?notice=saved")
    }

    private func planForm(_ visit: Visit, _ id: String?, _ form: PlanForm, wrong: [String] = []) throws -> Response {
        let path = "/console/\(try visit.requiredTenant().slug)/plans"
        let place = id.map { "\(path)/\($0)" }
        let heading = id == nil ? "New tracking plan" : "Change \(form.name)"
        let page = PlanFormPage(
            chrome: Chrome(title: heading, visit: visit, place: .plans, version: version), heading: heading,
            action: place.map { "\($0)/edit" } ?? path, cancelHref: place ?? path,
            learnHref: id == nil && !form.isLearned ? "\(path)/new?learn=7d" : nil, csrf: visit.csrf, wrong: wrong,
            hasWrong: !wrong.isEmpty, isNew: id == nil, planName: form.name, planDescription: form.description,
            events: form.events, lines: min(28, max(8, form.events.split(separator: "\n").count + 2)),
            replaced: form.replaced)
        return Response(
            html: templates.render(page, as: "plan-form"), status: wrong.isEmpty ? .ok : .unprocessableContent)
    }
}

/// What stands in the form.
private struct PlanForm {
    var name = ""
    var description = ""
    var events = """
        [
        {"type": "track", "name": "Order Completed", "schema": {"required": ["total"], "properties": {"total": {"type": "number"}}}}
        ]
        """
    var replaced = ""
    var isLearned = false

    init() {}

    init(_ plan: JSONObject) {
        name = plan["name"]?.string ?? ""
        description = plan["description"]?.string ?? ""
        events = Self.text(plan["events"])
        replaced = plan["version"]?.int.map { String($0) } ?? ""
    }

    init(_ form: Query) {
        name = (form["name"] ?? "").trimmingCharacters(in: .whitespacesAndNewlines)
        description = (form["description"] ?? "").trimmingCharacters(in: .whitespacesAndNewlines)
        events = form["events"] ?? ""
        replaced = form["replaced"] ?? ""
    }

    /// An event a line.
    static func text(_ events: JSON?) -> String {
        let lines = (events?.array ?? []).map { String(decoding: $0.encoded(), as: UTF8.self) }
        return lines.isEmpty ? "[]" : "[\n" + lines.joined(separator: ",\n") + "\n]"
    }

    /// - Throws: `invalid` for events that are no JSON.
    var object: JSONObject {
        get throws(TandemError) {
            var object = JSONObject()
            do throws(JSONError) {
                object["events"] = try JSON(parsing: events)
            } catch {
                throw .invalid("/events", "not_json", "The events are no JSON: \(error).")
            }
            if !description.isEmpty { object["description"] = .string(description) }
            return object
        }
    }
}
