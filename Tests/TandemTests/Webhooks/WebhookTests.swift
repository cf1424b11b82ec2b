import Crypto
import Foundation
import Testing

@testable import Tandem

@Suite struct WebhookTests {
    private func value(_ expression: JSON, _ payload: JSON) throws -> JSON? {
        try WebhookExpression(expression, at: "").value(WebhookPayload(root: payload))
    }

    @Test func expressions() throws {
        let payload: JSON = [
            "a": ["b": "x", "none": .null], "n": 1999, "cur": "eur", "jpy": "JPY", "kwd": "kwd", "at": 1_700_000_000,
            "list": [["k": 1], ["k": 2], ["other": 3]],
        ]
        #expect(try value("plain", payload) == "plain")
        #expect(try value("{a.b} of {n}", payload) == "x of 1999")
        #expect(try value("{a.none}", payload) == nil)
        #expect(try value("{{a}", payload) == "{a}")
        #expect(try value(["$path": ["a.none", "a.b"]], payload) == "x")
        #expect(try value(["$path": "a.c", "$default": 7], payload) == 7)
        #expect(try value(["$path": "n", "$minor_units": "cur"], payload) == 19.99)
        #expect(try value(["$path": "n", "$minor_units": "jpy"], payload) == 1999)
        #expect(try value(["$path": "n", "$minor_units": "kwd"], payload) == 1.999)
        #expect(try value(["$path": "at", "$cast": "time", "$format": "unix"], payload) == "2023-11-14T22:13:20.000Z")
        #expect(try value(["$path": "a.b", "$values": ["x": "y"]], payload) == "y")
        #expect(
            try value(["$each": "list", "$value": ["k": ["$path": "item.k"]]], payload) == [["k": 1], ["k": 2], [:]])
        #expect(try value(["x": ["$const": ["$path": 1]], "y": "{a.c}"], payload) == ["x": ["$path": 1]])
    }

    @Test(
        arguments: [
            (["$path": "a..b"], "/$path/0"), (["$each": "a"], "/$value"), (["$path": "a", "$size": 1], "/$size"),
            ("{a", ""), (["x": ["$what": 1]], "/x"), (["$path": "a[].b"], "/$path/0"),
            (["$path": "a", "$cast": "money"], "/$cast"),
        ] as [(JSON, String)])
    func wrongExpressionsAreNamed(expression: JSON, pointer: String) throws {
        let error = try #require(throws: TandemError.self) { try WebhookExpression(expression, at: "") }
        guard case .invalid(let faults) = error else {
            Issue.record("\(error)")
            return
        }
        #expect(faults.map(\.pointer) == [pointer])
    }

    @Test func theShippedMappingsAreUnderstood() {
        #expect(WebhookCatalog.mappings.map(\.name) == ["stripe", "zendesk", "twilio", "openphone"])
    }

    @Test func aRedeliveryHasTheSameIDs() throws {
        let mapping = try #require(WebhookCatalog.mapping(named: "stripe"))
        let payload: JSON = [
            "id": "evt_1", "type": "customer.updated", "created": 1_700_000_000,
            "data": ["object": ["id": "cus_1", "email": "a@b.example"]],
        ]
        guard case .messages(let first) = mapping.messages(of: payload),
            case .messages(let second) = mapping.messages(of: payload)
        else {
            Issue.record("no messages")
            return
        }
        #expect(first == second)
        #expect(first.map { $0["messageId"] } == ["stripe:evt_1"])
        #expect(first[0]["timestamp"] == "2023-11-14T22:13:20.000Z")
    }

    /// The example of Stripe's scheme: `t=…,v1=hex(HMAC(secret, t.body))`.
    @Test func signatures() throws {
        let signature = try #require(WebhookCatalog.mapping(named: "stripe")?.signature)
        let secret = Array("whsec_test".utf8)
        let body = Array(#"{"id":1}"#.utf8)
        let sent: Int64 = 1_700_000_000
        let code = HMAC<SHA256>.authenticationCode(
            for: Array("\(sent).".utf8) + body, using: SymmetricKey(data: secret))
        let hex = code.map { String(format: "%02x", $0) }.joined()
        func check(_ header: String?, now: Int64 = sent, body changed: [UInt8]? = nil) -> WebhookSignature.Fault? {
            do throws(WebhookSignature.Fault) {
                try signature.verify(
                    changed ?? body, headers: { $0 == "stripe-signature" ? header : nil }, secret: secret,
                    now: now * WireTime.second)
                return nil
            } catch {
                return error
            }
        }
        #expect(check("t=\(sent),v1=\(hex)") == nil)
        #expect(check("t=\(sent), v1=00, v1=\(hex)") == nil)
        #expect(check("t=\(sent),v1=\(hex)", now: sent + 301) == .late)
        #expect(check("t=\(sent),v1=\(hex)", now: sent - 301) == .late)
        #expect(check("t=\(sent),v1=\(hex)", body: Array("{}".utf8)) == .wrong)
        #expect(check("t=\(sent),v0=\(hex)") == .wrong)
        #expect(check("v1=\(hex)") == .missing)
        #expect(check(nil) == .missing)
        #expect(check("t=99999999999999999999,v1=\(hex)") == .wrong)
    }

    /// Whoever has a secret signs any number, those too that are no moment.
    @Test(arguments: [Int64.min, -9_223_370_336_854_775, 9_223_372_036_854_775_000, Int64.max])
    func aTimeBeyondAllTimesIsLate(time: Int64) throws {
        let signature = try #require(WebhookCatalog.mapping(named: "stripe")?.signature)
        let secret = Array("whsec_test".utf8)
        let signed = Array("\(time).{}".utf8)
        let code = HMAC<SHA256>.authenticationCode(for: signed, using: SymmetricKey(data: secret))
        let hex: String = code.map { String(format: "%02x", $0) }.joined()
        let header = "t=\(time),v1=\(hex)"
        let moments: [Int64] = [0, 1_700_000_000_000_000, .max, .min]
        for now in moments {
            #expect(throws: WebhookSignature.Fault.late) {
                try signature.verify(
                    Array("{}".utf8), headers: { $0 == "stripe-signature" ? header : nil }, secret: secret, now: now)
            }
        }
    }

    @Test func aSecretIsSealedForOneSource() throws {
        let (key, source) = (SymmetricKey(size: .bits256), UUID())
        let sealed = try #require(SealedSecret(sealing: "whsec", for: .webhook, of: source, with: key))
        #expect(sealed.open(for: .webhook, of: source, with: key) == Array("whsec".utf8))
        #expect(sealed.open(for: .webhook, of: UUID(), with: key) == nil)
        #expect(sealed.open(for: .oidcClient, of: source, with: key) == nil)
        #expect(sealed.open(for: .webhook, of: source, with: SymmetricKey(size: .bits256)) == nil)
        #expect(!sealed.bytes.starts(with: Array("whsec".utf8)))
    }

    @Test(arguments: [
        ("https://acme.example", "https://ACME.example", true),
        ("https://acme.example", "https://acme.example:444", false),
        ("https://*.acme.example", "https://a.b.acme.example", true),
        ("https://*.acme.example", "https://acme.example", false),
        ("https://*.acme.example", "https://evilacme.example", false),
        ("http://localhost:3000", "http://localhost:3000", true),
        ("https://acme.example", "null", false),
    ])
    func origins(allowed: String, origin: String, matches: Bool) throws {
        #expect(try #require(AllowedOrigin(allowed)).matches(origin) == matches)
    }

    @Test(arguments: ["acme.example", "https://", "https://*.", "https://a/b", "https://*", "://a", "https://a b"])
    func whatIsNoOrigin(text: String) { #expect(AllowedOrigin(text) == nil) }
}
