import Foundation
import Postgres

extension IngestLane {
    /// The call that stores `pieces`. Events of the quarantine leave it in the same transaction.
    static func storing(
        _ pieces: [Piece], _ messages: [WireMessage], readingVersion: Int, hints: IngestMemory.Hints, keepsPlans: Bool
    ) -> Statement {
        guard let operation = pieces.first?.job.request.replay?.operation else {
            var columns = IngestColumns(messages, readingVersion: readingVersion, hints: hints)
            columns.tally { pieces[$0].job.request.keyID }
            return columns.statement(keepsPlans: keepsPlans)
        }
        let ids = pieces.map { $0.job.quarantineID(at: $0.index) }
        let columns = IngestColumns(messages, readingVersion: readingVersion)
        return .call("reprocess_batch", [.uuid(operation), .uuidArray(ids)] + columns.messageBinds)
    }

    /// The calls that keep refused `pieces`; events of the quarantine stay there with their new reasons.
    static func keeping(_ pieces: [Piece]) -> [Statement] {
        let forgotten = pieces.filter(isSuppressed)
        if !forgotten.isEmpty, forgotten[0].job.request.replay == nil {
            return keeping(pieces.filter { !isSuppressed($0) }) + [counting(forgotten)]
        }
        guard let first = pieces.first else { return [] }
        if let operation = first.job.request.replay?.operation {
            return [
                Quarantine.refuse(
                    pieces.compactMap { piece in
                        reason(of: piece).map { (piece.job.quarantineID(at: piece.index), $0) }
                    }, operation: operation)
            ]
        }
        let held = pieces.filter(isHeld)
        if held.isEmpty { return [keeping(pieces[...], .rejected)] }
        let rejected = pieces.filter { !isHeld($0) }
        return [keeping(held[...], .held)] + (rejected.isEmpty ? [] : [keeping(rejected[...], .rejected)])
    }

    private static func keeping(_ pieces: ArraySlice<Piece>, _ state: Quarantine.State) -> Statement {
        var events: [QuarantinedEvent] = []
        var requests: [QuarantinedRequest] = []
        var start = pieces.startIndex
        while start < pieces.endIndex {
            let job = pieces[start].job
            let end = pieces[start...].firstIndex { $0.job !== job } ?? pieces.endIndex
            var reasons: [Int: QuarantineReason] = [:]
            for piece in pieces[start..<end] { reasons[piece.index] = reason(of: piece) }
            let (kept, request) = job.quarantined(reasons)
            events += kept
            requests.append(request)
            start = end
        }
        return Quarantine.add(events, of: requests, state: state)
    }

    /// Whether other rules of the tenant's might take it.
    static func isRefusedByRules(_ piece: Piece) -> Bool {
        if case .refused(let refused) = piece.item {
            refused.note != nil || refused.answer == .quarantined || isSuppressed(piece)
        } else {
            false
        }
    }

    /// Nothing of it is kept, not even why; it only counts.
    private static func isSuppressed(_ piece: Piece) -> Bool { reason(of: piece)?.code == MessageError.suppressed.code }

    private static func counting(_ pieces: [Piece]) -> Statement {
        .call(
            "tally_rejected", .timestamptzArray(pieces.map { $0.job.request.receivedAt }),
            .int2Array(pieces.map { $0.job.request.source.id }), .textArray(pieces.map { $0.job.request.keyID }))
    }

    private static func isHeld(_ piece: Piece) -> Bool {
        if case .refused(let refused) = piece.item { refused.answer == .quarantined } else { false }
    }

    private static func reason(of piece: Piece) -> QuarantineReason? {
        switch (piece.item, piece.job.outcomes[piece.index]) {
        case (.refused(let refused), _): refused.reason
        case (_, .rejected(let code, let message)): .init(code: code, message: message)
        default: nil
        }
    }
}
