import Postgres
import Tandem
import TandemHTTP

/// Whether requests should come here, and how what they stand on is. One statement, two looks at memory, one at the disk.
///
/// Only what another server would do better says no: a drain, a database that does not answer here, procedures of this build that are
/// gone. A short disk turns events away and nothing else, and what waits long waits for the database that all servers share: were
/// either a no, a load balancer would take away what still works.
struct Readiness {
    let context: TandemContext
    let drains: [Drain]
    let batcher: Batcher

    /// What was found, by check.
    struct Report {
        var checks: JSONObject = [:]
        /// Why requests should go elsewhere.
        var refusal: (code: String, message: String)?
        var isDegraded = false

        /// With what was found, for operators.
        var json: JSON {
            ["status": refusal != nil ? "unavailable" : isDegraded ? "degraded" : "ok", "checks": .object(checks)]
        }
    }

    func look() async -> Report {
        var report = Report()
        await database(&report)
        disk(&report)
        queue(&report)
        let isDraining = drains.contains(where: \.isDraining)
        report.checks["drain"] = ["status": isDraining ? "draining" : "ok"]
        if isDraining { report.refusal = ("draining", "The server is shutting down.") }
        return report
    }

    private func database(_ report: inout Report) async {
        let begin = ContinuousClock.now
        do throws(PostgresError) {
            let isCurrent = try await context.pool.withConnection(deadline: .seconds(2)) {
                (connection) throws(PostgresError) in try ControlPlane.hasProcedures(connection)
            }
            let milliseconds = (ContinuousClock.now - begin) / .milliseconds(1)
            report.checks["database"] = ["status": "ok", "ms": .number((milliseconds * 10).rounded() / 10)]
            report.checks["migrations"] = [
                "status": isCurrent ? "ok" : "gone", "code_schema": .string(CodeVersion.schema),
            ]
            if !isCurrent {
                report.refusal = (
                    "outdated", "The procedures of this build are gone from the database: a newer build has taken over."
                )
            }
        } catch {
            report.checks["database"] = ["status": "unreachable"]
            report.checks["migrations"] = ["status": "unknown"]
            report.refusal = ("unavailable", "The database cannot be reached at this moment.")
        }
    }

    private func disk(_ report: inout Report) {
        let room = batcher.room
        var disk: JSONObject = ["status": room.isShort ? "short" : "ok"]
        if let space = room.space {
            disk["free_bytes"] = .number(Int(clamping: space.free))
            disk["reserve_bytes"] = .number(Int(clamping: room.bounds.reserve(ofBytes: space.total)))
        }
        if room.isShort { report.isDegraded = true }
        report.checks["disk"] = .object(disk)
    }

    private func queue(_ report: inout Report) {
        let seconds = batcher.oldestWait / .seconds(1)
        let isLate = batcher.oldestWait > batcher.bounds.age
        if isLate { report.isDegraded = true }
        report.checks["queue"] = [
            "status": isLate ? "late" : "ok", "waiting": .number(batcher.waitingCount),
            "oldest_wait_seconds": .number((seconds * 1_000).rounded() / 1_000),
        ]
    }
}
