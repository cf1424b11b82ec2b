import Foundation
import PackagePlugin

/// Embeds each `*.sql` below the target's folder but tests and the generated picture of a tenant's schema; all of them are
/// declared inputs, so an edit, a new or a removed file rebuilds.
@main
struct EmbedSQLPlugin: BuildToolPlugin {
    func createBuildCommands(context: PluginContext, target: any Target) throws -> [Command] {
        guard let module = target.sourceModule else { return [] }
        let root = module.directoryURL
        let tests = root.appending(path: "tests").path + "/"
        let schema = root.appending(path: "tenant/schema.sql").path
        var files: [URL] = []
        let walk = FileManager.default.enumerator(at: root, includingPropertiesForKeys: nil)
        while let url = walk?.nextObject() as? URL {
            let isExcluded = url.path.hasPrefix(tests) || url.path == schema
            if url.pathExtension == "sql", !isExcluded { files.append(url) }
        }
        files.sort { $0.path < $1.path }
        let output = context.pluginWorkDirectoryURL.appending(path: "EmbeddedFiles.swift")
        return [
            .buildCommand(
                displayName: "Embedding \(files.count) SQL files",
                executable: try context.tool(named: "EmbedSQL").url,
                arguments: [root.path, output.path] + files.map(\.path),
                inputFiles: files,
                outputFiles: [output])
        ]
    }
}
