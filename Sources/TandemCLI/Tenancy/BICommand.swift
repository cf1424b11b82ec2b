import ArgumentParser
import Foundation
import Postgres
import Tandem

struct BICommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bi", abstract: "Logins for psql and BI tools.",
        subcommands: [User.self, Sessions.self, Kill.self, Promote.self])

    struct User: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Database logins that read one tenant.", subcommands: [Create.self, List.self, Revoke.self])
    }

    struct Create: DatabaseCommand {
        static let configuration = CommandConfiguration(
            abstract: "Create a login that reads what BI sees of a tenant. Its password is shown once.",
            discussion: """
                tandem bi user create acme dashboards
                tandem bi user create acme sales-sheets --role "read only"
                tandem bi user create acme dbt --models

                With --models it makes views in a schema of its own, which the tenant's other logins read; dbt needs that. It makes no tables:
                what it says of people is what there is of them now.
                """)
        @OptionGroup var global: GlobalOptions
        @Argument(help: "The tenant.") var tenant: String
        @Argument(help: "A name to know it by; the login itself is opaque.") var name: String
        @Option(help: "Sessions at a time, 1 to 50.") var connections = 20
        @Option(help: "A role: the login reads the relations and columns that it reads.") var role: String?
        @Flag(help: "It may make views, in a schema of their own (dbt).") var models = false

        func validate() throws {
            if models && role != nil {
                throw ValidationError("a login with a role makes no models: leave --role or --models")
            }
        }

        func run(_ session: DatabaseSession) throws -> Output {
            let found = try session.tenant(tenant)
            let role = try role.map { reference in
                try session.inTenant(found, readOnly: true) { (connection) throws(TandemError) in
                    try connection.roleFind(reference).id
                }
            }
            if models && !global.dryRun { try BICommand.holdModels(session) }
            let made = try session.directory.createBILogin(
                found, name: name, role: role, connections: connections,
                models: try models && (!global.dryRun || BIModels.isGuarded(session.connection)))
            if global.dryRun {
                return Output(
                    content: .object(["name": .string(name), "dry_run": .bool(true)]), name: "name",
                    text: "Would create a BI login \(name) for \(found.slug).")
            }
            let address = try BICommand.address(session)
            let primary = address.primary(made.login.login, password: made.password)
            // Views are made where rows are.
            let replica = models ? nil : address.replica(made.login.login, password: made.password)
            let dsn = replica ?? primary
            var lines = [
                "Login      \(made.login.login)", "Password   \(made.password)   (shown once)", "DSN        \(dsn)",
            ]
            if replica != nil { lines.append("Primary    \(primary)") }
            if models { lines.append("Models     \(found.schema.models)   (the schema for its views)") }
            return Output(
                content: .object([
                    "login": .string(made.login.login), "password": .string(made.password),
                    "schema": .string(found.schema.name), "dsn": .string(dsn), "primary_dsn": .string(primary),
                    "name": .string(name),
                    "role_id": made.login.json["role_id"] ?? .null,
                    "models_schema": models ? .string(found.schema.models) : .null,
                ]),
                name: "login", text: lines.joined(separator: "\n"),
                next: ["psql '\(dsn)' -c '\\d'"])
        }
    }

    /// Sees to it that logins which make models make views alone; without a superuser's rights whoever makes the login is told.
    private static func holdModels(_ session: DatabaseSession) throws {
        if let server = session.server { return try server.holdBIModels() }
        if try BIModels.isGuarded(session.connection) { return }
        guard try ControlPlane.state(session.connection).isSuperuser else { return }
        try BIModels.hold(session.connection)
    }

    struct List: DatabaseCommand {
        static let configuration = CommandConfiguration(
            abstract: "List a tenant's BI logins.", discussion: "tandem bi user list acme")
        @OptionGroup var global: GlobalOptions
        @Argument(help: "The tenant.") var tenant: String?

        func run(_ session: DatabaseSession) throws -> Output {
            Output(
                content: .list(try session.directory.biLogins(session.tenant(tenant)).map(\.json)),
                columns: [
                    ("NAME", "name"), ("LOGIN", "login"), ("ROLE", "role_id"), ("MODELS", "models"),
                    ("CREATED", "created_at"), ("REVOKED", "revoked_at"),
                ],
                name: "login")
        }
    }

    struct Revoke: DatabaseCommand {
        static let configuration = CommandConfiguration(
            abstract: "End a BI login and its sessions.", discussion: "tandem bi user revoke acme dashboards")
        @OptionGroup var global: GlobalOptions
        @Argument(help: "The tenant.") var tenant: String
        @Argument(help: "Its name or its login.") var name: String

        func run(_ session: DatabaseSession) throws -> Output {
            Output(
                content: .object(try session.directory.revokeBILogin(session.tenant(tenant), name: name).json),
                name: "login")
        }
    }

    struct Promote: DatabaseCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make traits columns of profiles, without names the most frequent ones.",
            discussion: """
                tandem bi promote --tenant acme
                tandem bi promote --tenant acme plan seats

                tandem serve does the same by itself within a minute. A column is text, numeric, boolean or timestamptz,
                whichever 99 % of the values parse as, and named in snake_case.
                """)
        @OptionGroup var global: GlobalOptions
        @Argument(help: "Traits, as they are sent.") var traits: [String] = []

        func run(_ session: DatabaseSession) throws -> Output {
            let tenant = try session.tenant()
            let promotion = TraitPromotion(
                session.connection, actor: DatabaseSession.actor, logger: session.logger)
            let columns = try promotion.promote(
                tenant, traits: traits.isEmpty ? nil : traits, sample: .thorough, attempts: 30,
                isDryRun: session.options.dryRun)
            if !session.options.dryRun { try promotion.fill(tenant) }
            return Output(
                content: .list(
                    columns.map {
                        [
                            "trait": .string($0.trait), "column": .string($0.column), "type": .string($0.type),
                            "change": .string($0.change),
                        ]
                    }),
                columns: [("TRAIT", "trait"), ("COLUMN", "column"), ("TYPE", "type"), ("CHANGE", "change")],
                name: "column")
        }
    }

    static func address(_ session: DatabaseSession) throws -> BIAddress {
        BIAddress(
            server: session.server, database: session.connection.configuration,
            replica: try session.settings[.biReplica].map { try Settings.address($0, of: .biReplica) })
    }
}
