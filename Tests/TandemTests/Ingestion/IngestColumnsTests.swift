import Testing

@testable import Tandem

@Suite struct IngestColumnsTests {
    @Test func columnsFollowTheMessages() throws {
        let body = try fixture("segment-python-2.4.0.json")
        let messages = try ReadMessages().all(body, path: .batch).messages
        let columns = IngestColumns(messages, readingVersion: 7)
        #expect(columns.count == 9)
        #expect(columns.readingVersion == 7)
        #expect(columns.messageID == messages.map(\.messageID))
        #expect(columns.type == messages.map(\.type.rawValue))
        #expect(columns.identifierMessage == [1, 1, 2, 3, 4, 5, 6, 7, 8, 9])
        #expect(columns.identifierValue.prefix(2) == ["user-1", "buyer-17@acme.example"])
        #expect(columns.companyMessage == [1, 1, 1, 7, 7, 7])
        #expect(columns.fieldMessage == [1, 1, 1, 1])
        #expect(columns.fieldName == ["email", "phone", "first_name", "company"])
        #expect(columns.groupID[6] == "acme")
        #expect(columns.previousID[7] == "anon-1")
        #expect(columns.messageBinds.count == 28)
        #expect(columns.binds.count == 33)
        #expect(columns.form.isEmpty)
    }

    @Test func aTallyHasARunForEachSourceKeyAndHour() throws {
        let body = try fixture("segment-python-2.4.0.json")
        var columns = IngestColumns(try ReadMessages().all(body, path: .batch).messages, readingVersion: 7)
        columns.tally { _ in "k" }
        #expect(columns.runEnd == [9])
        #expect(columns.runKey == ["k"])
        columns.runEnd = []
        columns.runKey = []
        columns.source[8] += 1
        columns.receivedAt[0] -= 3_600_000_000
        columns.tally { $0 < 4 ? "a" : "b" }
        #expect(columns.runEnd == [1, 4, 8, 9])
        #expect(columns.runKey == ["a", "a", "b", "b"])
    }
}
