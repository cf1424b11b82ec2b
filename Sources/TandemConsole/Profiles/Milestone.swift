import Foundation
import Tandem

/// A station of a person's way, for the line above the story: first visit, form, identified, account, opportunity.
struct Milestone {
    let name: String
    let value: String
    let when: Moment?
    let detail: String?
    let href: String?
    /// Of the visitor that it happened to.
    let milestoneColour: String
}

extension Milestone {
    /// The stations that there are, in this order. Pure.
    /// - Parameter path: of the tenant's pages.
    static func all(_ read: StoryRead, _ business: BusinessRead, words: TimeWords, path: String) -> [Milestone] {
        let own = read.events.filter(read.isOwn)
        func milestone(
            _ name: String, _ value: String, _ event: EventRead, detail: String? = nil, href: String? = nil
        ) -> Milestone {
            Milestone(
                name: name, value: value, when: words.moment(event.at), detail: detail, href: href,
                milestoneColour: LaneDrawing.colour(of: event.node ?? 0))
        }
        var result: [Milestone] = []
        if let first = own.first, first.type != "identify" {
            let name = first.type == "page" || first.type == "screen" ? "First visit" : "First event"
            let value = first.type == "page" ? first.name ?? first.path ?? first.words : first.words
            result.append(milestone(name, value, first, detail: origin(first)))
        }
        let forms = own.first { $0.type == "track" && $0.name?.lowercased().contains("form") == true }
        if let form = forms {
            let which = form.properties.first { $0.first == "form" }?.last
            result.append(milestone("Form", which ?? form.words, form, detail: which == nil ? nil : form.name))
        }
        if let (event, values) = identified(own, read.nodes) {
            result.append(milestone("Identified", values[0], event, detail: values.dropFirst().first))
        }
        if let group = own.first(where: { $0.type == "group" && $0.account != nil }), let name = group.account {
            let account = business.accounts.first { $0.name == name }
            result.append(
                milestone(
                    "Account", name, group, detail: account?.industry,
                    href: account.map { "\(path)/accounts/\(PublicID(.account, $0.id))" }))
        }
        if let start = own.first?.at, let deal = opportunity(business, since: start, words, path) {
            result.append(deal)
        }
        return result
    }

    private static func origin(_ event: EventRead) -> String? {
        if let campaign = event.campaign { return "campaign \(campaign)" }
        guard let referrer = event.referrer, let host = URL(string: referrer)?.host(), !host.isEmpty else { return nil }
        return "from \(host)"
    }

    /// The first identify call that brought something by which people are known.
    private static func identified(_ events: [EventRead], _ nodes: [StoryRead.Node]) -> (EventRead, [String])? {
        for event in events where event.type == "identify" {
            let brought = IdentifierChip.chips(nodes[event.node ?? 0].identifiers.filter { $0.event == event.id })
                .filter { $0.typeName != IdentifierChip.typeName("anonymous_id") }
            if !brought.isEmpty { return (event, brought.map(\.value)) }
        }
        return nil
    }

    /// The first opportunity that moved after the person had come; what was before is not their doing.
    private static func opportunity(
        _ business: BusinessRead, since start: String, _ words: TimeWords, _ path: String
    ) -> Milestone? {
        func move(_ read: OpportunityRead) -> String? { read.stages?.compactMap(\.at).first { $0 >= start } }
        let moved = business.opportunities.filter { move($0) != nil }
        guard let read = moved.min(by: { (move($0) ?? "") < (move($1) ?? "") }) else { return nil }
        let amount = Figures.money(read.amount, read.currency)
        return Milestone(
            name: "Opportunity", value: read.name, when: words.moment(move(read)),
            detail: [read.stage, amount].compactMap { $0 }.joined(separator: ", "),
            href: "\(path)/opportunities/\(PublicID(.opportunity, read.id))", milestoneColour: "crm")
    }
}
