/// Messages with the mistakes that everybody makes: no time, no name, nobody, a misspelt type.
enum DemoRefused {
    private static let messages: [JSON] = [
        [
            "type": "track", "event": "Trial Started", "userId": "demo-refused-1", "messageId": "demo-refused-1",
            "timestamp": "yesterday at noon", "properties": ["plan": "pro", "seats": 12],
        ],
        [
            "type": "track", "userId": "demo-refused-2", "messageId": "demo-refused-2",
            "properties": ["path": "/pricing", "note": "the event has no name"],
        ],
        [
            "type": "identify", "messageId": "demo-refused-3",
            "traits": ["plan": "free", "company": "nobody is named"],
        ],
        [
            "type": "trak", "event": "Invoice Paid", "userId": "demo-refused-4", "messageId": "demo-refused-4",
            "properties": ["amount": 99],
        ],
        [
            "type": "group", "userId": "demo-refused-5", "messageId": "demo-refused-5",
            "traits": ["name": "Without an id"],
        ],
    ]

    /// - Parameter now: microseconds since 1970; they came within the hours before, one at a time.
    static func requests(of tenant: Tenant, _ source: MessageSource, now: Int64) throws(BodyError) -> [IngestRequest] {
        var requests: [IngestRequest] = []
        for (place, message) in messages.enumerated() {
            let body: JSON = ["batch": .array([message])]
            requests.append(
                IngestRequest(
                    tenant: tenant, batch: try MessageBatch(body.encoded(), path: .batch), source: source,
                    receivedAt: now - Int64(messages.count - place) * 2_700_000_000, sentAtHeader: nil,
                    clientAddress: nil,
                    keyID: "demo", path: "/v1/batch", fromBrowser: false, deadline: .now + .seconds(20), replay: nil))
        }
        return requests
    }
}
