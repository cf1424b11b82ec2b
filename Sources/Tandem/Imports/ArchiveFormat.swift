import Foundation

/// Whose archive of messages a file is: JSON lines, plain or gzip.
public enum ArchiveFormat: String, Sendable, CaseIterable {
    /// A line is a raw message, as Segment writes it to object stores.
    case segment
    /// A line is a message (RudderStack's object store destinations), or has it in `payload` (the archives of
    /// rudder-server), or has several in `payload.batch` or `batch` (the dumps of its gateway).
    case rudderstack

    /// A message of a line, and when it was received, where that stands around it.
    struct Found {
        var json: [UInt8]
        var receivedAt: Int64?
    }

    /// The messages of a line, in order.
    func messages(of line: [UInt8]) -> Result<[Found], ImportFault> {
        let document: JSONDocument
        do throws(JSONError) {
            document = try JSONDocument(line)
        } catch {
            return .failure(ImportFault(code: "invalid_row", reason: "the line is no JSON"))
        }
        return document.withRoot { root in
            guard root.isObject else {
                return .failure(ImportFault(code: "invalid_row", reason: "the line is no JSON object"))
            }
            guard self == .rudderstack, root["type"] == nil else {
                return .success([Found(json: line, receivedAt: nil)])
            }
            return Self.unwrapped(root)
        }
    }

    private static func unwrapped(_ root: JSONNode) -> Result<[Found], ImportFault> {
        let payload = root["payload"] ?? root
        guard payload.isObject else {
            return .failure(ImportFault(column: "payload", code: "invalid_row", reason: "is no JSON object"))
        }
        let receivedAt = [payload["receivedAt"], root["receivedAt"], root["createdAt"]].lazy
            .compactMap { $0.flatMap { WireTime.parse($0) } }.first
        guard let batch = payload["batch"] else {
            return .success([Found(json: Array(payload.source), receivedAt: receivedAt)])
        }
        let found = batch.elements.map { Found(json: Array($0.source), receivedAt: receivedAt) }
        guard !found.isEmpty else {
            return .failure(ImportFault(column: "batch", code: "empty_batch", reason: "has no messages"))
        }
        return .success(found)
    }
}

/// A file of another product's messages, as its import was asked for.
public struct ArchiveJob: Sendable {
    public var file: ImportFile
    public var format: ArchiveFormat
    /// Events a second, at most; nil: as fast as they go.
    public var rate: Int?
    /// Read and count everything; keep nothing.
    public var isDryRun: Bool

    public init(file: ImportFile, format: ArchiveFormat, rate: Int? = nil, isDryRun: Bool = false) {
        self.file = file
        self.format = format
        self.rate = rate
        self.isDryRun = isDryRun
    }
}
