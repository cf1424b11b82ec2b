import Foundation
import Hummingbird
import Postgres
import Tandem
import TandemHTTP

/// What happened around a record, newest first: events of its people, calls, mails, notes, tasks, moves of opportunities.
struct Timeline {
    struct Entry {
        let moment: Moment?
        /// `call`, `web`, `stage`: for the sign beside it.
        let sign: String
        let tone: String
        let happened: String
        let about: String?
        let aboutHref: String?
        let detail: String?
        let said: String?
        let task: TaskButton?
        let tools: ActivityTools?
    }

    let entries: [Entry]
    let hasEntries: Bool
    let timelinePager: Pager?

    static let size: Int32 = 40

    /// The call that reads it, from where the address says.
    static func statement(_ description: ObjectDescription, _ id: RecordID, _ call: Call) throws(Problem) -> Statement {
        let before = call.text("before").map { WireTime.parse($0) }
        if case .some(nil) = before { throw .notFound }
        let at = before.flatMap { $0 }.map(Bind.timestamptz) ?? .null(.timestamptz)
        return .call(
            "timeline_page", .text(description.name), .uuid(id), at, call.text("key").bind, .int4(size + 1))
    }

    static let parameters: [Route.Parameter] = [
        .init("before", "Time of the last one of the page before"), .init("key", "And its key"),
    ]

    /// - Parameters:
    ///   - path: of the tenant.
    ///   - place: of the record's page.
    init(_ rows: Rows, path: String, place: String, csrf: String, _ words: TimeWords) throws {
        let reads = try rows.decoded("entry", as: TimelineRead.self)
        let shown = reads.prefix(Int(Self.size))
        entries = shown.map { Entry($0, path: path, place: place, csrf: csrf, words) }
        hasEntries = !entries.isEmpty
        timelinePager =
            reads.count > shown.count
            ? shown.last.map { Pager(href: "\(place)?before=\(queryValue($0.at))&key=\(queryValue($0.key))#timeline") }
            : nil
    }
}

/// The ways to change and to delete what was logged.
struct ActivityTools {
    let activityEdit: String?
    let activityDelete: String?
    let activityToken: String
    let activityBack: String
    /// For who hears the page: what is meant.
    let activityWords: String

    init?(_ read: ActivityRead, back: String, path: String, csrf: String) {
        guard let id = read.id, read.mayEdit == true || read.mayDelete == true else { return nil }
        let place = "\(path)/activities/\(PublicID(.activity, id))"
        activityEdit = read.mayEdit == true ? "\(place)/edit?back=\(queryValue(back))" : nil
        activityDelete = read.mayDelete == true ? "\(place)/delete" : nil
        (activityToken, activityBack, activityWords) = (csrf, back, read.words)
    }
}

/// The button that makes a task done, or takes that back.
struct TaskButton {
    let taskID: String
    let taskAction: String
    let taskState: String
    let taskLabel: String
    let taskToken: String
    let taskBack: String

    init(_ id: UUID, isDone: Bool, back: String, path: String, csrf: String) {
        taskID = "\(PublicID(.activity, id))"
        taskAction = "\(path)/activities/\(taskID)/state"
        taskState = isDone ? "planned" : "done"
        taskLabel = isDone ? "Undo" : "Done"
        taskToken = csrf
        taskBack = back
    }
}

/// What the SQL function `timeline_page` gives of an entry.
private struct TimelineRead: Decodable {
    struct Move: Decodable {
        let id: UUID
        let name: String
        let fromStage: String?
        let toStage: String?
        let status: String?
        let amount: Double?
        let currency: String?
        let actor: String
        let cause: String
    }

    let at: String
    let key: String
    let kind: String
    let activity: ActivityRead?
    let move: Move?
    let event: EventRead?
    let comment: Comment?
    let ticket: Ticket?

    struct Comment: Decodable {
        let body: String
        let author: String
    }

    struct Ticket: Decodable {
        let id: UUID
        let subject: String?
        let status: String?
    }
}

extension Timeline.Entry {
    fileprivate init(_ read: TimelineRead, path: String, place: String, csrf: String, _ words: TimeWords) {
        moment = words.moment(read.at)
        if let activity = read.activity {
            let isTask = activity.type == "task"
            sign = activity.type
            tone = activity.status == "planned" ? "warn" : "info"
            happened = activity.words
            (about, aboutHref) = (nil, nil)
            detail = activity.detail
            said = activity.body
            // What is planned has its button among the next steps.
            task =
                isTask && activity.status == "done" && activity.mayEdit == true
                ? activity.id.map { TaskButton($0, isDone: true, back: place, path: path, csrf: csrf) } : nil
            tools = ActivityTools(activity, back: place, path: path, csrf: csrf)
            return
        }
        (task, tools) = (nil, nil)
        if let move = read.move {
            said = nil
            sign = "stage"
            tone = OpportunityRead.tone(move.status ?? "open")
            happened = [move.fromStage, move.toStage].compactMap { $0 }.joined(separator: " → ")
            let href = "\(path)/opportunities/\(PublicID(.opportunity, move.id))"
            about = href == place ? nil : move.name
            aboutHref = href
            detail = ActorWords.words(move.actor, cause: move.cause)
            return
        }
        if let comment = read.comment {
            (sign, tone, happened) = ("comment", "", "Comment")
            (about, aboutHref) = (nil, nil)
            detail = ActorWords.words(comment.author)
            said = CommentsCard.parts(comment.body).map(\.part).joined()
            return
        }
        said = nil
        if let ticket = read.ticket {
            (sign, tone, happened) = ("ticket", "warn", "Ticket")
            about = ticket.subject
            aboutHref = "\(path)/tickets/\(PublicID(.ticket, ticket.id))"
            detail = ticket.status
            return
        }
        sign = read.event?.type == "track" ? "event" : read.event?.type ?? "event"
        tone = ""
        happened = read.event?.words ?? "Something happened"
        about = read.event?.person
        // Whoever may not see people is not told who it was.
        aboutHref = read.event.flatMap { event in
            event.person == nil ? nil : event.profile.map { "\(path)/people/\(PublicID(.profile, $0))" }
        }
        let parts = [read.event?.detail, read.event?.source].compactMap { $0 }
        detail = parts.isEmpty ? nil : parts.joined(separator: " · ")
    }
}
