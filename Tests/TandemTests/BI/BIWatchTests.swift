import Testing

@testable import Tandem

@Suite("Which BI sessions are ended")
struct BIWatchTests {
    private func session(_ pid: Int32, seconds: Int? = nil, connectedAt: Int64 = 0) -> BISession {
        BISession(
            pid: pid, login: "t_0000000000_b1", connectedAt: connectedAt, transaction: seconds.map { .seconds($0) })
    }

    private func ended(_ sessions: [BISession], _ bounds: BIWatch.Bounds) -> [String] {
        BIWatch.excess(of: sessions, bounds).map { "\($0.session.pid) \($0.reason.rawValue)" }
    }

    @Test("A transaction that is older than the bound, and none that is not")
    func age() {
        let sessions = [session(1, seconds: 601), session(2, seconds: 600), session(3)]
        #expect(ended(sessions, .init(transaction: .seconds(600), sessions: 50)) == ["1 age"])
        #expect(ended(sessions, .init(transaction: nil, sessions: 50)) == [])
    }

    @Test("Of too many sessions those that came last")
    func count() {
        let sessions = (1...4).map { session($0, connectedAt: Int64(10 - $0)) }
        #expect(ended(sessions, .init(sessions: 2)) == ["2 count", "1 count"])
        #expect(ended(sessions, .init(sessions: 4)) == [])
        #expect(ended(sessions, .init(sessions: 0)) == [])
    }

    @Test("One that is ended for its age makes room")
    func both() {
        let sessions = [session(1, seconds: 700), session(2, connectedAt: 1), session(3, connectedAt: 2)]
        #expect(ended(sessions, .init(transaction: .seconds(600), sessions: 2)) == ["1 age"])
    }
}

@Suite("Which processes of PostgreSQL are BI's")
struct BIPriorityTests {
    @Test(
        "By their title",
        arguments: [
            ("postgres: t_djkfkbemts_b2 tandem 127.0.0.1(43011) SELECT", BIPriority.Kind.bi),
            ("postgres: t_djkfkbemts_b12 tandem 127.0.0.1(43011) authentication  ", .bi),
            ("postgres: parallel worker for PID 4711 ", .worker(of: 4711)),
            ("postgres: tandem tandem [local] idle", .other), ("postgres: checkpointer ", .other),
            ("postgres: t_djkfkbemts_b2x tandem [local] idle", .other),
            ("/usr/lib/postgresql/15/bin/postgres -D /var/lib/x", .unknown), ("", .unknown),
        ])
    func kind(title: String, kind: BIPriority.Kind) {
        #expect(BIPriority.kind(title: title) == kind)
    }
}
