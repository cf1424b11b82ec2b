import FoundationEssentials
import Tandem
import TandemHTTP

extension IngestService {
    /// Takes a short request whose key and rules are remembered and in order, without a task; false: nothing happened, and
    /// whatever is the matter is for ``take(_:path:body:fromBrowser:)`` to say.
    func takePromptly(
        _ short: ShortRequest, path: IngestPath, _ credentials: CredentialMemory, _ reply: Reply
    ) -> Bool {
        guard let (key, access) = authenticator.remembered(short.authorization, in: credentials),
            let tenant = access.tenant, tenant.modules.contains(.cdp),
            let source = access.source ?? access.serverSource,
            access.allows(scope: "events:write"), access.standing(at: context.clock.now(), events: true) == .good,
            let rules = readingRules.remembered(tenant)
        else { return false }
        // As for others: what is refused need not be read.
        if let refusal = batcher.refusal(of: tenant) {
            reply { throw Self.problem(.queueFull(refusal)) }
            return true
        }
        guard let batch = try? MessageBatch(short.body, path: path), batch.writeKey == nil || batch.writeKey == key.text
        else { return false }
        let verdict = limiter.takeEvents(batch.count, tenant: tenant, source: source)
        if let problem = verdict.problem {
            reply { throw problem }
            return true
        }
        var request = IngestRequest(
            tenant: tenant, batch: batch, source: MessageSource(source, fromBrowser: false),
            receivedAt: context.clock.microseconds, sentAtHeader: short.sentAt.flatMap { WireTime.parse($0) },
            clientAddress: short.clientAddress, keyID: access.key.keyID, path: short.route.pattern.template,
            deadline: short.deadline + .milliseconds(2 * min(batch.count, 5_000)))
        request.sourceName = source.name
        batcher.submit(request, rules: rules) { [limiter] result in
            if case .failure(.queueFull) = result {
                limiter.giveBackEvents(batch.count, tenant: tenant, source: source)
            }
            reply { try Self.answer(result, to: batch, verdict) }
        }
        return true
    }

    private static func answer(
        _ result: Result<[IngestOutcome], IngestFailure>, to batch: MessageBatch, _ verdict: RateLimiter.Verdict
    ) throws(Problem) -> ShortAnswer {
        do throws(Problem) {
            let outcomes = try result.mapError(Self.problem).get()
            var answer = ShortAnswer(json: try IngestAnswer(outcomes, of: batch).bytes)
            verdict.mark(&answer.headers)
            return answer
        } catch {
            var problem = error
            verdict.mark(&problem.headers)
            throw problem
        }
    }
}
