import FoundationEssentials

/// Bytes of the parameters of one statement, in the server's binary format (network byte order).
struct ByteWriter {
    var bytes: [UInt8] = []

    mutating func write<Value: FixedWidthInteger>(_ value: Value) {
        withUnsafeBytes(of: value.bigEndian) { bytes.append(contentsOf: $0) }
    }

    mutating func write(_ value: UUID) {
        withUnsafeBytes(of: value.uuid) { bytes.append(contentsOf: $0) }
    }
}

/// Microseconds from 1970-01-01 to 2000-01-01, where the server's time starts.
let postgresEpochMicroseconds: Int64 = 946_684_800_000_000

/// Days from 1970-01-01 to 2000-01-01.
let postgresEpochDays: Int32 = 10_957

extension ByteWriter {
    /// Appends the payload of `bind`; writes nothing for null.
    mutating func write(_ bind: Bind) {
        switch bind {
        case .null: break
        case .text(let value): bytes.append(contentsOf: value.utf8)
        case .utf8(let value), .bytea(let value): bytes.append(contentsOf: value)
        case .int2(let value): write(value)
        case .int4(let value): write(value)
        case .int8(let value): write(value)
        case .double(let value): write(value.bitPattern)
        case .bool(let value): bytes.append(value ? 1 : 0)
        case .uuid(let value): write(value)
        case .timestamptz(let value): write(serverTime(value))
        case .date(let value): write(value &- postgresEpochDays)
        case .jsonb(let value): writeJSONB(value)
        case .literal(let value, _):
            bytes.append(contentsOf: value.utf8)
            bytes.append(0)  // libpq measures text-format values with strlen
        default: writeArray(bind)
        }
    }

    private mutating func writeArray(_ bind: Bind) {
        switch bind {
        case .textArray(let values): writeArray(values, of: .text) { $0.bytes.append(contentsOf: $1.utf8) }
        case .utf8Array(let values): writeArray(values, of: .text) { $0.bytes.append(contentsOf: $1) }
        case .int2Array(let values): writeArray(values, of: .int2) { $0.write($1) }
        case .int4Array(let values): writeArray(values, of: .int4) { $0.write($1) }
        case .int8Array(let values): writeArray(values, of: .int8) { $0.write($1) }
        case .doubleArray(let values): writeArray(values, of: .float8) { $0.write($1.bitPattern) }
        case .boolArray(let values): writeArray(values, of: .bool) { $0.bytes.append($1 ? 1 : 0) }
        case .uuidArray(let values): writeArray(values, of: .uuid) { $0.write($1) }
        case .timestamptzArray(let values):
            writeArray(values, of: .timestamptz) { $0.write($0.serverTime($1)) }
        case .jsonbArray(let values): writeArray(values, of: .jsonb) { $0.writeJSONB($1) }
        case .byteaArray(let values): writeArray(values, of: .bytea) { $0.bytes.append(contentsOf: $1) }
        default: preconditionFailure("not an array: \(bind.type)")
        }
    }

    private func serverTime(_ microseconds: Int64) -> Int64 {
        // The extremes are the server's -infinity and infinity.
        if microseconds == .max || microseconds == .min { return microseconds }
        return microseconds.subtractingReportingOverflow(postgresEpochMicroseconds).partialValue
    }

    private mutating func writeJSONB(_ json: ArraySlice<UInt8>) {
        bytes.append(1)  // version of the binary format
        bytes.append(contentsOf: json)
    }

    private mutating func writeArray<Element>(
        _ values: [Element?], of type: OID, _ writeElement: (inout ByteWriter, Element) -> Void
    ) {
        guard !values.isEmpty else {
            write(Int32(0))
            write(Int32(0))
            write(type.rawValue)
            return
        }
        write(Int32(1))  // dimensions
        write(Int32(values.contains { $0 == nil } ? 1 : 0))
        write(type.rawValue)
        write(Int32(values.count))
        write(Int32(1))  // lower bound
        for value in values {
            let lengthAt = bytes.count
            write(Int32(-1))
            guard let value else { continue }
            writeElement(&self, value)
            let length = UInt32(truncatingIfNeeded: bytes.count - lengthAt - 4)
            bytes[lengthAt] = UInt8(truncatingIfNeeded: length >> 24)
            bytes[lengthAt + 1] = UInt8(truncatingIfNeeded: length >> 16)
            bytes[lengthAt + 2] = UInt8(truncatingIfNeeded: length >> 8)
            bytes[lengthAt + 3] = UInt8(truncatingIfNeeded: length)
        }
    }
}
