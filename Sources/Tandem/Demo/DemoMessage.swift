/// A message of the demo before it has its number.
struct DemoMessage: Sendable {
    /// Who sends it: the site's script, or the product's server.
    enum Sender: Sendable {
        case web, server
    }

    /// Microseconds since 1970.
    var time: Int64
    var sender: Sender
    var fields: JSONObject
    /// Set where something refers to the message.
    var id: String?

    static func page(
        _ time: Int64, anonymous: String, user: String? = nil, path: String, title: String, visit: DemoVisit
    ) -> DemoMessage {
        let url = "https://www.vendor.example" + path
        var properties: JSONObject = ["path": .string(path), "title": .string(title), "url": .string(url)]
        if let referrer = visit.referrer, visit.isFirstPage { properties["referrer"] = .string(referrer) }
        return web(
            time, anonymous, user, visit,
            ["type": "page", "name": .string(title), "properties": .object(properties)])
    }

    /// What the site's script sends.
    static func web(
        _ time: Int64, _ anonymous: String, _ user: String? = nil, _ visit: DemoVisit, _ fields: JSONObject
    ) -> DemoMessage {
        var fields = fields
        fields["anonymousId"] = .string(anonymous)
        if let user { fields["userId"] = .string(user) }
        var context: JSONObject = [
            "sessionId": .string(visit.session), "library": ["name": "tandem.js", "version": "1"],
        ]
        if let campaign = visit.campaign { context["campaign"] = campaign }
        fields["context"] = .object(context)
        return DemoMessage(time: time, sender: .web, fields: fields)
    }

    /// What the product's server sends.
    static func server(_ time: Int64, _ fields: JSONObject) -> DemoMessage {
        DemoMessage(time: time, sender: .server, fields: fields)
    }
}

/// One visit of the site.
struct DemoVisit: Sendable {
    var session: String
    var campaign: JSON?
    var referrer: String?
    var isFirstPage = true

    static let campaigns: [JSON] = [
        ["name": "spring-launch", "source": "newsletter", "medium": "email"],
        ["name": "brand", "source": "google", "medium": "cpc"],
        ["name": "compare", "source": "bing", "medium": "cpc"],
        ["name": "expo", "source": "trade-fair", "medium": "offline"],
        ["name": "webinar-crm", "source": "linkedin", "medium": "social"],
    ]
    static let referrers = [
        "https://www.google.com/", "https://www.bing.com/", "https://www.linkedin.com/",
        "https://news.ycombinator.com/",
        "https://duckduckgo.com/",
    ]
    static let pages = [
        ("/", "Home"), ("/product", "Product"), ("/pricing", "Pricing"), ("/docs", "Documentation"),
        ("/customers", "Customers"), ("/blog/one-database", "One database for CDP and CRM"), ("/security", "Security"),
    ]
}
