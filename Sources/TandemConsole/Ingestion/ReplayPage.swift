import Foundation
import Hummingbird
import Postgres
import Tandem
import TandemHTTP

/// What the SQL function `replay_summary` gives.
private struct ReplayCounts: Decodable {
    struct Item: Decodable {
        let type: String
        let name: String?
        let count: Int
    }

    let count: Int
    let items: [Item]
}

/// Stored events, once more through what reads them: first how many, then the order.
struct ReplayPage {
    let chrome: Chrome
    let path: String
    let since: String
    let until: String
    let event: String
    let menus: [FilterMenu]
    /// Why what was filled in cannot be understood.
    let fault: String?
    let isCounted: Bool
    let count: String
    let figures: [AccountPage.Figure]
    let order: QuarantinePage.Order?
    let work: [QuarantinePage.Work]
    let hasWork: Bool
}

extension Console {
    private static let replayParts = ["since", "until", "source", "type", "event"]

    var replayRoutes: [Route] {
        [
            page(
                "/console/{tenant}/replay", "Stored events, to run once more", module: .cdp,
                right: .to("edit", "setting"),
                parameters: ReplayFilter.parts.map { .init($0.name, $0.summary) } + [.init("count", "Count them")]
            ) { call, visit in
                try await replay(call, visit, visit.requiredTenant())
            },
            action(
                "/console/{tenant}/replay", "Run stored events once more", module: .cdp, right: .to("edit", "setting")
            ) { _, visit, form in
                try await orderReplay(visit, form)
            },
        ]
    }

    private func replay(_ call: Call, _ visit: Visit, _ tenant: Tenant) async throws -> Response {
        let given = Self.replayParts.compactMap { part in call.text(part).map { (part, $0) } }
        let path = "/console/\(tenant.slug)/replay"
        var fault: String?
        var counts: ReplayCounts?
        do throws(TandemError) {
            let filter = try ReplayFilter(given)
            if call.text("count") != nil {
                counts = try await counted(filter, tenant)
            }
        } catch {
            guard case .invalid(let faults) = error else { throw error }
            fault = faults.map(\.detail).joined(separator: " ")
        }
        let work = try await orders(tenant)
        func value(_ part: String) -> String { given.first { $0.0 == part }?.1 ?? "" }
        let page = ReplayPage(
            chrome: Chrome(
                title: "Replay", visit: visit, place: .events, notice: call.query["notice"], version: version),
            path: path, since: value("since"), until: value("until"), event: value("event"),
            menus: [
                FilterMenu(
                    "source", "Source", try await sources(tenant).map(\.name), chosen: call.text("source")),
                FilterMenu("type", "Type", MessageType.allCases.map(\.rawValue), chosen: call.text("type")),
            ],
            fault: fault, isCounted: counts != nil, count: Figures.count(counts?.count ?? 0),
            figures: (counts?.items ?? []).prefix(8).map {
                AccountPage.Figure(value: Figures.count($0.count), label: $0.name.map { $0 } ?? $0.type)
            },
            order: counts.flatMap { $0.count > 0 ? Self.order($0.count, given, visit, path) : nil }, work: work,
            hasWork: !work.isEmpty)
        return Response(html: templates.render(page, as: "replay"), status: fault == nil ? .ok : .unprocessableContent)
    }

    private func counted(_ filter: ReplayFilter, _ tenant: Tenant) async throws(TandemError) -> ReplayCounts {
        do {
            return try await read(tenant, .call("replay_summary", filter.bind), as: ReplayCounts.self)
        } catch let error as TandemError {
            throw error
        } catch {
            throw .failure("replay_summary is not understood: \(error)", sqlState: nil)
        }
    }

    private static func order(
        _ count: Int, _ given: [(String, String)], _ visit: Visit, _ path: String
    ) -> QuarantinePage.Order {
        QuarantinePage.Order(
            count: Figures.count(count), fields: given.map { QuarantinePage.Field(name: $0.0, value: $0.1) },
            csrf: visit.csrf, action: path, scope: given.map { "\($0.0) \($0.1)" }.joined(separator: ", "))
    }

    private func orderReplay(_ visit: Visit, _ form: Query) async throws -> Response {
        let tenant = try visit.requiredTenant()
        let parts = Self.replayParts.compactMap { part in form[part].flatMap { $0.isEmpty ? nil : (part, $0) } }
        let filter = try ReplayFilter(parts)
        _ = try await read(
            tenant, [.call("replay_order", .uuid(.v7()), filter.bind, .text(visit.actor))])
        context.operations.ring(for: tenant.id)
        return .seeOther("/console/\(tenant.slug)/replay?notice=ordered")
    }
}
