import Foundation
import Postgres
import Tandem
import TandemHTTP

/// What the pages of accounts, contacts, leads and opportunities share: forms to log, next steps, one timeline.
struct RecordDesk {
    /// Nil for who may not log.
    let log: LogForms?
    let nextSteps: [PlannedEntry]
    let timeline: Timeline
    var extras: RecordExtras
    /// With the tenant's own fields.
    let object: ObjectDescription
}

extension Console {
    private static let nextStepsLimit: Int32 = 20

    static func nextStepsStatement(_ description: ObjectDescription, _ id: RecordID, _ tenant: Tenant) -> Statement {
        .call(
            "record_next_steps", .text(description.name), .uuid(id), .text(tenant.timezone), .int4(nextStepsLimit))
    }

    /// - Parameters:
    ///   - timeline: what `Timeline.statement` answered.
    ///   - steps: what `nextStepsStatement` answered.
    ///   - mayEdit: whether the visitor may change this record.
    func desk(
        _ description: ObjectDescription, _ id: RecordID, _ timeline: Rows, _ steps: Rows, _ call: Call, _ visit: Visit,
        _ tenant: Tenant, mayEdit: Bool
    ) async throws -> RecordDesk {
        let path = "/console/\(tenant.slug)"
        let place = "\(path)/\(description.plural)/\(description.publicID(id))"
        let words = TimeWords(tenant.timezone)
        let owners = try await owners(call, visit, tenant)
        let today = words.date(RecordTime.text(context.clock.microseconds)) ?? ""
        let planned = try steps.decoded("activity", as: PlannedRead.self).map {
            PlannedEntry($0, back: place, path: path, csrf: visit.csrf, words)
        }
        return RecordDesk(
            log: !visit.may("create", "activity")
                ? nil
                : LogForms(
                    action: "\(place)/log", back: place, csrf: visit.csrf, owners: owners, today: today,
                    steps: planned, mayEdit: mayEdit),
            nextSteps: planned,
            timeline: try Timeline(timeline, path: path, place: place, csrf: visit.csrf, words),
            extras: try await extras(description, id, owners.all, visit, tenant, mayEdit: mayEdit),
            object: try await catalog(of: tenant)[description])
    }
}
