public import HTTPTypes
public import Hummingbird
import NIOCore
public import Tandem

extension Response {
    /// A JSON answer.
    public init(json: JSON, status: HTTPResponse.Status = .ok, headers: HTTPFields = [:]) {
        self.init(jsonBytes: json.encoded(), status: status, headers: headers)
    }

    /// A JSON answer of bytes that are one JSON value already, as PostgreSQL made them.
    public init(jsonBytes: [UInt8], status: HTTPResponse.Status = .ok, headers: HTTPFields = [:]) {
        var headers = headers
        headers[.contentType] = "application/json"
        self.init(status: status, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: jsonBytes)))
    }

    /// 204.
    public static var noContent: Response { Response(status: .noContent) }
}
