/// Writes the rows of a child array: objects that all have the same members in the same order.
struct ChildRowEncoder {
    private struct Field {
        let field: ObjectField
        /// `"name":`
        let name: [UInt8]
        /// Its position among the members; nil: they have it not.
        var place: Int?
        /// Where the currency of an amount stands.
        var currency: Int?
    }

    private let presenter: RecordPresenter
    private var fields: [Field]
    private var isPlaced = false

    init(_ fields: [ObjectField], _ presenter: RecordPresenter) {
        self.presenter = presenter
        self.fields = fields.map { field in
            var name: [UInt8] = []
            JSON.appendString(field.name, to: &name)
            return Field(field: field, name: name + [UInt8(ascii: ":")])
        }
    }

    /// Appends an object. `currency`: of the record that it is a row of.
    mutating func append(_ object: JSONNode, currency: JSON?, to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "{"))
        defer { bytes.append(UInt8(ascii: "}")) }
        let members = object.members.map(\.value)
        if !isPlaced {
            let names = object.members.map { $0.key.string ?? "" }
            for index in fields.indices {
                fields[index].place = names.firstIndex(of: fields[index].field.name)
                if case .money(let name) = fields[index].field.type {
                    fields[index].currency = names.firstIndex(of: name)
                }
            }
            isPlaced = true
        }
        for field in fields {
            guard let place = field.place, members.indices.contains(place) else { continue }
            if bytes.last != UInt8(ascii: "{") { bytes.append(UInt8(ascii: ",")) }
            bytes.append(contentsOf: field.name)
            append(members[place], field, of: object, members, currency, to: &bytes)
        }
    }

    private func append(
        _ value: JSONNode, _ field: Field, of object: JSONNode, _ members: [JSONNode], _ currency: JSON?,
        to bytes: inout [UInt8]
    ) {
        if value.isNull { return bytes.append(contentsOf: "null".utf8) }
        switch field.field.type {
        case .id: if PublicID.append(presenter.description.prefix, of: value, to: &bytes) { return }
        case .link(let target): if PublicID.append(target.prefix, of: value, to: &bytes) { return }
        case .timestamp: if RecordTime.append(value, to: &bytes) { return }
        case .money, .decimal, .percent, .links, .record: break
        default: return bytes.append(contentsOf: value.source)
        }
        // What needs the rest of its record, or has another form than PostgreSQL's usual one.
        var beside = JSONObject()
        switch field.field.type {
        case .money(let name):
            let place = field.currency.flatMap { members.indices.contains($0) ? $0 : nil }
            beside[name] = place.map { JSON(members[$0]) } ?? currency
        case .record: beside = JSON(object).object ?? JSONObject()
        default: break
        }
        presenter.present(JSON(value), field.field, beside: beside).append(to: &bytes)
    }
}

extension PublicID {
    /// Appends the id of a UUID in its usual text; false if the value is none.
    fileprivate static func append(_ prefix: Prefix, of value: JSONNode, to bytes: inout [UInt8]) -> Bool {
        let text = value.slice
        guard value.isString, text.count == 36 else { return false }
        var halves: (high: UInt64, low: UInt64) = (0, 0)
        var digits = 0
        for byte in text where byte != UInt8(ascii: "-") {
            let digit: UInt8
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = byte - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = byte - UInt8(ascii: "a") + 10
            default: return false
            }
            if digits < 16 {
                halves.high = halves.high << 4 | UInt64(digit)
            } else {
                halves.low = halves.low << 4 | UInt64(digit)
            }
            digits += 1
        }
        guard digits == 32 else { return false }
        bytes.append(UInt8(ascii: "\""))
        bytes.append(contentsOf: prefix.rawValue.utf8)
        bytes.append(UInt8(ascii: "_"))
        append(high: halves.high, low: halves.low, to: &bytes)
        bytes.append(UInt8(ascii: "\""))
        return true
    }
}

extension RecordTime {
    /// Appends a time as `text` writes it, from PostgreSQL's form in UTC; false if it is in another.
    fileprivate static func append(_ value: JSONNode, to bytes: inout [UInt8]) -> Bool {
        let text = value.slice
        let (whole, zone) = (19, 6)
        guard value.isString, text.count >= whole + zone, text.count <= whole + 7 + zone, text[4] == UInt8(ascii: "-"),
            text.suffix(zone).elementsEqual("+00:00".utf8)
        else { return false }
        let fraction = text[whole..<(text.count - zone)].dropFirst()
        bytes.append(UInt8(ascii: "\""))
        bytes.append(contentsOf: text.prefix(whole))
        if !fraction.isEmpty {
            bytes.append(UInt8(ascii: "."))
            bytes.append(contentsOf: fraction)
            for _ in fraction.count..<(fraction.count <= 3 ? 3 : 6) { bytes.append(UInt8(ascii: "0")) }
        }
        bytes.append(contentsOf: "Z\"".utf8)
        return true
    }
}
