import Foundation
import HTTPTypes
import Hummingbird
import Tandem
import TandemHTTP

/// The routes that the vendors' SDKs send to.
struct IngestRoutes {
    let service: IngestService

    var routes: [Route] { messageRoutes + batchRoutes + [metrics] }

    private static let short: [MessageType: String] = [
        .track: "t", .identify: "i", .page: "p", .screen: "s", .group: "g", .alias: "a",
    ]

    private var messageRoutes: [Route] {
        MessageType.allCases.flatMap { type in
            [type.rawValue, Self.short[type]].compactMap { $0 }.map { name in
                route("/v1/\(name)", "Take one \(type.rawValue) call", .message(type))
            }
        }
    }

    private var batchRoutes: [Route] {
        ["/v1/batch", "/v1/b", "/v1/import"].map { route($0, "Take calls of all types, in order", .batch) }
            + [
                Route(
                    .post, "/beacon/v1/batch", "Take a batch that a page sends while it closes", feature: "Ingestion",
                    scope: .write, module: .cdp, body: .ingest, admit: service.admit
                ) { [service] call in
                    try await service.take(call, path: .batch, body: call.body, fromBrowser: true)
                }
            ]
    }

    private func route(_ template: String, _ summary: String, _ path: IngestPath) -> Route {
        Route(
            .post, template, summary, feature: "Ingestion", scope: .write, module: .cdp, body: .ingest,
            admit: service.admit, prompt: { [service] in service.takePromptly($0, path: path, $1, $2) }
        ) { [service] call in
            try await service.take(
                call, path: path, body: call.body, fromBrowser: call.headers[.origin] != nil)
        }
    }

    /// analytics.js reports its own counters; they concern nobody here.
    private var metrics: Route {
        Route(
            .post, "/v1/m", "Take an SDK's own counters and forget them", feature: "Ingestion", scope: .write,
            module: .cdp, body: .ingest
        ) { _ in
            Response(json: ["success": true])
        }
    }
}
