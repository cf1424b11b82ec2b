import Crypto
public import Foundation
public import Postgres

extension ObjectDescription {
    /// A file beside a record. It is in no catalogue: what it is made of comes as bytes, not as JSON.
    public static let attachment = ObjectDescription(
        name: "attachment", plural: "attachments", prefix: .attachment, module: .crm,
        summary: "A file beside a record.",
        fields: recordFields.map { ObjectField($0.name, $0.type, isReadOnly: true, summary: $0.summary) } + [
            ObjectField(
                "file_name", .text(maximum: AttachmentUpload.nameBytes), isRequired: true, isPersonal: true,
                isSearchable: true, summary: "Its name.", isFileName: true),
            ObjectField("media_type", .text(maximum: 255), isReadOnly: true, summary: "What it is said to be."),
            ObjectField("size_bytes", .integer(0...Int(Int32.max)), isReadOnly: true, summary: "Bytes."),
            ObjectField("sha256", .text(maximum: 64), isReadOnly: true, summary: "Hash of its bytes."),
        ],
        title: "file_name")
}

/// A file that is to stand beside a record.
public struct AttachmentUpload: Sendable {
    static let nameBytes = 255
    /// Of a file, bytes, unless the configuration says otherwise.
    public static let standardLimit = 25 << 20
    static let anyType = "application/octet-stream"

    let fileName: String
    let mediaType: String
    let bytes: [UInt8]

    /// - Parameter mediaType: without it, or if it is none, the file is said to be bytes.
    /// - Throws: `invalid` for a name that is none.
    public init(fileName: String?, mediaType: String?, bytes: [UInt8]) throws(TandemError) {
        let name = Normalizer.trimmed((fileName ?? "")[...])
        guard !name.isEmpty else { throw .invalid("/file_name", "required", "is required") }
        guard name.utf8.count <= Self.nameBytes else {
            throw .invalid("/file_name", "too_long", "has at most \(Self.nameBytes) bytes")
        }
        guard Self.isName(String(name)) else { throw .invalid("/file_name", "invalid", Self.nameRule) }
        self.fileName = String(name)
        self.mediaType = mediaType.flatMap(Self.mediaType) ?? Self.anyType
        self.bytes = bytes
    }

    static let nameRule = "is a name without a folder"

    /// Whether it names a file in a folder, and nothing else.
    public static func isName(_ name: String) -> Bool {
        let isPath = name.unicodeScalars.contains {
            $0 == "/" || $0 == "\\" || $0.value < 0x20 || (0x7f...0x9f).contains($0.value)
        }
        return !isPath && !["", ".", ".."].contains(name)
    }

    /// `type/subtype` in small letters, without parameters.
    private static func mediaType(_ text: String) -> String? {
        let type = text.prefix { $0 != ";" }.trimmingCharacters(in: .whitespaces).lowercased()
        let isToken = type.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
            default: "/.+-_!#$&^".utf8.contains(byte)
            }
        }
        return isToken && type.utf8.count <= 255 && type.split(separator: "/").count == 2 ? type : nil
    }

    fileprivate var hash: String {
        SHA256.hash(data: bytes).map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    }
}

/// A file as it is sent to somebody.
public struct AttachmentFile: Sendable {
    public let fileName: String
    public let mediaType: String
    public let sha256: String
    public let bytes: [UInt8]
}

// Inside a transaction of the tenant: `connection.inTenant(tenant.database) { … }`.

extension Connection {
    /// Puts a file beside a record.
    ///
    /// - Throws: `notFound` if there is no such record.
    public func attach(
        _ upload: AttachmentUpload, to object: ObjectDescription, _ id: RecordID, by author: RecordAuthor,
        catalog: ObjectCatalog
    ) throws(TandemError) -> RecordSnapshot {
        _ = try recordGet(object, id: id, catalog: catalog)
        let hash = upload.hash
        _ = try run(.call("keep_attachment_content", .text(hash), .bytea(upload.bytes)))
        let input = RecordInput(normalized: [
            "object": .string(object.name), "object_id": .string(id.text), "file_name": .string(upload.fileName),
            "media_type": .string(upload.mediaType), "size_bytes": .number(upload.bytes.count), "sha256": .string(hash),
        ])
        let outcome = try recordWrite(.attachment, [RecordWrite(.create, input: input)], by: author).first
        if let error = outcome?.error { throw error }
        guard let made = outcome?.id else { throw .failure("write_records answered no id", sqlState: nil) }
        return try recordGet(.attachment, id: made, catalog: catalog)
    }

    /// - Throws: `notFound`.
    public func attachmentFile(_ id: RecordID) throws(TandemError) -> AttachmentFile {
        guard let row = try run(.call("attachment_file", .uuid(id))).first else { throw .notFound() }
        return try reading { () throws(PostgresError) in
            AttachmentFile(
                fileName: try row.text(0), mediaType: try row.text(1), sha256: try row.text(2), bytes: try row.bytea(3))
        }
    }
}
