import Foundation
import Tandem

/// What stands around every page: title, banner, navigation, tenant switcher, notice, foot.
struct Chrome {
    struct TenantName {
        let slug: String
        let tenantName: String
    }

    struct NavigationItem {
        let href: String
        let label: String
        let isCurrent: Bool
        /// How much waits there; nil: nothing.
        let badge: String?
        /// The number itself, where it is shown.
        var figure: String?
    }

    /// What the last form did.
    struct Notice {
        let kind: String
        let text: String
        /// The form that takes it back.
        var undo: UndoForm?
    }

    var title: String
    /// Whether the people of the tenant are made up.
    var isSimulated = false
    var currentTenant: TenantName?
    var areas: [NavigationItem] = []
    /// The places of the area that the page is in.
    var navigation: [NavigationItem] = []
    var hasPlaces = false
    /// The area that the page is in.
    var area = ""
    var otherTenants: [TenantName] = []
    /// Whether there are more tenants than the switcher lists.
    var hasMoreTenants = false
    /// Nil: nobody is signed in.
    var csrf: String?
    /// The way to the pages of the installation, for who sees them.
    var installationHref: String?
    /// The address of the user who is signed in; nil for an operator.
    var signedInAs: String?
    var notice: Notice?
    var version: String
    var timeZone: String?
    let style = Assets.link(to: "console.css")
    let icon = Assets.link(to: "tandem.svg")
    let script = Assets.link(to: "console.js")

    private static let switcherLimit = 12

    /// How many reminders wait for who is signed in.
    private static func waiting(_ visit: Visit) -> String? {
        guard let count = visit.user?.reminders, count > 0 else { return nil }
        return Figures.counted(count, "reminder")
    }

    /// How many reviews wait for a decision, in words and as a figure.
    private static func reviews(_ visit: Visit) -> (words: String, figure: String)? {
        let most = Visit.reviewsCounted
        return switch visit.reviews {
        case 0: nil
        case most...: ("\(most - 1) or more reviews", "\(most - 1)+")
        default: (Figures.counted(visit.reviews, "review"), "\(visit.reviews)")
        }
    }

    private static func badge(_ place: Place, _ visit: Visit) -> (words: String, figure: String?)? {
        switch place {
        case .today: waiting(visit).map { ($0, nil) }
        case .reviews: reviews(visit).map { ($0.words, $0.figure) }
        default: nil
        }
    }

    init(title: String, version: String) {
        self.title = title
        self.version = version
    }

    /// - Parameters:
    ///   - place: nil for a page that none of the navigation's entries leads to.
    ///   - notice: the code in the address that the last form redirected to.
    init(title: String, visit: Visit, place: Place?, notice code: String? = nil, version: String) {
        self.init(title: title, version: version)
        csrf = visit.csrf
        signedInAs = visit.user?.email
        installationHref = visit.seesAll ? InstallationPlace.doctor.href : nil
        notice = code.flatMap { Notice($0) }
        notice?.undo = visit.undo.flatMap { UndoForm($0, visit) }
        guard let tenant = visit.tenant else { return }
        isSimulated = tenant.isSimulated
        timeZone = tenant.timezone
        currentTenant = TenantName(slug: tenant.slug, tenantName: tenant.displayName)
        let places = Place.all(of: tenant, for: visit.rights)
        areas = Area.allCases.compactMap { area in
            places.first { $0.area == area }.map { first in
                let waiting = places.lazy.filter { $0.area == area && area != place?.area }
                    .compactMap { Self.badge($0, visit) }.first
                return NavigationItem(
                    href: first.href(tenant), label: area.rawValue, isCurrent: area == place?.area,
                    badge: waiting?.words, figure: waiting?.figure)
            }
        }
        area = place?.area.rawValue ?? ""
        hasPlaces = place != nil
        navigation = places.filter { $0.area == place?.area }.map { item in
            let waiting = Self.badge(item, visit)
            return NavigationItem(
                href: item.href(tenant), label: item.label, isCurrent: item == place, badge: waiting?.words,
                figure: waiting?.figure)
        }
        let others = visit.tenants.filter { $0.id != tenant.id && $0.isOpen }
        otherTenants = others.prefix(Self.switcherLimit).map {
            TenantName(slug: $0.slug, tenantName: $0.displayName)
        }
        hasMoreTenants = others.count > Self.switcherLimit
    }
}

extension Chrome.Notice {
    /// The notices by the codes that stand in addresses; other codes show nothing.
    init?(_ code: String) {
        switch code {
        case "undone":
            self.init(
                kind: "good",
                text: "The merge is undone. They are separate people again, each with the events, traits and "
                    + "identifiers that are their own.")
        case "operation-undone":
            self.init(kind: "bad", text: "This operation was undone before. Nothing has changed.")
        case "already-undone":
            self.init(kind: "bad", text: "This merge was undone before. Nothing has changed.")
        case "erased":
            self.init(kind: "bad", text: "One side of this merge was erased; it cannot be undone.")
        case "privacy-erase":
            self.init(
                kind: "good",
                text:
                    "Erased, or being erased where there is much. What comes with the person's identifiers is refused from now on."
            )
        case "privacy-suppress":
            self.init(kind: "good", text: "Kept out: what comes with the person's identifiers is refused from now on.")
        case "privacy-unsuppress":
            self.init(kind: "good", text: "Let in again. What was erased stays so.")
        case "approved":
            self.init(
                kind: "good", text: "Merged: they are one person now. This can be undone under Merges, like any other.")
        case "rejected":
            self.init(kind: "good", text: "Kept separate: no event will join these people again.")
        case "obsolete":
            self.init(kind: "good", text: "There was nothing left to decide: they are one person already.")
        case "already-decided":
            self.init(kind: "bad", text: "This review was decided before.")
        case "converted":
            self.init(
                kind: "good",
                text: "The lead is converted: below stands what it became. This can be taken back as long as you like.")
        case "already-converted":
            self.init(kind: "bad", text: "This lead was converted before. Nothing has changed.")
        case "unconverted":
            self.init(
                kind: "good",
                text: "It is a lead again. What the conversion made is in the bin, and what it filled is empty again.")
        case "unconverted-in-part":
            self.init(
                kind: "good",
                text: "It is a lead again. Records that somebody has edited since, or that are in use, were kept.")
        case "saved": self.init(kind: "good", text: "Saved.")
        case "created": self.init(kind: "good", text: "Created. Here it is.")
        case "unchanged": self.init(kind: "good", text: "Nothing was changed.")
        case "taken": self.init(kind: "good", text: "Taken over: it counts as your word now.")
        case "logged": self.init(kind: "good", text: "Logged. It stands in the timeline.")
        case "planned": self.init(kind: "good", text: "Added to the next steps.")
        case "done": self.init(kind: "good", text: "Done.")
        case "reopened": self.init(kind: "good", text: "It is to be done again.")
        case "moved": self.init(kind: "good", text: "Moved.")
        case "own": self.init(kind: "good", text: "It is yours now.")
        case "deleted": self.init(kind: "good", text: "Deleted. It is in the bin.")
        case "restored": self.init(kind: "good", text: "Restored, with what belonged to it.")
        case "restored-in-part":
            self.init(
                kind: "good",
                text: "Restored. Links to what is not there any more, or has changed since, did not come back.")
        case "nothing-chosen": self.init(kind: "bad", text: "Nothing was chosen. Tick what is meant.")
        case "assigned": self.init(kind: "good", text: "Assigned.")
        case "disqualified": self.init(kind: "good", text: "Disqualified. Editing the status brings a lead back.")
        case "requalified": self.init(kind: "good", text: "Taken back: it is worked on again.")
        case "records-merged":
            self.init(
                kind: "good", text: "Merged: they are one now. What was merged stands below and can be undone there.")
        case "records-parted": self.init(kind: "good", text: "The merge is undone: they are separate records again.")
        case "moved-on": self.init(kind: "good", text: "What was here is part of this record now: they were merged.")
        case "list-saved": self.init(kind: "good", text: "Saved. It stands among the saved lists.")
        case "source-made":
            self.init(
                kind: "good",
                text: "The source is made. Its events need a key to come with: operators make one under Keys.")
        case "key-revoked":
            self.init(kind: "good", text: "The key is revoked. It ends everywhere within five seconds.")
        case "bi-revoked":
            self.init(kind: "good", text: "The login is revoked, and its sessions are ended.")
        case "export-deleted": self.init(kind: "good", text: "The file is deleted.")
        case "list-deleted": self.init(kind: "good", text: "The list is deleted; its records are where they were.")
        case "dismissed": self.init(kind: "good", text: "Kept apart: this pair is not proposed again.")
        case "commented": self.init(kind: "good", text: "Added.")
        case "comment-deleted": self.init(kind: "good", text: "The comment is deleted.")
        case "file-added": self.init(kind: "good", text: "The file stands beside it.")
        case "file-deleted": self.init(kind: "good", text: "The file is taken away.")
        case "no-file": self.init(kind: "bad", text: "No file was chosen.")
        case "seen": self.init(kind: "good", text: "Seen. The task stays until it is done.")
        case "none-chosen": self.init(kind: "bad", text: "No lead was chosen. Tick those that are meant.")
        case "ordered":
            self.init(
                kind: "good", text: "It is being done; below stands how far it is. Load the page again to see more.")
        case "fixed": self.init(kind: "good", text: "What needed no decision is put right. Below stands how it is now.")
        case "session-ended": self.init(kind: "good", text: "The session is ended; its client may connect again.")
        case "session-gone": self.init(kind: "bad", text: "This session had ended by itself.")
        case "backup-begun":
            self.init(
                kind: "good", text: "It is at work; below stands how far. Load the page again to see more.")
        case "backup-busy": self.init(kind: "bad", text: "One is at work already. Wait until it is done.")
        case "signed-out":
            self.init(
                kind: "good", text: "The user is signed out everywhere; links that were out do not work any more.")
        case "roles-given": self.init(kind: "good", text: "The roles are given. They hold from now on.")
        case "role-deleted": self.init(kind: "good", text: "The role is deleted.")
        case "field-added":
            self.init(kind: "good", text: "The field is there, in the API, in SQL and for BI.")
        case "field-changed":
            self.init(kind: "good", text: "The field is changed.")
        case "sent":
            self.init(kind: "good", text: "Your event is stored, and this is the person it belongs to.")
        case "nobody":
            self.init(
                kind: "bad",
                text: "Nobody has an identifier that starts like this. Upper and lower case count, except in email "
                    + "addresses.")
        default:
            return nil
        }
    }
}

extension Tenant {
    /// Whether the console shows its pages: not while it is being made or deleted.
    var isOpen: Bool { state == .active || state == .suspended }
}
