import Foundation

/// A secret that a command takes: from a file, never from the command line, which others see.
enum SecretFile {
    /// - Parameter path: - is standard input.
    static func text(_ path: String) throws -> String {
        let data =
            path == "-" ? FileHandle.standardInput.readDataToEndOfFile() : FileManager.default.contents(atPath: path)
        guard let data else { throw CommandFailure.usage("\(path) cannot be read") }
        return String(decoding: data, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
    }
}
