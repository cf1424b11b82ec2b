import ArgumentParser
import Foundation
import Postgres
import Tandem

/// `tandem account list`, `tandem contact create`, …: one command tree for every object, told by its description.
struct ObjectCommand<Noun: ObjectNoun>: ParsableCommand {
    static var configuration: CommandConfiguration {
        let name = Noun.object.name
        return CommandConfiguration(
            commandName: name, abstract: Noun.object.summary,
            discussion: """
                tandem \(name) list --limit 10 --tenant acme
                tandem \(name) create --set \(Noun.example) --dry-run
                tandem \(name) show ID -o json

                Fields: \(Noun.object.fields.map(\.name).joined(separator: ", ")).
                """,
            subcommands: [List.self, Show.self, Create.self, Update.self, Delete.self, Restore.self])
    }

    /// One record, or a list when a file held several.
    static func written(_ snapshots: [RecordSnapshot], _ session: DatabaseSession) -> Output {
        let objects = snapshots.map { session.written($0.json) }
        if let only = objects.first, objects.count == 1 { return Output(content: .object(only)) }
        return Output(content: .list(objects), columns: columns(Noun.columns))
    }

    static func columns(_ names: [String]) -> [(title: String, key: String)] {
        [("ID", "id")] + names.filter { $0 != "id" }.map { ($0.uppercased(), $0) }
    }

    static func author() -> RecordAuthor { RecordAuthor(actor: DatabaseSession.actor) }

    /// By `acct_…`, uuid, or a key as `field=value`.
    static func find(
        _ reference: String, _ connection: Connection, in catalog: ObjectCatalog
    ) throws(TandemError) -> RecordID {
        let object = catalog[Noun.object]
        if let id = PublicID(object.prefix, text: reference) { return id.uuid }
        guard let mark = reference.firstIndex(of: "=") else { throw .notFound() }
        let found = try connection.recordFind(
            object, by: String(reference[..<mark]), String(reference[reference.index(after: mark)...]))
        if found.count > 1 { throw .duplicate(ids: found) }
        guard let id = found.first else { throw .notFound() }
        return id
    }

    /// The condition of many, where no single record is named.
    static func condition(_ bulk: BulkOptions, _ reference: String?) throws -> String? {
        guard (bulk.filter == nil) != (reference == nil) else {
            throw CommandFailure.usage("name one record, or all that a condition means with --where")
        }
        return bulk.filter
    }

    static var referenceHelp: ArgumentHelp {
        let keys = Noun.object.keys.filter { $0 != "id" }.joined(separator: ", ")
        return "\(Noun.object.prefix.rawValue)_…, a uuid, or field=value with one of \(keys)."
    }

    struct List: DatabaseCommand {
        static var configuration: CommandConfiguration {
            CommandConfiguration(
                commandName: "list", abstract: "List \(Noun.object.plural), newest first.",
                discussion: """
                    tandem \(Noun.object.name) list --where 'created_at gte "2026-01-01"' --sort -updated_at --limit 20

                    A condition: FIELD eq|ne|gt|gte|lt|lte|contains|in … VALUE, FIELD is_set, joined by and, or, not, ().
                    """)
        }
        @OptionGroup var global: GlobalOptions
        @Option(name: .customLong("where"), help: "A condition.") var filter: String?
        @Option(parsing: .unconditional, help: "Fields, comma-separated; -field is descending.") var sort: String?
        @Option(help: "Only these fields, comma-separated.") var fields: String?
        @Option(help: "At most so many.") var limit = RecordQuery.defaultLimit

        func run(_ session: DatabaseSession) throws -> Output {
            let tenant = try session.tenant()
            let catalog = try session.catalog(of: tenant)
            let object = catalog[Noun.object]
            let given: [(name: String, value: String?)] = [("filter", filter), ("sort", sort), ("fields", fields)]
            var query = try RecordQueryReader(object, catalog: catalog).read(
                parameters: given.compactMap { pair in pair.value.map { (pair.name, $0) } })
            let seal = CursorSeal(ofProcess: tenant.database)
            var items: [JSONObject] = []
            repeat {
                query.limit = min(RecordQuery.limitMaximum, max(0, limit - items.count))
                if query.limit == 0 { break }
                let page = try session.inTenant(tenant, readOnly: true) { (connection) throws(TandemError) in
                    try connection.recordList(object, query, seal: seal, catalog: catalog)
                }
                items += page.items.compactMap(\.json.object)
                query.after = page.next
            } while query.after != nil
            let shown = fields?.split(separator: ",").map(String.init) ?? Noun.columns
            return Output(
                content: .list(items), columns: ObjectCommand.columns(shown),
                next: query.after == nil ? [] : ["there are more: --limit"])
        }
    }

    struct Show: DatabaseCommand {
        static var configuration: CommandConfiguration {
            CommandConfiguration(
                commandName: "show", abstract: "Show one with all fields.",
                discussion: "tandem \(Noun.object.name) show external_id=17 -o json --tenant acme")
        }
        @OptionGroup var global: GlobalOptions
        @Argument(help: ObjectCommand.referenceHelp) var reference: String

        func run(_ session: DatabaseSession) throws -> Output {
            let tenant = try session.tenant()
            let catalog = try session.catalog(of: tenant)
            let snapshot = try session.inTenant(tenant, readOnly: true) { (connection) throws(TandemError) in
                try connection.recordGet(
                    catalog[Noun.object], id: ObjectCommand.find(reference, connection, in: catalog), catalog: catalog)
            }
            return Output(content: .object(snapshot.json.object ?? [:]))
        }
    }

    struct Create: DatabaseCommand {
        static var configuration: CommandConfiguration {
            CommandConfiguration(
                commandName: "create", abstract: "Create one, or several from a file, all or none.",
                discussion: """
                    tandem \(Noun.object.name) create --set \(Noun.example) --tenant acme
                    tandem \(Noun.object.name) create --from-file - --dry-run < records.jsonl
                    """)
        }
        @OptionGroup var global: GlobalOptions
        @OptionGroup var data: FieldAssignments
        @Flag(help: "Also where one with the same key exists, if the key may repeat.") var allowDuplicate = false

        func run(_ session: DatabaseSession) throws -> Output {
            let tenant = try session.tenant()
            let catalog = try session.catalog(of: tenant)
            let objects = try data.objects(catalog[Noun.object])
            let snapshots = try session.inTenant(tenant) {
                (connection) throws(TandemError) -> [RecordSnapshot] in
                var made: [RecordSnapshot] = []
                for object in objects {
                    made.append(
                        try connection.recordCreate(
                            catalog[Noun.object], .object(object), by: ObjectCommand.author(), catalog: catalog,
                            allowDuplicate: allowDuplicate))
                }
                return made
            }
            return ObjectCommand.written(snapshots, session)
        }
    }

    struct Update: DatabaseCommand {
        static var configuration: CommandConfiguration {
            CommandConfiguration(
                commandName: "update", abstract: "Change the fields that are given; an empty value clears.",
                discussion: """
                    tandem \(Noun.object.name) update external_id=17 --set tags=key,2026 --tenant acme
                    tandem \(Noun.object.name) update --where 'tags contains "old"' --set tags=new --dry-run
                    """)
        }
        @OptionGroup var global: GlobalOptions
        @Argument(help: ObjectCommand.referenceHelp) var reference: String?
        @OptionGroup var data: FieldAssignments
        @OptionGroup var bulk: BulkOptions
        @Option(help: "Only if it is at this version.") var ifMatch: Int?

        func run(_ session: DatabaseSession) throws -> Output {
            let tenant = try session.tenant()
            let catalog = try session.catalog(of: tenant)
            let objects = try data.objects(catalog[Noun.object])
            guard let object = objects.first, objects.count == 1 else {
                throw CommandFailure.usage("an update takes one object")
            }
            if let filter = try ObjectCommand.condition(bulk, reference) {
                return try bulk.run(.update, Noun.object, where: filter, data: object, session)
            }
            let reference = reference ?? ""
            let snapshot = try session.inTenant(tenant) { (connection) throws(TandemError) in
                try connection.recordUpdate(
                    catalog[Noun.object], id: ObjectCommand.find(reference, connection, in: catalog), .object(object),
                    ifMatch: ifMatch, by: ObjectCommand.author(), catalog: catalog)
            }
            return ObjectCommand.written([snapshot], session)
        }
    }

    struct Delete: DatabaseCommand {
        static var configuration: CommandConfiguration {
            CommandConfiguration(
                commandName: "delete", abstract: "Move one to the bin, or all that a condition means.",
                discussion: """
                    tandem \(Noun.object.name) delete external_id=17 --dry-run --tenant acme
                    tandem \(Noun.object.name) delete --where 'tags contains "test"' --expect-count 12
                    """)
        }
        @OptionGroup var global: GlobalOptions
        @Argument(help: ObjectCommand.referenceHelp) var reference: String?
        @OptionGroup var bulk: BulkOptions
        @Option(help: "Only if it is at this version.") var ifMatch: Int?

        func run(_ session: DatabaseSession) throws -> Output {
            if let filter = try ObjectCommand.condition(bulk, reference) {
                return try bulk.run(.delete, Noun.object, where: filter, session)
            }
            let reference = reference ?? ""
            let tenant = try session.tenant()
            let catalog = try session.catalog(of: tenant)
            let snapshot = try session.inTenant(tenant) { (connection) throws(TandemError) in
                let id = try ObjectCommand.find(reference, connection, in: catalog)
                let snapshot = try connection.recordGet(catalog[Noun.object], id: id, catalog: catalog)
                try connection.recordDelete(Noun.object, id: id, ifMatch: ifMatch, by: ObjectCommand.author())
                return snapshot
            }
            let id = Noun.object.publicID(snapshot.id)
            return Output(
                content: .object(session.written(snapshot.json)),
                text: session.options.dryRun ? "Would move \(id) to the bin." : "Moved \(id) to the bin.",
                next: session.options.dryRun ? [] : ["tandem \(Noun.object.name) restore \(id)"])
        }
    }

    struct Restore: DatabaseCommand {
        static var configuration: CommandConfiguration {
            CommandConfiguration(
                commandName: "restore", abstract: "Bring one back from the bin.",
                discussion: "tandem \(Noun.object.name) restore \(Noun.object.prefix.rawValue)_… --tenant acme")
        }
        @OptionGroup var global: GlobalOptions
        @Argument(help: "Its id.") var id: String

        func run(_ session: DatabaseSession) throws -> Output {
            guard let id = PublicID(Noun.object.prefix, text: id) else {
                throw CommandFailure.usage("\(self.id) is no id of \(Noun.object.plural)")
            }
            let tenant = try session.tenant()
            let catalog = try session.catalog(of: tenant)
            let snapshot = try session.inTenant(tenant) { (connection) throws(TandemError) in
                try connection.recordRestore(
                    catalog[Noun.object], id: id.uuid, by: ObjectCommand.author(), catalog: catalog)
            }
            return ObjectCommand.written([snapshot], session)
        }
    }
}
