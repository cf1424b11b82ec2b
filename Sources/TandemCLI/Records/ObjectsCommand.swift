import ArgumentParser
import Tandem

/// `tandem object`: what objects are made of. The product's own are told without a database, a tenant's from it.
struct ObjectsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "object", abstract: "The objects that records are of: fields, keys, children.",
        discussion: """
            tandem object list
            tandem object show accounts
            tandem object show accounts --tenant acme        with the tenant's own fields
            """,
        subcommands: [List.self, Show.self])

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
            let catalog = try ObjectsCommand.catalog(global)
            guard let found = catalog.object(plural: object) ?? catalog.object(object) else {
                throw CommandFailure.usage(
                    "there is no object \(object)",
                    hint: "one of " + catalog.objects.map(\.plural).joined(separator: ", "))
            }
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
}
