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
