import HTTPTypes
public import Tandem

/// The OpenAPI 3.1 description of a route table. It is derived from the table that routes, so it cannot differ from it.
public struct OpenAPI: Sendable {
    public let routes: [Route]
    public let version: String
    /// By the names that routes give.
    public let schemas: JSONObject

    public init(routes: [Route], version: String, schemas: JSONObject = [:]) {
        self.routes = routes
        self.version = version
        self.schemas = schemas
    }

    public var document: JSON {
        var schemas = schemas
        schemas["Problem"] = OpenAPI.problem
        var paths = JSONObject()
        for route in routes.sorted(by: { $0.pattern.template < $1.pattern.template }) {
            var path = paths[route.pattern.template]?.object ?? JSONObject()
            path[route.method.rawValue.lowercased()] = operation(route)
            paths[route.pattern.template] = .object(path)
        }
        return [
            "openapi": "3.1.0",
            "info": ["title": "Tandem", "version": .string(version)],
            "paths": .object(paths),
            "components": [
                "securitySchemes": [
                    "writeKey": [
                        "type": "http", "scheme": "basic",
                        "description":
                            "The write key as user name, no password; or writeKey in the body or in the query.",
                    ],
                    "secretKey": ["type": "http", "scheme": "bearer", "description": "A secret or restricted key."],
                    "adminKey": ["type": "http", "scheme": "bearer", "description": "An admin key."],
                ],
                "schemas": .object(schemas),
            ],
        ]
    }

    private func operation(_ route: Route) -> JSON {
        var operation: JSONObject = [
            "operationId": .string(OpenAPI.operationID(route)),
            "summary": .string(route.summary),
            "tags": [.string(route.feature)],
            "security": security(route.scope),
            "x-tandem-scope": .string(route.scope.rawValue),
            "x-tandem-module": .string(route.module.rawValue),
        ]
        if let permission = route.permission { operation["x-tandem-permission"] = .string(permission) }
        let captures: [JSON] = route.pattern.captureNames.map {
            ["name": .string($0), "in": "path", "required": true, "schema": ["type": "string"]]
        }
        let query: [JSON] = route.parameters.map {
            [
                "name": .string($0.name), "in": "query", "description": .string($0.summary),
                "schema": ["type": "string"],
            ]
        }
        if !captures.isEmpty || !query.isEmpty { operation["parameters"] = .array(captures + query) }
        if case .bytes = route.body {
            operation["requestBody"] = [
                "required": true, "content": ["*/*": ["schema": ["type": "string", "format": "binary"]]],
            ]
        } else if route.body != .none {
            operation["requestBody"] = [
                "required": true,
                "content": [
                    "application/json": [
                        "schema": route.schemas.body.map(OpenAPI.reference) ?? ["type": ["object", "array"]]
                    ]
                ],
            ]
        }
        let problem: JSON = [
            "description": "Refused",
            "content": ["application/problem+json": ["schema": ["$ref": "#/components/schemas/Problem"]]],
        ]
        var responses: JSONObject = ["default": problem]
        var done: JSONObject = ["description": "Done"]
        if let answer = route.schemas.answer {
            done["content"] = ["application/json": ["schema": OpenAPI.reference(answer)]]
        }
        for status in [route.success] + route.also {
            responses[String(status)] = status == 304 ? ["description": "As If-None-Match says"] : .object(done)
        }
        operation["responses"] = .object(responses)
        return .object(operation)
    }

    private static func reference(_ schema: String) -> JSON {
        ["$ref": .string("#/components/schemas/" + schema)]
    }

    private func security(_ scope: Route.Scope) -> JSON {
        switch scope {
        case .none: []
        case .write: [["writeKey": []], ["secretKey": []]]
        case .secret: [["secretKey": []]]
        case .admin: [["adminKey": []]]
        }
    }

    /// `GET /v1/merges/{id}` is `get_v1_merges_id`.
    private static func operationID(_ route: Route) -> String {
        let path = route.pattern.template.map { $0.isLetter || $0.isNumber ? $0 : "_" }
        let words = String(path).split(separator: "_")
        return ([route.method.rawValue.lowercased()] + words.map(String.init)).joined(separator: "_")
    }

    private static let problem: JSON = [
        "type": "object",
        "required": ["type", "title", "status", "code", "message", "request_id"],
        "properties": [
            "type": ["type": "string"], "title": ["type": "string"], "status": ["type": "integer"],
            "code": ["type": "string", "description": "Stable, for machines"],
            "message": ["type": "string"], "detail": ["type": "string"], "instance": ["type": "string"],
            "request_id": ["type": "string"],
            "errors": [
                "type": "array",
                "items": [
                    "type": "object",
                    "properties": [
                        "pointer": ["type": "string"], "code": ["type": "string"], "detail": ["type": "string"],
                    ],
                ],
            ],
        ],
    ]
}
