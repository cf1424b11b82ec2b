import Crypto
import Foundation
import Tandem
import Testing

@testable import TandemConsole

@Suite struct FormTests {
    let seal = FormSeal(key: SymmetricKey(size: .bits256))

    @Test func aTokenHoldsForItsSessionAlone() {
        let token = seal.token(session: [1, 2, 3])
        #expect(seal.isValid(token, session: [1, 2, 3]))
        #expect(!seal.isValid(token, session: [1, 2, 4]))
        #expect(!FormSeal(key: SymmetricKey(size: .bits256)).isValid(token, session: [1, 2, 3]))
    }

    @Test(arguments: [nil, "", "zz", String(repeating: "0", count: 64), String(repeating: "é", count: 32)])
    func anythingElseIsRefused(_ token: String?) {
        #expect(!seal.isValid(token, session: [1, 2, 3]))
    }

    @Test func secretsAreLongAndNeverTheSame() {
        let secrets = Set((0..<100).map { _ in Secret.random() })
        #expect(secrets.count == 100)
        #expect(
            secrets.allSatisfy { $0.count == 43 && $0.allSatisfy { $0.isLetter || $0.isNumber || "-_".contains($0) } })
    }
}
