import Foundation
import Postgres

extension Importer {
    /// A dry run of an archive: every message is read and checked as ingest would, and looked up among those that are
    /// known; nothing is written.
    func count(
        _ job: ArchiveJob, _ survey: ArchiveSurvey, _ progress: (ImportProgress) throws(TandemError) -> Void
    ) throws(TandemError) -> ImportReport {
        var reader = try ArchiveReader(job, digest: survey.digest)
        let writer = try archiveWriter()
        var count = ArchiveCount()
        while true {
            try progress(ImportProgress(phase: .reading, done: reader.number, total: survey.lines))
            let lines = try reader.next(Int(Self.chunkRows))
            if lines.isEmpty { break }
            var messages: [EventWriter.Message] = []
            var places: [Int] = []
            for line in lines {
                switch line.messages {
                case .failure(let fault): count.refuse(fault, line: line.line)
                case .success(let found):
                    messages += found
                    places += found.map { _ in line.line }
                }
            }
            let (stored, outcomes) = try writer.read(messages)
            for (outcome, line) in zip(outcomes, places) {
                if case .rejected(let fault) = outcome { count.refuse(fault, line: line) }
            }
            count.take(stored.compactMap { $0 })
            let ids = stored.compactMap { $0?.eventID }
            count.known += try chunk { (connection) throws(TandemError) in
                let rows = try connection.run(.call("count_known_messages", .uuidArray(ids)))
                return try reading { () throws(PostgresError) in try rows.one().int(0) }
            }
        }
        return count.report(job, lines: survey.lines)
    }
}

/// What a dry run finds in an archive. Its size does not grow with the file.
private struct ArchiveCount {
    /// Messages that are stored already.
    var known = 0
    private var valid = 0
    private var rejected = 0
    private var types: [MessageType: Int] = [:]
    private var names: [String: Int] = [:]
    private var otherNames = 0
    private var first: Int64?
    private var last: Int64?
    private var problems: [ImportFault: (count: Int, lines: [Int])] = [:]

    /// Names that are told apart; the rest is one sum.
    private static let namesLimit = 1_000
    private static let shownNames = 20
    private static let shownLines = 10

    mutating func refuse(_ fault: ImportFault, line: Int) {
        rejected += 1
        problems[fault, default: (0, [])].count += 1
        if let lines = problems[fault]?.lines, lines.count < Self.shownLines { problems[fault]?.lines.append(line) }
    }

    mutating func take(_ messages: [WireMessage]) {
        for message in messages {
            valid += 1
            types[message.type, default: 0] += 1
            first = min(first ?? message.timestamp, message.timestamp)
            last = max(last ?? message.timestamp, message.timestamp)
            guard let name = message.name else { continue }
            if names[name] != nil || names.count < Self.namesLimit {
                names[name, default: 0] += 1
            } else {
                otherNames += 1
            }
        }
    }

    func report(_ job: ArchiveJob, lines: Int64) -> ImportReport {
        var byType = JSONObject()
        for type in MessageType.allCases { if let count = types[type] { byType[type.rawValue] = .number(count) } }
        let order = names.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
        let rest = order.dropFirst(Self.shownNames).reduce(otherNames) { $0 + $1.value }
        let byCount = problems.sorted { ($1.value.count, $0.key.code) < ($0.value.count, $1.key.code) }
        let json: JSONObject = [
            "id": .null, "object": "events", "file": .string(job.file.name), "state": "dry_run",
            "rows": .number(lines), "read": .number(lines), "created": .number(valid - known), "updated": 0,
            "unchanged": .number(known), "rejected": .number(rejected), "types": .object(byType),
            "names": .array(
                order.prefix(Self.shownNames).map { ["name": .string($0.key), "count": .number($0.value)] }),
            "other_names": .number(rest),
            "first_timestamp": .string(orNull: first.map { RecordTime.text($0) }),
            "last_timestamp": .string(orNull: last.map { RecordTime.text($0) }),
            "problems": .array(
                byCount.map { fault, found in
                    var object = fault.json.object ?? [:]
                    object["count"] = .number(found.count)
                    object["lines"] = .array(found.lines.map { .number($0) })
                    return .object(object)
                }),
        ]
        return ImportReport(id: nil, json: json, rejected: Int64(rejected))
    }
}
