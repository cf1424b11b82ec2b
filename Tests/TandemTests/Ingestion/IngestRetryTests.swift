import Postgres
import Testing

@testable import Tandem

@Suite struct IngestRetryTests {
    private func decide(_ code: SQLState, attempt: Int = 0, timeLeft: Duration = .seconds(5)) -> IngestRetry {
        IngestRetry.decide(
            PostgresError(kind: .server(code), message: ""), attempt: attempt, timeLeft: timeLeft, jitter: 1)
    }

    @Test(arguments: [SQLState.deadlockDetected, .serializationFailure, .lockNotAvailable, .queryCanceled])
    func whatMayPassIsTriedAgain(_ code: SQLState) {
        #expect(decide(code) == .again(afterMilliseconds: 5))
        #expect(decide(code, attempt: 3) == .again(afterMilliseconds: 40))
    }

    @Test(arguments: ["22021", "22P05", "54000"] as [SQLState])
    func aMessageThatSpoilsItsBatchIsLookedFor(_ code: SQLState) {
        #expect(decide(code) == .halve)
    }

    @Test func aConstraintIsTriedAgainBeforeTheMessageIsBlamed() {
        #expect(decide("23505") == .again(afterMilliseconds: 5))
        #expect(decide("23505", attempt: 4) == .halve)
    }

    @Test func aServerThatIsAwayIsTriedAsLongAsThereIsTime() {
        let lost = PostgresError(kind: .connection, message: "")
        #expect(
            IngestRetry.decide(lost, attempt: 40, timeLeft: .seconds(1), jitter: 1)
                == .reconnect(afterMilliseconds: 500))
        #expect(IngestRetry.decide(lost, attempt: 1, timeLeft: .zero, jitter: 1) == .giveUp(.deadlineExceeded))
    }

    @Test func aFullDiskIsNotWaitedFor() { #expect(decide(.diskFull) == .giveUp(.diskFull)) }

    @Test func staleRulesAreRead() { #expect(decide("TD011") == .reloadRules) }

    @Test(arguments: [SQLState.adminShutdown, .crashShutdown, .cannotConnectNow])
    func aServerThatStopsIsReachedAgain(_ code: SQLState) {
        #expect(decide(code) == .reconnect(afterMilliseconds: 50))
    }

    @Test func aLostConnectionIsReplacedAtOnceTheFirstTime() {
        let lost = PostgresError(kind: .connection, message: "")
        #expect(
            IngestRetry.decide(lost, attempt: 0, timeLeft: .seconds(1), jitter: 0) == .reconnect(afterMilliseconds: 0))
        #expect(
            IngestRetry.decide(lost, attempt: 1, timeLeft: .seconds(1), jitter: 0) == .reconnect(afterMilliseconds: 50))
    }

    @Test func nothingIsTriedWhenTheTimeIsOverOrForEver() {
        #expect(decide(.deadlockDetected, timeLeft: .zero) == .giveUp(.deadlineExceeded))
        #expect(decide(.deadlockDetected, attempt: 12) == .giveUp(.unavailable))
    }

    @Test func aFaultOfOursIsNotTriedAgain() { #expect(decide(.undefinedTable) == .giveUp(.failed)) }
}
