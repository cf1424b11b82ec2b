import Foundation
import Hummingbird
import Postgres
import Tandem
import TandemHTTP

/// What each source says of a record's fields; what is not shown can be taken over with a button.
struct SourcesCard {
    struct Source {
        let field: String
        let sourceValue: String
        let from: String
        let at: Moment?
        let isShown: Bool
        /// What the button sends; nil: nothing to take over. Its name is no page's: a template looks for what is nil further out.
        let takeValue: String?
    }

    let sources: [Source]
    let sourcesAction: String
    let sourcesToken: String?

    /// - Parameters:
    ///   - path: of the record's page.
    ///   - object: with the tenant's own fields.
    init(_ reads: [SourceRead], of object: ObjectDescription, path: String, csrf: String?, _ words: TimeWords) {
        sourcesAction = "\(path)/take"
        sourcesToken = csrf
        let shown = Dictionary(reads.filter(\.isShown).map { ($0.field, $0.value) }) { first, _ in first }
        sources = reads.map { read in
            // What is shown already is nothing to take over.
            let isOther = read.value != nil && shown[read.field] != .some(read.value)
            let by = read.source == "people" ? read.actor.map { ActorWords.words($0) } ?? "by hand" : read.source
            let field = object.field(read.field)
            return Source(
                field: field.map { FieldWords.label($0) } ?? FieldWords.label(read.field),
                sourceValue: read.shownValue(field, words) ?? "cleared", from: by,
                at: words.moment(read.at), isShown: read.isShown,
                takeValue: read.isShown || !isOther || csrf == nil ? nil : "\(read.field)|\(read.source)")
        }
    }
}

/// What the SQL function `record_sources` gives of a field.
struct SourceRead: Decodable {
    let field: String
    let value: String?
    let at: String?
    let actor: String?
    let source: String
    let isShown: Bool

    /// - Parameter description: of the field; nil: there is none any more.
    func shownValue(_ description: ObjectField?, _ words: TimeWords) -> String? {
        switch (field, description?.type) {
        case ("annual_revenue", _): Figures.money(value, nil)
        case ("employee_count", _): value.flatMap { Int($0) }.map { Figures.count($0) } ?? value
        case (_, .date?): TimeWords.day(value)
        case (_, .timestamp?): words.moment(value)?.text ?? value
        case (_, .bool?): value.map { $0 == "true" ? "yes" : "no" }
        default: value
        }
    }
}

extension Console {
    var fieldSourceRoutes: [Route] {
        [ObjectDescription.account, .contact, .lead].map { object in
            action(
                "/console/{tenant}/\(object.plural)/{\(object.name)}/take",
                "Take over what another source says of a field",
                module: object.module, right: .to("edit", object.name)
            ) { call, visit, form in
                try await takeOver(object, call, visit, form)
            }
        }
    }

    /// Writes the value of another source as somebody's own word.
    private func takeOver(
        _ object: ObjectDescription, _ call: Call, _ visit: Visit, _ form: Query
    ) async throws -> Response {
        let tenant = try visit.requiredTenant()
        let id = try call.id(object.name, object.prefix)
        let parts = (form["take"] ?? "").split(separator: "|", maxSplits: 1).map(String.init)
        guard parts.count == 2 else { throw Problem.badRequest("invalid_take", "No value of a source was chosen.") }
        let catalog = try await catalog(of: tenant)
        let author = RecordAuthor(actor: visit.actor)
        try await writing(tenant) { (connection) throws(TandemError) in
            let object = catalog[object]
            let said = try connection.recordFieldSources(object, id: id, catalog: catalog)["items"]?.array ?? []
            let found = said.first { item in
                item["field"]?.string == parts[0] && item["source"]?.string == parts[1] && item["shown"]?.bool == false
            }
            guard let value = found?["value"] else {
                throw .conflict("This source does not say anything else of the field any more. Load the page again.")
            }
            let body = JSON.object([parts[0]: value])
            _ = try connection.recordUpdate(object, id: id, body, by: author, catalog: catalog)
        }
        let path = "/console/\(tenant.slug)/\(object.plural)/\(object.publicID(id))"
        return .seeOther(Self.with(notice: "taken", path))
    }
}
