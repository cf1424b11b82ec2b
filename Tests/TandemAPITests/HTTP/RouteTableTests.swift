import HTTPTypes
import Hummingbird
import Tandem
import Testing

@testable import TandemHTTP

@Suite struct RouteTableTests {
    private static func route(_ method: HTTPRequest.Method, _ template: String) -> Route {
        Route(method, template, "test", feature: "Test", scope: .none) { _ in .noContent }
    }

    private let table = RouteTable([
        route(.get, "/v1/merges"), route(.post, "/v1/merges"), route(.get, "/v1/merges/{id}"),
        route(.post, "/v1/merges/{id}:undo"), route(.post, "/v1/accounts:batch"), route(.post, "/v1/accounts/search"),
        route(.patch, "/v1/accounts/{id}"), route(.put, "/v1/accounts/by/{field}/{value}"), route(.get, "/"),
        route(.get, "/sourceConfig"),
    ])

    private func found(_ method: HTTPRequest.Method, _ path: String) -> (String, [String: String])? {
        guard case .found(let route, let captures) = table.match(method, path) else { return nil }
        return (route.pattern.template, captures)
    }

    @Test(
        arguments: [
            (HTTPRequest.Method.get, "/v1/merges", "/v1/merges", [:]),
            (.get, "/v1/merges/mrg_1", "/v1/merges/{id}", ["id": "mrg_1"]),
            (.post, "/v1/merges/mrg_1:undo", "/v1/merges/{id}:undo", ["id": "mrg_1"]),
            (.post, "/v1/merges/mrg_1%3Aundo", "/v1/merges/{id}:undo", ["id": "mrg_1"]),
            (.post, "/v1/accounts:batch", "/v1/accounts:batch", [:]),
            (.post, "/v1/accounts/search", "/v1/accounts/search", [:]),
            (
                .put, "/v1/accounts/by/name/A%2FB%20%C3%A9", "/v1/accounts/by/{field}/{value}",
                ["field": "name", "value": "A/B é"]
            ),
            (.put, "/v1/accounts/by/name/a+b", "/v1/accounts/by/{field}/{value}", ["field": "name", "value": "a+b"]),
            (.get, "/", "/", [:]), (.get, "/sourceConfig/", "/sourceConfig", [:]),
        ] as [(HTTPRequest.Method, String, String, [String: String])])
    func findsTheRouteWithDecodedCaptures(
        _ method: HTTPRequest.Method, _ path: String, _ template: String, _ captures: [String: String]
    ) throws {
        let match = try #require(found(method, path))
        #expect(match.0 == template)
        #expect(match.1 == captures)
    }

    @Test func aKnownPathWithAnotherMethodNamesThoseThatItTakes() {
        guard case .wrongMethod(let allowed) = table.match(.delete, "/v1/merges/mrg_1") else {
            Issue.record("not a wrong method")
            return
        }
        #expect(allowed == [.get])
    }

    @Test(arguments: ["/v1", "/v1/nothing", "/v1/merges/a/b", "/v1//merges", "/v1/accounts/by/name/"])
    func anUnknownPathIsUnknown(_ path: String) {
        guard case .unknown = table.match(.get, path) else {
            Issue.record("\(path) is not unknown")
            return
        }
    }

    @Test(arguments: ["/v1/merges/%", "/v1/merges/%zz", "/v1/merges/%ff"])
    func aBrokenEscapeIsMalformed(_ path: String) {
        guard case .malformed = table.match(.get, path) else {
            Issue.record("\(path) is not malformed")
            return
        }
    }

    @Test func queriesAreDecodedInOrder() throws {
        let query = try #require(Query("a=1&b=x+y&b=%2F&c"))
        #expect(query.items.map(\.name) == ["a", "b", "b", "c"])
        #expect(query.items.map(\.value) == ["1", "x y", "/", ""])
        #expect(query["b"] == "x y")
        #expect(Query("a=%f") == nil)
    }

    @Test(arguments: [
        ("Basic a2V5Og==", "key"), ("Basic a2V5", "key"), ("basic a2V5OnBhc3M=", "key"), ("Bearer key", "key"),
    ])
    func bothVendorsFormsOfAHeaderNameTheKey(_ header: String, _ key: String) throws {
        #expect(try Credential.header(header) == key)
    }

    @Test(arguments: ["Basic", "Basic !!", "Digest abc", "key", "Basic /w=="])
    func anotherFormOfAHeaderIsRefused(_ header: String) {
        #expect(throws: Problem.self) { try Credential.header(header) }
    }

    @Test func theDescriptionHoldsEachRoute() throws {
        let paths = try #require(OpenAPI(routes: table.routes, version: "0").document["paths"]?.object)
        #expect(paths["/v1/merges"]?.object?.names.sorted() == ["get", "post"])
        #expect(paths["/v1/merges/{id}:undo"]?["post"]?["parameters"]?[0]?["name"]?.string == "id")
        #expect(paths.names.reduce(0) { $0 + (paths[$1]?.object?.count ?? 0) } == table.routes.count)
    }
}
