import ArgumentParser
import Foundation
import Tandem

struct ExportCommand: DatabaseCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Write records, profiles or events to a file, as CSV or JSON lines.",
        discussion: """
            tandem export contacts --tenant acme --file contacts.csv
            tandem export opportunities --where 'status = "won"' --fields name,amount,close_date --tenant acme --file won.csv
            tandem export accounts --since 2026-11-01T00:00:00Z --format jsonl --tenant acme > changed.jsonl
            tandem export events --type track --event 'Order Completed' --since 2026-11-01 --tenant acme --file orders.csv

            Written straight to where you say, of any size; a file appears under its name when it is whole. In CSV, text that a
            spreadsheet would take for a formula has an apostrophe before it. The API and the console make files too, which are
            kept for seven days.
            """)
    @OptionGroup var global: GlobalOptions
    @Argument(help: "contacts, accounts, leads, … (tandem object list), profiles or events.") var object: String
    @Option(help: "The file to write; - is standard output.") var file = "-"
    @Option(help: "csv or jsonl.") var format = "csv"
    @Option(name: .customLong("where"), help: "Of records: those that a condition means (see list).") var filter:
        String?
    @Option(help: "Of records: fields to write, comma-separated; all unless given.") var fields: String?
    @Option(help: "Of records: links to follow, comma-separated.") var include: String?
    @Option(help: "Records changed then or later, or events that happened then or later, ISO 8601.") var since: String?
    @Option(help: "Events that happened before this time, ISO 8601.") var until: String?
    @Option(help: "Events of this source, by name or src_….") var source: String?
    @Option(help: "Events of this type: track, page, screen, identify, group or alias.") var type: String?
    @Option(help: "Events of this name.") var event: String?
    @Flag(help: "Begin with a byte order mark, by which spreadsheet programs tell UTF-8.") var byteOrderMark = false

    func run(_ session: DatabaseSession) throws -> Output {
        let tenant = try session.tenant()
        let catalog = try session.catalog(of: tenant)
        let order = try order(tenant, catalog)
        let seal = CursorSeal(ofProcess: tenant.database)
        let count = try session.inTenant(tenant, readOnly: true) { (connection) throws(TandemError) in
            try connection.exportCount(order)
        }
        if global.dryRun {
            return Output(
                content: .object(["dry_run": true, "rows": .number(count)]), name: "rows",
                text: "\(count) rows; nothing was written.")
        }
        let target = try ExportFile(file)
        let writer = ExportWriter(order)
        let meter = ProgressMeter()
        defer { meter.end() }
        var (rows, after, isWhole) = (0, String?.none, false)
        var bytes: [UInt8] = []
        writer.begin(&bytes)
        while !isWhole {
            let page = try session.inTenant(tenant, readOnly: true) { [after] (connection) throws(TandemError) in
                try connection.exportPage(order, after: after, seal: seal, catalog: catalog)
            }
            for item in page.items { writer.append(item, to: &bytes) }
            try target.write(bytes)
            bytes = []
            rows += page.items.count
            (after, isWhole) = (page.next, page.next == nil)
            meter.show("writing", done: Int64(rows), of: Int64(count), unit: "rows")
        }
        return try target.closed(
            Output(
                content: .object(["file": .string(file), "rows": .number(rows)]), name: "file",
                text: "\(rows) rows in \(file)"))
    }

    private func order(_ tenant: Tenant, _ catalog: ObjectCatalog) throws -> ExportOrder {
        var body: JSONObject = ["format": .string(format), "byte_order_mark": .bool(byteOrderMark)]
        let given: [(String, JSON?)] = [
            ("where", filter.map(JSON.string)), ("fields", fields.map(JSON.string)),
            ("include", include.map(JSON.string)), ("since", since.map(JSON.string)),
            ("until", until.map(JSON.string)), ("source", source.map(JSON.string)), ("type", type.map(JSON.string)),
            ("event", event.map(JSON.string)),
        ]
        for (name, value) in given { if let value { body[name] = value } }
        switch object {
        case ExportOrder.profiles, "profile":
            try Self.require(.cdp, of: tenant)
            return try ExportOrder(ofProfiles: body)
        case ExportOrder.events, "event":
            try Self.require(.cdp, of: tenant)
            return try ExportOrder(ofEvents: body)
        default:
            guard let description = catalog.objects.first(where: { $0.plural == object || $0.name == object }) else {
                let names = catalog.objects.map(\.plural) + [ExportOrder.profiles, ExportOrder.events]
                throw CommandFailure.usage(
                    "there is no \(object)", hint: "one of " + names.sorted().joined(separator: ", "))
            }
            if let module = description.module { try Self.require(module, of: tenant) }
            return try ExportOrder(of: description, body, catalog: catalog)
        }
    }

    private static func require(_ module: Module, of tenant: Tenant) throws {
        guard tenant.modules.contains(module) else {
            throw CommandFailure.usage("\(tenant.slug) does not have the module \(module.rawValue)")
        }
    }
}
