import ArgumentParser
import Tandem

extension SourceCommand {
    struct Consent: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "What is left out of a source's events whose person did not agree.",
            discussion: """
                tandem source consent set web consent.json --tenant acme
                tandem source consent show web --tenant acme

                A file of rules is a list such as
                  [{"purpose": "analytics", "drop": ["properties", "context.ip"], "activation": "refuse"},
                   {"purpose": "marketing", "channel": "email", "missing": "allow"}]
                Events are stored and counted all the same.
                """,
            subcommands: [Show.self, Set.self])

        struct Show: DatabaseCommand {
            static let configuration = CommandConfiguration(
                abstract: "Show the rules in force.", discussion: "tandem source consent show web --tenant acme -o json"
            )
            @OptionGroup var global: GlobalOptions
            @Argument(help: "Its name, src_… or uuid.") var source: String

            func run(_ session: DatabaseSession) throws -> Output {
                let rules = try session.inTenant(session.tenant(), readOnly: true) { (connection) throws(TandemError) in
                    try connection.consentRules(of: Source.reference(source))
                }
                return Output(content: .object(rules.object ?? [:]), name: "version")
            }
        }

        struct Set: DatabaseCommand {
            static let configuration = CommandConfiguration(
                abstract: "Put rules into force for the source's events from now on; an empty list takes all away.",
                discussion: "tandem source consent set web consent.json --if-version 3 --tenant acme")
            @OptionGroup var global: GlobalOptions
            @Argument(help: "Its name, src_… or uuid.") var source: String
            @Argument(help: "A file of rules; - is standard input.") var file: String
            @Option(help: "Only if this version is in force.") var ifVersion: Int?

            func run(_ session: DatabaseSession) throws -> Output {
                let objects = try JSONFile.objects(at: file)
                let body: JSONObject =
                    if let first = objects.first, objects.count == 1, first["rules"] != nil {
                        first
                    } else {
                        ["rules": .array(objects.map(JSON.object))]
                    }
                var change = try ConsentRulesChange(json: body)
                change.expectedVersion = ifVersion ?? change.expectedVersion
                let stored = try session.inTenant(session.tenant()) { [change] (connection) throws(TandemError) in
                    try connection.consentRulesPut(
                        change, of: Source.reference(source), actor: DatabaseSession.actor)
                }
                return Output(content: .object(session.written(stored)), name: "version")
            }
        }
    }
}
