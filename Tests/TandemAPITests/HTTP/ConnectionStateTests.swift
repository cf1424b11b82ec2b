import HTTPTypes
import Testing

@testable import TandemHTTP

@Suite struct ConnectionStateTests {
    private let closing = HTTPResponse(status: .contentTooLarge, headerFields: [.connection: "close"])

    @Test func anAnswerAfterTheWholeRequestClosesAtOnce() {
        var state = ConnectionState()
        #expect(state.readHead() == .forward)
        #expect(state.readEnd() == .forward)
        state.writeHead(closing)
        #expect(!state.mayAnswer)
        #expect(state.writeEnd() == .close)
        #expect(state.readHead() == .drop)
    }

    @Test func anAnswerBeforeTheEndOfTheBodyLingers() {
        var state = ConnectionState()
        _ = state.readHead()
        state.writeHead(closing)
        #expect(state.writeEnd() == .linger)
        #expect(state.readEnd() == .drop)
    }

    @Test func withoutCloseTheConnectionGoesOn() {
        var state = ConnectionState()
        for _ in 0..<3 {
            #expect(state.readHead() == .forward)
            #expect(state.readEnd() == .forward)
            #expect(state.mayAnswer)
            state.writeHead(HTTPResponse(status: .continue))
            #expect(state.mayAnswer)
            state.writeHead(HTTPResponse(status: .ok))
            #expect(state.writeEnd() == .keep)
            #expect(state.open == 0)
        }
    }
}
