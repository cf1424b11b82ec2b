import ArgumentParser
import Foundation
import Tandem

/// `tandem role …`: what users, and keys with a role, may do.
struct RoleCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "role", abstract: "Roles: who may do what with which records.",
        discussion: """
            tandem role list --tenant acme
            tandem role create --name "inside sales" --grant '*.read=team' --grant lead.edit=own --field contact.phone=read
            tandem key create --kind restricted --role "inside sales" --user rep@acme.example --tenant acme

            Actions: \(RoleInput.actions.joined(separator: ", ")). Levels: \(RoleInput.levels.joined(separator: ", ")).
            """,
        subcommands: [List.self, Show.self, Create.self, Update.self, Delete.self])

    /// What a role is to be.
    struct Parts: ParsableArguments {
        @Option(help: "Its name; unique.") var name: String?
        @Option(help: "What it is for.") var description: String?
        @Option(name: .customLong("grant"), help: "OBJECT.ACTION=LEVEL, repeatable; object * is every other one.")
        var grants: [String] = []
        @Option(name: .customLong("field"), help: "OBJECT.FIELD=none, read or edit, repeatable.")
        var fields: [String] = []
        @Option(help: "A file of one JSON object; - is standard input.") var fromFile: String?

        /// The parts beside those of `role`, which is there already.
        func body(over role: JSONObject = [:]) throws -> JSON {
            var body = try fromFile.map { try JSONFile.objects(at: $0).first ?? [:] } ?? [:]
            if let name { body["name"] = .string(name) }
            if let description { body["description"] = .string(description) }
            for (key, pairs) in [("grants", grants), ("fields", fields)] where !pairs.isEmpty {
                body[key] = .object(try Self.merged(pairs, into: (body[key] ?? role[key])?.object ?? [:]))
            }
            return .object(body)
        }

        private static func merged(_ pairs: [String], into object: JSONObject) throws -> JSONObject {
            var object = object
            for pair in pairs {
                guard let mark = pair.firstIndex(of: "="), let dot = pair[..<mark].firstIndex(of: ".") else {
                    throw CommandFailure.usage("\(pair) is not written as contact.read=team")
                }
                let name = String(pair[..<dot])
                var inner = object[name]?.object ?? [:]
                inner[String(pair[pair.index(after: dot)..<mark])] = .string(String(pair[pair.index(after: mark)...]))
                object[name] = .object(inner)
            }
            return object
        }
    }

    static let referenceHelp: ArgumentHelp = "role_…, a uuid, or its name."

    struct List: DatabaseCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the roles, by name.", discussion: "tandem role list --tenant acme")
        @OptionGroup var global: GlobalOptions

        func run(_ session: DatabaseSession) throws -> Output {
            let roles = try session.inTenant(session.tenant(), readOnly: true) { (connection) throws(TandemError) in
                try connection.roleList()
            }
            return Output(
                content: .list(roles.compactMap(\.object)),
                columns: [("ID", "id"), ("NAME", "name"), ("USERS", "users"), ("DESCRIPTION", "description")])
        }
    }

    struct Show: DatabaseCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show one with its grants and fields.",
            discussion: "tandem role show 'sales rep' -o json --tenant acme")
        @OptionGroup var global: GlobalOptions
        @Argument(help: RoleCommand.referenceHelp) var reference: String

        func run(_ session: DatabaseSession) throws -> Output {
            let role = try session.inTenant(session.tenant(), readOnly: true) { (connection) throws(TandemError) in
                try connection.roleFind(reference).json
            }
            return Output(content: .object(role.object ?? [:]))
        }
    }

    struct Create: DatabaseCommand {
        static let configuration = CommandConfiguration(
            abstract: "Create a role.",
            discussion: "tandem role create --name auditor --grant '*.read=all' --field contact.email=none --dry-run")
        @OptionGroup var global: GlobalOptions
        @OptionGroup var parts: Parts

        func run(_ session: DatabaseSession) throws -> Output {
            let tenant = try session.tenant()
            let input = try RoleInput(parts.body(), isNew: true, catalog: session.catalog(of: tenant))
            let role = try session.inTenant(tenant) { (connection) throws(TandemError) in
                try connection.rolePut(nil, input, by: DatabaseSession.actor)
            }
            return Output(content: .object(session.written(role)))
        }
    }

    struct Update: DatabaseCommand {
        static let configuration = CommandConfiguration(
            abstract: "Change a role; what is not named stays.",
            discussion: "tandem role update 'sales rep' --grant opportunity.delete=none --field contact.phone=edit")
        @OptionGroup var global: GlobalOptions
        @Argument(help: RoleCommand.referenceHelp) var reference: String
        @OptionGroup var parts: Parts
        @Option(help: "Only if it is at this version.") var ifMatch: Int?

        func run(_ session: DatabaseSession) throws -> Output {
            let tenant = try session.tenant()
            let catalog = try session.catalog(of: tenant)
            let found = try session.inTenant(tenant, readOnly: true) { (connection) throws(TandemError) in
                try connection.roleFind(reference)
            }
            let input = try RoleInput(parts.body(over: found.json.object ?? [:]), isNew: false, catalog: catalog)
            let role = try session.inTenant(tenant) { (connection) throws(TandemError) in
                try connection.rolePut(
                    found.id, input, ifMatch: ifMatch ?? found.json["version"]?.int, by: DatabaseSession.actor)
            }
            if !session.options.dryRun { _ = try BIGrants(session.connection, tenant: tenant).renew() }
            return Output(content: .object(session.written(role)))
        }
    }

    struct Delete: DatabaseCommand {
        static let configuration = CommandConfiguration(
            abstract: "Delete a role that no user and no key has.", discussion: "tandem role delete auditor --dry-run")
        @OptionGroup var global: GlobalOptions
        @Argument(help: RoleCommand.referenceHelp) var reference: String

        func run(_ session: DatabaseSession) throws -> Output {
            let tenant = try session.tenant()
            let found = try session.inTenant(tenant, readOnly: true) { (connection) throws(TandemError) in
                try connection.roleFind(reference)
            }
            let keys = try session.directory.keys(tenant, with: found.id)
            try session.inTenant(tenant) { (connection) throws(TandemError) in
                try connection.roleDelete(found.id, keys: keys, by: DatabaseSession.actor)
            }
            return Output(
                content: .object(session.written(found.json)),
                text: session.options.dryRun ? "Would delete the role." : "Deleted the role.")
        }
    }
}
