import ArgumentParser
import Foundation
import Tandem

struct VersionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "version", abstract: "Print the version and the shared libraries in use.",
        discussion: "tandem version -o name")

    static let number = CodeVersion.build

    @OptionGroup var global: GlobalOptions

    func run() throws {
        let libraries = Self.libraries()
        Output(
            content: .object([
                "version": .string(Self.number), "procedures": .string(CodeVersion.schema),
                "libraries": .array(libraries.map { .string($0) }),
            ]),
            name: "version",
            text: "tandem \(Self.number)\n  procedures \(CodeVersion.schema)\n" + libraries.map { "  \($0)\n" }.joined()
        ).print(global.output ?? .table)
    }

    /// The shared libraries that are mapped into this process, as the loader resolved them.
    static func libraries() -> [String] {
        // The kernel gives this file a page at a time and says that its size is 0.
        let file = FileHandle(forReadingAtPath: "/proc/self/maps")
        var bytes = Data()
        while let part = try? file?.read(upToCount: 65536), !part.isEmpty { bytes += part }
        let maps = String(decoding: bytes, as: UTF8.self)
        let paths = maps.split(separator: "\n").compactMap { line -> String? in
            guard let slash = line.firstIndex(of: "/") else { return nil }
            let path = String(line[slash...])
            return path.contains(".so") ? path : nil
        }
        return Set(paths).sorted()
    }
}
