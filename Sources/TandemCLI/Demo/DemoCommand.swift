import ArgumentParser
import Foundation
import Tandem

struct DemoCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo", abstract: "The demo tenants: demo (simulated people on real accounts) and cdnow.",
        subcommands: [Load.self, Reset.self])

    struct Load: DatabaseCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make and fill the demo tenants; goes on where it was interrupted.",
            discussion: "tandem demo load")
        @OptionGroup var global: GlobalOptions
        @Option(help: "The folder with the demo's data (Demo beside the binary).") var demoDir: String?

        func run(_ session: DatabaseSession) throws -> Output {
            let meter = DemoMeter()
            if !global.dryRun {
                try session.demoLoader(folder: demoDir).load(progress: meter.show)
            }
            return DemoCommand.output(session)
        }
    }

    struct Reset: DatabaseCommand {
        static let configuration = CommandConfiguration(
            abstract: "Drop the demo tenants with all they hold, and make them anew.",
            discussion: "tandem demo reset")
        @OptionGroup var global: GlobalOptions
        @Option(help: "The folder with the demo's data (Demo beside the binary).") var demoDir: String?

        func run(_ session: DatabaseSession) throws -> Output {
            let meter = DemoMeter()
            if !global.dryRun {
                try session.demoLoader(folder: demoDir).reset(progress: meter.show)
            }
            return DemoCommand.output(session)
        }
    }

    private static func output(_ session: DatabaseSession) -> Output {
        let keys = DemoKeys(path: session.demoKeysPath)
        let rows: [JSONObject] = DemoLoader.slugs.map { slug in
            ["tenant": .string(slug), "write_key": .string(orNull: keys.keys[slug]?.write)]
        }
        return Output(
            content: .list(rows), columns: [("TENANT", "tenant"), ("WRITE KEY", "write_key")], name: "tenant",
            next: ["the secret keys are in \(session.demoKeysPath)"])
    }
}

extension DatabaseSession {
    var demoKeysPath: String { DataDirectory(settings.dataDirectory).path + "/demo-keys.json" }

    func demoLoader(folder: String?) throws -> DemoLoader {
        let place = try DemoFolder.named(folder)
        return DemoLoader(connection, folder: place, keysPath: demoKeysPath, actor: Self.actor, logger: logger)
    }
}
