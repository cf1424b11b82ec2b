import Foundation
import Hummingbird
import Postgres
import Tandem
import TandemHTTP

/// The fields that the tenant gave an object, and the form for another one.
struct FieldsPage {
    struct Entry {
        let href: String
        let label: String
        let name: String
        let type: String
        let rules: String
        let options: String?
        let isHidden: Bool
    }

    let chrome: Chrome
    let menu: Menu
    let plural: String
    let fields: [Entry]
    let hasFields: Bool
    let form: FieldForm
}

/// One field, to be changed.
struct FieldPage {
    let chrome: Chrome
    let label: String
    let plural: String
    let backHref: String
    let facts: [AccountCard.Fact]
    let form: FieldForm
}

/// Which object's fields are shown.
struct Menu {
    struct Choice {
        let value: String
        let label: String
        let isChosen: Bool
    }

    let choices: [Choice]
}

/// What is said of a field, as a form has it.
struct FieldForm {
    struct Flag {
        let name: String
        let label: String
        let isOn: Bool
    }

    let action: String
    let csrf: String
    let error: String?
    let isNew: Bool
    let name: String
    let types: [Menu.Choice]
    let label: String
    let help: String
    let hasOptions: Bool
    let options: String
    let defaultValue: String
    let target: String
    let flags: [Flag]
    let button: String

    private static let flagLabels = [
        ("required", "Required: people and imports must give it"),
        ("unique", "Unique: no two records have the same value"),
        ("searchable", "Found by search"), ("personal", "Says something about a person"),
        ("compared", "Duplicates are looked for by it, as a date of birth"),
    ]

    /// Of a new field; `form` holds what was filled in when it was refused.
    init(creating action: String, csrf: String, form: Query? = nil, error: String? = nil) {
        self.action = action
        self.csrf = csrf
        self.error = error
        isNew = true
        name = form?["name"] ?? "cf_"
        types = CustomFieldDraft.types.map { type in
            Menu.Choice(value: type, label: type.replacing("_", with: " "), isChosen: type == form?["type"])
        }
        label = form?["label"] ?? ""
        help = form?["help"] ?? ""
        hasOptions = true
        options = form?["options"] ?? ""
        defaultValue = form?["default"] ?? ""
        target = form?["target"] ?? ""
        flags = Self.flagLabels.map { Flag(name: $0, label: $1, isOn: form?[$0] != nil) }
        button = "Add"
    }

    init(changing field: CustomField, action: String, csrf: String, error: String? = nil) {
        self.action = action
        self.csrf = csrf
        self.error = error
        isNew = false
        name = field.name
        types = []
        label = field.label
        help = field.help
        hasOptions = !field.options.isEmpty
        options = field.options.joined(separator: ", ")
        defaultValue = Self.text(field.defaultValue)
        target = ""
        flags =
            Self.flagLabels.map { Flag(name: $0, label: $1, isOn: field.json[$0] == true) }
            + [Flag(name: "hidden", label: "Hidden: gone from API and console, values stay", isOn: field.isHidden)]
        button = "Save"
    }

    private static func text(_ value: JSON?) -> String {
        guard let value else { return "" }
        if let array = value.array { return array.compactMap(\.string).joined(separator: ", ") }
        return value.string ?? value.text
    }

    /// What the form says, as the API takes it.
    static func body(_ form: Query, type: String, isNew: Bool) -> JSONObject {
        var body = JSONObject()
        func text(_ name: String) -> String? {
            form[name].map { $0.trimmingCharacters(in: .whitespacesAndNewlines) }.flatMap { $0.isEmpty ? nil : $0 }
        }
        func words(_ text: String) -> JSON {
            .array(
                text.split(whereSeparator: { $0 == "," || $0.isNewline }).map {
                    .string($0.trimmingCharacters(in: .whitespaces))
                })
        }
        if isNew {
            body["name"] = .string(form["name"] ?? "")
            body["type"] = .string(type)
            body["target"] = type == "link" ? text("target").map(JSON.string) : nil
        }
        body["label"] = text("label").map(JSON.string)
        body["help"] = .string(text("help") ?? "")
        if type == "select" || type == "multi_select" { body["options"] = text("options").map(words) }
        if let given = text("default") {
            switch type {
            case "multi_select": body["default"] = words(given)
            case "boolean": body["default"] = given == "true" ? true : given == "false" ? false : .string(given)
            default: body["default"] = .string(given)
            }
        } else if !isNew {
            body["default"] = .null
        }
        for (name, _) in flagLabels where !(isNew && form[name] == nil) { body[name] = .bool(form[name] != nil) }
        if !isNew { body["hidden"] = .bool(form["hidden"] != nil) }
        return body
    }
}

extension Console {
    var fieldRoutes: [Route] {
        [
            page(
                "/console/{tenant}/fields", "The fields that a tenant gave its objects",
                right: .to("edit", "setting"), parameters: [.init("object", "Whose: accounts, contacts, …")]
            ) { call, visit in
                let tenant = try visit.requiredTenant()
                return try await fields(call, visit, tenant, of: object(call.text("object"), tenant))
            },
            page(
                "/console/{tenant}/fields/{object}/{name}", "A field that a tenant gave an object",
                right: .to("edit", "setting")
            ) { call, visit in
                let tenant = try visit.requiredTenant()
                return try await field(call, visit, tenant, object(call.capture("object"), tenant))
            },
            action("/console/{tenant}/fields/{object}/add", "Give an object a field", right: .to("edit", "setting")) {
                call, visit, form in
                try await addField(call, visit, form)
            },
            action("/console/{tenant}/fields/{object}/{name}", "Change a field", right: .to("edit", "setting")) {
                call, visit, form in
                try await changeField(call, visit, form)
            },
        ]
    }

    /// The object of that name in the plural; the first that the tenant has where none is named.
    private func object(_ plural: String?, _ tenant: Tenant) throws(Problem) -> ObjectDescription {
        let objects = fieldObjects(tenant)
        guard let plural else {
            guard let first = objects.first else { throw .notFound }
            return first
        }
        guard let found = objects.first(where: { $0.plural == plural }) else { throw .notFound }
        return found
    }

    private func fieldObjects(_ tenant: Tenant) -> [ObjectDescription] {
        context.catalogs.standard.objects.filter { $0.module.map(tenant.modules.contains) ?? true }
    }

    private func fields(
        _ call: Call, _ visit: Visit, _ tenant: Tenant, of object: ObjectDescription, form: FieldForm? = nil
    ) async throws -> Response {
        let path = "/console/\(tenant.slug)/fields"
        let found = try await reading(tenant) { (connection) throws(TandemError) in
            try connection.customFields(of: object.name)
        }
        let page = FieldsPage(
            chrome: Chrome(
                title: "Fields of \(object.plural)", visit: visit, place: .fields, notice: call.query["notice"],
                version: version),
            menu: Menu(
                choices: fieldObjects(tenant).map {
                    Menu.Choice(value: $0.plural, label: $0.plural.capitalized, isChosen: $0.name == object.name)
                }),
            plural: object.plural,
            fields: found.map { field in
                FieldsPage.Entry(
                    href: "\(path)/\(object.plural)/\(field.name)", label: field.label, name: field.name,
                    type: CustomFieldWords.type(field), rules: CustomFieldWords.rules(field),
                    options: field.options.isEmpty ? nil : field.options.joined(separator: ", "),
                    isHidden: field.isHidden)
            },
            hasFields: !found.isEmpty,
            form: form ?? FieldForm(creating: "\(path)/\(object.plural)/add", csrf: visit.csrf))
        return Response(html: templates.render(page, as: "fields"), status: form == nil ? .ok : .unprocessableContent)
    }

    private func field(
        _ call: Call, _ visit: Visit, _ tenant: Tenant, _ object: ObjectDescription, error: String? = nil
    ) async throws -> Response {
        let path = "/console/\(tenant.slug)/fields"
        let field = try await customField(call, tenant, object)
        let facts = [
            ("Name", field.name), ("Type", CustomFieldWords.type(field)), ("Column", "\(object.table).\(field.name)"),
            ("Made by", field.json["created_by"]?.string.map { ActorWords.words($0) } ?? ""),
        ]
        let page = FieldPage(
            chrome: Chrome(
                title: field.label, visit: visit, place: .fields, notice: call.query["notice"], version: version),
            label: field.label, plural: object.plural, backHref: "\(path)?object=\(object.plural)",
            facts: facts.map { AccountCard.Fact(term: $0, fact: $1) },
            form: FieldForm(
                changing: field, action: "\(path)/\(object.plural)/\(field.name)", csrf: visit.csrf, error: error))
        return Response(html: templates.render(page, as: "field"), status: error == nil ? .ok : .unprocessableContent)
    }

    private func customField(
        _ call: Call, _ tenant: Tenant, _ object: ObjectDescription
    ) async throws -> CustomField {
        let name = call.capture("name")
        let found = try await reading(tenant) { (connection) throws(TandemError) in
            try connection.customFields(of: object.name)
        }
        guard let field = found.first(where: { $0.name == name }) else { throw Problem.notFound }
        return field
    }

    private func addField(_ call: Call, _ visit: Visit, _ form: Query) async throws -> Response {
        let tenant = try visit.requiredTenant()
        let object = try object(call.capture("object"), tenant)
        let path = "/console/\(tenant.slug)/fields"
        let body = FieldForm.body(form, type: form["type"] ?? "", isNew: true)
        do {
            _ = try await editing(tenant, visit) { (editor) throws(TandemError) in
                try editor.create(object.plural, body)
            }
        } catch let error as TandemError where CustomFieldWords.isOfTheForm(error) {
            let again = FieldForm(
                creating: "\(path)/\(object.plural)/add", csrf: visit.csrf, form: form, error: error.message)
            return try await fields(call, visit, tenant, of: object, form: again)
        }
        return .seeOther(Self.with(notice: "field-added", "\(path)?object=\(object.plural)"))
    }

    private func changeField(_ call: Call, _ visit: Visit, _ form: Query) async throws -> Response {
        let tenant = try visit.requiredTenant()
        let object = try object(call.capture("object"), tenant)
        let field = try await customField(call, tenant, object)
        let body = FieldForm.body(form, type: field.type, isNew: false)
        do {
            _ = try await editing(tenant, visit) { (editor) throws(TandemError) in
                try editor.update(object.plural, field.name, body, ifMatch: nil)
            }
        } catch let error as TandemError where CustomFieldWords.isOfTheForm(error) {
            return try await self.field(call, visit, tenant, object, error: error.message)
        }
        return .seeOther(
            Self.with(notice: "field-changed", "/console/\(tenant.slug)/fields?object=\(object.plural)"))
    }

    private func editing(
        _ tenant: Tenant, _ visit: Visit,
        _ body: @escaping @Sendable (CustomFieldEditor) throws(TandemError) -> JSON
    ) async throws -> JSON {
        let (actor, logger) = (visit.actor, context.logger)
        return try await context.pool.withConnection(affinity: tenant.database.affinity, deadline: .seconds(60)) {
            connection in
            try body(
                CustomFieldEditor(connection, tenant: tenant, actor: actor, isDryRun: false, logger: logger))
        }
    }
}

/// A tenant's own fields in words.
enum CustomFieldWords {
    static func type(_ field: CustomField) -> String {
        let type = field.type.replacing("_", with: " ")
        return field.target.map { "\(type) to \($0)" } ?? type
    }

    static func rules(_ field: CustomField) -> String {
        let words = [
            field.isRequired ? "required" : nil, field.isUnique ? "unique" : nil, field.isFixed ? "given once" : nil,
            field.isSearchable ? "found by search" : nil, field.isPersonal ? "personal" : nil,
            field.isCompared ? "compared" : nil,
        ]
        return words.compactMap { $0 }.joined(separator: ", ")
    }

    /// Whether the form can be filled in again, better.
    static func isOfTheForm(_ error: TandemError) -> Bool {
        switch error {
        case .invalid, .inUse, .notUnique, .limitReached: true
        default: false
        }
    }
}
