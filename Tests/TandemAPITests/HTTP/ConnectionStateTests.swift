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

    @Test func anAnswerBeforeTheEndOfTheBodyCloses() {
        var state = ConnectionState()
        _ = state.readHead()
        state.writeHead(closing)
        #expect(state.writeEnd() == .close)
        #expect(state.readEnd() == .drop)
    }

    @Test func theLastRequestClosesOnceAllAreAnswered() {
        var state = ConnectionState()
        _ = state.readHead()
        _ = state.readEnd()
        state.announceLast()
        #expect(state.readHead() == .forward)
        _ = state.readEnd()
        #expect(state.readHead() == .drop, "the client said that it sends no more")
        state.writeHead(HTTPResponse(status: .ok))
        #expect(state.writeEnd() == .keep)
        state.writeHead(HTTPResponse(status: .ok))
        #expect(state.writeEnd() == .close)
    }

    @Test func aConnectionThatIsToCloseAnswersFirst() {
        var idle = ConnectionState()
        let closesNow = idle.closeSoon()
        #expect(closesNow)
        var busy = ConnectionState()
        _ = busy.readHead()
        let closesBusy = busy.closeSoon()
        #expect(!closesBusy)
        _ = busy.readEnd()
        busy.writeHead(HTTPResponse(status: .ok))
        #expect(busy.writeEnd() == .close)
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
