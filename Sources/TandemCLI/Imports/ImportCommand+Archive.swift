public import ArgumentParser
import Foundation
public import Tandem

extension ArchiveFormat: ExpressibleByArgument {}

/// Archives of messages: several files, one import each.
extension ImportCommand.Run {
    func runArchive(_ format: ArchiveFormat, _ session: DatabaseSession) throws -> Output {
        let found = try ArchiveFiles(files).items
        let importer = try session.importer(source: source)
        let meter = ProgressMeter()
        var answers: [JSONObject] = []
        var text = ""
        for (number, item) in found.enumerated() {
            let place = found.count > 1 ? "file \(number + 1) of \(found.count), " : ""
            let job = ArchiveJob(
                file: ImportFile(path: item.path, name: item.name), format: format, rate: rate,
                isDryRun: global.dryRun)
            let report = try importer.run(
                job,
                progress: session.whileThereIsRoom { progress in
                    meter.show(place + progress.phase.rawValue, done: progress.done, of: progress.total, unit: "rows")
                })
            meter.end()
            let answer = try answer(report, importer, item.path)
            answers.append(answer)
            text += Self.words(report.json, rejects: answer["rejects"]?.string, isDryRun: global.dryRun)
        }
        guard answers.count > 1 else {
            var output = Output(content: .object(answers.first ?? [:]), name: "import.id")
            output.text = text
            return output
        }
        let total = Self.total(answers)
        var output = Output(
            content: .object(["imports": .array(answers.map { .object($0) }), "total": .object(total)]))
        output.text = text + "all \(answers.count) files\n" + Self.counts(total)
        return output
    }

    private static let sums = ["read", "created", "unchanged", "rejected"]

    private static func total(_ answers: [JSONObject]) -> JSONObject {
        var total: JSONObject = ["files": .number(answers.count)]
        for key in sums {
            total[key] = .number(answers.reduce(0) { $0 + ($1["import"]?[key]?.int ?? 0) })
        }
        return total
    }

    private static func words(_ json: JSONObject, rejects: String?, isDryRun: Bool) -> String {
        let file = json["file"]?.string ?? ""
        var text =
            isDryRun ? "dry run of \(file): nothing was kept\n" : "import \(json["id"]?.string ?? "") of \(file)\n"
        text += counts(json)
        for (type, count) in json["types"]?.object ?? [:] { text += line(type, count.number?.text ?? "") }
        if let first = json["first_timestamp"]?.string, let last = json["last_timestamp"]?.string {
            text += line("from", first) + line("to", last)
        }
        for problem in json["problems"]?.array ?? [] {
            let lines = (problem["lines"]?.array ?? []).compactMap { $0.number?.text }
            let count = problem["count"]?.int ?? 0
            text += "  \(count) × \(problem["code"]?.string ?? ""): \(problem["reason"]?.string ?? "")"
            text += " (line \(lines.joined(separator: ", "))\(count > lines.count ? ", …" : ""))\n"
        }
        if let rejects { text += "  rejected lines are in \(rejects)\n" }
        return text
    }

    private static func counts(_ json: JSONObject) -> String {
        sums.map { line($0, json[$0]?.number?.text ?? "0") }.joined()
    }

    private static func line(_ key: String, _ value: String) -> String {
        "  \(key)\(String(repeating: " ", count: max(1, 11 - key.count)))\(value)\n"
    }
}

/// The files of an archive: those that are named, and all in the folders that are named, by path.
struct ArchiveFiles {
    private(set) var items: [(path: String, name: String)] = []

    init(_ paths: [String]) throws {
        for path in paths {
            var isFolder: ObjCBool = false
            guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
                throw CommandFailure.usage("cannot read \(path)")
            }
            guard isFolder.boolValue else {
                items.append((path, (path as NSString).lastPathComponent))
                continue
            }
            let inside = try FileManager.default.subpathsOfDirectory(atPath: path).filter(Self.isArchive).sorted()
            let found = inside.map { (path: (path as NSString).appendingPathComponent($0), name: $0) }
            let files = found.filter { item in
                FileManager.default.fileExists(atPath: item.path, isDirectory: &isFolder) && !isFolder.boolValue
            }
            if files.isEmpty {
                throw CommandFailure.usage("no archive in \(path)", hint: "files end in .gz, .json, .jsonl or .ndjson")
            }
            items += files
        }
    }

    /// Not what an import has written beside the files, and nothing hidden.
    private static func isArchive(_ path: String) -> Bool {
        if path.hasSuffix(".rejects.jsonl") || path.split(separator: "/").contains(where: { $0.hasPrefix(".") }) {
            return false
        }
        return [".gz", ".json", ".jsonl", ".ndjson"].contains(where: path.hasSuffix)
    }
}
