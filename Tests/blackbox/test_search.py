"""Records by words, whatever object they are of: through HTTP and in the console."""

from __future__ import annotations

import pytest

from console import Browser
from server import Server, Tenant
from test_forms import make

pytestmark = pytest.mark.quick


@pytest.fixture
def filled(tenant: Tenant) -> Tenant:
    make(tenant, "accounts", name="Analytical Engines")
    make(tenant, "contacts", first_name="Ada", last_name="Byron", email="ada@engines.example")
    make(tenant, "contacts", first_name="Charles", last_name="Babbage", external_id="nobody-yet")
    make(tenant, "leads", last_name="Byron", company="Poets & Sons")
    make(tenant, "opportunities", name="Engines, 40 seats")
    return tenant


def found(tenant: Tenant, text: str, **more: object) -> set[tuple[str, str]]:
    answer = tenant.post("/v1/search", {"q": text, **more})
    assert answer.status_code == 200, answer.text
    return {(each["object"], each["title"]) for each in answer.json()["items"]}


def test_all_words_have_to_occur_in_one_record(filled: Tenant, tandem: Server) -> None:
    assert found(filled, "engines") == {
        ("account", "Analytical Engines"), ("contact", "Ada Byron"), ("opportunity", "Engines, 40 seats")}
    assert found(filled, "BYRON ada") == {("contact", "Ada Byron")}
    assert found(filled, "byron") == {("contact", "Ada Byron"), ("lead", "Byron")}
    assert found(filled, "engines steam") == set()
    assert found(filled, "engines st") == set() and found(filled, "en 40") == {("opportunity", "Engines, 40 seats")}
    other = tandem.tenant(filled.slug + "-foreign")
    assert found(other, "engines") == set()


def test_the_best_comes_first(tenant: Tenant) -> None:
    for name in ("Big Nordlicht", "Nordlicht Holding", "Nordlicht", "Innordlichten", "Someone"):
        make(tenant, "accounts", name=name, domain="nordlicht.example" if name == "Someone" else None)
    items = tenant.post("/v1/search", {"q": "nordlicht"}).json()["items"]
    assert [each["title"] for each in items] == ["Nordlicht", "Nordlicht Holding", "Someone", "Big Nordlicht", "Innordlichten"]
    assert [each["title"] for each in tenant.post("/v1/search", {"q": "nordlicht", "limit": 2}).json()["items"]] == [
        "Nordlicht", "Nordlicht Holding"]


def test_words_that_nothing_has_find_what_is_like_them(filled: Tenant) -> None:
    answer = filled.post("/v1/search", {"q": "Analitical engine"}).json()
    assert answer["similar"] is True and [each["title"] for each in answer["items"]] == ["Analytical Engines"]
    assert "similar" not in filled.post("/v1/search", {"q": "Analytical"}).json()


@pytest.mark.parametrize("body", [{}, {"q": " x "}, {"q": 17}, {"q": "engines", "limit": 0}, {"q": "engines", "limit": "a"}])
def test_what_cannot_be_searched_is_told(filled: Tenant, body: dict[str, object]) -> None:
    assert filled.post("/v1/search", body).status_code == 422


def test_the_console_finds_records_and_leads_to_their_pages(filled: Tenant, tandem: Server) -> None:
    browser = Browser(tandem).sign_in()
    start = browser.get(f"/console/{filled.slug}")
    box = start.form("/search")
    page = browser.get(f"{box.action}?q=byron")
    assert page.response.status_code == 200 and "Contacts" in page.headings + page.text.split()
    for link in [each for each in page.links if "/leads/" in each or "/contacts/cont_" in each]:
        assert "Byron" in browser.get(link).text or "ada@engines.example" in browser.get(link).text
    assert any("/leads/lead_" in each for each in page.links) and any("/contacts/cont_" in each for each in page.links)
    assert "Nothing found" in browser.get(f"{box.action}?q=zebra").text
    assert "at least two characters" in browser.get(f"{box.action}?q=z").text
    hostile = browser.get(f"{box.action}?q=%3Cscript%3Ealert(1)%3C/script%3E")
    assert "<script>alert" not in hostile.html and hostile.response.status_code == 200


def test_a_tenant_of_events_alone_finds_its_people(tandem: Server) -> None:
    """Without records the words are the beginning of an identifier, in whatever letters."""
    tenant = tandem.tenant("search-events", modules="cdp")
    for user in ("casey-1", "casey-2", "robin-1"):
        assert tenant.ingest("identify", {"userId": user, "traits": {"email": f"{user}@engines.example"}}).status_code == 200
    browser = Browser(tandem).sign_in()
    page = browser.get(f"/console/{tenant.slug}/search?q=casey")
    assert page.response.status_code == 200 and "Nothing found" not in page.text
    assert "casey-1@engines.example" in page.text and "casey-2" in page.text and "robin" not in page.text
    person = tenant.get("/v1/profiles/by/user_id/casey-1").json()["id"]
    assert f"/console/{tenant.slug}/people/{person}" in page.links
    assert "casey-1" in browser.get(f"/console/{tenant.slug}/search?q=CASEY-1@Engines").text
    assert "Nothing found" in browser.get(f"/console/{tenant.slug}/search?q=nobody").text
    other = tandem.tenant("search-events-other", modules="cdp")
    assert "Nothing found" in browser.get(f"/console/{other.slug}/search?q=casey").text


def test_who_may_not_see_people_finds_none(filled: Tenant) -> None:
    assert filled.ingest("identify", {"userId": "engines-fan"}).status_code == 200
    assert "engines-fan" in Browser(filled.server).sign_in().get(f"/console/{filled.slug}/search?q=engines").text
    role = filled.post("/v1/roles", {"name": "no people", "grants": {"account": {"read": "all"}}}).json()
    user = filled.post("/v1/users", {"name": "Rep", "email": "rep@acme.example", "role_ids": [role["id"]]}).json()
    page = Browser(filled.server).sign_in("--tenant", filled.slug, "--user", user["id"]).get(f"/console/{filled.slug}/search?q=engines")
    assert "Analytical Engines" in page.text and "engines-fan" not in page.text
