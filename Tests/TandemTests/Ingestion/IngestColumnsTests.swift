import Testing

@testable import Tandem

@Suite struct IngestColumnsTests {
    @Test func columnsFollowTheMessages() throws {
        let body = try fixture("segment-python-2.4.0.json")
        let messages = try ReadMessages().all(body, path: .batch).messages
        let columns = IngestColumns(messages, rulesVersion: 7)
        #expect(columns.count == 9)
        #expect(columns.rulesVersion == 7)
        #expect(columns.messageID == messages.map(\.messageID))
        #expect(columns.type == messages.map(\.type.rawValue))
        #expect(columns.identifierMessage == [1, 1, 2, 3, 4, 5, 6, 7, 8, 9])
        #expect(columns.identifierValue.prefix(2) == ["user-1", "buyer-17@acme.example"])
        #expect(columns.companyMessage == [1, 1, 1, 7, 7, 7])
        #expect(columns.fieldMessage == [1, 1, 1, 1])
        #expect(columns.fieldName == ["email", "phone", "first_name", "company"])
        #expect(columns.groupID[6] == "acme")
        #expect(columns.previousID[7] == "anon-1")
        #expect(columns.binds.count == 27)
    }
}
