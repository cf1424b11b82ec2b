/// Why a request's body was not taken; the whole request is refused.
public enum BodyError: Error, Sendable, Hashable {
    /// Over the limit when inflated, or inflated far beyond its size.
    case bodyTooLarge
    case invalidGzip
    /// No JSON, or no object.
    case invalidJSON
    /// A batch without messages.
    case emptyBatch
    /// More messages than one request may carry.
    case batchTooLarge

    public var code: String {
        switch self {
        case .bodyTooLarge: "body_too_large"
        case .invalidGzip: "invalid_gzip"
        case .invalidJSON: "invalid_json"
        case .emptyBatch: "empty_batch"
        case .batchTooLarge: "batch_too_large"
        }
    }

    public var message: String {
        switch self {
        case .bodyTooLarge: "The body is over \(MessageBatch.bodyBytesLimit / 1024 / 1024) MB."
        case .invalidGzip: "The body is not valid gzip."
        case .invalidJSON: "The body is not a valid JSON object."
        case .emptyBatch: "The batch holds no messages."
        case .batchTooLarge: "The batch holds over \(MessageBatch.messagesLimit) messages."
        }
    }

    public init(_ failure: Gunzip.Failure) {
        switch failure {
        case .tooLarge: self = .bodyTooLarge
        case .malformed: self = .invalidGzip
        }
    }
}
