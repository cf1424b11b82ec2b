import Foundation
import Postgres
import Tandem
import TandemHTTP

/// How the people behind a record came first.
struct OriginCard {
    let touches: [Touch]

    struct Touch {
        let touchLabel: String
        let touchedAt: Moment?
        let eventHref: String?
        let touchFacts: [AccountCard.Fact]
        /// Whose it was, of an account.
        let touchPerson: AccountPage.Link?
    }

    static func statement(_ description: ObjectDescription, _ id: RecordID) -> Statement {
        .call("record_origin", .text(description.name), .uuid(id))
    }

    /// Nil where no event tells anything.
    /// - Parameter showsPerson: of an account, whose people are several.
    init?(_ rows: Rows, path: String, showsPerson: Bool = false, _ visit: Visit, _ words: TimeWords) throws {
        guard let row = rows.first, try !row.isNull(0) else { return nil }
        let read = try row.decoded(0, as: OriginRead.self)
        guard let first = read.first else { return nil }
        func touch(_ label: String, _ read: OriginRead.Touch) -> Touch {
            Touch(label, read, path: path, showsPerson: showsPerson, visit, words)
        }
        var touches = [touch("First seen", first)]
        if let campaign = read.campaign, campaign.eventId != first.eventId {
            touches.append(touch("First campaign", campaign))
        }
        self.touches = touches
    }
}

/// What the SQL function `record_origin` answers.
private struct OriginRead: Decodable {
    struct Touch: Decodable {
        let at: String
        let receivedAt: String
        let eventId: UUID
        let page: String?
        let referrer: String?
        let source: String?
        let medium: String?
        let campaign: String?
        let term: String?
        let content: String?
        let profileId: UUID?
    }

    let first: Touch?
    let campaign: Touch?
}

extension OriginCard.Touch {
    fileprivate init(
        _ label: String, _ read: OriginRead.Touch, path: String, showsPerson: Bool, _ visit: Visit, _ words: TimeWords
    ) {
        touchLabel = label
        touchedAt = words.moment(read.at)
        eventHref =
            visit.may("read", "profile")
            ? "\(path)/events/\(PublicID(.event, read.eventId))?at=\(queryValue(read.receivedAt))" : nil
        let pairs: [(String, String?)] = [
            ("Campaign", read.campaign), ("Source", read.source), ("Medium", read.medium), ("Term", read.term),
            ("Content", read.content), ("Came from", read.referrer), ("Page", read.page),
        ]
        touchFacts = pairs.compactMap { term, fact in fact.map { AccountCard.Fact(term: term, fact: $0) } }
        touchPerson = showsPerson ? visit.person(read.profileId, path: path, label: "Who it was") : nil
    }
}
