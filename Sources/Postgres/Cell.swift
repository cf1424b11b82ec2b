import FoundationEssentials

/// One value of a result in the server's binary format. Each property is nil when the type does not fit.
struct Cell {
    let bytes: UnsafeRawBufferPointer
    let type: OID

    var int: Int? {
        switch type {
        case .int2: read(Int16.self).map { Int($0) }
        case .int4: read(Int32.self).map { Int($0) }
        case .int8: read(Int64.self).map { Int($0) }
        case .oid: read(UInt32.self).map { Int($0) }
        case .numeric: DecimalText(bytes)?.integer
        default: nil
        }
    }

    var double: Double? {
        switch type {
        case .float8: read(UInt64.self).map { Double(bitPattern: $0) }
        case .float4: read(UInt32.self).map { Double(Float(bitPattern: $0)) }
        case .numeric: DecimalText(bytes).flatMap { Double($0.text) }
        default: int.map { Double($0) }
        }
    }

    var bool: Bool? {
        type == .bool && bytes.count == 1 ? bytes[0] != 0 : nil
    }

    var uuid: UUID? {
        guard type == .uuid, bytes.count == 16 else { return nil }
        return UUID(uuid: bytes.loadUnaligned(as: uuid_t.self))
    }

    var timestamp: Int64? {
        switch type {
        case .timestamptz, .timestamp:
            guard let value = read(Int64.self) else { return nil }
            if value == .max || value == .min { return value }
            return value.addingReportingOverflow(postgresEpochMicroseconds).partialValue
        case .date:
            guard let days = date else { return nil }
            if days == .max || days == .min { return days == .max ? .max : .min }
            return Int64(days) * 86_400_000_000
        default: return nil
        }
    }

    var date: Int32? {
        guard type == .date, let value = read(Int32.self) else { return nil }
        if value == .max || value == .min { return value }
        return value.addingReportingOverflow(postgresEpochDays).partialValue
    }

    var json: [UInt8]? {
        switch type {
        case .jsonb: bytes.first == 1 ? Array(bytes.dropFirst()) : nil
        case .json, .text, .varchar, .unknown: Array(bytes)
        default: nil
        }
    }

    var bytea: [UInt8]? {
        type == .bytea ? Array(bytes) : nil
    }

    var text: String? {
        switch type {
        case _ where type.isPlainText: utf8
        case .void: utf8
        case .jsonb: bytes.first == 1 ? String(decoding: bytes.dropFirst(), as: UTF8.self) : nil
        case .int2, .int4, .int8, .oid: int.map { String($0) }
        case .numeric: DecimalText(bytes)?.text
        case .float8: double.map { "\($0)" }
        case .float4: read(UInt32.self).map { "\(Float(bitPattern: $0))" }
        case .bool: bool.map { $0 ? "true" : "false" }
        case .uuid: uuid.map { $0.uuidString.lowercased() }
        case .timestamptz, .timestamp: timestamp.map { ValueText.timestamp($0, isUTC: type == .timestamptz) }
        case .date: date.map { ValueText.date($0) }
        case .bytea: ValueText.hexadecimal(bytes)
        default: userDefinedText
        }
    }

    private var utf8: String { String(decoding: bytes, as: UTF8.self) }

    /// Enums and citext send their text; other user types send what is rarely valid text.
    private var userDefinedText: String? {
        guard type.rawValue >= OID.firstUserDefined, bytes.allSatisfy({ $0 >= 0x20 || $0 == 0x0A || $0 == 0x09 })
        else { return nil }
        return String(validating: bytes, as: UTF8.self)
    }

    /// A number in network byte order that fills the value.
    private func read<Value: FixedWidthInteger>(_: Value.Type) -> Value? {
        guard bytes.count == MemoryLayout<Value>.size else { return nil }
        return Value(bigEndian: bytes.loadUnaligned(as: Value.self))
    }
}

extension Cell {
    func array<Element>(_ decode: (Cell) -> Element?) -> [Element]? {
        var elements: [Element] = []
        let isComplete = forEachElement(reserve: { elements.reserveCapacity($0) }) { cell in
            guard let cell, let element = decode(cell) else { return false }
            elements.append(element)
            return true
        }
        return isComplete ? elements : nil
    }

    func nullableArray<Element>(_ decode: (Cell) -> Element?) -> [Element?]? {
        var elements: [Element?] = []
        let isComplete = forEachElement(reserve: { elements.reserveCapacity($0) }) { cell in
            guard let cell else {
                elements.append(nil)
                return true
            }
            guard let element = decode(cell) else { return false }
            elements.append(element)
            return true
        }
        return isComplete ? elements : nil
    }

    /// Walks a one-dimensional array; false when it is none or `visit` refuses an element.
    private func forEachElement(reserve: (Int) -> Void, _ visit: (Cell?) -> Bool) -> Bool {
        guard isArray else { return false }
        var offset = 0
        func next() -> Int32? {
            guard offset + 4 <= bytes.count else { return nil }
            defer { offset += 4 }
            return Int32(bigEndian: bytes.loadUnaligned(fromByteOffset: offset, as: Int32.self))
        }
        guard let dimensions = next(), next() != nil, let element = next() else { return false }
        if dimensions == 0 { return true }
        guard dimensions == 1, let count = next(), count >= 0, next() != nil, Int(count) * 4 <= bytes.count
        else { return false }
        reserve(Int(count))
        let elementType = OID(UInt32(bitPattern: element))
        for _ in 0..<count {
            guard let length = next() else { return false }
            if length < 0 {
                guard visit(nil) else { return false }
                continue
            }
            let end = offset + Int(length)
            guard end <= bytes.count else { return false }
            guard visit(Cell(bytes: UnsafeRawBufferPointer(rebasing: bytes[offset..<end]), type: elementType))
            else { return false }
            offset = end
        }
        return true
    }

    /// Known scalars are not arrays; everything else is checked by its shape.
    private var isArray: Bool {
        switch type {
        case .text, .varchar, .bpchar, .name, .char, .json, .jsonb, .xml, .unknown, .cstring, .void, .int2, .int4,
            .int8, .oid, .numeric, .float4, .float8, .bool, .uuid, .timestamp, .timestamptz, .date, .bytea:
            false
        default: bytes.count >= 12
        }
    }
}
