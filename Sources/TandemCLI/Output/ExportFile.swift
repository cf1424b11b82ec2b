import Foundation
import Tandem

/// Where a command writes many lines: standard output, or a file that only its owner may read and that has its name when it is whole.
struct ExportFile {
    private let path: String
    private let handle: FileHandle

    private var isOutput: Bool { path == "-" }
    private var unfinished: String { path + ".part" }

    /// - Parameter path: - is standard output.
    init(_ path: String) throws {
        self.path = path
        guard path != "-" else {
            handle = .standardOutput
            return
        }
        let part = path + ".part"
        guard FileManager.default.createFile(atPath: part, contents: nil, attributes: [.posixPermissions: 0o600]),
            let file = FileHandle(forWritingAtPath: part)
        else { throw CommandFailure.usage("\(path) cannot be written") }
        handle = file
    }

    func write(_ bytes: [UInt8]) throws { try handle.write(contentsOf: Data(bytes)) }

    func write(_ items: [JSON]) throws { try write(Array(items.map { $0.text + "\n" }.joined().utf8)) }

    /// Ends the file. What the command says then: nothing beside lines that went to standard output.
    func closed(_ output: Output) throws -> Output {
        if isOutput { return Output(content: .list([]), text: "") }
        try handle.close()
        guard rename(unfinished, path) == 0 else { throw CommandFailure.usage("\(path) cannot be written") }
        return output
    }
}
