import HTTPTypes
import Tandem

/// All routes of one listener, and the search among them. Nothing is served that is not in it.
public struct RouteTable: Sendable {
    public let routes: [Route]
    private var nodes: [Node] = [Node()]
    /// Route indexes by path and method, of patterns without captures: where nearly every event goes.
    private var plain: [String: [HTTPRequest.Method: Int]] = [:]

    private struct Node: Sendable {
        var literals: [String: Int] = [:]
        /// Longest verb first, so that `{id}:undo` is tried before `{id}`.
        var captures: [(verb: String, node: Int)] = []
        /// Route indexes by method.
        var endpoints: [HTTPRequest.Method: Int] = [:]
    }

    enum Match: Sendable {
        case found(Route, captures: [String: String])
        case wrongMethod(allowed: [HTTPRequest.Method])
        case unknown
        /// An escape in the path is malformed.
        case malformed
    }

    /// Two routes with the same method and path are a programming error.
    public init(_ routes: [Route]) {
        self.routes = routes
        for (index, route) in routes.enumerated() {
            insert(route, index: index)
        }
    }

    private mutating func insert(_ route: Route, index: Int) {
        var current = 0
        for segment in route.pattern.segments {
            switch segment {
            case .literal(let text):
                if let next = nodes[current].literals[text] {
                    current = next
                } else {
                    nodes.append(Node())
                    nodes[current].literals[text] = nodes.count - 1
                    current = nodes.count - 1
                }
            case .capture(_, let verb):
                if let next = nodes[current].captures.first(where: { $0.verb == verb }) {
                    current = next.node
                } else {
                    nodes.append(Node())
                    nodes[current].captures.append((verb, nodes.count - 1))
                    nodes[current].captures.sort { $0.verb.utf8.count > $1.verb.utf8.count }
                    current = nodes.count - 1
                }
            }
        }
        precondition(nodes[current].endpoints[route.method] == nil, "\(route.method) \(route.pattern) is there twice")
        nodes[current].endpoints[route.method] = index
        if route.pattern.captureNames.isEmpty { plain[route.pattern.template, default: [:]][route.method] = index }
    }

    /// The methods of a path, for OPTIONS and for 405; empty when nothing is there.
    func methods(at path: some StringProtocol) -> [HTTPRequest.Method] {
        guard let segments = decoded(path) else { return [] }
        var allowed: Set<HTTPRequest.Method> = []
        search(0, segments[...], [], method: nil, allowed: &allowed)
        return allowed.sorted { $0.rawValue < $1.rawValue }
    }

    /// The route of a path that is a pattern without captures, as it stands.
    func plain(_ method: HTTPRequest.Method, _ path: String) -> Route? {
        plain[path]?[method].map { routes[$0] }
    }

    func match(_ method: HTTPRequest.Method, _ path: String) -> Match {
        if let route = plain(method, path) { return .found(route, captures: [:]) }
        guard let segments = decoded(path) else { return .malformed }
        var allowed: Set<HTTPRequest.Method> = []
        guard let found = search(0, segments[...], [], method: method, allowed: &allowed) else {
            return allowed.isEmpty ? .unknown : .wrongMethod(allowed: allowed.sorted { $0.rawValue < $1.rawValue })
        }
        let route = routes[found.index]
        return .found(
            route,
            captures: Dictionary(zip(route.pattern.captureNames, found.values), uniquingKeysWith: { _, last in last }))
    }

    private func decoded(_ path: some StringProtocol) -> [String]? {
        var segments: [String] = []
        for segment in RoutePattern.split(path) {
            guard let text = percentDecoded(segment) else { return nil }
            segments.append(text)
        }
        return segments
    }

    @discardableResult
    private func search(
        _ node: Int, _ rest: ArraySlice<String>, _ values: [String], method: HTTPRequest.Method?,
        allowed: inout Set<HTTPRequest.Method>
    ) -> (index: Int, values: [String])? {
        guard let segment = rest.first else {
            if let method, let index = nodes[node].endpoints[method] { return (index, values) }
            allowed.formUnion(nodes[node].endpoints.keys)
            return nil
        }
        if let next = nodes[node].literals[segment],
            let found = search(next, rest.dropFirst(), values, method: method, allowed: &allowed)
        {
            return found
        }
        for capture in nodes[node].captures where segment.hasSuffix(capture.verb) {
            let value = String(segment.dropLast(capture.verb.count))
            if value.isEmpty { continue }
            let found = search(
                capture.node, rest.dropFirst(), values + [value], method: method, allowed: &allowed)
            if let found { return found }
        }
        return nil
    }
}
