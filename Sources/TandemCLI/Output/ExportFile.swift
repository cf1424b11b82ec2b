import Foundation
import Tandem

/// Where a command writes JSON lines: a file that only its owner may read, or standard output.
struct ExportFile {
    private let handle: FileHandle
    private let isOutput: Bool

    /// - Parameter path: - is standard output.
    init(_ path: String) throws {
        isOutput = path == "-"
        if isOutput {
            handle = .standardOutput
            return
        }
        guard FileManager.default.createFile(atPath: path, contents: nil, attributes: [.posixPermissions: 0o600]),
            let file = FileHandle(forWritingAtPath: path)
        else { throw CommandFailure.usage("\(path) cannot be written") }
        handle = file
    }

    func write(_ items: [JSON]) throws {
        try handle.write(contentsOf: Data(items.map { $0.text + "\n" }.joined().utf8))
    }

    /// Ends the file. What the command says then: nothing beside lines that went to standard output.
    func closed(_ output: Output) throws -> Output {
        if isOutput { return Output(content: .list([]), text: "") }
        try handle.close()
        return output
    }
}
