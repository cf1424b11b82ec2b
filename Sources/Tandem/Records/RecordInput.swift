/// A record as a writer sends it, brought to the form that `write_records` takes: column names, plain UUIDs, derived
/// columns filled in.
public struct RecordInput: Sendable {
    public internal(set) var data = JSONObject()
    /// Values for fields that the record has none of; what it has stays.
    var fill = JSONObject()
    /// The person that a new contact names: `{"type", "value"}` or `{"id"}`.
    public internal(set) var person: JSON?
    public internal(set) var allowDuplicate = false
    /// Rows of children that are records of their own, by the child's name.
    var records: [String: [JSONObject]] = [:]
    /// Links given by another system's id, to be looked up before the write.
    var references: [RecordReference] = []

    public init() {}

    /// Data that is in that form already, for example from an import's mapping.
    public init(normalized data: JSONObject) { self.data = data }
}

/// A link that names its record by `external_id`.
struct RecordReference: Sendable, Hashable {
    let target: LinkTarget
    let externalID: String
    /// Where the id goes: a field, or a field of a row of a child array.
    let field: String
    let child: String?
    let row: Int?

    var pointer: String {
        guard let child, let row else { return "/" + field }
        return "/\(child)/\(row)/\(field)"
    }
}

/// Reads the JSON of one record. Collects all errors, each with the pointer of its field.
public struct RecordReader {
    let description: ObjectDescription
    let catalog: ObjectCatalog
    /// Two-letter country for phone numbers in national form.
    let region: String
    private var input = RecordInput()
    private var errors: [TandemError.FieldError] = []

    public init(
        _ description: ObjectDescription, catalog: ObjectCatalog, region: String = Normalizer.noRegion
    ) {
        self.description = description
        self.catalog = catalog
        self.region = region
    }

    /// - Parameter isNew: required fields must be there (an update may leave them out, but not clear them).
    /// - Throws: `invalid` with every wrong field.
    public func read(_ body: JSON, isNew: Bool) throws(TandemError) -> RecordInput {
        guard let object = body.object else {
            throw .invalid("", "not_an_object", "must be a JSON object")
        }
        var reader = self
        for (name, value) in object { reader.take(name, value, of: object) }
        reader.takeMentions()
        for field in description.fields where field.isRequired {
            let isEmpty = reader.input.data[field.name] == .null && !reader.isReferenced(field.name)
            let isLeftOut =
                isNew && object[field.name] == nil && reader.input.data[field.name] == nil
                && field.custom?.defaultValue == nil
            if isEmpty || isLeftOut {
                reader.refuse("/" + field.name, "required", "is required")
            }
        }
        reader.takePrimaryChannels(isNew: isNew)
        reader.takeDomain()
        guard reader.errors.isEmpty else { throw .invalid(reader.errors) }
        return reader.input
    }

    private func isReferenced(_ field: String) -> Bool {
        input.references.contains { $0.child == nil && $0.field == field }
    }

    private mutating func refuse(_ pointer: String, _ code: String, _ detail: String) {
        guard !errors.contains(where: { $0.pointer == pointer }) else { return }
        errors.append(TandemError.FieldError(pointer: pointer, code: code, detail: detail))
    }

    private mutating func take(_ name: String, _ value: JSON, of object: JSONObject) {
        let pointer = "/" + JSONPointer.escaped(name)
        if let field = description.field(name) {
            guard !field.isReadOnly else { return refuse(pointer, "read_only", "cannot be written") }
            take(field, value, at: pointer, of: object)
        } else if let child = description.child(name) {
            take(child, value)
        } else if name == "profile", description.isPerson {
            takePerson(value, at: pointer)
        } else if name == "allow_duplicate", let flag = value.bool {
            input.allowDuplicate = flag
        } else {
            refuse(pointer, "unknown_field", "is not a field of \(description.name)")
        }
    }

    private mutating func take(_ field: ObjectField, _ value: JSON, at pointer: String, of object: JSONObject) {
        if case .record(let objectField) = field.type, !value.isNull {
            var row = input.data
            takeRecord(value, field, object: object[objectField], objectField, into: &row, at: pointer)
            input.data = row
            return
        }
        switch FieldReader(region: region).read(field, value) {
        case .value(let value):
            input.data[field.name] = value
            if let companion = field.companion {
                input.data[companion.column] =
                    value.string.flatMap { companion.derive(from: $0, region: region) }.map(JSON.string) ?? .null
            }
        case .external(let target, let externalID):
            input.data[field.name] = .null
            input.references.append(
                RecordReference(target: target, externalID: externalID, field: field.name, child: nil, row: nil))
        case .wrong(let code, let detail):
            refuse(pointer, code, detail)
        }
    }

    private static let childLimit = 1000

    private mutating func take(_ child: ObjectChild, _ value: JSON) {
        guard !child.isReadOnly else { return refuse("/" + child.name, "read_only", "cannot be written") }
        guard let rows = value.array else { return refuse("/" + child.name, "not_an_array", "must be an array") }
        guard rows.count <= Self.childLimit else {
            return refuse("/" + child.name, "too_many", "has at most \(Self.childLimit) rows")
        }
        var result: [JSON] = []
        for (index, row) in rows.enumerated() {
            guard let object = row.object else {
                refuse("/\(child.name)/\(index)", "not_an_object", "must be a JSON object")
                continue
            }
            result.append(.object(takeRow(of: child, index, object)))
        }
        guard let key = child.recordKey else {
            input.data[child.name] = .array(result)
            return
        }
        let objects = result.compactMap(\.object)
        if Set(objects.compactMap { $0[key] }).count < objects.count {
            refuse("/" + child.name, "duplicate", "has two rows with the same \(key)")
        }
        input.records[child.name] = objects
    }

    private mutating func takeRow(of child: ObjectChild, _ index: Int, _ object: JSONObject) -> JSONObject {
        var row = JSONObject()
        let reader = FieldReader(region: region)
        let base = "/\(child.name)/\(index)/"
        for (given, value) in object {
            let name = child.aliases[given] ?? given
            let external =
                given == "external_id" ? child.fields.first { if case .link = $0.type { true } else { false } } : nil
            guard let field = external ?? child.fields.first(where: { $0.name == name }) else {
                refuse(base + JSONPointer.escaped(given), "unknown_field", "is not a field of \(child.name)")
                continue
            }
            var asked = value
            if external != nil { asked = ["external_id": value] }
            // What a reader was shown may be sent back.
            if field.isReadOnly { continue }
            if case .record(let objectField) = field.type {
                takeRecord(asked, field, object: object[objectField], objectField, into: &row, at: base + given)
                continue
            }
            switch reader.read(field, asked) {
            case .value(let value): row[field.name] = value
            case .external(let target, let externalID):
                input.references.append(
                    RecordReference(
                        target: target, externalID: externalID, field: field.name, child: child.name, row: index))
                row[field.name] = .null
            case .wrong(let code, let detail): refuse(base + given, code, detail)
            }
        }
        if child.table == "contact_channels", ["phone", "mobile"].contains(row["kind"]?.string) {
            // Calls and texts are matched by it.
            row["phone_e164"] = row["value"]?.string.flatMap { Normalizer.phone($0, region: region) }.map(JSON.string)
        }
        for field in child.fields where field.isRequired && row[field.name] == nil {
            refuse(base + field.name, "required", "is required")
        }
        return row
    }

    /// An id of any of several objects: its prefix says of which, or the field beside it.
    private mutating func takeRecord(
        _ value: JSON, _ field: ObjectField, object: JSON?, _ objectField: String, into row: inout JSONObject,
        at pointer: String
    ) {
        guard let text = value.string else { return refuse(pointer, "not_an_id", "must be an id") }
        // A word that is no object is that field's error.
        let named = object?.string.flatMap { catalog.object($0) }
        let object = named.map { JSON.string($0.name) }
        for candidate in catalog.objects where object?.string.map({ $0 == candidate.name }) ?? true {
            // Without the object's name a plain UUID could be anybody's.
            guard object != nil || text.contains("_"), let id = PublicID(candidate.prefix, text: text) else { continue }
            row[field.name] = .string(id.uuid.text)
            row[objectField] = .string(candidate.name)
            return
        }
        refuse(pointer, "not_an_id", "is not the id of a record")
    }

    private mutating func takePerson(_ value: JSON, at pointer: String) {
        if let id = value["id"]?.string ?? value.string {
            guard let profile = PublicID(.profile, text: id) else {
                return refuse(pointer, "not_an_id", "is not the id of a profile")
            }
            input.person = ["id": .string(profile.uuid.text)]
            return
        }
        guard let type = value["type"]?.string, let raw = value["value"]?.string else {
            return refuse(pointer, "invalid_profile", "must be {\"type\", \"value\"} or {\"id\"}")
        }
        let normal: String? =
            switch type {
            case "email": Normalizer.email(raw)
            case "phone": Normalizer.phone(raw, region: region)
            default: String(Normalizer.trimmed(raw[...]))
            }
        guard let normal, (1...512).contains(normal.utf8.count), (1...64).contains(type.utf8.count) else {
            return refuse(pointer + "/value", "invalid_identifier", "is not an identifier of this type")
        }
        input.person = ["type": .string(type), "value": .string(normal)]
    }

    /// An account without a domain has that of its website.
    private mutating func takeDomain() {
        guard description.name == "account", input.data["domain"] == nil,
            let domain = input.data["website"]?.string.flatMap({ Normalizer.domain($0) }), !FreeMail.contains(domain)
        else { return }
        input.fill["domain"] = .string(domain)
    }

    /// Whom a comment seems to name, side by side: the id where the text has one, and the words. `settle_comments` looks them up.
    private mutating func takeMentions() {
        guard description.name == "comment", let body = input.data["body"]?.string else { return }
        let mentions = Mention.all(in: body)
        input.data["mentions"] = .array(mentions.map { .string(orNull: $0.user?.text) })
        input.data["unknown_mentions"] = .array(mentions.map { .string($0.words) })
    }

    /// A contact's primary channels are its fields email and phone: whichever is given, both say the same.
    private mutating func takePrimaryChannels(isNew: Bool) {
        guard description.name == "contact", let channels = input.data["channels"]?.array else { return }
        for kind in ["email", "phone"] {
            let primary = channels.filter { $0["kind"]?.string == kind && $0["primary"]?.bool == true }
            if primary.count > 1 {
                refuse("/channels", "several_primary", "has more than one primary \(kind)")
            }
            // A new contact's first channel of a kind is its primary one, unless the request names another.
            let first = channels.first { channel in
                guard channel["kind"]?.string == kind, let text = channel["value"]?.string else { return false }
                return kind != "email" || Normalizer.email(text) != nil
            }
            let chosen = primary.first ?? (isNew && input.data[kind] == nil ? first : nil)
            guard let value = chosen?["value"], let field = description.field(kind) else { continue }
            if let given = input.data[kind] {
                if given != value {
                    refuse("/" + kind, "differs", "differs from the primary channel of its kind")
                }
            } else {
                take(field, value, at: "/channels", of: [:])
            }
        }
    }
}
