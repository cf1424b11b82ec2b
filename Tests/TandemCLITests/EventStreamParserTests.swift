import Testing

@testable import TandemCLI

@Suite struct EventStreamParserTests {
    @Test(arguments: [1, 3, 1_000])
    func cutsEventsFromPiecesOfAnySize(piece: Int) {
        let text =
            "retry: 1000\n\n: hello\n\ndata: {\"a\":1}\n\nevent: gap\r\ndata:{}\r\n\r\ndata: x\ndata: y\n\nevent: end\n"
        var parser = EventStreamParser()
        var seen: [String] = []
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            seen += parser.take(rest.prefix(piece)).map { "\($0.name)=\($0.data)" }
            rest = rest.dropFirst(piece)
        }
        #expect(seen == ["message={\"a\":1}", "gap={}", "message=x\ny"])
    }

    @Test(
        arguments: [
            ("127.0.0.1:8080", "127.0.0.1:8080"), ("http://h", "h:80"), ("http://[::1]:9/", "[::1]:9"),
            ("https://h", nil),
            ("http://", nil),
        ] as [(String, String?)])
    func readsAnAddress(text: String, authority: String?) {
        #expect((try? ServerAddress(text))?.authority == authority)
    }
}
