import ArgumentParser
import Foundation
import Tandem

/// `tandem field`: the fields that a tenant gives its objects.
struct FieldCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "field", abstract: "Fields of your own on accounts, contacts and all other objects.",
        discussion: """
            tandem field create accounts cf_tier --type select --options gold,silver --tenant acme
            tandem field list accounts
            tandem field update accounts cf_tier --options gold,silver,bronze
            tandem field update accounts cf_tier --hide
            tandem field drop accounts cf_tier --dry-run
            """,
        subcommands: [Create.self, List.self, Update.self, Drop.self])

    private static let columns: [(title: String, key: String)] = [
        ("OBJECT", "object"), ("FIELD", "name"), ("TYPE", "type"), ("LABEL", "label"), ("REQUIRED", "required"),
        ("UNIQUE", "unique"), ("HIDDEN", "hidden"), ("OPTIONS", "options"),
    ]

    /// What may be said of a new field and of one that is there.
    struct Properties: ParsableArguments {
        @Option(help: "How people call it; made of its name unless given.") var label: String?
        @Option(help: "What it is for; BI tools show it.") var helpText: String?
        @Option(help: "The choices of a select or multi_select, comma-separated.") var options: String?
        @Option(name: .customLong("default"), help: "What a record has that is given none; empty: no default.")
        var defaultValue: String?
        @Flag(inversion: .prefixedNo, help: "People and imports must give it to new records.") var required: Bool?
        @Flag(inversion: .prefixedNo, help: "No two records have the same value.") var unique: Bool?
        @Flag(inversion: .prefixedNo, help: "It says something about a person.") var personal: Bool?
        @Flag(inversion: .prefixedNo, help: "Search looks into it.") var searchable: Bool?
        @Flag(inversion: .prefixedNo, help: "Duplicates are looked for by it, as a date of birth.") var compared: Bool?
        @Option(help: "Its place among your fields.") var position: Int?

        /// - Parameter type: of the field; says how the default is meant.
        func body(type: String) -> JSONObject {
            var body = JSONObject()
            body["label"] = label.map(JSON.string)
            body["help"] = helpText.map(JSON.string)
            body["options"] = options.map { .array(FieldCommand.words($0)) }
            body["default"] = defaultValue.map { FieldCommand.value($0, type: type) }
            body["required"] = required.map(JSON.bool)
            body["unique"] = unique.map(JSON.bool)
            body["personal"] = personal.map(JSON.bool)
            body["searchable"] = searchable.map(JSON.bool)
            body["compared"] = compared.map(JSON.bool)
            body["position"] = position.map { JSON.number($0) }
            return body
        }
    }

    private static func words(_ text: String) -> [JSON] {
        text.split(separator: ",").map { .string($0.trimmingCharacters(in: .whitespaces)) }
    }

    private static func value(_ text: String, type: String) -> JSON {
        if text.isEmpty { return .null }
        switch type {
        case "boolean": return text == "true" ? true : text == "false" ? false : .string(text)
        case "integer", "decimal", "percent": return JSONNumber(text).map(JSON.number) ?? .string(text)
        case "multi_select": return .array(words(text))
        default: return .string(text)
        }
    }

    private static func editor(_ session: DatabaseSession) throws -> CustomFieldEditor {
        CustomFieldEditor(
            session.connection, tenant: try session.tenant(), actor: DatabaseSession.actor,
            isDryRun: session.options.dryRun, logger: session.logger)
    }

    struct Create: DatabaseCommand {
        static let configuration = CommandConfiguration(
            abstract: "Give an object a field; it is there at once, in API, console, SQL and BI.",
            discussion: """
                tandem field create accounts cf_tier --type select --options gold,silver --tenant acme
                tandem field create contacts cf_badge --type text --pattern '^[0-9]{6}$' --unique
                tandem field create leads cf_budget --type integer --minimum 0 --required --dry-run

                Types: \(CustomFieldDraft.types.joined(separator: ", ")).
                """)
        @OptionGroup var global: GlobalOptions
        @Argument(help: "accounts, contacts, leads, …") var object: String
        @Argument(help: "Its name everywhere: cf_ and lower-case letters, digits, _.") var name: String
        @Option(help: "What values it has.") var type: String
        @OptionGroup var properties: Properties
        @Option(help: "The least number.") var minimum: String?
        @Option(help: "The greatest number.") var maximum: String?
        @Option(help: "Of a text.") var maximumBytes: Int?
        @Option(help: "A regular expression (RE2) that a text must match.") var pattern: String?
        @Option(help: "Of money: the field with its currency.") var currency: String?
        @Option(help: "Of a link: the object that it leads to.") var target: String?
        @Flag(help: "Given with the record, never changed.") var fixed = false

        func run(_ session: DatabaseSession) throws -> Output {
            var body = properties.body(type: type)
            body["name"] = .string(name)
            body["type"] = .string(type)
            body["minimum"] = minimum.map(JSON.string)
            body["maximum"] = maximum.map(JSON.string)
            body["maximum_bytes"] = maximumBytes.map { JSON.number($0) }
            body["pattern"] = pattern.map(JSON.string)
            body["currency"] = currency.map(JSON.string)
            body["target"] = target.map(JSON.string)
            if fixed { body["fixed"] = true }
            let made = try FieldCommand.editor(session).create(object, body)
            return Output(content: .object(session.written(made)), name: "name")
        }
    }

    struct List: DatabaseCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the fields that the tenant gave its objects, hidden ones among them.",
            discussion: """
                tandem field list --tenant acme
                tandem field list accounts -o json
                """)
        @OptionGroup var global: GlobalOptions
        @Argument(help: "accounts, contacts, leads, …; all unless given.") var object: String?

        func run(_ session: DatabaseSession) throws -> Output {
            let tenant = try session.tenant()
            let catalog = ObjectCatalog.standard
            let found = try object.map { name in
                guard let found = catalog.object(name) ?? catalog.object(plural: name) else {
                    throw CommandFailure.usage(
                        "there is no object \(name)",
                        hint: "one of " + catalog.objects.map(\.plural).joined(separator: ", "))
                }
                return found
            }
            let fields = try session.inTenant(tenant, readOnly: true) { (connection) throws(TandemError) in
                try connection.customFields(of: found?.name)
            }
            return Output(
                content: .list(fields.compactMap(\.json.object)), columns: FieldCommand.columns, name: "name")
        }
    }

    struct Update: DatabaseCommand {
        static let configuration = CommandConfiguration(
            abstract: "Change a field; hide it, or show it again. Its name and type stay.",
            discussion: """
                tandem field update accounts cf_tier --options gold,silver,bronze --tenant acme
                tandem field update contacts cf_badge --no-required --dry-run
                tandem field update accounts cf_tier --hide
                """)
        @OptionGroup var global: GlobalOptions
        @Argument(help: "accounts, contacts, leads, …") var object: String
        @Argument(help: "cf_…") var name: String
        @OptionGroup var properties: Properties
        @Flag(help: "Take it out of API and console; its column and values stay.") var hide = false
        @Flag(help: "Bring a hidden one back.") var show = false
        @Option(help: "Only if it is at this version.") var ifMatch: Int?

        func validate() throws {
            if hide && show { throw ValidationError("--hide or --show, not both.") }
        }

        func run(_ session: DatabaseSession) throws -> Output {
            let tenant = try session.tenant()
            let singular = session.singular(object)
            let type = try session.inTenant(tenant, readOnly: true) { (connection) throws(TandemError) in
                try connection.customFields(of: singular).first { $0.name == name }?.type
            }
            var body = properties.body(type: type ?? "")
            if hide || show { body["hidden"] = .bool(hide) }
            if body.isEmpty {
                throw CommandFailure.usage("nothing was given", hint: "for example --label, --options or --hide")
            }
            let changed = try FieldCommand.editor(session).update(object, name, body, ifMatch: ifMatch)
            return Output(content: .object(session.written(changed)), name: "name")
        }
    }

    struct Drop: DatabaseCommand {
        static let configuration = CommandConfiguration(
            abstract: "Take a hidden field away for good, with all values in it. There is no way back.",
            discussion: """
                tandem field drop accounts cf_tier --dry-run --tenant acme
                tandem field update accounts cf_tier --hide && tandem field drop accounts cf_tier

                Refused while a saved list, a source's mapping or a stage names it.
                """)
        @OptionGroup var global: GlobalOptions
        @Argument(help: "accounts, contacts, leads, …") var object: String
        @Argument(help: "cf_…") var name: String

        func run(_ session: DatabaseSession) throws -> Output {
            let done = try FieldCommand.editor(session).drop(object, name)
            let values = done["values"]?.int ?? 0
            let words =
                "\(values) value\(values == 1 ? "" : "s") \(session.options.dryRun ? "would go" : "went") with \(name).\n"
            return Output(content: .object(session.written(done)), name: "name", text: words)
        }
    }
}

extension DatabaseSession {
    /// `accounts` is `account`; what is unknown stays.
    fileprivate func singular(_ object: String) -> String {
        ObjectCatalog.standard.object(plural: object)?.name ?? object
    }
}
