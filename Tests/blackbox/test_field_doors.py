"""Who owns a field of a contact, through the doors that people, servers, imports and browsers have: each pair in both orders. The table of
ranks itself, whole, is `sql/test_field_owners.py`."""

from __future__ import annotations

import itertools
import pathlib
from typing import Any

import pytest
import requests

from console import Browser
from server import Tenant

MAP = "match: email\nfields: {email: mail, title: title}\n"
BEST_FIRST = ["hand", "server", "import", "public"]


class Doors:
    """The four ways in. A title is said with `hand(mail, title)` and so on."""

    def __init__(self, tenant: Tenant, folder: pathlib.Path) -> None:
        self.tenant, self.folder = tenant, folder
        (folder / "map.yaml").write_text(MAP)
        made = tenant.post("/v1/sources", {"name": "shop", "kind": "browser"})
        assert made.status_code == 201, made.text
        self.browser_key = tenant.server.cli("key", "create", "--kind", "write", "--source", "shop", "--tenant", tenant.slug)["key"]

    def hand(self, mail: str, title: str | None) -> None:
        answer = self.tenant.api("PUT", f"/v1/contacts/by/email/{mail}", {"title": title})
        assert answer.status_code in (200, 201), answer.text

    def server(self, mail: str, title: str) -> None:
        self.identify(mail, title, self.tenant.secret_key)

    def public(self, mail: str, title: str) -> None:
        self.identify(mail, title, self.browser_key)

    def identify(self, mail: str, title: str, key: str) -> None:
        answer = requests.post(
            self.tenant.server.base_url + "/v1/identify", auth=(key, ""), timeout=60,
            json={"userId": f"u-{mail}", "traits": {"email": mail, "title": title}})
        assert answer.status_code == 200, answer.text

    def imports(self, mail: str, title: str) -> None:
        file = self.folder / "contacts.csv"
        file.write_text(f"mail,title\n{mail},{title}\n")
        done = self.tenant.server.cli(
            "import", "contacts", str(file), "--map", str(self.folder / "map.yaml"), "--tenant", self.tenant.slug)
        assert done["import"]["rejected"] == 0

    def say(self, who: str, mail: str, title: str) -> None:
        getattr(self, "imports" if who == "import" else who)(mail, title)

    def title(self, mail: str) -> Any:
        return self.tenant.get(f"/v1/contacts/by/email/{mail}").json()["title"]

    def sources(self, mail: str) -> list[dict[str, Any]]:
        which = self.tenant.get(f"/v1/contacts/by/email/{mail}").json()["id"]
        return [each for each in self.tenant.get(f"/v1/contacts/{which}/sources").json()["items"] if each["field"] == "title"]


@pytest.fixture
def doors(tenant: Tenant, tmp_path: pathlib.Path) -> Doors:
    return Doors(tenant, tmp_path)


def test_each_pair_of_doors_in_both_orders(doors: Doors) -> None:
    for first, second in itertools.permutations(BEST_FIRST, 2):
        mail = f"{first}-{second}@acme.example"
        made = doors.tenant.post("/v1/contacts", {"email": mail, "last_name": "Byron"})
        assert made.status_code == 201, made.text
        doors.say(first, mail, f"by {first}")
        doors.say(second, mail, f"by {second}")
        winner = min(first, second, key=BEST_FIRST.index)
        assert doors.title(mail) == f"by {winner}", mail
        values = {each["value"]: each["shown"] for each in doors.sources(mail)}
        assert values == {f"by {first}": first == winner, f"by {second}": second == winner}, mail


def test_a_browser_only_suggests(doors: Doors) -> None:
    mail = "suggested@acme.example"
    doors.tenant.post("/v1/contacts", {"email": mail, "last_name": "Byron"})
    doors.public(mail, "Owner")
    assert doors.title(mail) is None, "an existing contact is never a browser's to fill"
    assert [(each["value"], each["shown"]) for each in doors.sources(mail)] == [("Owner", False)]


def test_clearing_by_hand_stays_and_one_action_takes_over(doors: Doors) -> None:
    mail = "cleared@acme.example"
    doors.tenant.post("/v1/contacts", {"email": mail, "last_name": "Byron"})
    doors.server(mail, "Engineer")
    assert doors.title(mail) == "Engineer"
    doors.hand(mail, None)
    assert doors.title(mail) is None
    doors.server(mail, "Manager")
    doors.imports(mail, "Director")
    assert doors.title(mail) is None
    contact = doors.tenant.get(f"/v1/contacts/by/email/{mail}").json()["id"]
    browser = Browser(doors.tenant.server).sign_in()
    page = browser.get(f"/console/{doors.tenant.slug}/contacts/{contact}")
    assert "Manager" in page.text
    assert "Taken over" in browser.submit(page.form("/take"), take="title|server").text
    assert doors.title(mail) == "Manager"
    doors.server(mail, "Chief")
    assert doors.title(mail) == "Manager", "taken over, it is a hand's own"
