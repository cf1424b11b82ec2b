import Foundation
import Hummingbird
import Postgres
import Tandem
import TandemHTTP

/// What was reminded of, above a rep's day.
struct RemindersCard {
    struct Entry {
        let planned: PlannedEntry
        let rungAt: Moment?
        let seenAction: String
    }

    let reminders: [Entry]
    let reminderToken: String
    let reminderBack: String
}

/// What the SQL function `rung_reminders` answers.
private struct RungRead: Decodable {
    let planned: PlannedRead
    let since: String

    private enum CodingKeys: String, CodingKey { case since }

    init(from decoder: any Decoder) throws {
        planned = try PlannedRead(from: decoder)
        since = try decoder.container(keyedBy: CodingKeys.self).decode(String.self, forKey: .since)
    }
}

extension Console {
    private static let reminderLimit: Int32 = 20

    var reminderRoutes: [Route] {
        [
            action(
                "/console/{tenant}/activities/{activity}/seen", "Say that a reminder was seen", module: .crm,
                right: .read("activity")
            ) {
                call, visit, form in
                let (tenant, id) = (try visit.requiredTenant(), try call.id("activity", .activity))
                let (actor, now) = (visit.actor, context.clock.microseconds)
                _ = try await writing(tenant) { (connection) throws(TandemError) in
                    try connection.seeReminders(of: id, by: actor, now: now)
                }
                return .seeOther(Self.back(form, else: "today", tenant, notice: "seen"))
            }
        ]
    }

    /// Nil: there is nothing to be reminded of.
    func remindersCard(_ owner: RecordID?, _ visit: Visit, _ tenant: Tenant) async throws -> RemindersCard? {
        let now = context.clock.microseconds
        let found = try await read(
            tenant,
            [
                .call(
                    "rung_reminders", owner.bind, .text(tenant.timezone), .timestamptz(now), .int4(Self.reminderLimit))
            ])[0].decoded("activity", as: RungRead.self)
        guard !found.isEmpty else { return nil }
        let path = "/console/\(tenant.slug)"
        let words = TimeWords(tenant.timezone)
        return RemindersCard(
            reminders: found.map { read in
                let id = read.planned.activity.id.map { "\(PublicID(.activity, $0))" } ?? ""
                return .init(
                    planned: PlannedEntry(read.planned, back: "\(path)/today", path: path, csrf: visit.csrf, words),
                    rungAt: words.moment(read.since), seenAction: "\(path)/activities/\(id)/seen")
            }, reminderToken: visit.csrf, reminderBack: "\(path)/today")
    }
}
