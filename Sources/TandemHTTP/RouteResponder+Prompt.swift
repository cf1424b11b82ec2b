import HTTPTypes
import NIOCore
import Tandem

extension RouteResponder {
    /// Hands a short request to its route, if that takes some without a task; false: it is to be answered by `respond`.
    ///
    /// - Parameter answer: gets the answer once, from any thread, as what makes it.
    func takePromptly(
        _ head: HTTPRequest, _ body: ByteBuffer, of connection: ConnectionContext, _ credentials: CredentialMemory,
        answer: @escaping @Sendable (_ make: @escaping @Sendable () -> ShortAnswer) -> Void
    ) -> Bool {
        guard !drain.isDraining, head.method == .post, let path = head.path, let route = table.plain(.post, path),
            let prompt = route.prompt,
            let request = ShortRequest(head, body, route, peer: connection.clientAddress, edge: edge)
        else { return false }
        let share = BodyBudget.Share(bodies)
        guard (try? share.take(request.body.count)) != nil else { return false }
        return prompt(
            request, credentials,
            Reply { make in
                answer { [self] in withExtendedLifetime(share) { finished(request, make) } }
            })
    }

    private func finished(_ request: ShortRequest, _ make: () throws -> ShortAnswer) -> ShortAnswer {
        let id = RequestIdentifier.make()
        let template = request.route.pattern.template
        var answer: ShortAnswer
        var code: String?
        do {
            answer = try make()
        } catch {
            let problem = error as? Problem ?? problem(of: error, id, request.route)
            code = problem.code
            answer = ShortAnswer(problem, requestID: id, path: template)
        }
        answer.headers.append(HTTPField(name: .requestID, value: id))
        if request.isSecure { answer.headers.append(Self.strictTransport) }
        if drain.isDraining { answer.headers.append(HTTPField(name: .connection, value: "close")) }
        let (method, status) = (request.route.method.rawValue, answer.status.code)
        let duration = .now - request.received
        metrics.record(method: method, route: template, status: status, duration: duration, retry: request.retry)
        if let requestLog, requestLog.wants(status: status, duration: duration) {
            requestLog.write(
                .init(
                    id: id, access: authenticator.remembered(request.authorization), method: method, route: template,
                    status: status, duration: duration, bytes: answer.body.readableBytes, code: code))
        }
        return answer
    }
}
