import Foundation

/// A form with a file (RFC 7578): its fields, and the one file.
struct MultipartForm {
    struct File {
        let name: String
        let type: String?
        let bytes: [UInt8]
    }

    private(set) var fields: [String: String] = [:]
    private(set) var file: File?

    /// Nil: it cannot be read.
    init?(_ body: [UInt8], contentType: String?) {
        guard let contentType, contentType.lowercased().hasPrefix("multipart/form-data"),
            let boundary = Self.parameter("boundary", of: contentType), (1...70).contains(boundary.utf8.count)
        else { return nil }
        let data = Data(body)
        let mark = Data("--\(boundary)".utf8)
        guard let first = data.range(of: mark) else { return nil }
        let between = Data("\r\n--\(boundary)".utf8)
        var start = first.upperBound
        while !data[start...].starts(with: Data("--".utf8)) {
            guard let end = data.range(of: between, in: start..<data.endIndex) else { return nil }
            guard read(data[start..<end.lowerBound]) else { return nil }
            start = end.upperBound
        }
    }

    /// One part, from behind its boundary.
    private mutating func read(_ part: Data) -> Bool {
        guard let gap = part.range(of: Data("\r\n\r\n".utf8)),
            let head = String(validating: part[part.startIndex..<gap.lowerBound], as: UTF8.self)
        else { return false }
        let content = [UInt8](part[gap.upperBound...])
        var (disposition, type): (String?, String?) = (nil, nil)
        for line in head.components(separatedBy: "\r\n") {
            let pair = line.split(separator: ":", maxSplits: 1)
            guard pair.count == 2 else { continue }
            let value = pair[1].trimmingCharacters(in: .whitespaces)
            switch pair[0].lowercased() {
            case "content-disposition": disposition = value
            case "content-type": type = value
            default: break
            }
        }
        guard let disposition, let name = Self.parameter("name", of: disposition) else { return false }
        if let fileName = Self.parameter("filename", of: disposition) {
            // Some browsers of old sent the whole path.
            let last = fileName.split(whereSeparator: { $0 == "/" || $0 == "\\" }).last.map(String.init) ?? ""
            file = File(name: last, type: type, bytes: content)
        } else {
            fields[name] = String(validating: content, as: UTF8.self) ?? ""
        }
        return true
    }

    /// A parameter of a header: browsers write quotes in names as `%22`.
    private static func parameter(_ name: String, of header: String) -> String? {
        for part in header.split(separator: ";").dropFirst() {
            let pair = part.split(separator: "=", maxSplits: 1).map { $0.trimmingCharacters(in: .whitespaces) }
            guard pair.count == 2, pair[0].lowercased() == name else { continue }
            let value =
                pair[1].count > 1 && pair[1].hasPrefix("\"") && pair[1].hasSuffix("\"")
                ? String(pair[1].dropFirst().dropLast()) : pair[1]
            return value.replacing("%22", with: "\"").replacing("%0D", with: "").replacing("%0A", with: "")
        }
        return nil
    }
}
