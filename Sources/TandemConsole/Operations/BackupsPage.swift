import Foundation
import Hummingbird
import Tandem
import TandemHTTP

/// The backups of the installation, newest first, and the way to make one.
struct BackupsPage {
    struct Entry {
        let backupName: String
        let when: Moment?
        let age: String
        let size: String
        let took: String
        let state: String
        let tone: String
    }

    /// What is at work, or was since the start.
    struct Work {
        let text: String
        let tone: String
    }

    let chrome: Chrome
    /// Whether backups are made from here at all.
    let isEmbedded: Bool
    let folder: String?
    let log: String?
    let work: Work?
    let entries: [Entry]
    let hasEntries: Bool
    let kept: Int
    let createAction: String
    let verifyAction: String
    let csrf: String
}

extension Console {
    var backupRoutes: [Route] {
        let place = Chrome.InstallationPlace.backups
        func begin(_ kind: Installation.Work.Kind) -> PageHandler {
            { _, visit in
                let isBegun = installation.begin(kind, by: visit.actor)
                return .seeOther(place.href + "?notice=" + (isBegun ? "backup-begun" : "backup-busy"))
            }
        }
        return [
            installationPage(place, "The backups of the installation") { call, visit in try backups(call, visit) },
            installationAction(place, "create", "Save the whole installation now", begin(.create)),
            installationAction(place, "verify", "Read all of the newest backup", begin(.verify)),
        ]
    }

    private func backups(_ call: Call, _ visit: Visit) throws -> Response {
        let all: [BaseBackup]
        do {
            all = try installation.backups()
        } catch {
            throw Problem.conflict("backups_unreadable", "\(error)")
        }
        let place = Chrome.InstallationPlace.backups
        let words = TimeWords("UTC")
        let log = installation.backupFolder?.log
        let page = BackupsPage(
            chrome: Chrome(
                title: "Backups", visit: visit, installation: place, notice: call.query["notice"], version: version),
            isEmbedded: installation.server != nil, folder: installation.backupFolder?.path,
            log: log.flatMap { log in
                log.last.map {
                    "\(Figures.counted(log.segments, "segment")), \(BackupText.size(log.bytes)); the last is \(BackupText.age($0)) old"
                }
            },
            work: installation.backupWork.map(Self.shown),
            entries: all.map { backup in
                let (state, tone) =
                    switch backup.isVerified {
                    case true?: ("whole", "good")
                    case false?: ("damaged", "bad")
                    case nil: ("not checked yet", "")
                    }
                return BackupsPage.Entry(
                    backupName: backup.name, when: words.moment(backup.finishedAt.ISO8601Format()),
                    age: BackupText.age(backup.finishedAt), size: BackupText.size(backup.bytes),
                    took: "\(backup.json["seconds"]?.double ?? 0) s", state: state, tone: tone)
            },
            hasEntries: !all.isEmpty, kept: Installation.kept, createAction: place.href + "/create",
            verifyAction: place.href + "/verify", csrf: visit.csrf)
        return Response(html: templates.render(page, as: "backups"))
    }

    private static func shown(_ work: Installation.Work) -> BackupsPage.Work {
        let what = work.kind == .create ? "The backup" : "The check"
        let age = BackupText.age(work.startedAt)
        if let fault = work.fault {
            return BackupsPage.Work(text: "\(what) that began \(age) ago failed: \(fault)", tone: "bad")
        }
        if work.isOver {
            return BackupsPage.Work(
                text: "\(what) that began \(age) ago is done\(work.kind == .create ? "" : ": everything is whole").",
                tone: "good")
        }
        let done = BackupText.size(Int(work.done))
        let total = work.total.map { " of \(BackupText.size(Int($0)))" } ?? ""
        let progress = work.kind == .verify ? "" : ": \(done)\(total)"
        return BackupsPage.Work(text: "\(what) has been at work for \(age)\(progress).", tone: "")
    }
}
