import ArgumentParser
import Postgres
import Tandem

/// `tandem object`: what objects are made of. The product's own are told without a database, a tenant's from it.
struct ObjectsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "object", abstract: "The objects that records are of: fields, keys, children.",
        discussion: """
            tandem object list
            tandem object show accounts
            tandem object show accounts --tenant acme        with the tenant's own fields
            tandem object tags accounts --tenant acme
            """,
        subcommands: [List.self, Show.self, Tags.self, RenameTag.self])

    private static func find(_ name: String, in catalog: ObjectCatalog) throws -> ObjectDescription {
        guard let found = catalog.object(plural: name) ?? catalog.object(name) else {
            throw CommandFailure.usage(
                "there is no object \(name)", hint: "one of " + catalog.objects.map(\.plural).joined(separator: ", "))
        }
        return found
    }

    private static func catalog(_ global: GlobalOptions) throws -> ObjectCatalog {
        guard global.tenant != nil else { return .standard }
        return try DatabaseSession.with(global) { session in try session.catalog(of: session.tenant()) }
    }

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "list", abstract: "List the objects.", discussion: "tandem object list -o json")
        @OptionGroup var global: GlobalOptions

        func run() throws {
            Output(
                content: .list(try ObjectsCommand.catalog(global).objects.compactMap(\.json.object)),
                columns: [("OBJECT", "object"), ("MODULE", "module"), ("KEYS", "keys"), ("SUMMARY", "summary")],
                name: "object"
            ).print(global.output ?? .table)
        }
    }

    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "show", abstract: "Show the fields of one.", discussion: "tandem object show accounts")
        @OptionGroup var global: GlobalOptions
        @Argument(help: "accounts or account.") var object: String

        func run() throws {
            let found = try ObjectsCommand.find(object, in: ObjectsCommand.catalog(global))
            let format = global.output ?? .table
            let isForPeople = format == .table || format == .csv
            Output(
                content: isForPeople
                    ? .list(found.json["fields"]?.array?.compactMap(\.object) ?? [])
                    : .object(found.json.object ?? [:]),
                columns: [
                    ("FIELD", "name"), ("TYPE", "type"), ("REQUIRED", "required"), ("READ ONLY", "read_only"),
                    ("SUMMARY", "summary"),
                ], name: "object"
            ).print(format)
        }
    }

    struct Tags: DatabaseCommand {
        static let configuration = CommandConfiguration(
            commandName: "tags", abstract: "The tags that its records have, the most frequent first.",
            discussion: "tandem object tags accounts --tenant acme")
        @OptionGroup var global: GlobalOptions
        @Argument(help: "accounts or account.") var object: String

        func run(_ session: DatabaseSession) throws -> Output {
            let found = try ObjectsCommand.find(object, in: .standard)
            let tags = try session.inTenant(session.tenant(), readOnly: true) { (connection) throws(TandemError) in
                try connection.recordTags(found)
            }
            return Output(
                content: .list(tags["items"]?.array?.compactMap(\.object) ?? []),
                columns: [("TAG", "name"), ("RECORDS", "count")], name: "name")
        }
    }

    struct RenameTag: DatabaseCommand {
        static let configuration = CommandConfiguration(
            commandName: "rename-tag", abstract: "Give all records that have one tag another in its place.",
            discussion: """
                tandem object rename-tag vip key-account --tenant acme
                tandem object rename-tag vip key-account --object accounts --dry-run --tenant acme
                """)
        @OptionGroup var global: GlobalOptions
        @Argument(help: "The tag that they have.") var from: String
        @Argument(help: "The tag that they get; who has it already keeps it once.") var to: String
        @Option(help: "Of one object only, such as accounts.") var object: String?

        func run(_ session: DatabaseSession) throws -> Output {
            let names = try object.map { [try ObjectsCommand.find($0, in: .standard).name] }
            let done = try session.connection.renameTag(
                session.tenant().database, TagRename(from: from, to: to), objects: names, by: DatabaseSession.actor,
                isDryRun: session.options.dryRun)
            return Output(content: .object(session.written(done)), name: "renamed")
        }
    }
}
