import ArgumentParser
import Postgres
import Tandem

/// `tandem object`: what the product's objects are made of, told without a database.
struct ObjectsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "object", abstract: "The objects that records are of: fields, keys, children.",
        discussion: """
            tandem object list
            tandem object show accounts
            tandem object tags accounts --tenant acme
            """,
        subcommands: [List.self, Show.self, Tags.self])

    private static func find(_ name: String) throws -> ObjectDescription {
        let catalog = ObjectCatalog.standard
        guard let found = catalog.object(plural: name) ?? catalog.object(name) else {
            throw CommandFailure.usage(
                "there is no object \(name)", hint: "one of " + catalog.objects.map(\.plural).joined(separator: ", "))
        }
        return found
    }

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "list", abstract: "List the objects.", discussion: "tandem object list -o json")
        @OptionGroup var global: GlobalOptions

        func run() throws {
            Output(
                content: .list(ObjectCatalog.standard.objects.compactMap(\.json.object)),
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
            let found = try ObjectsCommand.find(object)
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
            let found = try ObjectsCommand.find(object)
            let tags = try session.inTenant(session.tenant(), readOnly: true) { (connection) throws(TandemError) in
                try connection.recordTags(found)
            }
            return Output(
                content: .list(tags["items"]?.array?.compactMap(\.object) ?? []),
                columns: [("TAG", "name"), ("RECORDS", "count")], name: "name")
        }
    }
}
