import Foundation
import Hummingbird
import Postgres
import Tandem
import TandemHTTP

/// What the SQL function `event_page` gives of an event.
private struct EventDetail: Decodable {
    struct Identifier: Decodable {
        let type: String
        let value: String
    }

    struct Demotion: Decodable {
        let type: String
        let value: String
        let rule: String

        /// Why it was kept out.
        var why: String {
            switch rule {
            case "limit": "the person has as many of this type as the rules allow"
            case "separated": "an undo or a decision keeps these people apart"
            case "max_ids": "the person has as many identifiers as the rules allow"
            case "max_merges": "the person is made of as many visitors as the rules allow"
            case "review": "it would merge contacts of different accounts: a review decides"
            case "anomaly": "the person gained unusually many within an hour: a review decides"
            default: "an alias does not take an identifier from another person"
            }
        }
    }

    struct Group: Decodable {
        let groupId: String
        let left: Bool
    }

    struct MergeMade: Decodable {
        let state: String
    }

    struct Submission: Decodable {
        let form: String
        let outcome: String
        let reason: String?
        let leadId: UUID?
    }

    let id: UUID
    let messageId: String
    let type: String
    let name: String?
    let at: String
    let receivedAt: String
    let source: String?
    let session: String?
    let flags: Int32
    let accountId: UUID?
    let account: String?
    let profile: UUID?
    let person: String?
    let identifiers: [Identifier]
    let demotions: [Demotion]
    let review: UUID?
    let groups: [Group]
    let merges: [MergeMade]
    let form: Submission?
    /// JSON over several lines.
    let payload: String
    let traits: String?
}

/// One event: what was stored, and what it did.
struct EventPage {
    /// A line of what it did, with where to look.
    struct Effect {
        let term: String
        let words: String
        let href: String?
    }

    let chrome: Chrome
    let what: String
    let type: String
    let id: String
    let received: Moment?
    let facts: [AccountCard.Fact]
    let effects: [Effect]
    let traits: String?
    let payload: String
    let listHref: String
}

extension Console {
    /// An event by its id and the time of its receipt, which together find it.
    func event(_ call: Call, _ visit: Visit, _ tenant: Tenant) async throws -> Response {
        let id = try call.id("event", .event)
        guard let at = call.text("at").flatMap({ WireTime.parse($0) }) else { throw Problem.notFound }
        let row = try await read(tenant, [.call("event_page", .uuid(id), .timestamptz(at))])[0].one()
        guard try row.optionalText(0) != nil else { throw Problem.notFound }
        let detail = try row.decoded(0, as: EventDetail.self)
        let words = TimeWords(tenant.timezone)
        let title = detail.name ?? detail.type
        let path = "/console/\(tenant.slug)"
        let page = EventPage(
            chrome: Chrome(title: title, visit: visit, place: .events, notice: call.query["notice"], version: version),
            what: title, type: detail.type, id: "\(PublicID(.event, detail.id))",
            received: words.moment(detail.receivedAt), facts: detail.facts(words), effects: detail.effects(path),
            traits: detail.traits, payload: detail.payload,
            listHref: "\(path)/events")
        return Response(html: templates.render(page, as: "event"))
    }
}

extension EventDetail {
    fileprivate func facts(_ words: TimeWords) -> [AccountCard.Fact] {
        let marks = MessageFlags(rawValue: flags)
        var remarks: [String] = []
        if marks.contains(.skewCorrected) { remarks.append("moved by the difference of the clocks") }
        if marks.contains(.clockClamped) { remarks.append("its own time was later than a day after receipt") }
        let pairs: [(String, String?)] = [
            ("Happened", words.moment(at)?.full), ("Clock", remarks.isEmpty ? nil : remarks.joined(separator: "; ")),
            ("Received", words.moment(receivedAt)?.full), ("Source", source), ("Message", messageId),
            ("Session", session),
            ("Text", marks.contains(.textReplaced) ? "characters that cannot be stored were replaced" : nil),
            ("Import", marks.contains(.imported) ? "imported" : nil),
        ]
        return pairs.compactMap { term, fact in fact.map { AccountCard.Fact(term: term, fact: $0) } }
    }

    fileprivate func effects(_ path: String) -> [EventPage.Effect] {
        var effects: [EventPage.Effect] = []
        if let profile {
            effects.append(
                .init(
                    term: "Person", words: person ?? "\(PublicID(.profile, profile))",
                    href: "\(path)/people/\(PublicID(.profile, profile))"))
        } else {
            effects.append(.init(term: "Person", words: "nobody: its identifiers were blocked", href: nil))
        }
        for identifier in identifiers {
            effects.append(.init(term: "New identifier", words: "\(identifier.type) \(identifier.value)", href: nil))
        }
        for demotion in demotions {
            let words = "\(demotion.type) \(demotion.value): \(demotion.why)"
            let href = ["review", "anomaly"].contains(demotion.rule) ? review : nil
            effects.append(
                .init(
                    term: "Kept out", words: words, href: href.map { "\(path)/reviews/\(PublicID(.review, $0))" }))
        }
        for merge in merges {
            effects.append(.init(term: "Merge", words: merge.state, href: "\(path)/merges"))
        }
        if let accountId {
            effects.append(
                .init(
                    term: "Account", words: account ?? "\(PublicID(.account, accountId))",
                    href: "\(path)/accounts/\(PublicID(.account, accountId))"))
        }
        for group in groups {
            effects.append(.init(term: group.left ? "Left" : "Joined", words: group.groupId, href: nil))
        }
        if let form {
            effects.append(
                .init(
                    term: "Form \(form.form)", words: FormWords.outcome(form.outcome, form.reason),
                    href: form.leadId.map { "\(path)/leads/\(PublicID(.lead, $0))" }))
        }
        return effects
    }
}
