import Foundation
import Hummingbird
import Postgres
import Tandem
import TandemHTTP

/// Pairs of records that may be one, newest first.
struct DuplicatesPage {
    struct Kind {
        let href: String
        let label: String
        let isCurrent: Bool
    }

    struct Side {
        let sideHref: String
        let sideName: String
        let sideKind: String?
        let sideFacts: String?
    }

    struct Entry {
        let score: String
        let tone: String
        let reasons: [String]
        /// What each comparison gave, as `last name +7.6`; nil where only the reasons tell.
        let because: String?
        let becauseNote: String?
        /// Where more than these two hang together.
        let cluster: String?
        let sides: [Side]
        /// Nil for a lead and a contact, which are made one by converting the lead.
        let compareHref: String?
        let convertHref: String?
        let dismissAction: String
        let pairName: String
    }

    struct Nightly {
        let timerAction: String
        let timerWords: String
        let timerValue: String
        let timerLabel: String
    }

    let chrome: Chrome
    let kinds: [Kind]
    let findAction: String
    /// What the last search says of itself: how weights came about, what it did not compare.
    let notes: [String]
    let nightly: Nightly?
    let pairs: [Entry]
    let hasPairs: Bool
    let csrf: String
    let back: String
    let pager: Pager?
}

extension Console {
    private static let pairPageSize = 30

    /// Who merges. What a merge does reaches records of others, so that it needs the right to all of them: see `requireMerging`.
    static let mergeRight = ConsoleRight(ways: RecordMerge.objects.map { .init(action: "merge", object: $0.name) })

    static func mayMerge(_ visit: Visit, _ objects: [ObjectDescription] = RecordMerge.objects) -> Bool {
        guard let rights = visit.rights else { return true }
        return objects.allSatisfy { rights.mayAll("merge", $0.name) && rights.mayAll("read", $0.name) }
    }

    static func requireMerging(
        _ visit: Visit, _ objects: [ObjectDescription] = RecordMerge.objects
    ) throws(Problem) {
        guard !mayMerge(visit, objects) else { return }
        let names = objects.map(\.plural).joined(separator: ", ")
        throw .forbidden("forbidden", "Your roles do not allow to merge all \(names).")
    }

    var duplicateRoutes: [Route] {
        [
            page(
                "/console/{tenant}/duplicates", "Pairs of records that may be one", module: .crm,
                right: Self.mergeRight,
                parameters: [
                    .init("object", "Only accounts, contacts or leads: account, contact or lead"),
                    .init("before", "The last one of the page before"), .init("found", "How many were new"),
                ]
            ) { call, visit in
                try await duplicates(call, visit, visit.requiredTenant())
            },
            action(
                "/console/{tenant}/duplicates/find", "Look for records that may be one now", module: .crm,
                right: Self.mergeRight
            ) {
                _, visit, form in
                try await findDuplicates(visit, form)
            },
            action(
                "/console/{tenant}/duplicates/nightly", "Look for them every night, or not", module: .crm,
                right: .to("edit", "setting")
            ) {
                _, visit, form in
                let (tenant, actor, isOn) = (try visit.requiredTenant(), visit.actor, form["enabled"] == "true")
                _ = try await writing(tenant) { (connection) throws(TandemError) in
                    try connection.updateTimer("duplicates", enabled: isOn, by: actor)
                }
                return .seeOther(Self.with(notice: "saved", "/console/\(tenant.slug)/duplicates"))
            },
            action(
                "/console/{tenant}/duplicates/{duplicate}/dismiss", "Say that two records are two", module: .crm,
                right: Self.mergeRight
            ) { call, visit, form in
                try await dismissDuplicate(call.id("duplicate", .duplicate), visit, form)
            },
        ]
    }

    private func duplicates(_ call: Call, _ visit: Visit, _ tenant: Tenant) async throws -> Response {
        try Self.requireMerging(visit)
        let catalog = try await catalog(of: tenant)
        let tenant = tenant.unlimited
        let path = "/console/\(tenant.slug)/duplicates"
        let object = call.text("object").flatMap { name in RecordMerge.objects.first { $0.name == name } }
        let before = try call.optionalID("before", .duplicate)
        let (found, timers, progress) = try await reading(tenant) {
            (connection) throws(TandemError) -> ([JSON], [JSON], JSON?) in
            (
                try connection.duplicates(
                    of: object?.name, before: before, limit: Self.pairPageSize + 1, catalog: catalog),
                try connection.timers(), try connection.duplicateProgress()
            )
        }
        let words = TimeWords(tenant.timezone)
        let shown = found.prefix(Self.pairPageSize)
        func address(_ object: ObjectDescription?) -> String { object.map { "\(path)?object=\($0.name)" } ?? path }
        var chrome = Chrome(
            title: "Duplicates", visit: visit, place: .duplicates, notice: call.query["notice"], version: version)
        if progress?["finished"]?.bool == false {
            chrome.notice = .init(
                kind: "info",
                text:
                    "The server is looking through all records: \(progress?["found"]?.int ?? 0) found so far. New pairs "
                    + "appear here as it finds them; load the page again to see more.")
        } else if let number = call.text("found").flatMap({ Int($0) }) {
            chrome.notice = .init(
                kind: "good",
                text: number == 0
                    ? "Looked through all records: nothing new." : "\(Figures.counted(number, "new pair")) found.")
        }
        let page = DuplicatesPage(
            chrome: chrome,
            kinds: [DuplicatesPage.Kind(href: path, label: "all", isCurrent: object == nil)]
                + RecordMerge.objects.map {
                    DuplicatesPage.Kind(href: address($0), label: $0.plural, isCurrent: $0.name == object?.name)
                }
                + (visit.may("read", "profile")
                    ? [
                        DuplicatesPage.Kind(
                            href: "/console/\(tenant.slug)/reviews", label: "people, under Review", isCurrent: false)
                    ] : []),
            findAction: "\(path)/find", notes: Self.searchNotes(progress),
            nightly: !visit.may("edit", "setting")
                ? nil : timers.first { $0["name"]?.string == "duplicates" }.map { .init($0, path: path, words) },
            pairs: shown.compactMap { DuplicatesPage.Entry($0, path: "/console/\(tenant.slug)") },
            hasPairs: !shown.isEmpty, csrf: visit.csrf, back: address(object),
            pager: found.count > shown.count
                ? shown.last?["id"]?.string.map {
                    Pager(href: address(object) + (object == nil ? "?" : "&") + "before=\($0)")
                } : nil)
        return Response(html: templates.render(page, as: "duplicates"))
    }

    private func findDuplicates(_ visit: Visit, _ form: Query) async throws -> Response {
        try Self.requireMerging(visit)
        let tenant = try visit.requiredTenant().unlimited
        let progress = try await DuplicateSearch.run(by: visit.actor, within: DuplicateSearch.pagePatience) { body in
            try await writing(tenant, body)
        }
        // While it is not finished the page says so by itself.
        let found = progress["finished"]?.bool == false ? "" : "?found=\(progress["found"]?.int ?? 0)"
        return .seeOther("/console/\(tenant.slug)/duplicates\(found)")
    }

    private static func searchNotes(_ progress: JSON?) -> [String] {
        guard let progress else { return [] }
        let fixed = (progress["weights"]?.object ?? [:]).filter { $0.1.string == "fixed" }.map { $0.0 + "s" }.sorted()
        let weights =
            fixed.isEmpty
            ? []
            : [
                "Too few \(fixed.joined(separator: " and ")) to estimate what agreement is worth: "
                    + "fixed weights hold."
            ]
        return weights + DuplicateSearch.omissions(progress)
    }

    private func dismissDuplicate(_ id: UUID, _ visit: Visit, _ form: Query) async throws -> Response {
        try Self.requireMerging(visit)
        let (tenant, actor) = (try visit.requiredTenant().unlimited, visit.actor)
        let back = Self.local(form["back"], tenant) ?? "/console/\(tenant.slug)/duplicates"
        do {
            _ = try await writing(tenant) { (connection) throws(TandemError) in
                try connection.dismissDuplicate(id, by: actor)
            }
        } catch TandemError.alreadyDecided {
            return .seeOther(Self.with(notice: "already-decided", back))
        }
        return .seeOther(Self.with(notice: "dismissed", back))
    }
}

extension DuplicatesPage.Nightly {
    fileprivate init(_ timer: JSON, path: String, _ words: TimeWords) {
        let isOn = timer["enabled"]?.bool ?? false
        timerAction = "\(path)/nightly"
        timerValue = isOn ? "false" : "true"
        timerLabel = isOn ? "Switch off" : "Switch on"
        let ran = words.moment(timer["ran_at"]?.string).map { ", the last time \($0.text)" } ?? ""
        timerWords = isOn ? "The server looks every night\(ran)." : "The server does not look by itself\(ran)."
    }
}

extension DuplicatesPage.Entry {
    /// What tells two records apart at a glance.
    private static let telling = ["email", "phone", "domain", "company", "title", "address_city"]

    private static let reasonWords = [
        "email": "same email", "phone_and_name": "same phone and last name",
        "name_and_account": "same name in one account", "company": "same company name", "domain": "same domain",
        "likeness": "alike in sum", "same_profile": "same person",
    ]

    /// Nil for what is no pair.
    fileprivate init?(_ json: JSON, path: String) {
        guard let id = json["id"]?.string, let records = json["records"]?.array, records.count == 2 else { return nil }
        let number = json["score"]?.int ?? 0
        score = "\(number) %"
        tone = number >= 90 ? "good" : number >= 70 ? "info" : "warn"
        reasons = (json["reasons"]?.array ?? []).compactMap(\.string).map { Self.reasonWords[$0] ?? $0 }
        let said = (json["explanation"]?["comparisons"]?.array ?? []).compactMap(DuplicatePresenter.words)
        because = said.isEmpty ? nil : said.joined(separator: " · ")
        becauseNote = json["explanation"]?["estimated"]?.bool == false ? "fixed weights" : nil
        let size = json["cluster"]?.int ?? 2
        cluster = size > 2 ? "\(size) hang together" : nil
        let objects = records.map { $0["object"]?.string ?? "" }
        let isMixed = objects[0] != objects[1]
        sides = records.map { record in
            let (object, id) = (record["object"]?.string ?? "", record["id"]?.string ?? "")
            let facts = Self.telling.compactMap { record["fields"]?[$0]?.string }.filter { !$0.isEmpty }
            let plural = ObjectCatalog.standard.object(object)?.plural ?? object
            return .init(
                sideHref: "\(path)/\(plural)/\(id)", sideName: record["name"]?.string ?? "without a name",
                sideKind: isMixed ? object : nil, sideFacts: facts.isEmpty ? nil : facts.joined(separator: " · "))
        }
        let ids = records.compactMap { $0["id"]?.string }
        let plural = ObjectCatalog.standard.object(objects[0])?.plural ?? ""
        compareHref =
            isMixed ? nil : "\(path)/compare/\(plural)?" + ids.map { "record=\($0)" }.joined(separator: "&")
        convertHref = isMixed ? sides.first?.sideHref : nil
        dismissAction = "\(path)/duplicates/\(id)/dismiss"
        pairName = sides.map(\.sideName).joined(separator: " and ")
    }
}
