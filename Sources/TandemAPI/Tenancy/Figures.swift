import Foundation
import Postgres
import Tandem
import TandemHTTP

/// What `/metrics` tells beside the requests. No label names a tenant: figures by tenant are in SQL and in the console.
struct Figures {
    let context: TandemContext
    let data: DataPlane
    let installation: Installation
    let certificate: CertificateKeeper?
    let version: String

    func text() -> String {
        var text = MetricsText()
        pool(&text)
        ingest(&text)
        operations(&text)
        disk(&text)
        database(&text)
        process(&text)
        return text.text + data.census.text()
    }

    private func pool(_ text: inout MetricsText) {
        let pool = context.pool.statistics
        text.gauge("pg_pool_in_use", pool.inUse)
        text.gauge("pg_pool_waiting", pool.waiting)
        text.gauge("pg_pool_connections", pool.connections)
        text.counter("pg_pool_opened_total", pool.opened)
        text.counter("pg_pool_timeouts_total", pool.timeouts)
        text.summary("pg_pool_wait_seconds", count: pool.served, sum: pool.waited / .seconds(1))
        // 0: closed, 1: open, 2: one attempt is under way.
        text.gauge("breaker_state", pool.breaker.rawValue)
    }

    private func ingest(_ text: inout MetricsText) {
        let batcher = data.batcher
        let ingest = batcher.stats.values
        let refused = data.limiter.refusals
        text.gauge("ingest_queue_bytes", batcher.queueBytes)
        text.gauge("ingest_waiting_messages", batcher.waitingCount)
        text.gauge("ingest_oldest_wait_seconds", batcher.oldestWait / .seconds(1))
        text.gauge("ingest_duplicate_alarms", ingest.alarms)
        text.counter("ingest_batches_total", ingest.batches)
        text.counter("ingest_messages_total", ingest.messages)
        text.counter("ingest_retries_total", ingest.retries)
        text.histogram(
            "ingest_batch_size", bounds: IngestStats.sizeBounds.map(Double.init), counts: ingest.sizes,
            sum: Double(ingest.messages))
        text.series(
            "ingest_events_total", "counter",
            [
                (["outcome": "accepted"], ingest.accepted), (["outcome": "duplicate"], ingest.duplicates),
                (["outcome": "quarantined"], ingest.quarantined), (["outcome": "rejected"], ingest.rejected),
            ])
        text.series(
            "ingest_refusals_total", "counter",
            QueueRefusal.allCases.map { (["reason": $0.rawValue], ingest.refusals[$0, default: 0]) })
        text.series(
            "rate_limited_total", "counter",
            [
                (["policy": "ingest"], refused.ingest), (["policy": "source"], refused.source),
                (["policy": "requests"], refused.requests),
            ])
    }

    private func operations(_ text: inout MetricsText) {
        let operations = context.operationFigures
        let age = operations.oldest.map { Double(max(0, context.clock.microseconds - $0)) / 1_000_000 } ?? 0
        text.gauge("operations_running", operations.running)
        text.gauge("operations_oldest_age_seconds", age)
        text.counter("operations_failed_total", operations.failed)
    }

    /// Of the database's disk, where it is this machine's, and of backups.
    private func disk(_ text: inout MetricsText) {
        let room = installation.room
        text.gauge("disk_short", room.isShort ? 1 : 0)
        if let space = room.space {
            text.gauge("disk_free_bytes", space.free)
            text.gauge("disk_total_bytes", space.total)
            text.gauge("disk_reserve_bytes", room.bounds.reserve(ofBytes: space.total))
        }
        // Before the first backup all that there is has been in one place since the beginning.
        let begin = installation.server == nil ? nil : installation.vitals.figures?.begin
        if let saved = (try? installation.backups())?.first?.finishedAt ?? begin {
            text.gauge("backup_age_seconds", max(0, Int(-saved.timeIntervalSinceNow)))
        }
        if let end = certificate?.certificate.validUntil {
            text.gauge("certificate_expires_timestamp_seconds", Int(end.timeIntervalSince1970))
        }
    }

    private func database(_ text: inout MetricsText) {
        if let vitals = installation.vitals.figures {
            if let age = vitals.oldestSnapshot { text.gauge("oldest_xmin_age_seconds", age) }
            text.gauge("wal_archive_failing", vitals.archiveFails ? 1 : 0)
            text.gauge("replication_slots_inactive", vitals.idleSlots)
        }
        if let findings = installation.findings {
            text.series(
                "doctor_findings", "gauge",
                [Doctor.Result.warn, .fail].map { level in
                    (["level": level.rawValue], findings.count { $0.result == level })
                })
        }
        let bi = installation.watch.figures
        text.gauge("bi_sessions", bi.open)
        text.series(
            "bi_sessions_ended_total", "counter",
            BIWatch.Reason.allCases.map { (["reason": $0.rawValue], bi.ended[$0, default: 0]) })
    }

    private func process(_ text: inout MetricsText) {
        text.gauge("tandem_build_info", 1, ["version": version])
        let process = ProcessFigures()
        if let bytes = process.residentBytes { text.gauge("process_resident_memory_bytes", bytes) }
        if let files = process.openFiles { text.gauge("process_open_fds", files) }
        if let start = process.startedAt { text.gauge("process_start_time_seconds", start) }
    }
}
