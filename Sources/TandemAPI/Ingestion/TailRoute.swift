import Foundation
import Hummingbird
import Postgres
import Tandem
import TandemHTTP

/// What becomes of events, as it happens.
struct TailRoute {
    let store: TenantStore
    let tail: EventTail
    let drain: Drain

    var routes: [Route] {
        [
            Route(
                .get, "/v1/events:tail", "Watch what becomes of events, as server-sent events", feature: "Ingestion",
                scope: .secret, module: .cdp,
                parameters: TailFilter.parts.map { Route.Parameter($0.name, $0.summary) }
            ) { [store, tail, drain] call in
                let tenant = try store.tenant(call)
                let sources = try await store.sources(call)
                let filter = try TailFilter({ call.query[$0] }, sources: sources)
                guard tail.readerCount(of: tenant.id) < EventTail.readersLimit else {
                    throw Problem(
                        .tooManyRequests, "too_many_readers",
                        "\(EventTail.readersLimit) others watch the events of this tenant; let one of them go."
                    ).retry(after: 10)
                }
                return Response(drain: drain) { TailFeed(tail, tenant.id, filter) }
            }
        ]
    }
}

/// A tail as events of a stream: one for each event, and `gap` for those that the reader was too slow for.
private struct TailFeed: EventFeed {
    private let tail: EventTail
    private let reader: TailReader

    init?(_ tail: EventTail, _ tenant: UUID, _ filter: TailFilter) {
        guard let reader = tail.open(tenant, filter) else { return nil }
        self.tail = tail
        self.reader = reader
    }

    func next() -> [ServerSentEvent] {
        let (events, missed) = reader.take()
        let shown = events.map { ServerSentEvent(data: $0.json) }
        if missed == 0 { return shown }
        return shown + [ServerSentEvent("gap", data: Array("{\"missed\":\(missed)}".utf8))]
    }

    func close() { tail.close(reader) }
}

extension TenantStore {
    /// The tenant's sources.
    func sources(_ call: Call) async throws -> [Source] {
        let logger = call.logger
        return try await withConnection(call) { connection, tenant in
            try TenantDirectory(connection, actor: "api", logger: logger).sources(tenant)
        }
    }
}
