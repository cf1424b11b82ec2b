import ArgumentParser
import Tandem

/// `tandem account origin`, and of contacts and leads: how their people came.
struct OriginVerb<Noun: MergedNoun>: DatabaseCommand {
    static var configuration: CommandConfiguration {
        let name = Noun.object.name
        return CommandConfiguration(
            commandName: "origin",
            abstract: "How its people came: the first page, referrer and campaign of their events.",
            discussion: """
                tandem \(name) origin external_id=17 --tenant acme
                tandem \(name) origin \(Noun.object.prefix.rawValue)_… -o json
                """)
    }
    @OptionGroup var global: GlobalOptions
    @Argument(help: ObjectCommand<Noun>.referenceHelp) var reference: String

    func run(_ session: DatabaseSession) throws -> Output {
        let tenant = try session.tenant()
        let catalog = try session.catalog(of: tenant)
        let origin = try session.inTenant(tenant, readOnly: true) { (connection) throws(TandemError) -> JSON in
            let id = try ObjectCommand<Noun>.find(reference, connection, in: catalog)
            _ = try connection.recordGet(catalog[Noun.object], id: id, catalog: catalog)
            return try connection.recordOrigin(Noun.object, id: id)
        }
        return Output(content: .object(origin.object ?? [:]), text: Self.text(origin))
    }

    private static func text(_ origin: JSON) -> String {
        let touches = [("first seen", origin["first"]), ("campaign", origin["campaign"])]
        let lines = touches.flatMap { name, touch -> [[String]] in
            guard let touch, !touch.isNull else { return [] }
            let parts = ["page", "referrer", "source", "medium", "campaign", "term", "content"]
            let said = parts.compactMap { part in touch[part]?.string.map { ["", part, $0] } }
            let event = touch["event"]?.string ?? touch["type"]?.string ?? ""
            return [[name, touch["at"]?.string ?? "", event]] + said
        }
        return lines.isEmpty ? "No event of its people tells a page, a referrer or a campaign." : Output.aligned(lines)
    }
}
