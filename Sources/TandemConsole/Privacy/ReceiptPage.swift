import Tandem

/// The receipt of a request about somebody's data, for people.
struct ReceiptPage {
    let chrome: Chrome
    let heading: String
    let lead: String
    let facts: [AccountCard.Fact]
    let counts: [PrivacyPage.Count]
    let hasCounts: Bool
    /// Whether nothing was changed since it was signed.
    let isGenuine: Bool
    let publicKey: String
    let signature: String
    let receiptHref: String
    let command: String
}

extension ReceiptPage {
    /// - Parameter receipt: as it was signed.
    init(_ receipt: JSON, path: String, tenant: Tenant, words: TimeWords, chrome: Chrome) {
        func text(_ name: String) -> String? { receipt[name]?.string }
        let id = text("request") ?? ""
        self.chrome = chrome
        let kind = text("kind") ?? ""
        switch kind {
        case "erase":
            heading = "Receipt of an erasure"
            lead = "What was known of the person was erased, and what comes with the person's identifiers is refused."
        case "export":
            heading = "Receipt of an export"
            lead = "What is known of the person was gathered."
        case "suppress":
            heading = "Receipt of a suppression"
            lead = "What comes with the person's identifiers is refused."
        default:
            heading = "Receipt of a permission"
            lead = "What comes with the person's identifiers is taken again."
        }
        let subject = receipt["subject"]
        let pairs: [(String, String?)] = [
            ("Request", id), ("Named by", subject?["type"]?.string),
            ("Person", subject?["hash"]?.string.map { "hash \($0)" }),
            ("Asked by", text("requested_by").map { ActorWords.words($0) }),
            ("Asked", words.moment(text("requested_at"))?.exact), ("Done", words.moment(text("done_at"))?.exact),
            ("Tenant", text("tenant")),
        ]
        facts = pairs.compactMap { term, fact in fact.map { .init(term: term, fact: $0) } }
        counts = (receipt["counts"]?.object ?? [:]).map { name, count in
            .init(count: count.number?.text ?? "", name: name.replacing("_", with: " "))
        }
        hasCounts = !counts.isEmpty
        isGenuine = ReceiptSigner.isGenuine(receipt, publicKey: nil)
        publicKey = text("public_key") ?? ""
        signature = text("signature") ?? ""
        receiptHref = "\(path)/privacy/\(id)/receipt"
        command = "tandem privacy show \(id) -o json --tenant \(tenant.slug)"
    }
}
