import Glibc

/// The values of `format` that are checked.
enum StringFormat: String, Sendable, CaseIterable {
    case dateTime = "date-time"
    case date, email, uri, uuid, ipv4, ipv6

    func accepts(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        switch self {
        case .dateTime: Self.dateTimeShape.matches(text) && WireTime.parse(text) != nil
        case .date: Self.dateShape.matches(text) && WireTime.parse(text) != nil
        case .email: Self.emailShape.matches(text)
        case .uri: Self.uriShape.matches(text)
        case .uuid: Self.uuidShape.matches(text)
        case .ipv4: Self.ipv4Shape.matches(text)
        case .ipv6: Self.isIPv6(text)
        }
    }

    /// RFC 3339.
    private static let dateTimeShape = RegularExpression(
        fixed: #"^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$"#)
    private static let dateShape = RegularExpression(fixed: #"^\d{4}-\d\d-\d\d$"#)
    /// As the input element of HTML checks it.
    private static let emailShape = RegularExpression(
        fixed:
            "^[a-zA-Z0-9.!#$%&'*+/=?^_`{|}~-]+@[a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?(\\.[a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)*$"
    )
    /// RFC 3986: a scheme, an authority and a path or a path alone, query and fragment.
    private static let uriShape = RegularExpression(
        fixed:
            #"^[A-Za-z][A-Za-z0-9+.-]*:(//([\w.~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2})*(\[[0-9A-Fa-f:.]+\](:\d*)?)?(/([\w.~!$&'()*+,;=:@/-]|%[0-9A-Fa-f]{2})*)?|([\w.~!$&'()*+,;=:@/-]|%[0-9A-Fa-f]{2})*)(\?([\w.~!$&'()*+,;=:@/?-]|%[0-9A-Fa-f]{2})*)?(#([\w.~!$&'()*+,;=:@/?-]|%[0-9A-Fa-f]{2})*)?$"#
    )
    private static let uuidShape = RegularExpression(
        fixed: "^[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}$")
    private static let ipv4Shape = RegularExpression(
        fixed: #"^((25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)\.){3}(25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)$"#)

    private static func isIPv6(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        guard text.count <= 45, !text.contains(0) else { return false }
        var address = in6_addr()
        return inet_pton(AF_INET6, String(decoding: text, as: UTF8.self), &address) == 1
    }
}
