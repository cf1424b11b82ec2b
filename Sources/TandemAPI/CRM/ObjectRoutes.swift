import Hummingbird
import Tandem
import TandemHTTP

/// The objects themselves: their fields, keys and children, as values of the API.
struct ObjectRoutes {
    let catalog: ObjectCatalog

    var routes: [Route] {
        [
            Route(.get, "/v1/objects", "List the objects that records are of", feature: "CRM", scope: .secret) {
                [catalog] call in
                Page(items: ObjectRoutes.objects(of: call, catalog).map(\.apiJSON), next: nil).response
            },
            Route(.get, "/v1/objects/{object}", "Show an object with its fields", feature: "CRM", scope: .secret) {
                [catalog] call in
                let name = call.capture("object")
                guard
                    let object = ObjectRoutes.objects(of: call, catalog).first(where: {
                        $0.plural == name || $0.name == name
                    })
                else { throw Problem.notFound }
                return Response(json: object.apiJSON)
            },
        ]
    }

    /// Those of the tenant's modules.
    private static func objects(of call: Call, _ catalog: ObjectCatalog) -> [ObjectDescription] {
        let modules = call.principal.tenant?.modules ?? []
        return catalog.objects.filter { object in object.module.map(modules.contains) ?? true }
    }
}

extension ObjectDescription {
    var apiJSON: JSON {
        [
            "object": .string(plural), "name": .string(name), "summary": .string(summary),
            "id_prefix": .string(prefix.rawValue), "title": .string(title), "keys": .array(keys.map { .string($0) }),
            "fields": .array(fields.map(\.apiJSON)),
            "children": .array(
                children.map { child in
                    [
                        "name": .string(child.name), "summary": .string(child.summary),
                        "fields": .array(child.fields.map(\.apiJSON)),
                    ]
                }),
        ]
    }
}

extension ObjectField {
    var apiJSON: JSON {
        var object: JSONObject = [
            "name": .string(name), "type": .string(type.apiName), "required": .bool(isRequired),
            "read_only": .bool(isReadOnly), "personal": .bool(isPersonal), "summary": .string(summary),
        ]
        switch type {
        case .select(let options): object["options"] = .array(options.map { .string($0) })
        case .link(let target): object["target"] = .string(target.object)
        default: break
        }
        return .object(object)
    }
}

extension FieldType {
    /// As `/v1/objects` calls it.
    var apiName: String {
        switch self {
        case .id: "id"
        case .text: "text"
        case .longText: "long_text"
        case .integer: "integer"
        case .decimal: "decimal"
        case .money: "money"
        case .currency: "currency"
        case .percent: "percent"
        case .bool: "boolean"
        case .date: "date"
        case .timestamp: "timestamp"
        case .email: "email"
        case .phone: "phone"
        case .domain: "domain"
        case .url: "url"
        case .select: "select"
        case .link: "link"
        case .record: "record"
        case .tags: "tags"
        }
    }
}
