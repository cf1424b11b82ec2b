import ArgumentParser
import Foundation
import Tandem

extension ProfileCommand {
    struct Consent: DatabaseCommand {
        static let configuration = CommandConfiguration(
            abstract: "What a profile agreed to; with --grant or --refuse, record what the person said.",
            discussion: """
                tandem profile consent email:buyer@acme.example --tenant acme
                tandem profile consent email:buyer@acme.example --grant marketing --refuse email.marketing --proof 'call of 3 May'

                A category is a purpose, or channel.purpose for one channel alone. What nobody spoke of is missing, which is no \
                refusal, and no permission either.
                """)
        @OptionGroup var global: GlobalOptions
        @Argument(help: ProfileReference.help) var profile: ProfileReference
        @Option(parsing: .singleValue, help: "A category that the person agreed to; repeatable.") var grant: [String] =
            []
        @Option(parsing: .singleValue, help: "A category that the person refused; repeatable.") var refuse: [String] =
            []
        @Option(help: "What shows it: words, a place, a document.") var proof: String?
        @Option(help: "When it was said, ISO 8601; now unless given.") var at: String?

        func run(_ session: DatabaseSession) throws -> Output {
            var categories = JSONObject()
            for name in grant { categories[name] = true }
            for name in refuse { categories[name] = false }
            var body: JSONObject = ["categories": .object(categories)]
            if let proof { body["proof"] = .string(proof) }
            if let at { body["at"] = .string(at) }
            let order = categories.isEmpty ? nil : try ConsentOrder(body)
            let shown = try session.inTenant(session.tenant(), readOnly: order == nil) {
                (connection) throws(TandemError) -> JSON in
                let id = try connection.profileID(profile)
                guard let order else { return try connection.profileConsent(id) }
                return try connection.stateConsent(id, order, by: DatabaseSession.actor)
            }
            let said = shown["categories"]?.object ?? [:]
            let rows = said.names.sorted().map { name in
                [
                    name, said[name]?["granted"]?.bool == true ? "granted" : "refused", said[name]?["at"]?.string ?? "",
                    said[name]?["source"]?.string ?? "",
                ]
            }
            return Output(
                content: .object(session.written(shown)), name: "profile_id",
                text: rows.isEmpty
                    ? "Nobody spoke of consent.\n" : Output.aligned([["CATEGORY", "STATE", "SINCE", "SOURCE"]] + rows))
        }
    }
}
