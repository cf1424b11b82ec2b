import Testing

@testable import Tandem

@Suite struct JSONTests {
    @Test func objectsKeepOrderAndTheLastOfARepeatedKeyCounts() throws {
        let value = try JSON(parsing: #"{"b":1,"a":2,"b":3}"#)
        #expect(value.object?.names == ["b", "a"])
        #expect(value["b"]?.int == 3)
        #expect(value.text == #"{"b":3,"a":2}"#)
    }

    @Test(arguments: [
        "12345678901234567890123456789", "0.10", "-0.0", "1e3", "99999999999999.99", "1E+2", "5e-324",
    ])
    func numbersKeepTheirText(text: String) throws {
        let value = try JSON(parsing: text)
        #expect(value.number?.text == text)
        #expect(value.text == text)
    }

    @Test func wholeNumbersAreIntegersHoweverTheyAreWritten() throws {
        #expect(JSONNumber("2.0")?.int == 2)
        #expect(JSONNumber("2e2")?.int == 200)
        #expect(JSONNumber("2.5")?.int == nil)
        #expect(JSONNumber("9223372036854775807")?.int == .max)
        #expect(JSONNumber("9223372036854775808")?.int == nil)
        #expect(JSONNumber("01") == nil)
        #expect(JSONNumber("\"a\"") == nil)
        #expect(JSON.number(Double.nan) == .null)
        #expect(JSON.number(3.0).text == "3")
    }

    @Test(arguments: [
        ("", JSONError.empty), ("  ", .empty), ("{", .syntax), ("[1,]", .syntax), ("{\"a\":}", .syntax),
        ("{\"a\" 1}", .syntax), ("{\"a\":1}}", .syntax), ("{a:1}", .syntax), ("[01]", .syntax), ("[1.]", .syntax),
        ("[.5]", .syntax), ("[+1]", .syntax), ("[-]", .syntax), ("[1e]", .syntax), ("[NaN]", .syntax),
        ("[Infinity]", .syntax), ("[tru]", .syntax), ("[truefalse]", .syntax), ("1\"a\"", .syntax), ("\"a\"b", .syntax),
        ("[\"\\x\"]", .syntax), ("[\"\\u12g4\"]", .syntax), ("[\"\\u12", .syntax), ("[\"a\nb\"]", .syntax),
        ("[\"a", .syntax), ("1 2", .syntax), ("['a']", .syntax), ("[1]//", .syntax), ("{\"a\":1,}", .syntax),
        ("{,}", .syntax), ("[,1]", .syntax), ("{\"a\":1 \"b\":2}", .syntax), ("[1}", .syntax), ("{1:2}", .syntax),
        ("{\"a\":1e400}", .numberOutOfRange), ("[1e131072]", .numberOutOfRange), ("[1e131071]", .numberOutOfRange),
        ("[-1e309]", .numberOutOfRange), ("[1e-400]", .numberOutOfRange), ("[0e99999999999]", .numberOutOfRange),
    ])
    func refusesWhatIsNoJSON(text: String, error: JSONError) {
        #expect(throws: error) { try JSON(parsing: text) }
    }

    @Test(arguments: [
        [0xff], [0x22, 0xc0, 0x80, 0x22], [0x22, 0xed, 0xa0, 0x80, 0x22], [0x22, 0xf4, 0x90, 0x80, 0x80, 0x22],
    ])
    func refusesInvalidUTF8(bytes: [UInt8]) {
        #expect(throws: JSONError.invalidUTF8) { try JSON(parsing: bytes) }
    }

    @Test(arguments: [
        (#""a\u0000b""#, "a\u{fffd}b"), (#""\ud83d""#, "\u{fffd}"), (#""\udE00x""#, "\u{fffd}x"),
        (#""\ud83d\ude00""#, "😀"), (#""\ud83d\ud83d\ude00""#, "\u{fffd}😀"), (#""\\u0000""#, #"\u0000"#),
        (#""\"\\\/\b\f\n\r\t\u00e9\u20ac""#, "\"\\/\u{8}\u{c}\n\r\té€"),
    ])
    func replacesWhatPostgreSQLCannotStore(text: String, value: String) throws {
        #expect(try JSON(parsing: text) == .string(value))
    }

    @Test func theSourceSliceOfAReplacedStringIsRewrittenToo() throws {
        let document = try JSONDocument(Array(#"{"a":{"b":"x\u0000","c":"\ud800"},"d":1}"#.utf8))
        document.withRoot { root in
            #expect(root["a"].map { String(decoding: $0.source, as: UTF8.self) } == #"{"b":"x\ufffd","c":"\ufffd"}"#)
            #expect(root["a"]?.hasReplacedText == true)
            #expect(root["d"]?.hasReplacedText == false)
        }
    }

    @Test(arguments: [32, 33, 64, 65, 400, 20_000])
    func depthIsLimitedWithoutRecursion(depth: Int) throws {
        for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
            let text = String(repeating: open, count: depth) + "1" + String(repeating: close, count: depth)
            if depth <= 32 {
                #expect(try JSON(parsing: text).text == text)
            } else {
                #expect(throws: JSONError.tooDeep) { try JSON(parsing: text) }
            }
        }
        #expect(throws: JSONError.syntax) { try JSON(parsing: String(repeating: "[", count: depth)) }
        let mixed = String(repeating: "[{\"a\":", count: depth) + "1" + String(repeating: "]}", count: depth)
        #expect(throws: JSONError.syntax) { try JSON(parsing: mixed) }
    }

    @Test func aKeyHasAtMost256Bytes() throws {
        let key = String(repeating: "k", count: 256)
        #expect(try JSON(parsing: "{\"\(key)\":1}")[key]?.int == 1)
        #expect(throws: JSONError.keyTooLong) { try JSON(parsing: "[{\"\(key)k\":1}]") }
        let escaped = String(repeating: "\\u006b", count: 256)
        #expect(try JSON(parsing: "{\"\(escaped)\":1}")[key]?.int == 1)
    }

    @Test func aByteOrderMarkIsSkipped() throws {
        #expect(try JSON(parsing: [0xef, 0xbb, 0xbf] + Array("1".utf8)) == 1)
    }

    @Test func stringsOfEveryLengthAndEscapePositionSurviveARoundTrip() throws {
        for length in 0..<40 {
            for position in 0..<max(length, 1) {
                for special in ["\"", "\\", "\n", "\u{1}", "é", "😀", "\u{7f}"] {
                    let text = String(repeating: "a", count: position) + special
                    let value = JSON.string(text + String(repeating: "b", count: length - position))
                    #expect(try JSON(parsing: value.encoded()) == value)
                }
            }
        }
    }

    @Test func largeObjectsFindTheirKeys() throws {
        var object = JSONObject()
        for index in 0..<1000 { object["k\(index)"] = .number(index) }
        object["k3"] = nil
        let parsed = try JSON(parsing: JSON.object(object).encoded())
        #expect(parsed.object == object)
        #expect(parsed["k999"]?.int == 999)
        #expect(parsed["k3"] == nil)
        #expect(parsed.object?.count == 999)
    }

    @Test func literalsBuildValues() {
        let value: JSON = ["a": [1, 2.5, "x", true, nil], "b": [:]]
        #expect(value.text == #"{"a":[1,2.5,"x",true,null],"b":{}}"#)
        #expect(value["a"]?[1]?.double == 2.5)
        #expect(value["a"]?[9] == nil)
    }
}
