import ArgumentParser
import Foundation
import Tandem

extension SourceCommand {
    struct Webhook: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "How a webhook source's payloads become messages, and what they are signed with.",
            discussion: """
                tandem source create payments --kind webhook --tenant acme
                tandem source webhook set payments --mapping stripe --secret-file - --tenant acme
                tandem source webhook mappings
                """,
            subcommands: [Show.self, Set.self, Mappings.self])

        struct Show: DatabaseCommand {
            static let configuration = CommandConfiguration(
                abstract: "Show a webhook's path and mapping; its secret is never shown.",
                discussion: "tandem source webhook show payments -o json --tenant acme")
            @OptionGroup var global: GlobalOptions
            @Argument(help: "Its name, src_… or uuid.") var reference: String

            func run(_ session: DatabaseSession) throws -> Output {
                let source = try session.directory.source(session.tenant(), reference)
                return Output(content: .object(try source.webhookShown), name: "path")
            }
        }

        struct Set: DatabaseCommand {
            static let configuration = CommandConfiguration(
                abstract: "Set the mapping, the secret, or both.",
                discussion: """
                    tandem source webhook set payments --mapping stripe --secret-file whsec.txt --tenant acme
                    tandem source webhook set help-desk --mapping my-mapping.json --tenant acme
                    """)
            @OptionGroup var global: GlobalOptions
            @Argument(help: "Its name, src_… or uuid.") var reference: String
            @Option(help: "One that is shipped (tandem source webhook mappings), or a file.") var mapping: String?
            @Option(help: "A file with what the provider signs with; - is standard input.") var secretFile: String?

            func validate() throws {
                if mapping == nil && secretFile == nil {
                    throw ValidationError("Give --mapping, --secret-file, or both.")
                }
            }

            func run(_ session: DatabaseSession) throws -> Output {
                let source = try session.directory.source(session.tenant(), reference)
                let changed = try session.directory.setWebhook(
                    source, mapping: mapping.map(Self.mapping), secret: secretFile.map(SecretFile.text))
                return Output(content: .object(try changed.webhookShown), name: "path")
            }

            private static func mapping(_ text: String) throws -> WebhookMapping {
                if let shipped = WebhookCatalog.mapping(named: text) { return shipped }
                let objects = try JSONFile.objects(at: text)
                guard let object = objects.first, objects.count == 1 else {
                    throw CommandFailure.usage("\(text) is no mapping", hint: "a mapping is one JSON object")
                }
                return try WebhookMapping(json: .object(object))
            }
        }

        struct Mappings: ParsableCommand {
            static let configuration = CommandConfiguration(
                abstract: "List the mappings that are shipped, or print one to begin with.",
                discussion: "tandem source webhook mappings stripe > my-mapping.json")
            @Argument(help: "The name of one.") var name: String?

            func run() throws {
                guard let name else {
                    let rows = WebhookCatalog.mappings.map { mapping -> JSONObject in
                        ["name": .string(mapping.name), "description": mapping.json["description"] ?? .null]
                    }
                    return Output(
                        content: .list(rows), columns: [("NAME", "name"), ("DESCRIPTION", "description")], name: "name"
                    ).print(.table)
                }
                guard let mapping = WebhookCatalog.mapping(named: name) else { throw TandemError.notFound() }
                Output(content: .object(mapping.json.object ?? [:])).print(.json)
            }
        }
    }
}
