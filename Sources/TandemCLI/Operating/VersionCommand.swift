import ArgumentParser
import Foundation
import Tandem

struct VersionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "version", abstract: "Print the version and the shared libraries in use.")

    /// Raised with each release; CHANGELOG.md says what changed.
    static let number = "0.1.0"

    @OptionGroup var global: GlobalOptions

    func run() throws {
        let libraries = Self.libraries()
        Output(
            content: .object([
                "version": .string(Self.number), "libraries": .array(libraries.map { .string($0) }),
            ]),
            name: "version",
            text: "tandem \(Self.number)\n" + libraries.map { "  \($0)\n" }.joined()
        ).print(global.output ?? .table)
    }

    /// The shared libraries that are mapped into this process, as the loader resolved them.
    static func libraries() -> [String] {
        let maps = (try? String(contentsOfFile: "/proc/self/maps", encoding: .utf8)) ?? ""
        let paths = maps.split(separator: "\n").compactMap { line -> String? in
            guard let slash = line.firstIndex(of: "/") else { return nil }
            let path = String(line[slash...])
            return path.contains(".so") ? path : nil
        }
        return Set(paths).sorted()
    }
}
