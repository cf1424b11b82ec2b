import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import Tandem
import TandemHTTP

/// Images in mails and pages that are an event when they are loaded. They answer an image whatever happens: a broken one
/// would be seen by the reader.
struct PixelRoutes {
    let service: IngestService

    var routes: [Route] {
        MessageType.allCases.map { route("/v1/pixel/\($0.rawValue)", $0) }
            + [MessageType.track, .page].map { route("/pixel/v1/\($0.rawValue)", $0) }
    }

    private func route(_ template: String, _ type: MessageType) -> Route {
        Route(
            .get, template, "Take one \(type.rawValue) call from an image; always answers one",
            feature: "Ingestion",
            scope: .write, module: .cdp, body: Route.Body.none
        ) { [service] call in
            if let body = PixelRoutes.message(call.query) {
                do {
                    _ = try await service.take(
                        call, path: .message(type), body: JSON.object(body).encoded(), fromBrowser: true)
                } catch {
                    call.logger.debug(
                        "a pixel was not stored", metadata: ["request_id": "\(call.id)", "error": "\(error)"])
                }
            }
            return Response(
                status: .ok, headers: [.contentType: "image/gif"],
                body: ResponseBody(byteBuffer: ByteBuffer(bytes: gif)))
        }
    }

    /// `data` as base64 of the message, or one parameter a field, with dots for nesting (`properties.mail=1`).
    private static func message(_ query: Query) -> JSONObject? {
        if let data = query["data"] {
            return Base64.decode(data).flatMap { try? JSON(parsing: $0) }?.object
        }
        var message = JSONObject()
        for (name, value) in query.items {
            set(value, at: name.split(separator: ".").map(String.init)[...], in: &message)
        }
        return message.isEmpty ? nil : message
    }

    private static func set(_ value: String, at path: ArraySlice<String>, in object: inout JSONObject) {
        guard let name = path.first else { return }
        guard path.count > 1 else {
            object[name] = .string(value)
            return
        }
        var inner = object[name]?.object ?? JSONObject()
        set(value, at: path.dropFirst(), in: &inner)
        object[name] = .object(inner)
    }

    /// One transparent pixel.
    private let gif: [UInt8] = [
        0x47, 0x49, 0x46, 0x38, 0x39, 0x61, 0x01, 0x00, 0x01, 0x00, 0x80, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
        0x00,
        0x21, 0xF9, 0x04, 0x01, 0x00, 0x00, 0x00, 0x00, 0x2C, 0x00, 0x00, 0x00, 0x00, 0x01, 0x00, 0x01, 0x00, 0x00,
        0x02,
        0x02, 0x44, 0x01, 0x00, 0x3B,
    ]
}
