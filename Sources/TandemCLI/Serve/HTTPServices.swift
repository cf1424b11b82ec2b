import Foundation
import Logging
import ServiceLifecycle
import Tandem

/// The listeners, in the order in which they start.
func httpServices(_ context: TandemContext, plan: ServePlan, logger: Logger) throws -> [any Service] {
    [ReadyLine(plan: plan)]
}

/// Says once that everything is up.
private struct ReadyLine: Service {
    let plan: ServePlan

    func run() async throws {
        JSONLogHandler.write([
            "msg": .string("listening"), "listen": .string("\(plan.listen.host):\(plan.listen.port)"),
            "admin_listen": .string("\(plan.adminListen.host):\(plan.adminListen.port)"), "pid": .number(getpid()),
        ])
        try await gracefulShutdown()
    }
}
