import Foundation

/// Writes one Swift file that holds every SQL file below a folder as `(path, text)`.
///
/// Usage: `EmbedSQL ROOT OUTPUT FILE…`; paths in the result are relative to ROOT, sorted.
@main
struct EmbedSQL {
    static func main() throws {
        let arguments = CommandLine.arguments
        guard arguments.count >= 3 else {
            FileHandle.standardError.write(Data("usage: EmbedSQL ROOT OUTPUT FILE…\n".utf8))
            exit(64)
        }
        let root = arguments[1].hasSuffix("/") ? arguments[1] : arguments[1] + "/"
        var lines = ["let embeddedFiles: [(path: String, text: String)] = ["]
        for file in arguments.dropFirst(3).sorted() {
            let text = try String(contentsOfFile: file, encoding: .utf8)
            let path = file.hasPrefix(root) ? String(file.dropFirst(root.count)) : file
            lines.append("    (\(quoted(path)), \(quoted(text))),")
        }
        lines.append("]\n")
        try lines.joined(separator: "\n").write(toFile: arguments[2], atomically: true, encoding: .utf8)
    }

    /// A Swift string literal of `text`, on one line.
    static func quoted(_ text: String) -> String {
        var literal = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": literal += "\\\""
            case "\\": literal += "\\\\"
            case "\n": literal += "\\n"
            case "\r": literal += "\\r"
            case "\t": literal += "\\t"
            default: literal.unicodeScalars.append(scalar)
            }
        }
        return literal + "\""
    }
}
