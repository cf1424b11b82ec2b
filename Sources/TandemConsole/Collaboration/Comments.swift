import Foundation
import Hummingbird
import Postgres
import Tandem
import TandemHTTP

/// What colleagues say about a record.
struct CommentsCard {
    struct Part {
        let part: String
        let isMention: Bool
    }

    struct Entry {
        let commentID: String
        let author: String
        let saidAt: Moment?
        let isEdited: Bool
        let parts: [Part]
        /// What looks like a mention and is no user.
        let unknown: String?
        let commentText: String
        /// Nil: somebody else wrote it.
        let editAction: String?
        let deleteAction: String?
    }

    /// Nil for who may not.
    let commentAction: String?
    let commentToken: String
    let commentBack: String
    let mentionable: [Choice]
    let comments: [Entry]
    let isCut: Bool
}

extension CommentsCard {
    init(_ page: RecordPage, place: String, owners: [RecordChoice], _ visit: Visit, _ words: TimeWords) {
        let path = place.split(separator: "/").prefix(2).joined(separator: "/")
        commentAction = visit.may("create", "comment") ? "\(place)/comments" : nil
        commentToken = visit.csrf
        commentBack = "\(place)#comments"
        mentionable =
            [Choice(value: "", label: "nobody", isChosen: true)]
            + owners.map {
                Choice(
                    value: "@[\($0.title.filter { !"[]()".contains($0) })](\(PublicID(.user, $0.id)))", label: $0.title,
                    isChosen: false)
            }
        comments = page.items.map { item in
            let json = item.json
            let (text, author) = (json["body"]?.string ?? "", json["created_by"]?.string ?? "")
            let action = "/\(path)/comments/\(PublicID(.comment, item.id))"
            let unknown = (json["unknown_mentions"]?.array ?? []).compactMap(\.string)
            return Entry(
                commentID: "\(PublicID(.comment, item.id))", author: ActorWords.words(author),
                saidAt: words.moment(json["created_at"]?.string), isEdited: item.version > 1,
                parts: Self.parts(text), unknown: unknown.isEmpty ? nil : unknown.joined(separator: ", "),
                commentText: text,
                editAction: author == visit.actor && visit.may("edit", "comment") ? action + "/edit" : nil,
                deleteAction: (author == visit.actor || visit.user == nil) && visit.may("delete", "comment")
                    ? action + "/delete" : nil)
        }
        isCut = page.next != nil
    }

    /// `Ask @[Jo](user_…)` as text and who is mentioned.
    static func parts(_ text: String) -> [Part] {
        var parts: [Part] = []
        var rest = text[...]
        while let start = rest.range(of: "@["), let middle = rest[start.upperBound...].range(of: "](user_"),
            let end = rest[middle.upperBound...].firstIndex(of: ")")
        {
            let name = rest[start.upperBound..<middle.lowerBound]
            let isMention = !name.contains("\n") && !name.contains("[")
            if !isMention {
                parts.append(Part(part: String(rest[..<start.upperBound]), isMention: false))
                rest = rest[start.upperBound...]
                continue
            }
            parts.append(Part(part: String(rest[..<start.lowerBound]), isMention: false))
            parts.append(Part(part: "@" + name, isMention: true))
            rest = rest[rest.index(after: end)...]
        }
        parts.append(Part(part: String(rest), isMention: false))
        return parts.filter { !$0.part.isEmpty }
    }
}

extension Console {
    var commentRoutes: [Route] {
        Self.withExtras.map { object in
            action(
                "/console/{tenant}/\(object.plural)/{\(object.name)}/comments",
                "Say something about one \(object.name)", module: .crm, right: .to("create", "comment")
            ) { call, visit, form in
                try await comment(object, call.id(object.name, object.prefix), visit, form)
            }
        } + [
            action(
                "/console/{tenant}/comments/{comment}/edit", "Change what one said", module: .crm,
                right: .to("edit", "comment")
            ) {
                call, visit, form in
                let (id, text) = (try call.id("comment", .comment), Self.said(form))
                return try await changeComments(visit, form, notice: "saved") {
                    (connection, comment, author, catalog) throws(TandemError) in
                    _ = try connection.recordUpdate(
                        comment, id: id, ["body": .string(text)], by: author, catalog: catalog)
                }
            },
            action(
                "/console/{tenant}/comments/{comment}/delete", "Delete a comment", module: .crm,
                right: .to("delete", "comment")
            ) {
                call, visit, form in
                let (id, isOperator, actor) = (try call.id("comment", .comment), visit.user == nil, visit.actor)
                return try await changeComments(visit, form, notice: "comment-deleted") {
                    (connection, comment, author, catalog) throws(TandemError) in
                    let said = try connection.recordGet(comment, id: id, catalog: catalog)
                    guard isOperator || said.json["created_by"]?.string == actor else {
                        throw .conflict("Only its author deletes a comment.")
                    }
                    try connection.recordDelete(comment, id: id, by: author)
                }
            },
        ]
    }

    private static func said(_ form: Query) -> String {
        let text = (form["body"] ?? "").replacing("\r\n", with: "\n").trimmingCharacters(in: .whitespacesAndNewlines)
        let mention = form["mention"] ?? ""
        return mention.isEmpty || text.contains(mention) ? text : [text, mention].joined(separator: " ")
    }

    private func comment(
        _ object: ObjectDescription, _ id: RecordID, _ visit: Visit, _ form: Query
    ) async throws -> Response {
        let text = Self.said(form)
        let place = "\(object.plural)/\(object.publicID(id))"
        guard !(form["body"] ?? "").trimmingCharacters(in: .whitespacesAndNewlines).isEmpty else {
            throw TandemError.invalid("/body", "required", "is required: what is to be said?")
        }
        return try await changeComments(visit, form, notice: "commented", else: place) {
            (connection, comment, author, catalog) throws(TandemError) in
            let body: JSON = [
                "object": .string(object.name), "object_id": .string(object.publicID(id)), "body": .string(text),
            ]
            _ = try connection.recordCreate(comment, body, by: author, catalog: catalog)
        }
    }

    private func changeComments(
        _ visit: Visit, _ form: Query, notice: String, else place: String = "today",
        _ change:
            @escaping @Sendable (Connection, ObjectDescription, RecordAuthor, ObjectCatalog) throws(TandemError) -> Void
    ) async throws -> Response {
        let tenant = try visit.requiredTenant()
        let (author, catalog) = (RecordAuthor(actor: visit.actor), try await catalog(of: tenant))
        try await writing(tenant) { (connection) throws(TandemError) in
            try change(connection, catalog[.comment], author, catalog)
        }
        return .seeOther(Self.back(form, else: place, tenant, notice: notice))
    }

    /// Back where a form came from, at the place in the page that it names.
    static func back(_ form: Query, else place: String, _ tenant: Tenant, notice: String) -> String {
        let path = local(form["back"], tenant) ?? "/console/\(tenant.slug)/\(place)"
        let parts = path.split(separator: "#", maxSplits: 1)
        let page = with(notice: notice, String(parts.first ?? ""))
        return parts.count > 1 ? "\(page)#\(parts[1])" : page
    }
}
