import Foundation
import Tandem

/// What the SQL function `call_person` answers.
struct CallRead: Decodable {
    struct Account: Decodable {
        let id: UUID
        let name: String?
    }

    let object: String
    let id: UUID
    let name: String?
    let phone: String?
    let account: Account?
}

/// Whom to call: the person's page, the number, and the account the person stands for.
struct CallLink {
    let callName: String
    let callHref: String
    /// The number as a link that dials; nil without a number that may be called.
    let callNumber: String?
    let callDial: String?
    let callAccount: AccountPage.Link?

    init(_ read: CallRead, path: String) {
        callName = read.name ?? "without a name"
        callHref = RecordPlace.href(read.object, read.id, path: path)
        callNumber = read.phone
        callDial = Self.dial(read.phone)
        callAccount = read.account.flatMap { account in
            account.name.map {
                AccountPage.Link(href: RecordPlace.href("account", account.id, path: path), label: $0)
            }
        }
    }

    static func dial(_ phone: String?) -> String? {
        phone.map { "tel:" + $0.filter { $0.isNumber || $0 == "+" } }
    }
}
