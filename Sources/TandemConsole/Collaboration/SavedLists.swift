import Foundation
import Hummingbird
import Postgres
import Tandem
import TandemHTTP

/// The way from a list to those that are saved, to saving it, and to a file of it.
struct SavedListsLink {
    let listsHref: String
    /// Nil: the visitor may not.
    let exportHref: String?

    init(listsHref: String, exportHref: String?) {
        (self.listsHref, self.exportHref) = (listsHref, exportHref)
    }

    /// What of a page's address is no condition.
    private static let beside: Set<String> = ["after", "id", "notice", "before"]

    init(_ object: ObjectDescription, _ call: Call, _ tenant: Tenant) {
        let conditions = call.query.items.filter { !Self.beside.contains($0.name) && !$0.value.isEmpty }
            .map { "&\($0.name)=\(queryValue($0.value))" }.joined()
        listsHref = "/console/\(tenant.slug)/lists?object=\(object.name)\(conditions)"
        exportHref =
            tenant.rights?.may("export", object.name) ?? true
            ? "/console/\(tenant.slug)/exports?object=\(object.plural)\(conditions)" : nil
    }
}

/// The conditions of a list page as those of a saved list.
struct ListConditions {
    /// What the addresses of list pages may say.
    static let names = ["q", "owner", "account", "tag", "status", "stage"]

    let conditions: [JSON]
    /// For people: `Owner: Ann`.
    let words: [String]

    /// - Parameter titles: of users and accounts, by id.
    init(_ object: ObjectDescription, _ asked: [(name: String, value: String)], titles: [String: String]) {
        var conditions: [JSON] = []
        var words: [String] = []
        func add(_ label: String, _ shown: String, _ condition: JSON) {
            conditions.append(condition)
            words.append("\(label): \(shown)")
        }
        func compared(_ field: String, _ op: String, _ value: String) -> JSON {
            ["field": .string(field), "op": .string(op), "value": .string(value)]
        }
        for (name, value) in asked {
            switch name {
            case "q":
                let fields = object.name == "account" ? ["name", "domain", "group_id"] : ["name", "email"]
                let op = object.name == "account" ? "starts_with" : "contains"
                let known = fields.filter { object.field($0) != nil }
                add(
                    object.name == "account" ? "Starts with" : "Has", value,
                    ["any": .array(known.map { compared($0, op, value) })])
            case "owner" where value == Owners.nobody:
                add("Owner", "nobody", ["field": "owner_id", "op": "is_not_set"])
            case "owner" where value != Owners.everyone:
                add("Owner", titles[value] ?? value, compared("owner_id", "eq", value))
            case "tag": add("Tag", value, compared("tags", "contains", value))
            case "status": add("Status", value, compared("status", "eq", value))
            case "stage": add("Stage", titles[value] ?? value, compared("stage_id", "eq", value))
            default: break
            }
        }
        (self.conditions, self.words) = (conditions, words)
    }
}

/// The lists that are saved: mine and everybody's.
struct SavedListsPage {
    struct Entry {
        let listHref: String
        let listName: String
        let kind: String
        let ofWhom: String
        let isShared: Bool
        let updated: Moment?
    }

    struct Kind {
        let href: String
        let label: String
        let isCurrent: Bool
    }

    struct Save {
        let saveAction: String
        let plural: String
        let conditions: [String]
        let hidden: [Choice]
        let rows: [ListConditionForm.Row]
        let wrong: String?
        let typed: String
    }

    let chrome: Chrome
    let kinds: [Kind]
    let lists: [Entry]
    let hasLists: Bool
    let save: Save?
    let csrf: String
}

/// One saved list, opened.
struct SavedListPage {
    struct Row {
        let rowHref: String?
        let title: String
        let cells: [Cell]
    }

    struct Cell {
        let column: String
        let shown: String
    }

    /// A condition that menus do not hold.
    struct Other {
        let n: Int
        let json: String
        let words: String
    }

    let chrome: Chrome
    let listName: String
    let plural: String
    let columns: [String]
    let rows: [Row]
    let hasRows: Bool
    let isShared: Bool
    /// What its records have in common, for people.
    let conditions: [String]
    /// Nil: somebody else's.
    let changeAction: String?
    /// Of the form: conditions that menus hold, and others, which can be kept or left out.
    let conditionRows: [ListConditionForm.Row]
    let others: [Other]
    let hasOthers: Bool
    let csrf: String
    let allHref: String
    /// Nil: the visitor may not.
    let exportHref: String?
    let wrong: String?
    let pager: Pager?
}

extension Console {
    /// The objects that have a list page.
    static let listed: [ObjectDescription] = [.account, .contact, .lead, .opportunity, .ticket]

    var savedListRoutes: [Route] {
        [
            page(
                "/console/{tenant}/lists", "The lists that are saved", right: .read("view"),
                parameters: [.init("object", "Only those of this object: account, contact, …")]
                    + ListConditions.names.map { .init($0, "A condition of the list that is to be saved") }
            ) { call, visit in
                try await savedLists(call.query, visit, notice: call.query["notice"])
            },
            action("/console/{tenant}/lists", "Save a list under a name", right: .to("create", "view")) {
                _, visit, form in
                try await saveList(visit, form)
            },
            page(
                "/console/{tenant}/lists/{list}", "A saved list, opened", right: .read("view"),
                parameters: [.init("after", "The cursor of the page before")]
            ) { call, visit in
                try await savedList(call.id("list", .view), call, visit)
            },
            action(
                "/console/{tenant}/lists/{list}", "Rename a saved list, share it, delete it", right: .to("edit", "view")
            ) { call, visit, form in
                try await changeList(call.id("list", .view), call, visit, form)
            },
        ]
    }

    private func kind(_ name: String?, _ tenant: Tenant) -> ObjectDescription? {
        Self.listed.first { $0.name == name && ($0.module.map(tenant.modules.contains) ?? true) }
    }

    private func savedLists(
        _ query: Query, _ visit: Visit, notice: String? = nil, wrong: String? = nil
    ) async throws -> Response {
        let tenant = try visit.requiredTenant()
        let path = "/console/\(tenant.slug)"
        let object = kind(query["object"], tenant)
        let parameters = [("limit", "500"), ("sort", "name")] + (object.map { [("object", $0.name)] } ?? [])
        let seal = CursorSeal(key: context.sealingKey, tenant: tenant.database)
        let (views, owners, description) = try await reading(tenant) {
            (connection, catalog) throws(TandemError) -> (RecordPage, [RecordChoice], ObjectDescription?) in
            let view = catalog[.view]
            let asked = try RecordQueryReader(view, catalog: catalog).read(
                parameters: parameters.map { (name: $0.0, value: $0.1) })
            return (
                try connection.recordList(view, asked, seal: seal, catalog: catalog),
                try connection.recordChoices(catalog.target(.user), limit: 500), object.map { catalog[$0] }
            )
        }
        let words = TimeWords(tenant.timezone)
        let names = Dictionary(
            owners.map { ("\(PublicID(.user, $0.id))", $0.title) }, uniquingKeysWith: { first, _ in first })
        let mine = visit.user.map { "\(PublicID(.user, $0.id))" }
        let shown = views.items.filter { mine == nil || Self.isVisible($0.json, to: mine) }
        let kinds = Self.listed.filter { $0.module.map(tenant.modules.contains) ?? true }
        let page = SavedListsPage(
            chrome: Chrome(title: "Saved lists", visit: visit, place: nil, notice: notice, version: version),
            kinds: [SavedListsPage.Kind(href: "\(path)/lists", label: "all", isCurrent: object == nil)]
                + kinds.map {
                    SavedListsPage.Kind(
                        href: "\(path)/lists?object=\($0.name)", label: $0.plural, isCurrent: $0.name == object?.name)
                },
            lists: shown.map { view in
                let owner = view.json["owner_id"]?.string
                return SavedListsPage.Entry(
                    listHref: "\(path)/lists/\(PublicID(.view, view.id))", listName: view.json["name"]?.string ?? "",
                    kind: ObjectCatalog.standard.object(view.json["object"]?.string ?? "")?.plural ?? "",
                    ofWhom: owner == nil ? "" : owner == mine ? "mine" : names[owner ?? ""] ?? "",
                    isShared: view.json["shared"]?.bool ?? false, updated: words.moment(view.json["updated_at"]?.string)
                )
            },
            hasLists: !shown.isEmpty,
            save: description.map { object in
                let asked = Self.conditions(query)
                return .init(
                    saveAction: "\(path)/lists", plural: object.plural,
                    conditions: ListConditions(object, asked, titles: names).words,
                    hidden: [Choice(value: object.name, label: "object", isChosen: false)]
                        + asked.map { Choice(value: $0.value, label: $0.name, isChosen: false) },
                    rows: ListConditionForm.rows(query, object),
                    wrong: wrong, typed: query["name"] ?? "")
            }, csrf: visit.csrf)
        return Response(
            html: templates.render(page, as: "lists"), status: wrong == nil ? .ok : .unprocessableContent)
    }

    /// A user sees the own ones and those that are for everybody.
    static func isVisible(_ view: JSON, to user: String?) -> Bool {
        view["shared"]?.bool == true || view["owner_id"]?.string == user
    }

    private static func conditions(_ query: Query) -> [(name: String, value: String)] {
        query.items.filter { ListConditions.names.contains($0.name) && !$0.value.isEmpty }
    }

    private func saveList(_ visit: Visit, _ form: Query) async throws -> Response {
        let tenant = try visit.requiredTenant()
        guard let object = kind(form["object"], tenant) else { throw Problem.notFound }
        let name = (form["name"] ?? "").trimmingCharacters(in: .whitespacesAndNewlines)
        let catalog = try await catalog(of: tenant)
        let chosen = ListConditionForm(form, catalog[object])
        let listed = ListConditions(object, Self.conditions(form), titles: [:])
        let conditions = listed.conditions + chosen.conditions
        var body: JSONObject = [
            "object": .string(object.name), "name": .string(name), "shared": .bool(form["shared"] == "true"),
        ]
        if !conditions.isEmpty { body["filter"] = ["all": .array(conditions)] }
        if !chosen.names.isEmpty {
            // What was asked about is shown.
            let names = Self.columns[object.name, default: []].filter { !chosen.names.contains($0) } + chosen.names
            body["fields"] = .array(names.map { .string($0) })
        }
        body["owner_id"] = visit.user.map { .string("\(PublicID(.user, $0.id))") }
        let (author, data) = (RecordAuthor(actor: visit.actor), body)
        do {
            let made = try await writing(tenant) { (connection) throws(TandemError) in
                try connection.recordCreate(catalog[.view], .object(data), by: author, catalog: catalog)
            }
            return .seeOther(
                Self.with(notice: "list-saved", "/console/\(tenant.slug)/lists/\(PublicID(.view, made.id))"))
        } catch TandemError.duplicate {
            return try await savedLists(
                form, visit, wrong: "There is a list of that name already. Choose another name.")
        } catch TandemError.invalid(let errors) {
            return try await savedLists(form, visit, wrong: Self.words(errors))
        }
    }

    private func savedList(
        _ id: UUID, _ call: Call, _ visit: Visit, wrong: String? = nil, typed: Query? = nil
    ) async throws -> Response {
        let tenant = try visit.requiredTenant()
        let path = "/console/\(tenant.slug)"
        let after = wrong == nil ? call.query["after"] : nil
        let seal = CursorSeal(key: context.sealingKey, tenant: tenant.database)
        let mine = visit.user.map { "\(PublicID(.user, $0.id))" }
        let found = try await reading(tenant) { (connection, catalog) throws(TandemError) -> OpenedList in
            let view = try connection.recordGet(catalog[.view], id: id, catalog: catalog)
            guard mine == nil || Self.isVisible(view.json, to: mine),
                let object = Self.listed.first(where: { $0.name == view.json["object"]?.string }),
                let description = catalog.object(object.name)
            else { throw TandemError.notFound() }
            let names =
                Self.columns(of: description, view.json).map(\.name)
                + Self.titles.filter { description.field($0) != nil }
            let parameters =
                [(name: "limit", value: "50"), (name: "fields", value: names.joined(separator: ","))]
                + (after.map { [(name: "after", value: $0)] } ?? [])
            let asked = try RecordQueryReader(description, catalog: catalog).read(parameters: parameters)
            let query = try connection.recordQuery(view: id, of: description, asked, catalog: catalog)
            let page = try connection.recordList(description, query, seal: seal, catalog: catalog)
            let users = try connection.recordChoices(catalog.target(.user), limit: 500)
            let titles = users.map { ("\(PublicID(.user, $0.id))", $0.title) }
            return OpenedList(
                names: Dictionary(titles, uniquingKeysWith: { first, _ in first }), view: view,
                description: description, page: page)
        }
        let page = shown(found, id, call, visit, tenant, path: path, mine: mine, wrong: wrong, typed: typed)
        return Response(
            html: templates.render(page, as: "list"), status: wrong == nil ? .ok : .unprocessableContent)
    }

    private struct OpenedList: Sendable {
        /// Users' names by their ids.
        let names: [String: String]
        let view: RecordSnapshot
        let description: ObjectDescription
        let page: RecordPage
    }

    /// What a list shows that names no fields.
    private static let columns = [
        "account": ["domain", "industry", "lifecycle", "phone"], "contact": ["title", "email", "phone"],
        "lead": ["company", "status", "email", "phone"], "opportunity": ["status", "amount", "currency", "close_date"],
        "ticket": ["status", "priority", "channel"],
    ]

    /// What records are called by, see ``MergeChoices/name(_:)``.
    private static let titles = ["name", "first_name", "last_name", "company", "email", "subject"]

    private static func columns(of description: ObjectDescription, _ view: JSON) -> [ObjectField] {
        let named = (view["fields"]?.array ?? []).compactMap(\.string)
        return (named.isEmpty ? columns[description.name] ?? [] : named)
            .filter { !["id", description.title, "name"].contains($0) }.compactMap { description.field($0) }
    }

    private func shown(
        _ found: OpenedList, _ id: UUID, _ call: Call, _ visit: Visit, _ tenant: Tenant, path: String, mine: String?,
        wrong: String?, typed: Query?
    ) -> SavedListPage {
        let (view, description) = (found.view.json, found.description)
        let words = TimeWords(tenant.timezone)
        let fields = Self.columns(of: description, view)
        let place = "\(path)/lists/\(PublicID(.view, id))"
        let isMine = mine == nil || view["owner_id"]?.string == mine
        let conditions = ListConditionForm.parts(view["filter"])
        let (given, others) = ListConditionForm.split(conditions, description)
        let said = ConditionWords(object: description, titles: found.names)
        return SavedListPage(
            chrome: Chrome(
                title: view["name"]?.string ?? "", visit: visit, place: Chrome.Place(rawValue: description.plural),
                notice: call.query["notice"], version: version),
            listName: view["name"]?.string ?? "", plural: description.plural,
            columns: fields.map { FieldWords.label($0) },
            rows: found.page.items.map { record in
                SavedListPage.Row(
                    rowHref: "\(path)/\(description.plural)/\(description.publicID(record.id))",
                    title: record.json["subject"]?.string ?? MergeChoices.name(record),
                    cells: fields.map { field in
                        let value = record.json[field.name] ?? .null
                        return .init(
                            column: FieldWords.label(field),
                            shown: value.isNull ? "" : FieldWords.text(value, field, words))
                    })
            },
            hasRows: !found.page.items.isEmpty, isShared: view["shared"]?.bool ?? false,
            conditions: conditions.map { said.text($0) },
            changeAction: isMine && visit.may("edit", "view") ? place : nil,
            conditionRows: typed.map { ListConditionForm.rows($0, description) }
                ?? ListConditionForm.rows(given, description),
            others: others.enumerated().map {
                .init(n: $0.offset, json: $0.element.text, words: said.text($0.element))
            },
            hasOthers: !others.isEmpty, csrf: visit.csrf,
            allHref: "\(path)/lists?object=\(description.name)",
            exportHref: visit.may("export", description.name)
                ? "\(path)/exports?object=\(description.plural)&view=\(PublicID(.view, id))" : nil, wrong: wrong,
            pager: found.page.next.map { Pager(href: "\(place)?after=\(queryValue($0))") })
    }

    private func changeList(_ id: UUID, _ call: Call, _ visit: Visit, _ form: Query) async throws -> Response {
        let tenant = try visit.requiredTenant()
        let (author, catalog) = (RecordAuthor(actor: visit.actor), try await catalog(of: tenant))
        let mine = visit.user.map { "\(PublicID(.user, $0.id))" }
        let isDeleted = form["do"] == "delete"
        let name = (form["name"] ?? "").trimmingCharacters(in: .whitespacesAndNewlines)
        let isShared = form["shared"] == "true"
        do {
            let object = try await writing(tenant) { (connection) throws(TandemError) -> String in
                let view = try connection.recordGet(catalog[.view], id: id, catalog: catalog)
                guard mine == nil || Self.isVisible(view.json, to: mine) else { throw .notFound() }
                guard mine == nil || view.json["owner_id"]?.string == mine else {
                    throw .conflict("Only its owner changes a saved list.")
                }
                if isDeleted {
                    try connection.recordDelete(catalog[.view], id: id, by: author)
                } else {
                    var body: JSONObject = ["name": .string(name), "shared": .bool(isShared)]
                    for (field, value) in try Self.conditions(form, view.json, catalog) { body[field] = value }
                    _ = try connection.recordUpdate(
                        catalog[.view], id: id, .object(body), by: author, catalog: catalog)
                }
                return view.json["object"]?.string ?? ""
            }
            let place = isDeleted ? "lists?object=\(object)" : "lists/\(PublicID(.view, id))"
            return .seeOther(
                Self.with(notice: isDeleted ? "list-deleted" : "saved", "/console/\(tenant.slug)/\(place)"))
        } catch TandemError.duplicate {
            return try await savedList(id, call, visit, wrong: "There is a list of that name already.", typed: form)
        } catch TandemError.invalid(let errors) {
            return try await savedList(id, call, visit, wrong: Self.words(errors), typed: form)
        }
    }

    /// The conditions that the form of an open list holds, and with them the fields that it shows.
    private static func conditions(
        _ form: Query, _ view: JSON, _ catalog: ObjectCatalog
    ) throws(TandemError) -> JSONObject {
        guard let object = catalog.object(view["object"]?.string ?? "") else { return [:] }
        let chosen = ListConditionForm(form, object)
        var conditions = chosen.conditions
        for kept in form.items where kept.name.hasPrefix("keep") {
            guard let condition = try? JSON(parsing: kept.value) else {
                throw .invalid("/filter", "invalid_json", "is no JSON")
            }
            conditions.append(condition)
        }
        var body: JSONObject = ["filter": conditions.isEmpty ? .null : ["all": .array(conditions)]]
        let named = (view["fields"]?.array ?? []).compactMap(\.string)
        let shown = named.isEmpty ? columns[object.name, default: []] : named
        let new = chosen.names.filter { !shown.contains($0) }
        if !new.isEmpty { body["fields"] = .array((shown + new).map { .string($0) }) }
        return body
    }

    private static func words(_ errors: [TandemError.FieldError]) -> String {
        errors.map {
            $0.pointer.hasPrefix("/filter")
                ? ListConditionForm.words(($0.pointer, $0.detail))
                : "\(FieldWords.label(String($0.pointer.dropFirst()))) \($0.detail)."
        }.joined(separator: " ")
    }
}
