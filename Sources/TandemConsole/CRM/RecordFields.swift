import Foundation
import Tandem

/// The fields of an object that people write, and how a form shows and reads their values.
struct RecordFields {
    let description: ObjectDescription

    /// What no form offers: what other controls change (the stage), or what follows from other fields.
    private static let hidden: [String: Set<String>] = [
        "opportunity": ["pipeline_id", "probability_manual", "closed_at"],
        "activity": ["source", "thread_id"],
    ]

    /// In the order in which they are shown; the id of another system last.
    func fields(isNew: Bool) -> [ObjectField] {
        let hidden = Self.hidden[description.name] ?? []
        let all = description.fields.filter { field in
            !field.isReadOnly && !hidden.contains(field.name) && (isNew || field.name != "stage_id")
        }
        return all.filter { $0.name != "external_id" } + all.filter { $0.name == "external_id" }
    }

    /// The arrays of rows whose rows a form shows.
    var children: [ObjectChild] {
        description.name == "activity" ? [] : description.children.filter { $0.recordKey == nil }
    }

    func fields(of child: ObjectChild) -> [ObjectField] {
        child.fields.filter { !$0.isReadOnly && $0.name != "line" }
    }

    /// Where links of the form may lead.
    func targets(isNew: Bool) -> Set<LinkTarget> {
        Set(
            (fields(isNew: isNew) + children.flatMap { fields(of: $0) }).compactMap { field in
                if case .link(let target) = field.type { target } else { nil }
            })
    }

    /// A value on the wire as its input shows it; also the form in which two values are compared.
    static func text(_ value: JSON?, _ field: ObjectField, _ links: LinkDirectory, _ words: TimeWords) -> String {
        guard let value, !value.isNull else { return field.type == .bool ? "false" : "" }
        switch field.type {
        case .bool: return value.bool == true ? "true" : "false"
        case .tags, .multiSelect: return (value.array ?? []).compactMap(\.string).joined(separator: ", ")
        case .timestamp: return words.local(value.string) ?? ""
        case .link(let target): return links.text(value.string ?? "", target)
        default: return value.string ?? value.number?.text ?? ""
        }
    }

    /// What somebody typed as JSON on the wire. A link's title becomes its id where the directory knows exactly one.
    static func value(_ text: String, _ field: ObjectField, _ links: LinkDirectory, _ words: TimeWords) -> JSON {
        let plain = text.trimmingCharacters(in: .whitespacesAndNewlines)
        if field.type == .bool { return .bool(plain == "true") }
        if field.type.isArray {
            let tags = plain.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }.filter {
                !$0.isEmpty
            }
            return .array(tags.map { .string($0) })
        }
        if plain.isEmpty { return .null }
        switch field.type {
        case .timestamp: return .string(words.instant(plain) ?? plain)
        case .link(let target): return .string(links.id(plain, target) ?? plain)
        default: return .string(plain)
        }
    }
}

/// The records that the links of a form may lead to, by id and by title.
struct LinkDirectory: Sendable {
    /// More than a menu takes: an input that proposes the first of them.
    static let menuLimit = 60
    static let proposalLimit = 200

    private(set) var choices: [LinkTarget: [RecordChoice]] = [:]
    /// Titles of records that are linked, whether they are among the choices or not.
    private var linked: [LinkTarget: [RecordChoice]] = [:]

    mutating func offer(_ found: [RecordChoice], for target: LinkTarget) { choices[target] = found }
    mutating func add(_ found: [RecordChoice], for target: LinkTarget) { linked[target, default: []] += found }

    func isMenu(_ target: LinkTarget) -> Bool { (choices[target]?.count ?? 0) <= Self.menuLimit }

    /// A linked record as its input shows it: the id in a menu, else the title.
    func text(_ id: String, _ target: LinkTarget) -> String {
        guard !isMenu(target), let uuid = PublicID(target.prefix, text: id)?.uuid,
            let title = title(uuid, target), !title.isEmpty
        else { return id }
        return title
    }

    func title(_ id: RecordID, _ target: LinkTarget) -> String? {
        ((linked[target] ?? []) + (choices[target] ?? [])).first { $0.id == id }?.title
    }

    /// The id of what was typed: an id itself, or the title of one record alone.
    func id(_ text: String, _ target: LinkTarget) -> String? {
        if PublicID(target.prefix, text: text) != nil { return text }
        let all = Set((linked[target] ?? []) + (choices[target] ?? [])).filter {
            $0.title.lowercased() == text.lowercased()
        }
        return all.count == 1 ? all.first.map { "\(PublicID(target.prefix, $0.id))" } : nil
    }
}
