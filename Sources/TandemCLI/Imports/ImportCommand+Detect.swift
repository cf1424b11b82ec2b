import ArgumentParser
import Foundation
import Tandem

extension ImportCommand {
    struct Detect: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Say how a file is written, what its columns are, and print a mapping to begin with.",
            discussion: """
                tandem import detect contacts export.csv
                tandem import detect contacts export.csv -o name > contacts.yaml
                tandem import detect opportunities deals.csv --date-format DD/MM/YYYY

                Encoding (UTF-8, UTF-16, Windows-1252), delimiter, header, types, decimal commas. Dates and numbers that can be read in
                two ways are asked for, and it exits 3.
                """)
        @OptionGroup var global: GlobalOptions
        @Argument(help: "What the rows are to become: accounts, contacts, leads, …") var object: String
        @Argument(help: "The file, plain or gzip.") var file: String
        @Option(help: "How dates are written that can be read in two ways, such as DD/MM/YYYY.") var dateFormat: String?

        func run() throws {
            guard let description = ObjectCatalog.standard.object(plural: object) else {
                let all = ObjectCatalog.standard.objects.map(\.plural).joined(separator: ", ")
                throw CommandFailure.usage("\(object) cannot be imported by a mapping: \(all) can")
            }
            let found = try FileDetection(ImportFile(path: file), object: description, dateFormat: dateFormat)
            var next = found.ambiguous.map { column in
                "\(column.name): is \(column.examples.first ?? "") \(column.readings.joined(separator: " or "))? "
                    + (column.kind == "date" ? "give --date-format" : "give `format` in the mapping")
            }
            next.append("tandem import detect \(object) \(file) -o name > \(object).yaml")
            Output(content: .object(found.json), name: "mapping", text: words(found), next: next)
                .print(try OutputFormat(Settings(global)))
            if !found.ambiguous.isEmpty { Foundation.exit(CommandFailure.Exit.pending.rawValue) }
        }

        private func words(_ found: FileDetection) -> String {
            let mark = found.delimiter == "\t" ? "tab" : found.delimiter
            var text = "encoding   \(found.encoding.rawValue)\ndelimiter  \(mark)\n"
            text +=
                "header     \(found.hasHeader ? "yes" : "no: columns are called 1, 2, …")\nrows       \(found.rows)\n"
            if found.odd.count > 0 {
                let lines = found.odd.lines.map(String.init).joined(separator: ", ")
                text += "odd        \(found.odd.count) rows with other cells than the header: line \(lines)\n"
            }
            var rows = [["COLUMN", "TYPE", "FORMAT", "FIELD", "EMPTY", "SUCH AS"]]
            rows += found.columns.map { column in
                [
                    column.name, column.kind,
                    column.isAmbiguous ? column.readings.joined(separator: "?  ") + "?" : column.format ?? "",
                    column.field ?? "", String(column.empty), column.examples.first ?? "",
                ]
            }
            return text + "\n" + Output.aligned(rows)
        }
    }

    struct Mappings: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "The mappings for exports of other products that come along; with a name, its text.",
            discussion: """
                tandem import mappings
                tandem import mappings hubspot-contacts > contacts.yaml      to change it
                """)
        @OptionGroup var global: GlobalOptions
        @Argument(help: "One of them.") var name: String?

        func run() throws {
            let format = try OutputFormat(Settings(global))
            if let name {
                let text = try ImportCommand.mappingText(name, object: nil)
                Output(
                    content: .object(["name": .string(name), "mapping": .string(text)]), name: "mapping", text: text
                )
                .print(format)
                return
            }
            let items = ShippedMapping.all.map { mapping -> JSONObject in
                ["name": .string(mapping.name), "object": .string(mapping.object), "summary": .string(mapping.summary)]
            }
            Output(
                content: .list(items), columns: [("NAME", "name"), ("OBJECT", "object"), ("WHAT", "summary")],
                name: "name"
            ).print(format)
        }
    }

    /// A file, or else one of those that come along.
    static func mappingText(_ name: String, object: String?) throws -> String {
        if let bytes = FileManager.default.contents(atPath: name) {
            guard let text = String(data: bytes, encoding: .utf8) else {
                throw CommandFailure.usage("cannot read \(name) as UTF-8")
            }
            return text
        }
        guard let shipped = ShippedMapping.all.first(where: { $0.name == name }) else {
            throw CommandFailure.usage(
                "cannot read \(name)", hint: "tandem import mappings lists those that come along")
        }
        if let object, object != shipped.object {
            throw CommandFailure.usage("\(name) is for \(shipped.object), not for \(object)")
        }
        return shipped.text
    }
}
