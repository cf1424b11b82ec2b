import Foundation
import HTTPTypes
import Testing

@testable import TandemConsole

@Suite struct PageTests {
    let templates = Templates()

    private func chrome() -> Chrome { Chrome(title: "Test", version: "0") }

    @Test func whatPeopleSendIsEscaped() {
        let page = PersonPage(
            chrome: chrome(), person: "<script>alert(1)</script>", id: "prof_1", threadHref: nil,
            thenAction: "then", thenAt: "", firstSeen: nil,
            lastSeen: nil, nodeCount: 1, identifierCount: 1,
            identifiers: [.init(type: "email", value: "\"><img src=x>", colour: "n0", firstSeen: nil, source: "web")],
            traits: [.init(trait: "bio", value: "<script>alert(2)</script>", at: nil, source: "web")],
            consent: [.init(category: "<b>", state: "granted", tone: "good", at: nil, source: "web")], hasTraits: true,
            timeline: [.init(when: nil, what: "<b>", detail: "'&'", source: nil, kind: "track", colour: nil)],
            pager: nil, merges: [], groups: [], contacts: [], leads: [], opportunities: nil, hasCRM: false,
            hasRecords: false)
        let html = templates.render(page, as: "person")
        #expect(!html.contains("<script>"))
        #expect(!html.contains("<img"))
        #expect(html.contains("&lt;script&gt;alert(2)&lt;/script&gt;"))
        #expect(html.contains("&quot;&gt;&lt;img src=x&gt;"))
        #expect(html.contains("&lt;b&gt;") && html.contains("&#39;&amp;&#39;"))
    }

    /// A letter and a mark that joins it are one `Character`; browsers read them one by one.
    @Test(arguments: ["\u{600}", "\u{301}", "\u{200D}", "\u{FE0F}", "\u{E0101}", "\u{1F3FB}"])
    func marksBesideALetterDoNotKeepItFromBeingEscaped(mark: String) {
        for letter in ["<", ">", "&", "\"", "'"] {
            let text = "\(mark)\(letter)\(mark)"
            #expect(
                !escaped(text).unicodeScalars.dropFirst().dropLast().contains { "<>\"'".unicodeScalars.contains($0) })
            #expect(escaped(text).utf8.count > text.utf8.count)
        }
        let bold = "\(mark)<b\(mark)>\(mark)</b>"
        let page = AccountsPage.Entry(
            href: "x\"\(mark) data-x=1", accountName: bold, industry: bold, place: bold, members: 1, openSum: nil,
            wonSum: nil)
        let html = templates.render(
            AccountsPage(
                chrome: Chrome(title: bold, version: bold), saved: .init(listsHref: bold, exportHref: bold),
                query: "\"\(mark)",
                newHref: nil, accounts: [page], hasAccounts: true, isSearch: false, hasCRM: true, pager: nil),
            as: "accounts")
        #expect(!html.utf8.contains("<b\(mark)"), "\(html)")
        #expect(!html.utf8.contains("\"\(mark) data-x"))
    }

    @Test func everyPageHasOneHeadingLandmarksAndASkipLink() {
        let page = TenantsPage(chrome: chrome(), tenants: [])
        let html = templates.render(page, as: "tenants")
        #expect(html.components(separatedBy: "<h1").count == 2)
        #expect(html.contains("<a class=\"skip\" href=\"#main\">"))
        #expect(html.contains("<main id=\"main\"") && html.contains("<header") && html.contains("<footer>"))
        #expect(html.contains("lang=\"en\""))
    }

    /// The policy forbids inline script and style, so no template may have any.
    @Test(arguments: Assets.templates.map(\.name))
    func templatesKeepToTheContentPolicy(_ name: String) throws {
        let text = try #require(Assets.templates.first { $0.name == name }?.text)
        #expect(text.firstMatch(of: #/\sstyle=|\son[a-z]+=|<style|javascript:|https?:\/\//#) == nil)
        for script in text.matches(of: #/<script[^>]*>/#) { #expect(script.output.contains("src=")) }
    }

    /// Every form that writes carries the token; unescaped values are only what Swift itself has drawn.
    @Test(arguments: Assets.templates.map(\.name))
    func formsCarryTheTokenAndNothingIsUnescaped(_ name: String) throws {
        let text = try #require(Assets.templates.first { $0.name == name }?.text)
        for form in text.matches(of: #/<form[^>]*method="post".*?<\/form>/#.dotMatchesNewlines()) {
            #expect(form.output.contains("name=\"csrf\"") || name == "sign-in" || name == "password")
        }
        let raw = Set(text.matches(of: #/\{\{\{\s*(\w+)\s*\}\}\}/#).map { String($0.output.1) })
        #expect(raw.isSubset(of: ["graph", "lanes"]))
        #expect(text.firstMatch(of: #/\{\{&/#) == nil)
    }

    @Test func scriptIsSmallAndFilesHaveVersions() throws {
        let script = try #require(Assets.files["console.js"])
        #expect(script.bytes.count <= 15_000)
        #expect(Assets.link(to: "console.css").contains("?v="))
    }

    @Test(arguments: [
        ("2026-11-24T13:03:07.123456Z", "Europe/Berlin", "24 Nov 2026, 14:03:07"),
        ("2026-12-31T23:30:00.000000Z", "Asia/Kolkata", "1 Jan 2027, 05:00:00"),
        ("1969-12-31T23:59:59.000000Z", "UTC", "31 Dec 1969, 23:59:59"),
        ("2024-02-29T00:00:00.000000Z", "America/New_York", "28 Feb 2024, 19:00:00"),
    ])
    func timesAreTheTenants(_ iso: String, _ zone: String, _ words: String) {
        #expect(TimeWords(zone).moment(iso)?.exact == words)
    }

    @Test func absentTimesAndMalformedOnesShowNothing() {
        #expect(TimeWords("UTC").moment(nil) == nil)
        #expect(TimeWords("UTC").moment("yesterday") == nil)
        #expect(TimeWords("Not/AZone").moment("2026-01-01T00:00:00.000000Z")?.text == "1 Jan 2026, 00:00")
    }

    @Test(arguments: [
        ("1234567.5000", "USD", "1,234,567.50 USD"), ("1000.0000", "EUR", "1,000 EUR"), ("-12.3400", nil, "−12.34"),
        ("0.0000", "USD", "0 USD"),
    ])
    func moneyIsGrouped(_ amount: String, _ currency: String?, _ words: String) {
        #expect(Figures.money(amount, currency) == words)
    }
}

extension String.UTF8View {
    fileprivate func contains(_ text: String) -> Bool { Array(self).firstRange(of: Array(text.utf8)) != nil }
}
