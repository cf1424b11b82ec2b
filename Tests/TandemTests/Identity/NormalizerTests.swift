import Foundation
import Testing

@testable import Tandem

@Suite struct NormalizerTests {
    @Test(arguments: [
        ("Buyer-17@Acme.Example", "buyer-17@acme.example"), (" a@b.example\n", "a@b.example"),
        ("Sales <Sales+eu@acme.example>", "sales+eu@acme.example"), ("\"A, B\" <a@b.example>", "a@b.example"),
        ("mailto:A@B.example", "a@b.example"), ("a@bücher.example", "a@xn--bcher-kva.example"),
        ("a@BÜCHER.example.", "a@xn--bcher-kva.example"), ("a@例え。テスト", "a@xn--r8jz45g.xn--zckzah"),
        ("ä@b.example", "ä@b.example"), ("a@localhost", "a@localhost"),
    ])
    func readsAnAddress(text: String, email: String) {
        #expect(Normalizer.email(text) == email)
    }

    @Test(arguments: [
        "", "a", "a@", "@b.example", "a b@c.example", "a@b..example", "a@-b.example", "a@b_ c", "<>", "a@b@",
        "a,b@c.example",
        "a@" + String(repeating: "x", count: 64) + ".example", String(repeating: "x", count: 400) + "@b.example",
    ])
    func refusesWhatIsNoAddress(text: String) {
        #expect(Normalizer.email(text) == nil)
    }

    @Test(arguments: [
        ("+1 (415) 555-2671", "ZZ", "+14155552671"), ("(415) 555-2671 ext. 12", "US", "+14155552671"),
        ("+44 (0)20 7946 0958", "ZZ", "+442079460958"), ("0171 1234567", "DE", "+491711234567"),
        ("0049 171 1234567", "ZZ", "+491711234567"), ("tel:+1-415-555-2671", "ZZ", "+14155552671"),
        ("+39 06 698 12345", "ZZ", "+390669812345"),
    ])
    func readsAPhoneNumber(text: String, region: String, number: String) {
        #expect(Normalizer.phone(text, region: region) == number)
        #expect(Normalizer.phone(number) == number)
    }

    @Test(arguments: ["", "abc", "12", "0171 1234567", "(((", "+999 123", String(repeating: "1", count: 200)])
    func refusesWhatIsNoPhoneNumber(text: String) {
        #expect(Normalizer.phone(text) == nil)
    }

    @Test(arguments: [
        ("https://www.Acme.example:8080/path?x=1#y", "acme.example"), ("acme.example", "acme.example"),
        ("WWW.acme.example.", "acme.example"), ("www.www.acme.example", "acme.example"), ("www.com", "www.com"),
        ("//acme.example/x", "acme.example"), ("http://user:pw@acme.example", "acme.example"),
        ("info@acme.example", "acme.example"), ("bücher.example", "xn--bcher-kva.example"),
        ("shop.acme.co.uk", "shop.acme.co.uk"),
    ])
    func readsADomain(text: String, domain: String) {
        #expect(Normalizer.domain(text) == domain)
    }

    @Test(arguments: [
        "", "acme", "http://", "127.0.0.1", "http://[::1]:80/", "a b.example", "http://acme..example", "n/a",
    ])
    func refusesWhatIsNoDomain(text: String) {
        #expect(Normalizer.domain(text) == nil)
    }

    @Test(arguments: [
        ("Acme Inc.", "acme"), ("ACME, Inc", "acme"), ("The Acme Company Ltd.", "acme"),
        ("Müller & Söhne GmbH", "muller and sohne"),
        ("Müller & Söhne GmbH & Co. KG", "muller and sohne"), ("Straße AG", "strasse"),
        ("Société Générale S.A.", "societe generale"),
        ("Acme S. p. A.", "acme"), ("Acme Sp. z o.o.", "acme"), ("Acme sp. z o. o.", "acme"),
        ("Acme spol. s r.o.", "acme"), ("Acme Pty Ltd", "acme"), ("Volvo AB", "volvo"),
        ("AB", "ab"),
        ("The Co", "the"), ("Inc.", "inc"), ("The", "the"), ("!!!", "!!!"), ("L'Oréal", "loreal"),
        ("Ørsted A/S", "orsted"),
        ("Grupo Bimbo S.A.B. de C.V.", "grupo bimbo sab"), ("株式会社テスト", "株式会社テスト"), ("3M Co", "3m"),
        ("A B C Corp", "abc"),
    ])
    func makesACompanyKey(name: String, key: String) {
        #expect(Normalizer.companyKey(name) == key)
    }

    @Test func blankAndOverlongCompanyNamesHaveNoKey() {
        #expect(Normalizer.companyKey(" \n") == nil)
        #expect(Normalizer.companyKey(String(repeating: "x", count: 513)) == nil)
    }

    /// Texts of pieces that the rules treat specially, so that random ones meet the corners.
    private static func randomText(_ random: inout SeededGenerator) -> String {
        let pieces = [
            "a", "B", "acme", "the", "The ", "inc", "gmbh", "co", "kg", "and", "&", "s", "p", "z", "o", "sp", "zoo",
            ".", ",", "-",
            " ", "www.", "http://", "@", "(0)", "+49", "0171", "12", "ß", "İ", "ǅ", "ﬁ", "é", "e\u{301}", "Å", "ø", "℀",
            "㏇",
            "ẞ", "xn--", "。", "<", ">", "/", ":", "80", "_", "\u{200d}", "\u{a0}", "😀", "ς", "Σ", "ΑΣ", "ᾳ", "Ⅷ", "²",
            "de", "et",
        ]
        return (0..<Int.random(in: 1...8, using: &random)).map { _ in pieces.randomElement(using: &random) ?? "" }
            .joined()
    }

    @Test func everyFormIsItsOwnForm() {
        var random = SeededGenerator(seed: 1)
        for _ in 0..<20_000 {
            let text = Self.randomText(&random)
            let address = "a\(text)@b\(text).example"
            if let email = Normalizer.email(address) { #expect(Normalizer.email(email) == email, "\(address)") }
            if let domain = Normalizer.domain(text) { #expect(Normalizer.domain(domain) == domain, "\(text)") }
            if let key = Normalizer.companyKey(text) {
                #expect(!key.isEmpty, "\(text)")
                #expect(Normalizer.companyKey(key) == key, "\(text)")
            }
            for type in ["email", "user_id"] {
                guard let value = Identifier.normalize(type: type, value: text) else { continue }
                #expect(Identifier.normalize(type: type, value: value) == value, "\(type) \(text)")
            }
        }
    }

    @Test func phoneNumbersAreTheirOwnForm() {
        var random = SeededGenerator(seed: 2)
        for _ in 0..<500 {
            let digits = (0..<Int.random(in: 6...12, using: &random)).map { _ in
                String(Int.random(in: 0...9, using: &random))
            }
            let region = ["DE", "US", "GB", "IT", "ZZ"].randomElement(using: &random) ?? "ZZ"
            guard let number = Normalizer.phone(digits.joined(), region: region) else { continue }
            #expect(Normalizer.phone(number) == number)
            #expect(number.wholeMatch(of: /\+[0-9]{4,15}/) != nil)
        }
    }

    @Test func punycodeAgreesWithRFC3492() {
        #expect(Punycode.encode("bücher".unicodeScalars) == "bcher-kva")
        #expect(Punycode.encode("他们为什么不说中文".unicodeScalars) == "ihqwcrb4cv8a8dqg056pqjye")
        #expect(Punycode.encode("ليهمابتكلموشعربي؟".unicodeScalars) == "egbpdaj6bu4bxfgehfvwxn")
        #expect(Punycode.encode("3年b組金八先生".unicodeScalars) == "3b-ww4c5e180e575a65lsy2b")
    }

    @Test func freeMailHostsAreInNormalForm() {
        for domain in FreeMail.domains { #expect(Normalizer.domain(domain) == domain) }
        #expect(FreeMail.contains("gmail.com"))
        #expect(!FreeMail.contains("acme.example"))
    }
}

/// SplitMix64: a failure can be repeated from its seed.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}
