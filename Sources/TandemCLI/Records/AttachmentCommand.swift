import ArgumentParser
import Foundation
import Postgres
import Tandem

/// `tandem attachment …`: files beside records.
struct AttachmentCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "attachment", abstract: "Files beside records.",
        discussion: """
            tandem attachment add acct_… offer.pdf --type application/pdf --tenant acme
            tandem attachment list acct_…
            tandem attachment save att_… --to offer.pdf
            """,
        subcommands: [Add.self, List.self, Save.self, Delete.self])

    private static let columns = ["id", "file_name", "media_type", "size_bytes", "created_at", "created_by"]

    /// The record that an id with a prefix names.
    private static func record(_ text: String) throws -> (ObjectDescription, UUID) {
        for object in ObjectDescription.attachable.compactMap({ ObjectCatalog.standard.object($0) })
        where text.contains("_") {
            if let id = PublicID(object.prefix, text: text) { return (object, id.uuid) }
        }
        let known = ObjectDescription.attachable.joined(separator: ", ")
        throw CommandFailure.usage("\(text) is no id such as acct_… of: \(known)")
    }

    private static func id(_ text: String) throws -> UUID {
        guard let id = PublicID(.attachment, text: text) else { throw CommandFailure.usage("\(text) is no id att_…") }
        return id.uuid
    }

    struct Add: DatabaseCommand {
        static let configuration = CommandConfiguration(
            abstract: "Put a file beside a record.", discussion: "tandem attachment add lead_… notes.txt --tenant acme")
        @OptionGroup var global: GlobalOptions
        @Argument(help: "The record: acct_…, cont_…, lead_…, opp_…, tick_…, act_…, prod_…") var record: String
        @Argument(help: "The file.", completion: .file()) var file: String
        @Option(help: "Its media type, such as application/pdf.") var type: String?
        @Option(help: "Its name, if not that of the file.") var name: String?

        func run(_ session: DatabaseSession) throws -> Output {
            let (object, id) = try AttachmentCommand.record(record)
            guard let data = FileManager.default.contents(atPath: file) else {
                throw CommandFailure.usage("\(file) cannot be read")
            }
            guard data.count <= AttachmentUpload.standardLimit else {
                throw CommandFailure.usage("\(file) has more than \(AttachmentUpload.standardLimit >> 20) MB")
            }
            let upload = try AttachmentUpload(
                fileName: name ?? URL(fileURLWithPath: file).lastPathComponent, mediaType: type, bytes: Array(data))
            let author = RecordAuthor(actor: DatabaseSession.actor)
            let tenant = try session.tenant()
            let catalog = try session.catalog(of: tenant)
            let made = try session.inTenant(tenant) { (connection) throws(TandemError) in
                try connection.attach(upload, to: object, id, by: author, catalog: catalog)
            }
            return Output(content: .object(session.written(made.json)))
        }
    }

    struct List: DatabaseCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the files beside a record, newest first.",
            discussion: "tandem attachment list acct_… --tenant acme")
        @OptionGroup var global: GlobalOptions
        @Argument(help: "The record: acct_…, cont_…, lead_…, opp_…, tick_…, act_…, prod_…") var record: String

        func run(_ session: DatabaseSession) throws -> Output {
            let (object, id) = try AttachmentCommand.record(record)
            let tenant = try session.tenant()
            let catalog = try session.catalog(of: tenant)
            var query = try RecordQueryReader(.attachment, catalog: catalog).read(parameters: [
                ("object_id", object.publicID(id))
            ])
            query.limit = RecordQuery.limitMaximum
            let page = try session.inTenant(tenant, readOnly: true) {
                [query] (connection) throws(TandemError) -> RecordPage in
                _ = try connection.recordGet(object, id: id, catalog: catalog)
                return try connection.recordList(
                    .attachment, query, seal: CursorSeal(ofProcess: tenant.database), catalog: catalog)
            }
            return Output(
                content: .list(page.items.compactMap(\.json.object)),
                columns: AttachmentCommand.columns.map { ($0.uppercased(), $0) },
                next: page.next == nil ? [] : ["there are more than \(query.limit)"])
        }
    }

    struct Save: DatabaseCommand {
        static let configuration = CommandConfiguration(
            abstract: "Write a file from beside a record to disk.",
            discussion: "tandem attachment save att_… --to offer.pdf --tenant acme")
        @OptionGroup var global: GlobalOptions
        @Argument(help: "att_… or a uuid.") var attachment: String
        @Option(help: "Where to; its own name in this folder unless given.", completion: .file()) var to: String?

        func run(_ session: DatabaseSession) throws -> Output {
            let id = try AttachmentCommand.id(attachment)
            let file = try session.inTenant(session.tenant(), readOnly: true) { (connection) throws(TandemError) in
                try connection.attachmentFile(id)
            }
            let path = try to ?? Self.ownName(file)
            if !global.dryRun {
                if to == nil {
                    try Self.make(path, file.bytes)
                } else if !FileManager.default.createFile(atPath: path, contents: Data(file.bytes)) {
                    throw CommandFailure.usage("\(path) cannot be written")
                }
            }
            return Output(content: .object(["file": .string(path), "size_bytes": .number(file.bytes.count)]))
        }

        /// The file's name as somebody gave it, who is not the one who saves it: in this folder, and nothing that a shell or a program
        /// reads by itself.
        private static func ownName(_ file: AttachmentFile) throws -> String {
            let name = (file.fileName as NSString).lastPathComponent
            guard AttachmentUpload.isName(name), !name.hasPrefix(".") else {
                throw CommandFailure.usage("the file's own name is none to save it by", hint: "name another with --to")
            }
            return name
        }

        /// A new file: none that is there is written to, nor what a link leads to.
        private static func make(_ path: String, _ bytes: [UInt8]) throws {
            let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o666)
            guard descriptor >= 0 else {
                guard errno == EEXIST else { throw CommandFailure.usage("\(path) cannot be written") }
                throw CommandFailure.usage("\(path) exists", hint: "name another with --to")
            }
            do {
                try FileHandle(fileDescriptor: descriptor, closeOnDealloc: true).write(contentsOf: Data(bytes))
            } catch {
                throw CommandFailure.usage("\(path) cannot be written")
            }
        }
    }

    struct Delete: DatabaseCommand {
        static let configuration = CommandConfiguration(
            abstract: "Move one to the bin.", discussion: "tandem attachment delete att_… --dry-run --tenant acme")
        @OptionGroup var global: GlobalOptions
        @Argument(help: "att_… or a uuid.") var attachment: String

        func run(_ session: DatabaseSession) throws -> Output {
            let id = try AttachmentCommand.id(attachment)
            try session.inTenant(session.tenant()) { (connection) throws(TandemError) in
                try connection.recordDelete(.attachment, id: id, by: RecordAuthor(actor: DatabaseSession.actor))
            }
            return Output(content: .object(["deleted": .string("\(PublicID(.attachment, id))")]))
        }
    }
}
