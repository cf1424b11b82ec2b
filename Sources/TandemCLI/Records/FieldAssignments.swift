import ArgumentParser
import Foundation
import Tandem

/// What a record is to be: `--set field=value` and `--from-file`.
struct FieldAssignments: ParsableArguments {
    @Option(
        name: .customLong("set"), parsing: .singleValue,
        help: "field=value, repeatable; an empty value clears, lists of rows are JSON.")
    var assignments: [String] = []

    @Option(help: "A file of one JSON object, an array of them, or one a line; - is standard input.")
    var fromFile: String?

    /// One object a record; what --set says counts for each.
    func objects(_ description: ObjectDescription) throws -> [JSONObject] {
        var objects = try fromFile.map(JSONFile.objects(at:)) ?? [JSONObject()]
        let given = try Self.object(assignments, description)
        for index in objects.indices {
            for (name, value) in given { objects[index][name] = value }
        }
        if objects.isEmpty || (assignments.isEmpty && fromFile == nil) {
            throw CommandFailure.usage("nothing was given", hint: "name fields with --set field=value or --from-file")
        }
        return objects
    }

    /// What several field=value say.
    static func object(_ assignments: [String], _ description: ObjectDescription) throws -> JSONObject {
        var object = JSONObject()
        for assignment in assignments {
            guard let mark = assignment.firstIndex(of: "="), mark > assignment.startIndex else {
                throw CommandFailure.usage("--set takes field=value, not \(assignment)")
            }
            let name = String(assignment[..<mark])
            object[name] = value(String(assignment[assignment.index(after: mark)...]), name, description)
        }
        return object
    }

    /// The text as the field's type wants it; what does not fit goes on as it is and is refused with the field's name.
    private static func value(_ text: String, _ name: String, _ description: ObjectDescription) -> JSON {
        if text.isEmpty { return .null }
        if description.child(name) != nil { return (try? JSON(parsing: text)) ?? .string(text) }
        switch description.field(name)?.type {
        case .bool: return text == "true" ? true : text == "false" ? false : .string(text)
        case .integer, .decimal, .percent: return JSONNumber(text).map(JSON.number) ?? .string(text)
        case .tags, .multiSelect, .links:
            return .array(text.split(separator: ",").map { .string($0.trimmingCharacters(in: .whitespaces)) })
        default: return .string(text)
        }
    }
}
