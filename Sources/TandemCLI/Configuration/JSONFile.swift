import Foundation
import Tandem

/// A file of JSON that the user names; `-` is standard input.
enum JSONFile {
    /// One object, a list of objects, or an object a line.
    static func objects(at path: String) throws -> [JSONObject] {
        let data: Data
        do {
            data =
                path == "-" ? FileHandle.standardInput.readDataToEndOfFile() : try Data(contentsOf: URL(filePath: path))
        } catch {
            throw CommandFailure.usage("\(path) cannot be read")
        }
        let text = String(decoding: data, as: UTF8.self)
        let values: [JSON]
        if let whole = try? JSON(parsing: text) {
            values = whole.array ?? [whole]
        } else {
            values = try text.split(whereSeparator: \.isNewline).enumerated().map { index, line in
                guard let value = try? JSON(parsing: String(line)) else {
                    throw CommandFailure.usage("\(path), line \(index + 1) is no JSON")
                }
                return value
            }
        }
        return try values.enumerated().map { index, value in
            guard let object = value.object else {
                throw CommandFailure.usage("\(path): value \(index + 1) is no JSON object")
            }
            return object
        }
    }
}
