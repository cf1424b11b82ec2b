import ArgumentParser
import Foundation
import Tandem

struct MigrateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "migrate", abstract: "Bring the database to this binary's version.",
        subcommands: [Status.self, Plan.self, Up.self, Lint.self])

    static let columns: [(title: String, key: String)] = [
        ("TENANT", "tenant"), ("PENDING", "pending"), ("SAFETY", "safety"), ("VIEWS", "views"),
        ("FOREIGN", "foreign"),
    ]

    struct Status: DatabaseCommand {
        static let configuration = CommandConfiguration(
            abstract: "Say whether anything is pending.", discussion: "tandem migrate status")
        @OptionGroup var global: GlobalOptions
        var requirement: DatabaseSession.Requirement { .none }

        func run(_ session: DatabaseSession) throws -> Output {
            let current = try ControlPlane.isCurrent(session.connection)
            let pending = current ? try Migrator(session.connection, logger: session.logger).plan().count : nil
            let isDone = current && pending == 0
            let state = try ControlPlane.state(session.connection)
            let servers =
                state.hasControlPlane && state.isMember ? try RunningServer.all(session.connection) : []
            return Output(
                content: .object([
                    "control_plane": .string(current ? "current" : "pending"),
                    "tenants_pending": pending.map { .number($0) } ?? .null,
                    "servers": .array(servers.map(\.json)),
                ]),
                next: isDone ? [] : ["tandem migrate plan", "tandem migrate up"], exit: isDone ? .success : .pending)
        }
    }

    struct Plan: DatabaseCommand {
        static let configuration = CommandConfiguration(
            abstract: "List what is to do, with its cost. Exits 3 when there is something.",
            discussion: """
                tandem migrate plan
                tandem migrate plan --tenants acme,initech -o json

                COST is what a tenant's requests feel while its turn lasts: instant, short lock (they wait for milliseconds), long
                (they wait for as long as its tables are large), none (nobody waits; an index is built beside them). ROLLING says
                whether servers of the build before go on meanwhile: what says no is refused while one runs. The estimate is by
                tenants that have the file already.
                """)
        @OptionGroup var global: GlobalOptions
        @Option(help: "Only these, by commas.") var tenants: String?
        var requirement: DatabaseSession.Requirement { .none }

        func run(_ session: DatabaseSession) throws -> Output {
            guard try ControlPlane.state(session.connection).hasControlPlane else {
                return Output(
                    content: .list([MigrateCommand.controlPlane(["all"])]),
                    columns: MigrateCommand.columns, name: "tenant", next: ["tandem migrate up"], exit: .pending)
            }
            let isCurrent = try ControlPlane.isCurrent(session.connection)
            let own = isCurrent ? [] : try ControlPlane.steps(session.connection)
            let control = isCurrent ? [] : own.map(\.path) + [CodeVersion.schema]
            let migrator = try Migrator(session.connection, logger: session.logger)
            let plans = try migrator.plan(of: MigrateCommand.slugs(tenants, migrator))
            let steps = try own + migrator.steps(plans)
            let others = try RunningServer.all(session.connection).filter { !$0.isOfThisBuild }
            let isDone = isCurrent && plans.isEmpty
            let first = isCurrent ? [] : [MigrateCommand.controlPlane(control)]
            let items = plans.map { plan -> JSONObject in
                [
                    "tenant": .string(plan.tenant.slug), "pending": .array(plan.pending.map { .string($0) }),
                    "safety": .array(plan.safety.map { .string($0) }), "views": .bool(true),
                    "foreign": .array((plan.changed + plan.unknown).map { .string($0) }),
                    "breaking": .array(plan.breaking.map { .string($0) }),
                ]
            }
            return Output(
                content: .list(first + items),
                beside: [
                    "migrations": .array(steps.map(\.json)), "other_servers": .array(others.map(\.json)),
                ],
                columns: MigrateCommand.columns, name: "tenant",
                text: (control.isEmpty ? "" : "Control plane and procedures: \(control.joined(separator: ", "))\n")
                    + (steps.isEmpty && !isCurrent ? "" : MigrateCommand.words(plans, steps))
                    + MigrateCommand.words(others, steps),
                next: isDone ? [] : ["tandem migrate up"], exit: isDone ? .success : .pending)
        }
    }

    struct Up: DatabaseCommand {
        static let configuration = CommandConfiguration(
            abstract: "Apply what is pending, tenant by tenant. May be interrupted and run again.",
            discussion: """
                tandem migrate up
                tandem migrate up --tenants acme          one tenant first, to see how long it takes

                Each file is a transaction of its own that waits 0.15 seconds for a lock, lets others through and tries again. A
                tenant that fails is named with the file, the others are done; the same command goes on with what is left.

                Servers of the build before may run: each finds the procedures of its own build. What they would not survive is
                refused while they run, before any tenant is changed.
                """)
        @OptionGroup var global: GlobalOptions
        @Option(help: "Only these, by commas.") var tenants: String?
        @Flag(help: "Also what servers of another build that run do not survive.") var anyway = false
        var requirement: DatabaseSession.Requirement { .none }

        func run(_ session: DatabaseSession) throws -> Output {
            if global.dryRun {
                var plan = Plan()
                plan.global = global
                plan.tenants = tenants
                return try plan.run(session)
            }
            let actor = DatabaseSession.actor
            try ControlPlane.prepare(session.connection, by: actor, anyway: anyway, logger: session.logger)
            let migrator = try Migrator(session.connection, actor: actor, logger: session.logger)
            var count = 0
            let meter = ProgressMeter()
            defer { meter.end() }
            let failures = try migrator.migrateAll(of: MigrateCommand.slugs(tenants, migrator), anyway: anyway) {
                done, total, _ in
                count = done
                meter.show("migrated", done: Int64(done), of: Int64(total), unit: "tenants")
            }
            let items = failures.map { failure -> JSON in
                .object(["tenant": .string(failure.tenant.slug), "error": .string("\(failure.error)")])
            }
            let words = failures.map { "  \($0.tenant.slug): \($0.error)\n" }.joined()
            return Output(
                content: .object(["migrated": .number(count - failures.count), "failed": .array(items)]),
                text: "\(count - failures.count) tenants migrated, \(failures.count) failed\n" + words,
                next: failures.isEmpty ? [] : ["put right what is named, then tandem migrate up again"],
                exit: failures.isEmpty ? .success : .failed)
        }
    }

    /// What comes before all tenants.
    private static func controlPlane(_ pending: [String]) -> JSONObject {
        ["tenant": .string("(control plane)"), "pending": .array(pending.map { .string($0) })]
    }

    /// The tenants that were named; nil: all.
    private static func slugs(_ text: String?, _ migrator: Migrator) throws -> Set<String>? {
        guard let text else { return nil }
        return try migrator.slugs(text.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) })
    }

    private static func words(_ plans: [Migrator.TenantPlan], _ steps: [Migrator.Step]) -> String {
        if plans.isEmpty, steps.isEmpty { return "Nothing is pending.\n" }
        var rows = [["MIGRATION", "TENANTS", "COST", "ROLLING", "ESTIMATE"]]
        rows += steps.map { step in
            [
                step.path, step.tenants == 0 ? "" : String(step.tenants), step.cost, step.isRolling ? "yes" : "NO",
                step.estimate.map(Self.words) ?? (step.tenants == 0 ? "" : "unknown: no tenant has it yet"),
            ]
        }
        if !plans.isEmpty { rows.append(["(views of BI)", String(plans.count), "short lock", "yes", ""]) }
        var text = Output.aligned(rows)
        let foreign = plans.filter { !($0.changed + $0.unknown).isEmpty }
        for plan in foreign.prefix(20) {
            text +=
                "\(plan.tenant.slug) is of another build: " + (plan.changed + plan.unknown).joined(separator: ", ")
                + "\n"
        }
        return text + "Nothing was changed.\n"
    }

    private static func words(_ others: [RunningServer], _ steps: [Migrator.Step]) -> String {
        if others.isEmpty { return "" }
        let named = "Servers of another build run:\n" + others.map { "  \($0.words)\n" }.joined()
        let isRolling = steps.allSatisfy(\.isRolling)
        return named
            + (isRolling
                ? "They go on: start this build beside them, then stop them.\n"
                : "They do not survive what is not ROLLING: stop them first.\n")
    }

    private static func words(_ duration: Duration) -> String {
        let seconds = duration / .seconds(1)
        return seconds < 90
            ? String(format: "%.1f s in whole", seconds) : String(format: "%.0f min in whole", seconds / 60)
    }
}

extension Migrator.Step {
    var json: JSON {
        .object([
            "path": .string(path), "tenants": .number(tenants), "safety": .string(safety), "cost": .string(cost),
            "rolling": .bool(isRolling),
            "estimate_ms": estimate.map { .number(Int($0 / .milliseconds(1))) } ?? .null,
        ])
    }
}

extension RunningServer {
    var json: JSON {
        .object([
            "build": .string(build), "procedures": .string(codeSchema), "host": .string(host),
            "process": .number(process), "listen": .string(address), "started_at": .string(startedAt.ISO8601Format()),
        ])
    }
}
