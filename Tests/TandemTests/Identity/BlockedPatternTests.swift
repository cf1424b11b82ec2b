import Foundation
import Testing

@testable import Tandem

@Suite struct BlockedPatternTests {
    @Test(arguments: [
        "^[0-]*$", "^$", "a", "^a", "a$", "^a$", "a|b", "^(a|bc)+$", "^a{2}$", "^a{2,}$", "^a{1,3}$", "^(?:ab)?c$",
        "[^a-c]",
        "^\\d+$", "^\\w+$", "\\s", "^\\D+$", "^[\\d-]+$", "^[]a]+$", "^[a-]+$", "^.$", "^.*b$", "^a+?b$", "(a*)*b",
        "^(a|)b$",
        "x{0}a", "^\\.$", "(^a|b$)", "a^b", "^^a$$",
    ])
    func agreesWithThePlatformsExpressions(pattern: String) throws {
        let mine = try BlockedPattern(pattern)
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
        #expect(try BlockedPattern("(?i)^Guest$").matches("gUEST"))
        #expect(try !BlockedPattern("^guest$").matches("Guest"))
    }

    @Test(arguments: [
        "(", ")", "[", "[z-a]", "*", "a**", "a{", "a{2,1}", "a{9999}", "\\", "\\1", "(?=a)", "(?<n>a)", "\\b", "^*",
        "a{1}{2}",
        "((a{500}){500})", String(repeating: "(", count: 30) + String(repeating: ")", count: 30),
        String(repeating: "a", count: 257),
    ])
    func refusesWhatItDoesNotSupport(pattern: String) {
        #expect(throws: BlockedPattern.SyntaxError.self) { try BlockedPattern(pattern) }
    }

    @Test(.timeLimit(.minutes(1))) func hostilePatternsTakeLinearTime() throws {
        let value = String(repeating: "a", count: 511) + "!"
        for pattern in ["^(a+)+$", "^(a|a)*$", "^(a|aa)+$", "(a*)*(a*)*b", "((((){1000}){1000}){1000})x"] {
            #expect(try !BlockedPattern(pattern).matches(value))
        }
    }
}
