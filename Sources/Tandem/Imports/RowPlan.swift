/// A mapping put together with the object it fills: every target has a type, and what cannot work is refused with its
/// line before a row is read.
struct RowPlan: Sendable {
    struct Target: Sendable {
        /// As the mapping calls it.
        var name: String
        /// nil: a field of the record itself.
        var child: String?
        /// Which row of the child array; several only where a child can refer to several objects.
        var slot: String = ""
        var field: String
        var type: FieldType
        var column: Mapping.Column
        var reader: CellReader
        var reference: ReferenceKey?
        var referenceTitle = ""
        var referencePrefix: PublicID.Prefix?
        /// The link leads to the object that is being imported.
        var isOwnKind = false
    }

    let object: ObjectDescription
    let mapping: Mapping
    let targets: [Target]
    let history: [Target]
    /// The fields that find a row's record, by preference; none: rows are known by file and place.
    let match: [String]
    let defaults: [(field: ObjectField, value: JSON)]

    init(
        _ mapping: Mapping, object: ObjectDescription, catalog: ObjectCatalog, match: [String] = []
    ) throws(MappingError) {
        self.object = object
        self.mapping = mapping
        var targets: [Target] = []
        for entry in mapping.fields {
            targets.append(try Self.target(entry, object, catalog))
        }
        if let repeated = Self.repeated(targets) {
            throw MappingError(line: repeated.column.line, "`\(repeated.name)` is mapped twice")
        }
        self.targets = targets
        self.history = try mapping.history.map { (entry) throws(MappingError) in
            Target(
                name: entry.name, field: entry.name, type: .timestamp, column: entry.value,
                reader: try CellReader(.timestamp, entry.value))
        }
        var defaults: [(field: ObjectField, value: JSON)] = []
        for entry in mapping.defaults {
            guard let field = object.field(entry.name), !field.isReadOnly else {
                throw Self.unknownField(entry.name, object, line: entry.line)
            }
            defaults.append((field, entry.value))
        }
        self.defaults = defaults
        self.match = try Self.match(match.isEmpty ? mapping.match : match, targets, object)
    }

    /// Whether a reference is to a stage of the opportunity's own pipeline, which the table of stages tells.
    func finds(stageBy key: ReferenceKey) -> Bool {
        object.name == "opportunity" && key.object == "stage" && StageTable.fields.contains(key.column)
    }

    private static func repeated(_ targets: [Target]) -> Target? {
        var seen: Set<[String]> = []
        return targets.first { !seen.insert([$0.child ?? "", $0.slot, $0.field]).inserted }
    }

    private static func match(
        _ names: [String], _ targets: [Target], _ object: ObjectDescription
    ) throws(MappingError) -> [String] {
        if names.isEmpty {
            return targets.contains { $0.child == nil && $0.field == "external_id" } ? ["external_id"] : []
        }
        for (place, name) in names.enumerated() {
            guard name == "id" || object.field(name) != nil else { throw unknownField(name, object, line: 0) }
            guard targets.contains(where: { $0.child == nil && $0.field == name }) else {
                throw MappingError(line: 0, "`match: \(name)`: no column is mapped to \(name)")
            }
            if names[..<place].contains(name) { throw MappingError(line: 0, "`match` names \(name) twice") }
            if name == "id", names.count > 1 {
                throw MappingError(line: 0, "`match`: an id names the record itself; it stands alone, not in a list")
            }
        }
        return names
    }

    private static func target(
        _ entry: Mapping.Entry<Mapping.Column>, _ object: ObjectDescription, _ catalog: ObjectCatalog
    ) throws(MappingError) -> Target {
        guard let place = Place(entry.name, in: object, catalog) else {
            throw unknownField(entry.name, object, line: entry.line)
        }
        if place.isReadOnly, !["id", "created_at"].contains(place.field) || place.child != nil {
            throw MappingError(line: entry.line, "`\(entry.name)` is derived and cannot be imported")
        }
        var target = Target(
            name: entry.name, child: place.child, slot: place.slot, field: place.field, type: place.type,
            column: entry.value, reader: try CellReader(place.type, entry.value))
        if place.linked == nil, entry.value.reference != nil {
            throw MappingError(line: entry.line, "`\(entry.name)` is no link: `ref` has no meaning")
        }
        guard let reference = entry.value.reference else { return target }
        guard let other = catalog.object(plural: reference.object) else {
            let near = Spelling.nearest(to: reference.object, among: catalog.objects.map(\.plural))
            throw MappingError(
                line: entry.line,
                "`ref`: there is no object \(reference.object)" + (near.map { "; did you mean \($0)?" } ?? ""))
        }
        if let linked = place.linked, linked != "*", linked != other.name {
            throw MappingError(line: entry.line, "`\(entry.name)` refers to \(linked), not to \(other.name)")
        }
        guard let field = other.field(reference.field) ?? (other.name == "stage" ? other.field("name") : nil) else {
            throw MappingError(line: entry.line, "`ref`: \(other.plural) have no field \(reference.field)")
        }
        let normal: [FieldCompanion] = [.emailNorm, .phoneE164]
        let column = field.companion.flatMap { normal.contains($0) ? $0.column : nil } ?? reference.field
        target.reference = ReferenceKey(object: other.name, column: column)
        target.referenceTitle = other.name
        target.referencePrefix = other.prefix
        target.isOwnKind = other.name == object.name && place.child == nil
        if entry.value.onMissing == .create, field.name != other.title {
            throw MappingError(line: entry.line, "`on_missing: create` needs `ref: \(other.plural).\(other.title)`")
        }
        return target
    }

    static func unknownField(_ name: String, _ object: ObjectDescription, line: Int) -> MappingError {
        let names =
            object.fields.filter { !$0.isReadOnly }.map(\.name)
            + object.children.flatMap { child in child.fields.map { child.name + "." + $0.name } }
        let near = Spelling.nearest(to: name, among: names)
        return MappingError(
            line: line, "\(object.plural) have no field `\(name)`" + (near.map { "; did you mean `\($0)`?" } ?? ""))
    }
}

/// Where a target's value goes.
private struct Place {
    var child: String?
    var slot = ""
    var field: String
    var type: FieldType
    var isReadOnly = false
    /// Singular name of the object that it refers to, `*` for any.
    var linked: String?

    /// `name`, `account_id` or `account`, `accounts.role`, `product` (a field of one child only), `links.account`.
    init?(_ name: String, in object: ObjectDescription, _ catalog: ObjectCatalog) {
        let parts = name.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        if parts.count == 2, let child = object.child(parts[0]) {
            self.init(child, parts[1], catalog)
            return
        }
        if let field = object.field(name) ?? Self.link(name, object.fields) {
            self.init(child: nil, field)
            return
        }
        let fitting = object.children.filter { child in
            child.fields.contains { $0.name == name } || Self.link(name, child.fields) != nil
        }
        guard fitting.count == 1, let child = fitting.first else { return nil }
        self.init(child, name, catalog)
    }

    private init?(_ child: ObjectChild, _ name: String, _ catalog: ObjectCatalog) {
        if let field = child.fields.first(where: { $0.name == (child.aliases[name] ?? name) })
            ?? Self.link(name, child.fields)
        {
            self.init(child: child.name, field)
            return
        }
        let record = child.fields.first { if case .record = $0.type { true } else { false } }
        guard let record, let other = catalog.object(name) ?? catalog.object(plural: name) else { return nil }
        self.init(child: child.name, record)
        slot = other.name
        linked = other.name
    }

    private init(child: String?, _ field: ObjectField) {
        self.child = child
        self.field = field.name
        type = field.type
        isReadOnly = field.isReadOnly
        switch field.type {
        case .link(let target): linked = target.object
        case .record: linked = "*"
        default: break
        }
    }

    private static func link(_ name: String, _ fields: [ObjectField]) -> ObjectField? {
        fields.first { field in
            if case .link = field.type { field.name == name + "_id" } else { false }
        }
    }
}
