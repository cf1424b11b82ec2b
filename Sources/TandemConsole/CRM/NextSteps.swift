import Foundation
import Tandem

/// Something that is planned and not done: in a record's next steps, and among those of a day.
struct PlannedEntry {
    struct About {
        let recordHref: String
        let recordName: String
        /// Of a person who may be called.
        let recordNumber: String?
        let recordDial: String?
    }

    let subject: String
    let kind: String
    let isTask: Bool
    let due: String
    /// How it comes again; nil: it does not.
    let repeating: String?
    /// Nil: neither overdue nor today.
    let plannedState: String?
    let tone: String
    let isHigh: Bool
    let plannedOwner: String?
    let body: String?
    let abouts: [About]
    /// Not called as what pages have: a template looks for what is nil further out.
    let plannedEdit: String?
    let done: TaskButton?

    /// - Parameter back: the page to come back to.
    init(_ read: PlannedRead, back: String, path: String, csrf: String, _ words: TimeWords) {
        let activity = read.activity
        subject = activity.subject ?? activity.body.map { String($0.prefix(120)) } ?? activity.words
        kind = activity.type
        isTask = activity.type == "task"
        due =
            words.moment(activity.dueAt).map { at in
                String((TimeWords.dayOfWeek(words.date(activity.dueAt)) ?? "").prefix(4)) + at.text
            } ?? TimeWords.dayOfWeek(activity.dueDate) ?? activity.dueDate ?? "no date"
        repeating = activity.recurrence.map { RecurrenceWords.text($0) }
        plannedState = ["overdue", "today"].contains(read.state) ? read.state : nil
        tone = read.state == "overdue" ? "bad" : "warn"
        isHigh = activity.priority == "high"
        plannedOwner = activity.owner
        body = activity.subject == nil ? nil : activity.body
        abouts = Self.abouts(read.about, back: back, path: path)
        let id = activity.id.map { "\(PublicID(.activity, $0))" } ?? ""
        let mayEdit = activity.mayEdit == true
        plannedEdit = mayEdit ? "\(path)/activities/\(id)/edit?back=\(queryValue(back))" : nil
        done = !mayEdit ? nil : activity.id.map { TaskButton($0, isDone: false, back: back, path: path, csrf: csrf) }
    }
}

extension PlannedEntry {
    /// Persons with their number; the account that they stand for where nothing else names it.
    private static func abouts(_ reads: [PlannedRead.About], back: String, path: String) -> [About] {
        var abouts: [About] = []
        func add(_ object: String, _ id: UUID, _ name: String, _ phone: String?) {
            let href = RecordPlace.href(object, id, path: path)
            guard href != back || phone != nil, !abouts.contains(where: { $0.recordHref == href }) else { return }
            abouts.append(
                About(recordHref: href, recordName: name, recordNumber: phone, recordDial: CallLink.dial(phone)))
        }
        for read in reads.filter({ $0.object != "account" }) + reads.filter({ $0.object == "account" }) {
            add(read.object, read.id, read.name, read.phone)
        }
        for account in reads.compactMap(\.account) {
            if let name = account.name { add("account", account.id, name, nil) }
        }
        return abouts
    }
}

/// What the SQL function `planned_activities` gives of an activity.
struct PlannedRead: Decodable {
    struct About: Decodable {
        let object: String
        let id: UUID
        let name: String
        let phone: String?
        let account: CallRead.Account?
    }

    let state: String
    let about: [About]
    let activity: ActivityRead

    private enum CodingKeys: String, CodingKey { case state, about }

    init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        state = try values.decode(String.self, forKey: .state)
        about = try values.decode([About].self, forKey: .about)
        activity = try ActivityRead(from: decoder)
    }
}

/// Where the pages of records are.
enum RecordPlace {
    static func href(_ object: String, _ id: UUID, path: String) -> String {
        guard let description = ObjectCatalog.standard.object(object) else { return path }
        return "\(path)/\(description.plural)/\(description.publicID(id))"
    }
}
