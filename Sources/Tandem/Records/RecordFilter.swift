/// The condition of a list: the same tree as in audiences, with fields of one object (and, by a dotted path, of the
/// record that a link leads to).
///
/// JSON: `{"all": […]}`, `{"any": […]}`, `{"not": …}`, `{"field": "stage.status", "op": "eq", "value": "open"}`
/// (op defaults to eq). A comparison on a missing value is false, `ne` and `not_in` included.
public indirect enum RecordFilter: Sendable, Hashable {
    case all([RecordFilter])
    case any([RecordFilter])
    case not(RecordFilter)
    case compare(FieldPath, Comparison, [JSON])

    public enum Comparison: String, Sendable, Hashable, CaseIterable {
        case eq, ne, lt, lte, gt, gte, `in`, contains, before, after
        case notIn = "not_in"
        case startsWith = "starts_with"
        case endsWith = "ends_with"
        case isSet = "is_set"
        case isNotSet = "is_not_set"
        case inLast = "in_last"
        case inNext = "in_next"
        case olderThan = "older_than"

        /// Other spellings that are understood.
        static let aliases: [String: Comparison] = ["le": .lte, "ge": .gte, "=": .eq, "is_null": .isNotSet]

        static func named(_ name: String) -> Comparison? { Comparison(rawValue: name) ?? aliases[name] }
    }

    /// A field of the object, or of the record that one of its links leads to.
    public struct FieldPath: Sendable, Hashable {
        public let field: ObjectField
        /// Set for `stage.status`: the link `stage_id` and where it leads.
        public let link: ObjectField?
        public let target: LinkTarget?

        /// - Parameter path: `amount` or `stage.status`.
        init?(_ path: String, of description: ObjectDescription, catalog: ObjectCatalog) {
            let parts = path.split(separator: ".", omittingEmptySubsequences: false)
            if parts.count == 1, let field = description.field(path) {
                self.init(field: field, link: nil, target: nil)
                return
            }
            guard parts.count == 2, let link = description.field(parts[0] + "_id"), case .link(let target) = link.type,
                let field = catalog.object(target.object)?.field(String(parts[1]))
            else { return nil }
            self.init(field: field, link: link, target: target)
        }

        var name: String { link.map { "\($0.name).\(field.name)" } ?? field.name }

        init(field: ObjectField, link: ObjectField?, target: LinkTarget?) {
            self.field = field
            self.link = link
            self.target = target
        }
    }

    static let conditionLimit = 100
    static let depthLimit = 8

    var conditionCount: Int {
        switch self {
        case .all(let filters), .any(let filters): filters.reduce(0) { $0 + $1.conditionCount }
        case .not(let filter): filter.conditionCount
        case .compare: 1
        }
    }

    /// The condition as a value: two are the same if their texts are.
    var json: JSON {
        switch self {
        case .all(let filters): ["all": .array(filters.map(\.json))]
        case .any(let filters): ["any": .array(filters.map(\.json))]
        case .not(let filter): ["not": filter.json]
        case .compare(let path, let comparison, let values):
            ["field": .string(path.name), "op": .string(comparison.rawValue), "value": .array(values)]
        }
    }

    /// Whether every match has this field equal to one value.
    func fixes(_ field: String) -> Bool {
        switch self {
        case .all(let filters): filters.contains { $0.fixes(field) }
        case .any, .not: false
        case .compare(let path, let comparison, _):
            comparison == .eq && path.link == nil && path.field.name == field
        }
    }
}
