/// The address of the device that asks: the peer's, or where a proxy on this machine passes requests on the one that it added to
/// X-Forwarded-For. Only digits, hexadecimal letters, dots and colons.
enum DeviceAddress {
    static func of(client: String?, forwarded: String?) -> String? {
        guard let client else { return nil }
        let isLocal = client == "127.0.0.1" || client == "::1"
        let told = isLocal ? forwarded?.split(separator: ",").last : nil
        let address = told?.trimmingSpaces() ?? client
        let isPlain = address.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: ":"), UInt8(ascii: "a")...UInt8(ascii: "f"),
                UInt8(ascii: "A")...UInt8(ascii: "F"), UInt8(ascii: "."):
                true
            default: false
            }
        }
        return isPlain && (2...45).contains(address.utf8.count) ? address : nil
    }
}
