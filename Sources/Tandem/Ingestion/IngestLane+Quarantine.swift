import Foundation
import Postgres

extension IngestLane {
    /// The call that stores `pieces`. Events of the quarantine leave it in the same transaction.
    static func storing(
        _ pieces: [Piece], _ messages: [WireMessage], rulesVersion: Int, hints: IngestMemory.Hints
    ) -> Statement {
        var columns = IngestColumns(messages, rulesVersion: rulesVersion)
        guard let operation = pieces.first?.job.request.replay?.operation else {
            columns.hints = hints
            columns.tally { pieces[$0].job.request.keyID }
            return .call("ingest_batch", columns.binds)
        }
        let ids = pieces.map { $0.job.quarantineID(at: $0.index) }
        return .call("reprocess_batch", [.uuid(operation), .uuidArray(ids)] + columns.messageBinds)
    }

    /// The call that keeps refused `pieces`; events of the quarantine stay there with their new reasons.
    static func keeping(_ pieces: [Piece]) -> Statement {
        if let operation = pieces.first?.job.request.replay?.operation {
            return Quarantine.refuse(
                pieces.compactMap { piece in
                    reason(of: piece).map { (piece.job.quarantineID(at: piece.index), $0) }
                }, operation: operation)
        }
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
        return Quarantine.add(events, of: requests, state: .rejected)
    }

    private static func reason(of piece: Piece) -> QuarantineReason? {
        switch (piece.item, piece.job.outcomes[piece.index]) {
        case (.refused(let refusal), _): .init(code: refusal.error.code, message: refusal.error.message)
        case (_, .rejected(let code, let message)): .init(code: code, message: message)
        default: nil
        }
    }
}
