import Foundation
import Testing

@testable import Tandem

@Suite struct RegularExpressionTests {
    @Test(arguments: [
        "^[0-]*$", "^$", "a", "^a", "a$", "^a$", "a|b", "^(a|bc)+$", "^a{2}$", "^a{2,}$", "^a{1,3}$", "^(?:ab)?c$",
        "[^a-c]", "^\\d+$", "^\\w+$", "\\s", "^\\D+$", "^[\\d-]+$", "^[]a]+$", "^[a-]+$", "^.$", "^.*b$", "^a+?b$",
        "(a*)*b", "^(a|)b$", "x{0}a", "^\\.$", "(^a|b$)", "a^b", "^^a$$",
    ])
    func agreesWithThePlatformsExpressions(pattern: String) throws {
        let mine = try RegularExpression(pattern)
        let theirs = try NSRegularExpression(pattern: pattern)
        var random = SeededGenerator(seed: 3)
        var values = ["", "0", "0-0", "000", "a", "b", "ab", "abc", "aaa", "bc", "1", "-", "]", "."]
        for _ in 0..<300 {
            let length = Int.random(in: 0...6, using: &random)
            values.append(String((0..<length).map { _ in "abc01-. _]".randomElement(using: &random) ?? "a" }))
        }
        for value in values {
            let range = NSRange(value.startIndex..., in: value)
            #expect(
                mine.matches(value) == (theirs.firstMatch(in: value, range: range) != nil), "\(pattern) on \(value)")
        }
    }

    @Test func ignoresCaseWhereAsked() throws {
        #expect(try RegularExpression("(?i)^Guest$").matches("gUEST"))
        #expect(try !RegularExpression("^guest$").matches("Guest"))
    }

    @Test func knowsTheEscapesOfECMAScript() throws {
        let expression = try RegularExpression(#"^\u00e9\cJ\/[\u0041-C]\\u0041$"#)
        #expect(expression.matches("é\n/B\\u0041"))
        #expect(!expression.matches("e\n/B\\u0041"))
    }

    @Test(arguments: [
        "(", ")", "[", "[z-a]", "*", "a**", "a{2,1}", "a{9999}", "\\", "\\1", "(?=a)", "(?<!a)", "a{1}{2}",
        "((a{500}){500})", "((((){1000}){1000}){1000})x", String(repeating: "a", count: 1_001),
    ])
    func refusesWhatIsWrongOrHasNoBound(pattern: String) {
        #expect(throws: RegularExpression.SyntaxError.self) { try RegularExpression(pattern) }
    }

    @Test(.timeLimit(.minutes(1))) func hostilePatternsTakeLinearTime() throws {
        let value = String(repeating: "a", count: 30_000) + "!"
        for pattern in ["^(a+)+$", "^(a|a)*$", "^(a|aa)+$", "(a*)*(a*)*b"] {
            #expect(try !RegularExpression(pattern).matches(value))
        }
    }
}
