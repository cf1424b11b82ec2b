"""tandem.js in Debian's chromium, on pages of another origin than the server's: what it sends, seen in the database; what it
stores, seen in the browser."""

from __future__ import annotations

import http.server
import json
import re
import subprocess
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from server import ROOT, Server, Tenant, wait_until

CHROMIUM = "/usr/bin/chromium"
FOLDER = ROOT / "Sources/TandemAPI/Ingestion/Snippet"
LIMIT = 6_144
UUID = re.compile(r"^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$")
# The lines that the documentation tells pages to have before the tag.
STUB = re.search(r"<script>\n(.*?)</script>", (ROOT / "docs/browser.md").read_text(), re.S)[1]


class Site:
    """The pages of somebody's site: `pages["/x"]` is the HTML of /x on every host name that leads here."""

    def __init__(self) -> None:
        self.pages: dict[str, str] = {}
        site = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                html = site.pages.get(self.path.split("?")[0])
                body = (html or "").encode()
                self.send_response(404 if html is None else 200)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def url(self, path: str = "/", host: str = "localhost") -> str:
        return f"http://{host}:{self.port}{path}"


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--host-resolver-rules=MAP *.example 127.0.0.1"]
        )
        yield browser
        browser.close()


@pytest.fixture
def context(chromium: Browser) -> Iterator[BrowserContext]:
    context = chromium.new_context(locale="de-CH", timezone_id="Europe/Zurich")
    context.set_default_timeout(15_000)
    yield context
    context.close()


@pytest.fixture
def site(tenant: Tenant) -> Iterator[Site]:
    site = Site()
    site.pages["/"] = html(tenant)
    yield site
    site.server.shutdown()


def html(tenant: Tenant, settings: str = 'data-autopage="off"', before: str = "", body: str = "") -> str:
    """A page with the tag; `before` is JavaScript that runs before it."""
    return (
        f"<!doctype html><title>A page</title><script>{STUB};{before}</script>"
        f'<script src="{tenant.server.base_url}/tandem.js" data-write-key="{tenant.write_key}" {settings} async></script>'
        f"<body>{body}</body>"
    )


def visit(context: BrowserContext, url: str) -> Page:
    """A tab in which the library has started."""
    page = context.new_page()
    page.errors = []
    page.on("pageerror", lambda error: page.errors.append(str(error)))
    page.goto(url)
    started(page)
    return page


def started(page: Page) -> None:
    page.wait_for_function("window.tandem && !Array.isArray(tandem)")


def messages(tenant: Tenant) -> list[dict[str, Any]]:
    """What was stored, in the order in which it came."""
    rows = tenant.server.sql(
        "select e.type, e.name, e.message_id, e.session, e.source, e.payload, c.profile_id from event_log e "
        "left join node n on n.id = e.node left join component c on c.label = n.component order by e.received_at, e.seq",
        schema=tenant.schema,
    )
    names = ["type", "name", "id", "session", "source", "payload", "profile"]
    return [dict(zip(names, row)) for row in rows]


def until(page: Page, condition: Callable[[], bool], timeout_s: float = 15) -> None:
    """Waits while the browser's events, routes among them, go on."""
    wait_until(lambda: condition() or page.wait_for_timeout(50), timeout_s, 0)


def arrived(tenant: Tenant, count: int, timeout_s: float = 15, page: Page | None = None) -> list[dict[str, Any]]:
    """The messages, once there are `count`; a moment later there are still no more. With routes it needs the page."""
    if page:
        until(page, lambda: len(messages(tenant)) >= count, timeout_s)
    else:
        wait_until(lambda: len(messages(tenant)) >= count, timeout_s)
    time.sleep(0.2)
    found = messages(tenant)
    assert [m["name"] or m["type"] for m in found][count:] == [], "more than expected"
    return found


def names(tenant: Tenant) -> list[str]:
    return [message["name"] for message in messages(tenant)]


def cookies(context: BrowserContext) -> dict[str, dict[str, Any]]:
    return {cookie["name"]: cookie for cookie in context.cookies()}


def stored(page: Page) -> dict[str, str]:
    return page.evaluate("({...localStorage})")


def waiting(page: Page) -> list[str]:
    return [json.loads(text)["event"] for name, text in sorted(stored(page).items()) if "_queue_" in name]


class Wire:
    """What the browser sent to the server, and answers in the server's place."""

    def __init__(self, context: BrowserContext, tenant: Tenant) -> None:
        self.requests: list[tuple[float, str, dict[str, Any]]] = []
        self.methods: list[str] = []
        self.answers: list[tuple[int, dict[str, str]]] = []
        self.delay_s = 0.0
        context.route(f"{tenant.server.base_url}/v1/batch", self._answer)
        context.on("request", self._note)

    def _note(self, request: Any) -> None:
        if "/v1/batch" in request.url:
            self.methods.append(request.method)

    def _answer(self, route: Any) -> None:
        self.requests.append((time.monotonic(), route.request.url, json.loads(route.request.post_data)))
        if self.answers:
            status, headers = self.answers.pop(0)
            cors = {"Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": "Retry-After"}
            route.fulfill(status=status, headers={**cors, **headers}, body="{}")
        else:
            route.continue_()


# The file


@pytest.mark.quick
def test_the_served_file_is_small_and_made_from_its_source(tandem: Server, tmp_path: Any) -> None:
    answer = requests.get(tandem.base_url + "/tandem.js?v=1", timeout=30, headers={"Origin": "https://shop.example"})
    assert answer.status_code == 200
    assert 3_000 < len(answer.content) <= LIMIT
    assert answer.headers["Content-Type"] == "application/javascript; charset=utf-8"
    assert "max-age=" in answer.headers["Cache-Control"]
    assert answer.headers["Access-Control-Allow-Origin"] == "https://shop.example"
    made = tmp_path / "tandem.min.js"
    subprocess.run([ROOT / "scripts/snippet", made], check=True, capture_output=True)
    assert made.read_bytes() == (FOLDER / "tandem.min.js").read_bytes(), "make snippet"
    assert answer.content == made.read_bytes(), "the binary is older than the file"


def test_a_known_file_is_not_sent_again(tandem: Server) -> None:
    url = tandem.base_url + "/tandem.js"
    tag = requests.get(url, timeout=30).headers["ETag"]
    again = requests.get(url, timeout=30, headers={"If-None-Match": f'"x", {tag}'})
    assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", tag)
    assert requests.get(url, timeout=30, headers={"If-None-Match": '"x"'}).status_code == 200


# Calls


def test_calls_before_and_after_loading_arrive_in_order(context: BrowserContext, tenant: Tenant, site: Site) -> None:
    site.pages["/early"] = html(
        tenant, "", "tandem.track('First',{n:1});tandem.identify('u-1',{email:'buyer-1@acme.example'});tandem.page('Home')"
    )
    page = visit(context, site.url("/early?utm_source=news&utm_campaign=spring&x=1#part"))
    page.evaluate("tandem.track('Second', {n: 2}, {context: {extra: true}, timestamp: new Date()})")
    found = arrived(tenant, 4)
    assert [(m["type"], m["name"]) for m in found] == [
        ("track", "First"), ("identify", None), ("page", "Home"), ("track", "Second")
    ]
    assert len({m["profile"] for m in found}) == 1 and found[0]["profile"]
    assert all(UUID.match(m["id"]) for m in found)
    assert len({m["session"] for m in found}) == 1 and UUID.match(found[0]["session"])
    assert found[0]["payload"]["properties"] == {"n": 1}
    shown = found[2]["payload"]
    url = site.url("/early?utm_source=news&utm_campaign=spring&x=1")
    assert shown["properties"] == {
        "name": "Home", "path": "/early", "search": "?utm_source=news&utm_campaign=spring&x=1", "title": "A page", "url": url,
        "referrer": "",
    }
    told = shown["context"]
    assert told["page"]["url"] == url
    assert told["campaign"] == {"source": "news", "name": "spring"}
    assert (told["locale"], told["timezone"]) == ("de-CH", "Europe/Zurich")
    assert told["library"]["name"] == "tandem.js" and "Chrome" in told["userAgent"] and told["screen"]["width"] > 0
    assert found[3]["payload"]["context"]["extra"] is True
    profile = tenant.get("/v1/profiles/by/user_id/u-1").json()
    assert profile["traits"]["email"] == "buyer-1@acme.example"
    assert profile["anonymous_ids"] == [page.evaluate("tandem.anonymousId()")]
    assert page.errors == []


def test_a_page_is_told_by_itself_unless_it_was(context: BrowserContext, tenant: Tenant, site: Site) -> None:
    site.pages["/auto"] = html(tenant, "")
    visit(context, site.url("/auto"))
    found = arrived(tenant, 1)
    assert (found[0]["type"], found[0]["payload"]["properties"]["path"]) == ("page", "/auto")


def test_sending_needs_no_preflight_and_no_cookie(context: BrowserContext, tenant: Tenant, site: Site) -> None:
    wire = Wire(context, tenant)
    page = visit(context, site.url())
    page.evaluate("tandem.track('E')")
    arrived(tenant, 1, page=page)
    assert wire.methods == ["POST"]
    sent = wire.requests[0][2]
    assert sent["writeKey"] == tenant.write_key and sent["sentAt"] and len(sent["batch"]) == 1


def test_groups_aliases_and_names_of_pages(context: BrowserContext, tenant: Tenant, site: Site) -> None:
    page = visit(context, site.url())
    page.evaluate("tandem.group('acme', {name: 'Acme'}); tandem.track('After'); tandem.page('Docs', 'Start', {n: 1})")
    page.evaluate("tandem.alias('u-9')")
    found = arrived(tenant, 4)
    assert [m["type"] for m in found] == ["group", "track", "page", "alias"]
    assert found[1]["payload"]["context"]["groupId"] == "acme"
    assert found[2]["name"] == "Start"
    assert found[2]["payload"]["properties"]["category"] == "Docs" and found[2]["payload"]["properties"]["n"] == 1
    profile = tenant.get("/v1/profiles/by/user_id/u-9").json()
    assert profile["anonymous_ids"] == [page.evaluate("tandem.anonymousId()")]


def test_traits_and_ids_are_kept_as_analytics_js_does(context: BrowserContext, tenant: Tenant, site: Site) -> None:
    page = visit(context, site.url())
    first = page.evaluate("tandem.identify('u-1', {plan: 'team'}); tandem.identify({seats: 5}); tandem.anonymousId()")
    page.reload()
    started(page)
    assert page.evaluate("tandem.identify(null, {seats: 6}); tandem.anonymousId()") == first
    assert json.loads(stored(page)["tandem_traits"]) == {"plan": "team", "seats": 6}
    second = page.evaluate("tandem.identify(2, {plan: 'free'}); tandem.anonymousId()")
    assert second != first, "another person has another anonymous id"
    assert json.loads(stored(page)["tandem_traits"]) == {"plan": "free"}
    assert cookies(context)["tandem_user_id"]["value"] == "2"
    third = page.evaluate("tandem.reset(); tandem.anonymousId()")
    assert third not in (first, second)
    assert "tandem_traits" not in stored(page) and "tandem_user_id" not in cookies(context)
    page.evaluate("tandem.track('Out')")
    found = arrived(tenant, 5)
    assert found[0]["session"] != found[-1]["session"]
    assert found[2]["profile"] == found[0]["profile"] and len({found[n]["profile"] for n in (0, 3, 4)}) == 3


def test_errors_of_a_call_do_not_stop_the_page(context: BrowserContext, tenant: Tenant, site: Site) -> None:
    page = visit(context, site.url())
    assert page.evaluate("{const x = {}; x.x = x; tandem.track('E', x); tandem.push(['nothing']); tandem.track('F'); 1}") == 1
    assert arrived(tenant, 1)[0]["name"] == "F"


# Cookies and sessions


def test_the_cookie_is_of_the_widest_domain_for_a_year(context: BrowserContext, tenant: Tenant, site: Site) -> None:
    page = visit(context, site.url(host="www.shop.example"))
    assert not page.evaluate("isSecureContext") and page.evaluate("crypto.randomUUID === undefined")
    anonymous = page.evaluate("tandem.track('E'); tandem.anonymousId()")
    assert UUID.match(anonymous)
    kept = cookies(context)
    assert set(kept) == {"tandem_anonymous_id"}, "nothing of the trial is left"
    cookie = kept["tandem_anonymous_id"]
    assert (cookie["value"], cookie["domain"], cookie["sameSite"]) == (anonymous, ".shop.example", "Lax")
    assert abs(cookie["expires"] - time.time() - 31_536_000) < 600
    other = visit(context, site.url(host="app.shop.example"))
    assert other.evaluate("tandem.anonymousId()") == anonymous
    arrived(tenant, 1)


def test_a_domain_can_be_given(context: BrowserContext, tenant: Tenant, site: Site) -> None:
    site.pages["/"] = html(tenant, 'data-autopage="off" data-cookie-domain="a.shop.example"')
    page = visit(context, site.url(host="b.a.shop.example"))
    page.evaluate("tandem.track('E')")
    assert cookies(context)["tandem_anonymous_id"]["domain"] == ".a.shop.example"


def test_without_cookies_the_id_lives_in_local_storage(context: BrowserContext, tenant: Tenant, site: Site) -> None:
    context.add_init_script("Object.defineProperty(Document.prototype, 'cookie', {get: () => '', set: () => {}})")
    page = visit(context, site.url())
    anonymous = page.evaluate("tandem.anonymousId()")
    assert cookies(context) == {} and stored(page)["tandem_anonymous_id"] == anonymous
    page.reload()
    started(page)
    assert page.evaluate("tandem.anonymousId()") == anonymous


def test_without_any_storage_events_are_sent(context: BrowserContext, tenant: Tenant, site: Site) -> None:
    context.add_init_script("Object.defineProperty(window, 'localStorage', {get: () => { throw new Error('refused') }})")
    page = visit(context, site.url())
    page.evaluate("tandem.track('E')")
    assert arrived(tenant, 1)[0]["name"] == "E"


def test_visitors_of_analytics_js_stay_who_they_are(context: BrowserContext, tenant: Tenant, site: Site) -> None:
    known = str(uuid.uuid4())
    context.add_cookies([{"name": "ajs_anonymous_id", "value": f"%22{known}%22", "url": site.url()}])
    page = visit(context, site.url())
    assert page.evaluate("tandem.anonymousId()") == known
    assert page.evaluate("tandem.reset(); tandem.anonymousId()") != known


def test_a_session_ends_after_half_an_hour_without_a_call(context: BrowserContext, tenant: Tenant, site: Site) -> None:
    page = visit(context, site.url())
    page.evaluate("tandem.track('A')")
    shift = "{const s = JSON.parse(localStorage.tandem_session); s.at -= %d * 6e4; localStorage.tandem_session = JSON.stringify(s)}"
    page.evaluate(shift % 29)
    page.evaluate("tandem.track('B')")
    page.evaluate(shift % 31)
    page.evaluate("tandem.track('C')")
    found = arrived(tenant, 3)
    assert found[0]["session"] == found[1]["session"] != found[2]["session"]


# Sending


def test_what_was_offline_is_sent_when_it_is_online(context: BrowserContext, tenant: Tenant, site: Site) -> None:
    page = visit(context, site.url())
    context.set_offline(True)
    page.evaluate("for (let n = 0; n < 5; n++) tandem.track('Offline ' + n)")
    time.sleep(1)
    assert waiting(page) == [f"Offline {n}" for n in range(5)] and messages(tenant) == []
    context.set_offline(False)
    assert [m["name"] for m in arrived(tenant, 5, 5)] == [f"Offline {n}" for n in range(5)]
    wait_until(lambda: waiting(page) == [], 5)


def test_the_queue_keeps_the_newest_hundred(context: BrowserContext, tenant: Tenant, site: Site) -> None:
    page = visit(context, site.url())
    context.set_offline(True)
    page.evaluate("for (let n = 0; n < 130; n++) tandem.track('E' + n)")
    assert waiting(page) == [f"E{n}" for n in range(30, 130)]
    context.set_offline(False)
    assert [m["name"] for m in arrived(tenant, 100)] == [f"E{n}" for n in range(30, 130)]


def test_what_a_page_could_not_send_the_next_one_does(context: BrowserContext, tenant: Tenant, site: Site) -> None:
    wire = Wire(context, tenant)
    wire.answers = [(503, {"Retry-After": "2"})] * 1
    page = visit(context, site.url())
    page.evaluate("tandem.track('Unsent')")
    until(page, lambda: bool(wire.requests), 5)
    page.wait_for_timeout(200)
    page.reload()
    started(page)
    assert waiting(page) == ["Unsent"] and messages(tenant) == [], "no beacon while the server refuses"
    page.wait_for_timeout(3_000)
    assert [m["name"] for m in arrived(tenant, 1, page=page)] == ["Unsent"]
    assert wire.requests[1][0] - wire.requests[0][0] >= 1.9, "the pause holds for the next page"
    assert wire.requests[0][2]["batch"][0]["messageId"] == messages(tenant)[0]["id"]


@pytest.mark.parametrize("status", [408, 429, 500, 503])
def test_a_passing_failure_is_tried_again(context: BrowserContext, tenant: Tenant, site: Site, status: int) -> None:
    wire = Wire(context, tenant)
    wire.answers = [(status, {}), (status, {})]
    page = visit(context, site.url())
    page.evaluate("tandem.track('E')")
    until(page, lambda: len(wire.requests) == 3, 12)
    # On a busy machine the answer takes a while.
    assert [message["name"] for message in arrived(tenant, 1, page=page)] == ["E"]
    until(page, lambda: waiting(page) == [], 5)
    times = [moment for moment, _, _ in wire.requests]
    assert times[1] - times[0] > 0.9 and times[2] - times[1] > 1.9, "each pause is twice the one before"
    assert len({sent["batch"][0]["messageId"] for _, _, sent in wire.requests}) == 1


def test_retry_after_is_obeyed(context: BrowserContext, tenant: Tenant, site: Site) -> None:
    wire = Wire(context, tenant)
    wire.answers = [(429, {"Retry-After": "4"})]
    page = visit(context, site.url())
    page.evaluate("tandem.track('E')")
    until(page, lambda: len(wire.requests) == 2, 12)
    assert 3.9 < wire.requests[1][0] - wire.requests[0][0] < 6


@pytest.mark.parametrize("status", [400, 401, 413])
def test_a_final_refusal_drops_the_batch(context: BrowserContext, tenant: Tenant, site: Site, status: int) -> None:
    wire = Wire(context, tenant)
    wire.answers = [(status, {})]
    page = visit(context, site.url())
    page.evaluate("tandem.track('Refused')")
    until(page, lambda: bool(wire.requests), 5)
    page.wait_for_timeout(500)
    assert waiting(page) == []
    page.evaluate("tandem.track('Next')")
    page.wait_for_timeout(800)
    assert [m["name"] for m in arrived(tenant, 1, page=page)] == ["Next"]


def test_a_large_queue_goes_in_parts(context: BrowserContext, tenant: Tenant, site: Site) -> None:
    wire = Wire(context, tenant)
    page = visit(context, site.url())
    page.evaluate("for (let n = 0; n < 20; n++) tandem.track('E' + n, {text: '\u00e4'.repeat(5000)})")
    until(page, lambda: len(messages(tenant)) == 20, 15)
    assert names(tenant) == [f"E{n}" for n in range(20)]
    assert all(len(json.dumps(sent, ensure_ascii=False).encode()) < 65_536 for _, _, sent in wire.requests)
    assert len(wire.requests) >= 4


def test_what_is_left_goes_by_beacon_when_the_page_closes(context: BrowserContext, tenant: Tenant, site: Site) -> None:
    context.add_init_script(
        "setTimeout = () => 0; {const send = navigator.sendBeacon;"  # Nothing goes by itself, however slow the page is.
        "navigator.sendBeacon = function (...a) {localStorage.beacon = a[0]; return send.apply(this, a)}}"
    )
    site.pages["/next"] = "<!doctype html><title>No tag</title>"
    page = visit(context, site.url())
    page.evaluate("tandem.track('Clicked'); location.href = '/next'")
    page.wait_for_url("**/next")
    assert [m["name"] for m in arrived(tenant, 1)] == ["Clicked"]
    assert stored(page)["beacon"] == f"{tenant.server.base_url}/beacon/v1/batch?writeKey={tenant.write_key}"
    assert not [name for name in stored(page) if "_queue_" in name]


def test_two_tabs_send_a_message_once(context: BrowserContext, tenant: Tenant, site: Site) -> None:
    wire = Wire(context, tenant)
    first = visit(context, site.url())
    second = visit(context, site.url())
    context.set_offline(True)
    for number, page in enumerate([first, second]):
        page.evaluate(f"for (let n = 0; n < 10; n++) tandem.track('E{number}' + n)")
    first.wait_for_timeout(1_000)
    wire.requests.clear()
    context.set_offline(False)
    until(first, lambda: len(messages(tenant)) == 20, 15)
    first.wait_for_timeout(1_000)
    ids = [message["messageId"] for _, _, sent in wire.requests for message in sent["batch"]]
    assert len(ids) == len(set(ids)) == 20


def test_a_tab_waits_for_the_one_that_sends(context: BrowserContext, tenant: Tenant, site: Site) -> None:
    page = visit(context, site.url())
    page.wait_for_timeout(500)
    page.evaluate("localStorage.tandem_next = Date.now() + 3000; tandem.track('E')")
    page.wait_for_timeout(1_500)
    assert messages(tenant) == []
    page.wait_for_timeout(2_500)
    assert names(tenant) == ["E"]


def test_of_two_leases_the_last_one_counts(context: BrowserContext, tenant: Tenant, site: Site) -> None:
    page = visit(context, site.url())
    page.wait_for_timeout(500)
    page.evaluate(
        "{let done; setInterval(() => { if (!done && localStorage.tandem_next) {"
        "done = true; localStorage.tandem_next = Date.now() + 3000 } }, 5)}; tandem.track('E')"
    )
    page.wait_for_timeout(1_500)
    assert messages(tenant) == [] and waiting(page) == ["E"]
    page.wait_for_timeout(2_500)
    assert names(tenant) == ["E"]


# Consent


def test_before_consent_nothing_is_sent_or_stored(context: BrowserContext, tenant: Tenant, site: Site) -> None:
    sent: list[str] = []
    context.on("request", lambda request: sent.append(request.url))
    site.pages["/"] = html(tenant, 'data-consent="required"', "tandem.track('Early')")
    page = visit(context, site.url())
    page.evaluate("tandem.identify('u-1', {plan: 'team'}); tandem.group('acme')")
    page.wait_for_timeout(800)
    page.evaluate("dispatchEvent(new Event('pagehide'))")
    anonymous = page.evaluate("tandem.anonymousId()")
    assert cookies(context) == {} and stored(page) == {} and not [url for url in sent if "batch" in url]
    page.evaluate("tandem.consent({analytics: true, advertising: false})")
    found = arrived(tenant, 5)
    assert [m["name"] or m["type"] for m in found] == [
        "Early", "page", "identify", "group", "Segment Consent Preference Updated"
    ]
    assert all(
        m["payload"]["context"]["consent"] == {"categoryPreferences": {"analytics": True, "advertising": False}} for m in found
    )
    assert cookies(context)["tandem_anonymous_id"]["value"] == anonymous
    assert tenant.get("/v1/profiles/by/user_id/u-1").json()["anonymous_ids"] == [anonymous]
    page.reload()
    started(page)
    page.evaluate("tandem.consent({analytics: true, advertising: false})")
    assert [m["type"] for m in arrived(tenant, 7)][5:] == ["track", "page"], "it is remembered, and told once"


def test_after_a_refusal_nothing_is_sent_or_stored(context: BrowserContext, tenant: Tenant, site: Site) -> None:
    site.pages["/"] = html(tenant, 'data-consent="required"')
    page = visit(context, site.url())
    page.evaluate("tandem.consent({analytics: false}); tandem.track('Refused')")
    page.wait_for_timeout(800)
    assert cookies(context) == {} and stored(page) == {} and messages(tenant) == []
    page.evaluate("tandem.consent({analytics: true}); tandem.track('Given')")
    assert [m["name"] for m in arrived(tenant, 2)] == ["Segment Consent Preference Updated", "Given"]


def test_the_category_that_is_asked_for_decides(context: BrowserContext, tenant: Tenant, site: Site) -> None:
    site.pages["/"] = html(tenant, 'data-consent="analytics" data-autopage="off"')
    page = visit(context, site.url())
    page.evaluate("tandem.track('A'); tandem.consent({advertising: true}); tandem.track('B')")
    page.wait_for_timeout(800)
    assert cookies(context) == {} and messages(tenant) == []
    page.evaluate("tandem.consent({analytics: 1}); tandem.track('C')")
    assert arrived(tenant, 2)[1]["name"] == "C"


def test_a_withdrawal_is_told_and_everything_forgotten(context: BrowserContext, tenant: Tenant, site: Site) -> None:
    site.pages["/"] = html(tenant, 'data-consent="required" data-autopage="off"')
    page = visit(context, site.url())
    page.evaluate("tandem.consent({analytics: true}); tandem.identify('u-1')")
    arrived(tenant, 2)
    assert cookies(context)
    page.evaluate("localStorage.ours = 1; tandem.consent({analytics: false}); tandem.track('After')")
    found = arrived(tenant, 3)
    assert found[2]["payload"]["context"]["consent"] == {"categoryPreferences": {"analytics": False}}
    assert cookies(context) == {} and stored(page) == {"ours": "1"}


def test_preferences_are_sent_where_consent_is_not_required(context: BrowserContext, tenant: Tenant, site: Site) -> None:
    page = visit(context, site.url())
    page.evaluate("tandem.track('A'); tandem.consent({analytics: false}); tandem.track('B')")
    found = arrived(tenant, 3)
    assert found[0]["payload"]["context"].get("consent") is None
    assert found[2]["payload"]["context"]["consent"] == {"categoryPreferences": {"analytics": False}}


# Forms

FORM = """<form id="f" name="demo" {mark} onsubmit="return false">
<input type="hidden" name="id" value="hidden-value"><input name="full_name" value="Buyer 17">
<input type="email" name="mail" value="buyer-17@acme.example"><input type="tel" name="call" value="+41 44 668 18 00">
<input name="company" data-tandem-trait="company" value="Acme"><input type="password" name="secret" value="hunter-value">
<input name="note" value="4111 1111 1111 1111"><input name="cardnumber" value="card-value">
<input name="q1" autocomplete="cc-csc" value="csc-value"><input name="remark" data-tandem-ignore value="ignored-value">
<fieldset data-tandem-ignore><input name="inside" value="inside-value"></fieldset>
<select name="seats"><option>5</option><option selected>50</option></select>
<input type="checkbox" name="topic" value="crm" checked><input type="checkbox" name="topic" value="cdp" checked>
<input type="checkbox" name="topic" value="bi"><input type="checkbox" name="email_news" checked>
<textarea name="message">Please call</textarea><button name="go" value="go-value">Send</button></form>"""
NEVER = ["hidden-", "hunter-", "4111", "card-", "csc-", "ignored-", "inside-", "go-value"]


def test_a_form_becomes_an_identify_and_a_track(context: BrowserContext, tenant: Tenant, site: Site) -> None:
    site.pages["/"] = html(tenant, 'data-autopage="off"')
    site.pages["/form"] = html(tenant, 'data-autopage="off"', "", FORM.format(mark="data-tandem-form"))
    page = visit(context, site.url("/?utm_source=news&utm_campaign=spring"))
    page.evaluate("tandem.track('Landed')")
    arrived(tenant, 1)
    page.goto(site.url("/form"))
    started(page)
    page.get_by_role("button", name="Send").click()
    found = arrived(tenant, 3)
    assert [m["name"] or m["type"] for m in found] == ["Landed", "identify", "Form Submitted"]
    properties = found[2]["payload"]["properties"]
    assert (properties["form"], properties["form_id"], properties["path"]) == ("demo", "f", "/form")
    assert properties["fields"] == {
        "seats": "50", "topic": ["crm", "cdp"], "email_news": "on", "message": "Please call"
    }
    assert found[2]["payload"]["context"]["campaign"] == {"source": "news", "name": "spring"}
    everything = json.dumps([m["payload"] for m in found])
    assert [value for value in NEVER if value in everything] == []
    traits = dict(tenant.server.sql("select trait, value from profile_traits", schema=tenant.schema))
    assert traits == {
        "name": "Buyer 17", "email": "buyer-17@acme.example", "phone": "+41 44 668 18 00", "company": "Acme"
    }
    assert [value for value in NEVER if value in json.dumps(stored(page))] == []


@pytest.mark.parametrize(
    ("settings", "mark", "count"),
    [
        ("", "", 0),
        ('data-forms="all"', "", 2),
        ('data-forms="all"', "data-tandem-ignore", 0),
        ('data-forms="off"', "data-tandem-form", 0),
        ("", 'data-tandem-form="Demo wanted"', 2),
    ],
)
def test_which_forms_are_taken(
    context: BrowserContext, tenant: Tenant, site: Site, settings: str, mark: str, count: int
) -> None:
    site.pages["/"] = html(tenant, f'data-autopage="off" {settings}', "", FORM.format(mark=mark))
    page = visit(context, site.url())
    page.get_by_role("button", name="Send").click()
    page.evaluate("tandem.track('Last')")
    found = arrived(tenant, count + 1)
    if "wanted" in mark:
        assert found[1]["payload"]["properties"]["form"] == "Demo wanted"


def test_a_form_of_a_page_that_goes_away_arrives_and_makes_a_lead(context: BrowserContext, tenant: Tenant, site: Site) -> None:
    site.pages["/thanks"] = "<!doctype html><title>Thanks</title>"
    form = FORM.format(mark='data-tandem-form action="/thanks"').replace('onsubmit="return false"', "")
    site.pages["/"] = html(tenant, 'data-autopage="off"', "", form)
    page = visit(context, site.url())
    page.get_by_role("button", name="Send").click()
    page.wait_for_url("**/thanks**")
    assert [m["type"] for m in arrived(tenant, 2)] == ["identify", "track"]
    leads = tenant.server.sql("select email from leads", schema=tenant.schema)
    assert leads == [("buyer-17@acme.example",)]


CONTACT_FORM = """<form data-tandem-form="demo-request" onsubmit="return false">
<label>Work e-mail <input type="email" name="mail"></label><input name="company"><textarea name="message"></textarea>
<label><input type="checkbox" name="news" data-tandem-consent="newsletter"> Yes, send me the <b>newsletter</b>.</label>
<label><input type="checkbox" name="calls" data-tandem-consent> You may call me.</label>
<button>Send</button></form>"""


def test_a_visitor_who_submits_a_form_is_a_lead_with_a_past(context: BrowserContext, tenant: Tenant, site: Site) -> None:
    """Browses without a name, comes back by a campaign, fills in the form: the lead has an owner, what was agreed to, and the
    visits before it."""
    user = tenant.post("/v1/users", {"name": "Inbound desk"}).json()["id"]
    assert tenant.api("PUT", "/v1/forms/by/name/demo-request", {"owner_id": user}).status_code == 201
    for path in ("/", "/pricing", "/demo"):
        site.pages[path] = html(tenant, "", body=CONTACT_FORM if path == "/demo" else "").replace("A page", path)
    page = visit(context, site.url("/?utm_source=news&utm_campaign=spring"))
    for path in ("/pricing", "/demo"):
        page.evaluate(f"location.href = '{path}'")
        page.wait_for_url(f"**{path}")
        started(page)
    anonymous = cookies(context)["tandem_anonymous_id"]["value"]
    page.get_by_label("Work e-mail").fill("buyer-17@acme.example")
    page.locator("[name=company]").fill("Acme")
    page.locator("[name=message]").fill("Please call")
    page.get_by_label("Yes, send me the newsletter.").check()
    page.get_by_role("button", name="Send").click()
    arrived(tenant, 5)

    (lead,) = tenant.get("/v1/leads").json()["items"]
    expected = {
        "email": "buyer-17@acme.example", "company": "Acme", "message": "Please call", "owner_id": user, "status": "new",
        "source": "server: demo-request", "campaign": "spring",
    }
    assert {key: lead[key] for key in expected} == expected
    person = tenant.get(f"/v1/profiles/{lead['profile_id']}").json()
    assert person["anonymous_ids"] == [anonymous] and person["traits"] == {"email": "buyer-17@acme.example"}
    told = tenant.get(f"/v1/leads/{lead['id']}/timeline").json()["items"]
    assert [item["data"]["type"] for item in told] == ["track", "identify", "page", "page", "page"]
    assert [item["data"]["properties"]["title"] for item in told if item["data"]["type"] == "page"] == ["/demo", "/pricing", "/"]
    (submission,) = tenant.get(f"/v1/leads/{lead['id']}/submissions").json()["items"]
    assert submission["page"] == site.url("/demo") and submission["referrer"] == site.url("/pricing")
    assert submission["campaign"] == {"source": "news", "name": "spring"}
    assert submission["outcome"] == "created" and submission["owner_id"] == user
    assert submission["fields"] == {"company": "Acme", "message": "Please call"}
    assert submission["consent"] == [
        {"purpose": "newsletter", "given": True, "text": "Yes, send me the newsletter."},
        {"purpose": "calls", "given": False, "text": "You may call me."},
    ]
