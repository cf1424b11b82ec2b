import CLibPQ

/// Encodes the parameters of a statement into memory that is reused from call to call.
struct ParameterBuffer {
    private var writer = ByteWriter()
    private var offsets: [Int] = []
    private var pointers: [UnsafePointer<CChar>?] = []
    private var lengths: [CInt] = []
    private var formats: [CInt] = []

    /// A larger buffer is given back after use.
    private static let keptBytes = 1 << 20

    private static let nullOffset = -1

    /// Queues the prepared statement `name`; libpq copies the values.
    mutating func send(_ binds: [Bind], to name: String, on handle: OpaquePointer) -> Bool {
        encode(binds)
        defer { if writer.bytes.capacity > Self.keptBytes { writer.bytes = [] } }
        return writer.bytes.withUnsafeBytes { buffer in
            guard let base = buffer.baseAddress else { return false }
            for offset in offsets {
                pointers.append(
                    offset == Self.nullOffset ? nil : (base + offset).assumingMemoryBound(to: CChar.self))
            }
            return PQsendQueryPrepared(handle, name, CInt(binds.count), pointers, lengths, formats, 1) == 1
        }
    }

    private mutating func encode(_ binds: [Bind]) {
        writer.bytes.removeAll(keepingCapacity: true)
        offsets.removeAll(keepingCapacity: true)
        pointers.removeAll(keepingCapacity: true)
        lengths.removeAll(keepingCapacity: true)
        formats.removeAll(keepingCapacity: true)
        for bind in binds {
            let start = writer.bytes.count
            writer.write(bind)
            lengths.append(CInt(clamping: writer.bytes.count - start))
            switch bind {
            case .null:
                offsets.append(Self.nullOffset)
                formats.append(0)
            case .literal:
                offsets.append(start)
                formats.append(0)
            default:
                offsets.append(start)
                formats.append(1)
            }
        }
        writer.bytes.append(0)  // an empty last value still has an address
    }
}
