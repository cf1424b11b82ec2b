public import Postgres

extension IngestColumns {
    /// The call of `ingest_batch`.
    ///
    /// - Parameter keepsPlans: whether the session keeps plans for this tenant alone, see there. They take memory.
    public func statement(keepsPlans: Bool = false) -> Statement {
        .call("ingest_batch", nullOf: keepsPlans ? "identity_state" : "text", binds)
    }

    /// Its arguments, in order.
    var binds: [Bind] {
        messageBinds + [
            .int4Array(runEnd), .textArray(runKey), hints.epoch.map(Bind.int4) ?? .null(.int4),
            hints.epoch == nil ? .null(.int8Array) : .int8Array(hints.homes),
            hints.epoch == nil ? .null(.boolArray) : .boolArray(hints.settled),
        ]
    }

    /// Those that are about the messages.
    var messageBinds: [Bind] {
        [
            .int4(readingVersion), .uuidArray(eventID), .textArray(messageID), .textArray(type), .textArray(name),
            .timestamptzArray(timestamp), .timestamptzArray(receivedAt), .int4Array(flags), .int2Array(source),
            .textArray(session), .jsonbArray(payload.map { $0[...] }), .jsonbArray(traits.map { $0?[...] }),
            .jsonbArray(consent.map { $0?[...] }), .textArray(groupID), .textArray(previousID),
            .int4Array(identifierMessage), .textArray(identifierType), .textArray(identifierValue),
            .int4Array(companyMessage), .textArray(companyKind), .textArray(companyValue), .textArray(companyName),
            .int4Array(fieldMessage), .textArray(fieldName), .textArray(fieldValue), .textArray(email),
            .textArray(phone), form.isEmpty ? .null(.jsonbArray) : .jsonbArray(form.map { $0?[...] }),
        ]
    }
}
