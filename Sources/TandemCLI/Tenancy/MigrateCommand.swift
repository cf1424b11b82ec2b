import ArgumentParser
import Foundation
import Tandem

struct MigrateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "migrate", abstract: "Bring the database to this binary's version.",
        subcommands: [Status.self, Plan.self, Up.self])

    static let columns: [(title: String, key: String)] = [
        ("TENANT", "tenant"), ("PENDING", "pending"), ("SAFETY", "safety"), ("VIEWS", "views"),
        ("FOREIGN", "foreign"),
    ]

    struct Status: DatabaseCommand {
        static let configuration = CommandConfiguration(abstract: "Say whether anything is pending.")
        @OptionGroup var global: GlobalOptions
        var requirement: DatabaseSession.Requirement { .none }

        func run(_ session: DatabaseSession) throws -> Output {
            let current = try ControlPlane.isCurrent(session.connection)
            let pending = current ? try Migrator(session.connection, logger: session.logger).plan().count : nil
            let isDone = current && pending == 0
            return Output(
                content: .object([
                    "control_plane": .string(current ? "current" : "pending"),
                    "tenants_pending": pending.map { .number($0) } ?? .null,
                ]),
                next: isDone ? [] : ["tandem migrate plan", "tandem migrate up"], exit: isDone ? .success : .pending)
        }
    }

    struct Plan: DatabaseCommand {
        static let configuration = CommandConfiguration(
            abstract: "List what is to do. Exits 3 when there is something.")
        @OptionGroup var global: GlobalOptions
        var requirement: DatabaseSession.Requirement { .none }

        func run(_ session: DatabaseSession) throws -> Output {
            guard try ControlPlane.isCurrent(session.connection) else {
                return Output(
                    content: .list([["tenant": .string("(control plane)"), "pending": .array([.string("all")])]]),
                    columns: MigrateCommand.columns, name: "tenant", next: ["tandem migrate up"], exit: .pending)
            }
            let plans = try Migrator(session.connection, logger: session.logger).plan()
            let items = plans.map { plan -> JSONObject in
                [
                    "tenant": .string(plan.tenant.slug), "pending": .array(plan.pending.map { .string($0) }),
                    "safety": .array(plan.safety.map { .string($0) }), "views": .bool(true),
                    "foreign": .array((plan.changed + plan.unknown).map { .string($0) }),
                ]
            }
            return Output(
                content: .list(items), columns: MigrateCommand.columns, name: "tenant",
                text: plans.isEmpty ? "Nothing is pending." : nil, next: plans.isEmpty ? [] : ["tandem migrate up"],
                exit: plans.isEmpty ? .success : .pending)
        }
    }

    struct Up: DatabaseCommand {
        static let configuration = CommandConfiguration(
            abstract: "Apply what is pending, tenant by tenant. May be interrupted and run again.")
        @OptionGroup var global: GlobalOptions
        var requirement: DatabaseSession.Requirement { .none }

        func run(_ session: DatabaseSession) throws -> Output {
            if global.dryRun {
                var plan = Plan()
                plan.global = global
                return try plan.run(session)
            }
            try ControlPlane.prepare(session.connection, logger: session.logger)
            let migrator = try Migrator(session.connection, logger: session.logger)
            var count = 0
            let failures = try migrator.migrateAll { done, total, tenant in
                count = done
                let line = "\(done)/\(total) \(tenant.slug)\n"
                FileHandle.standardError.write(Data(line.utf8))
            }
            let items = failures.map { failure -> JSON in
                .object(["tenant": .string(failure.tenant.slug), "error": .string("\(failure.error)")])
            }
            return Output(
                content: .object(["migrated": .number(count - failures.count), "failed": .array(items)]),
                exit: failures.isEmpty ? .success : .failed)
        }
    }
}
