"""What people send never becomes markup of the console, however its letters are joined."""

from __future__ import annotations

import html.parser

from console import Browser
from server import Server, Tenant
from test_console import crawl

# Marks that join the letter before or behind them: for browsers it is the same letter.
BEFORE, BEHIND = "\u0600", "\u0301"
MARK = f"{BEFORE}<b data-evil=1 {BEFORE}>x\"{BEHIND} data-evil=2 '{BEHIND} data-evil=3 {BEFORE}</b>"


class Looker(html.parser.HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, list[tuple[str, str | None]]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if any(name.startswith("data-evil") for name, _ in attrs):
            self.found.append((tag, attrs))


def evil(page: str) -> list[tuple[str, list[tuple[str, str | None]]]]:
    looker = Looker()
    looker.feed(page)
    return looker.found


def test_the_test_would_see_it() -> None:
    assert len(evil(f"<p title=\"{MARK}\">{MARK}</p>")) >= 2


def test_no_page_has_what_people_sent_as_markup(tandem: Server, tenant: Tenant) -> None:
    traits = {"email": "evil@markup.example", "bio": MARK, MARK[:60]: MARK, "company": {"name": MARK}}
    for kind, body in [
            ("identify", {"userId": MARK, "anonymousId": "a", "traits": traits}),
            ("track", {"userId": MARK, "event": MARK, "properties": {"p": MARK}}),
            ("page", {"anonymousId": "a", "name": MARK, "context": {"page": {"url": MARK, "referrer": MARK}, "campaign": {"name": MARK}}}),
            ("group", {"userId": MARK, "groupId": MARK, "traits": {"name": MARK}}),
            ("track", {"anonymousId": "b", "event": "Form Submitted", "properties": {"form": MARK, "email": "form@markup.example"},
                       "context": {"traits": {"lastname": MARK, "email": "form@markup.example"}}})]:
        assert tenant.ingest(kind, body).status_code == 200
    assert tenant.ingest("track", {"userId": "c", "event": MARK, "timestamp": MARK}).status_code == 400
    account = tenant.post("/v1/accounts", {"name": MARK, "industry": MARK, "tags": [MARK[:40]]}).json()["id"]
    contact = tenant.post("/v1/contacts", {"last_name": MARK, "title": MARK, "accounts": [{"account_id": account}]}).json()["id"]
    assert tenant.post("/v1/leads", {"last_name": MARK, "company": MARK}).status_code == 201
    assert tenant.post("/v1/opportunities", {"name": MARK, "account_id": account}).status_code == 201
    assert tenant.post("/v1/tickets", {"subject": MARK, "account_id": account}).status_code == 201
    assert tenant.post("/v1/activities", {
        "type": "note", "subject": MARK, "body": MARK, "links": [{"object": "contact", "record_id": contact}]}).status_code == 201
    assert tenant.post("/v1/comments", {"object": "account", "object_id": account, "body": MARK}).status_code == 201
    tandem.cli("tenant", "update", tenant.slug, "--display-name", MARK)
    browser = Browser(tandem).sign_in()
    seen = crawl(browser, f"/console/{tenant.slug}", most=80)
    seen.update({path: browser.get(path) for path in [f"/console/{tenant.slug}/search?q=evil", "/console"]})
    wrong = {path: found for path, page in seen.items() if (found := evil(page.html))}
    assert not wrong, wrong
    assert sum("&lt;b data-evil=1" in page.html for page in seen.values()) > 20, "the pages show it"
