import ArgumentParser
import Foundation
import Tandem

struct TenantCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tenant", abstract: "Create, list and change tenants.",
        subcommands: [
            Create.self, List.self, Show.self, Update.self, Suspend.self, Resume.self, Delete.self, Restore.self,
            Export.self,
        ])

    static let columns: [(title: String, key: String)] = [
        ("NAME", "slug"), ("ID", "id"), ("SCHEMA", "schema"), ("MODULES", "modules"), ("STATE", "state"),
        ("VERSION", "version"), ("CREATED", "created_at"),
    ]

    struct Create: DatabaseCommand {
        static let configuration = CommandConfiguration(
            abstract: "Create a tenant with its first sources and keys. Interrupted, the same command continues.",
            discussion: """
                tandem tenant create acme
                tandem tenant create acme --display-name "Acme GmbH" --timezone Europe/Berlin --currency EUR
                """)
        @OptionGroup var global: GlobalOptions
        @Argument(help: "Its name: lower-case letters, digits, hyphens.") var slug: String
        @Option(help: "Its name for people.") var displayName: String?
        @Option(help: "cdp, crm or both.") var modules: ModuleList = ModuleList(modules: [.cdp, .crm])
        @Option(help: "IANA name.") var timezone: String = "UTC"
        @Option(help: "ISO 4217 code.") var currency: String = "USD"

        func run(_ session: DatabaseSession) throws -> Output {
            let start = ContinuousClock.now
            let draft = TenantDirectory.Draft(
                slug: slug, displayName: displayName, modules: modules.modules, timezone: timezone, currency: currency)
            let created = try session.directory.create(draft)
            let tenant = created.tenant
            if global.dryRun {
                return Output(
                    content: .object(["tenant": .object(tenant.json), "dry_run": .bool(true)]), name: "tenant.id",
                    text: "Would create tenant \(slug) with modules \(modules).")
            }
            let seconds = (ContinuousClock.now - start).formatted(
                .units(allowed: [.seconds], fractionalPart: .show(length: 2)))
            return Output(
                content: .object([
                    "tenant": .object(tenant.json),
                    "keys": .object([
                        "write": .string(created.writeKey.text), "secret": .string(created.secretKey.text),
                    ]),
                ]),
                name: "tenant.id",
                text: """
                    Created tenant \(tenant.slug)   id \(tenant.publicID)   schema \(tenant.schema)   \(seconds)
                    Write key    \(created.writeKey.text)   (sends events)
                    Secret key   \(created.secretKey.text)   (shown once: store it now)
                    """,
                next: ["tandem bi user create \(tenant.slug) analyst"])
        }
    }

    struct List: DatabaseCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the tenants.", discussion: "tandem tenant list")
        @OptionGroup var global: GlobalOptions

        func run(_ session: DatabaseSession) throws -> Output {
            let tenants = try session.directory.list()
            return Output(
                content: .list(tenants.map(\.json)), columns: TenantCommand.columns, name: "slug",
                next: tenants.isEmpty ? ["tandem tenant create acme"] : [])
        }
    }

    struct Show: DatabaseCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show one tenant.", discussion: "tandem tenant show acme -o json")
        @OptionGroup var global: GlobalOptions
        @Argument(help: "Its name, tnt_… or uuid; else --tenant.") var reference: String?

        func run(_ session: DatabaseSession) throws -> Output {
            Output(content: .object(try session.tenant(reference).json))
        }
    }

    struct Update: DatabaseCommand {
        static let configuration = CommandConfiguration(
            abstract: "Change a tenant's names or rates, or add a module.",
            discussion: """
                What comes faster than --rate, beyond --burst at once, is answered 429 with Retry-After.

                tandem tenant update acme --rate 500 --burst 5000
                tandem tenant update acme --rate 0 --burst 0
                """)
        @OptionGroup var global: GlobalOptions
        @Argument(help: "Its name, tnt_… or uuid; else --tenant.") var reference: String?
        @Option(help: "Its name for people.") var displayName: String?
        @Option(help: "cdp, crm or both; a module cannot be taken away.") var modules: ModuleList?
        @Option(help: "IANA name, such as Europe/Berlin.") var timezone: String?
        @Option(help: "ISO 4217 code, such as EUR.") var currency: String?
        @Option(help: "Events a second; 0 goes back to the server's default.") var rate: Int?
        @Option(help: "Events at once (twice the rate); 0 goes back to the default.") var burst: Int?
        @Option(help: "Requests of the API a second; 0 goes back to the server's default.") var requestRate: Int?

        func run(_ session: DatabaseSession) throws -> Output {
            var tenant = try session.tenant(reference)
            if rate != nil || burst != nil || requestRate != nil {
                tenant = try session.directory.setRate(
                    tenant, perSecond: rate, burst: burst, requestsPerSecond: requestRate)
            }
            if displayName != nil || timezone != nil || currency != nil || modules != nil {
                tenant = try session.directory.update(
                    tenant, displayName: displayName, timezone: timezone, currency: currency,
                    modules: modules?.modules)
            }
            return Output(content: .object(tenant.json), notes: notes)
        }

        /// What a change of the whole leaves as it is.
        private var notes: [String] {
            var notes: [String] = []
            if let currency {
                notes.append("Records keep their own currency, and no amount is converted: \(currency) is of new ones.")
            }
            if timezone != nil {
                notes.append(
                    "Days begin at another moment from now on: in statistics of the past too, and for what is due on a day."
                )
            }
            return notes
        }
    }

    struct Suspend: DatabaseCommand {
        static let configuration = CommandConfiguration(
            abstract: "Refuse a tenant's requests, hold its events in quarantine, close its BI logins.",
            discussion: "tandem tenant suspend acme")
        @OptionGroup var global: GlobalOptions
        @Argument(help: "Its name, tnt_… or uuid; else --tenant.") var reference: String?

        func run(_ session: DatabaseSession) throws -> Output {
            let tenant = try session.directory.setSuspended(true, session.tenant(reference))
            return Output(content: .object(tenant.json), next: ["tandem tenant resume \(tenant.slug)"])
        }
    }

    struct Resume: DatabaseCommand {
        static let configuration = CommandConfiguration(
            abstract: "Serve a suspended tenant again.", discussion: "tandem tenant resume acme")
        @OptionGroup var global: GlobalOptions
        @Argument(help: "Its name, tnt_… or uuid; else --tenant.") var reference: String?

        func run(_ session: DatabaseSession) throws -> Output {
            Output(content: .object(try session.directory.setSuspended(false, session.tenant(reference)).json))
        }
    }

    struct Delete: DatabaseCommand {
        static let configuration = CommandConfiguration(
            abstract: "Delete a tenant after a grace period; until then tenant restore takes it back.",
            discussion: """
                tandem tenant delete acme --dry-run
                tandem tenant delete acme --confirm acme
                """)
        @OptionGroup var global: GlobalOptions
        @Argument(help: "Its name, tnt_… or uuid; else --tenant.") var reference: String?
        @Option(help: "The tenant's name again, as a confirmation.") var confirm: String?
        @Option(help: "The grace period; 0d drops everything at once.") var grace: DurationText = DurationText(
            duration: .seconds(7 * 86400))

        func run(_ session: DatabaseSession) throws -> Output {
            let tenant = try session.tenant(reference)
            let extent = try session.directory.extent(tenant)
            guard confirm == tenant.slug || global.dryRun else {
                throw CommandFailure(
                    exit: .cancelled, code: "not_confirmed",
                    message: "this deletes tenant \(tenant.slug): \(Self.words(extent, of: tenant))",
                    hint: "confirm with --confirm \(tenant.slug)")
            }
            let deleted = try session.directory.delete(tenant, grace: grace.duration)
            if global.dryRun {
                var object = deleted.json
                object["would_delete"] = .object(extent.json)
                object["dry_run"] = .bool(true)
                return Output(
                    content: .object(object), name: "slug",
                    text: "Would delete tenant \(tenant.slug): \(Self.words(extent, of: tenant))\n" + last)
            }
            if grace.duration == .zero {
                try session.directory.drop(deleted, now: true)
                return Output(
                    content: .object(deleted.json), name: "slug", text: "Dropped tenant \(tenant.slug) for good.")
            }
            return Output(
                content: .object(deleted.json), name: "slug", next: ["tandem tenant restore \(tenant.slug)"])
        }

        private var last: String {
            grace.duration == .zero
                ? "It would be dropped at once; nothing takes that back."
                : "It would be dropped \(grace) later; until then tenant restore takes it back."
        }

        private static func counted(_ number: Int, _ noun: String) -> String {
            "\(number) \(noun)\(number == 1 ? "" : "s")"
        }

        private static func words(_ extent: TenantExtent, of tenant: Tenant) -> String {
            "about \(counted(extent.rows, "row")) and \(BackupText.size(extent.bytes)) in schemas \(tenant.schema) and \(tenant.schema)_i, "
                + "\(counted(extent.biLogins, "BI login")), \(counted(extent.keys, "key")), "
                + counted(extent.sources, "source")
        }
    }
}

/// `cdp,crm`.
struct ModuleList: ExpressibleByArgument, CustomStringConvertible {
    let modules: Set<Module>

    init(modules: Set<Module>) { self.modules = modules }

    init?(argument: String) {
        let names = argument.split(separator: ",").map { Module(rawValue: $0.trimmingCharacters(in: .whitespaces)) }
        let modules = Set(names.compactMap { $0 })
        guard !names.isEmpty, !names.contains(nil) else { return nil }
        self.modules = modules
    }

    var description: String { modules.sorted().map(\.rawValue).joined(separator: ",") }
    var defaultValueDescription: String { description }
}

/// `90d`, `24h`, `15m`, `30s`, `2w`.
struct DurationText: ExpressibleByArgument, CustomStringConvertible {
    let duration: Duration

    init(duration: Duration) { self.duration = duration }

    init?(argument: String) {
        let units: [Character: Int] = ["s": 1, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400]
        guard let last = argument.last, let unit = units[last], let count = Int(argument.dropLast()),
            (0...100_000).contains(count)
        else { return nil }
        duration = .seconds(count * unit)
    }

    var description: String { "\(duration.components.seconds / 86400)d" }
    var defaultValueDescription: String { description }
}
