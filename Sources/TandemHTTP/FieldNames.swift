public import HTTPTypes

extension HTTPField.Name {
    // A literal that is no field name is a programming error; the test of this file makes each of them once.
    static func literal(_ name: String) -> HTTPField.Name {
        guard let field = HTTPField.Name(name) else { preconditionFailure("\(name) is no field name") }
        return field
    }

    public static let requestID = literal("Request-Id")
    public static let idempotencyKey = literal("Idempotency-Key")
    public static let idempotencyReplayed = literal("Idempotency-Replayed")
    static let rateLimit = literal("RateLimit")
    static let rateLimitPolicy = literal("RateLimit-Policy")
    static let retryCount = literal("X-Retry-Count")
    static let rudderRetryAttempt = literal("Rsa-Retry-Attempt")
    static let referrerPolicy = literal("Referrer-Policy")
    static let frameOptions = literal("X-Frame-Options")
    /// Tells a proxy that it may not hold an answer back.
    static let accelBuffering = literal("X-Accel-Buffering")
    static let forwardedFor = literal("X-Forwarded-For")
    static let forwardedProtocol = literal("X-Forwarded-Proto")
    static let forwardedHost = literal("X-Forwarded-Host")
    /// RudderStack's SDKs state the time of sending in a header.
    public static let sentAt = literal("SentAt")
}
