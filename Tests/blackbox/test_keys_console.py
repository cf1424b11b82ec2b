"""Keys on the console's page: made, shown once, made anew, revoked; for operators, within their tenant."""

from __future__ import annotations

import re

import pytest
import requests

from console import Browser, Page
from server import Server, Tenant, wait_until
from test_forms import make

pytestmark = pytest.mark.quick


@pytest.fixture(scope="module")
def desk(tandem: Server) -> Tenant:
    return tandem.tenant("keys-desk")


@pytest.fixture(scope="module")
def operator(desk: Tenant) -> Browser:
    return Browser(desk.server).sign_in()


def shown_key(page: Page) -> str:
    return re.search(r"tdm_[a-z]{2}_live_\w+", page.text.partition("The new key")[2])[0]


def make_key(operator: Browser, desk: Tenant, **fields: str) -> Page:
    page = operator.get(f"/console/{desk.slug}/keys")
    form = page.form("/keys")
    return operator.post(f"/console/{desk.slug}/keys", {"csrf": form.fields["csrf"], **fields})


def calls(desk: Tenant, key: str, path: str) -> int:
    return requests.get(desk.server.base_url + path, headers={"Authorization": f"Bearer {key}"}, timeout=30).status_code


def test_a_restricted_key_opens_its_scopes_and_is_shown_once(desk: Tenant, operator: Browser) -> None:
    made = make_key(operator, desk, kind="restricted", scope="crm:read", lives="30")
    key = shown_key(made)
    assert (calls(desk, key, "/v1/contacts"), calls(desk, key, "/v1/profiles?limit=1")) == (200, 403)
    page = operator.get(f"/console/{desk.slug}/keys")
    assert key not in page.html and key.split("_")[3] in page.text and "crm:read" in page.text and "ends" in page.text
    assert made.response.headers["Cache-Control"] == "no-store"


def test_a_key_of_a_role_and_one_of_a_source(desk: Tenant, operator: Browser) -> None:
    role = next(one for one in desk.get("/v1/roles").json()["items"] if one["name"] == "sales rep")["id"]
    ofrole = shown_key(make_key(operator, desk, kind="restricted", role=role))
    make(desk, "accounts", name="Of nobody")
    assert calls(desk, ofrole, "/v1/accounts") == 200 and "sales rep" in operator.get(f"/console/{desk.slug}/keys").text
    writes = shown_key(make_key(operator, desk, kind="write", source="server"))
    sent = requests.post(f"{desk.server.base_url}/v1/track", json={"userId": "k", "event": "Sent"}, auth=(writes, ""), timeout=30)
    assert sent.status_code == 200, sent.text
    secret = shown_key(make_key(operator, desk, kind="secret"))
    assert calls(desk, secret, "/v1/profiles?limit=1") == 200


def test_what_no_key_can_be_is_said(desk: Tenant, operator: Browser) -> None:
    for wrong, words in [({"kind": "restricted"}, "restricted key has scopes"), ({"kind": "restricted", "scope": "all"}, "All is none of")]:
        refused = make_key(operator, desk, **wrong)
        assert refused.response.status_code == 422 and words in refused.text, refused.text
    assert make_key(operator, desk, kind="admin").response.status_code == 400


def test_a_key_is_made_anew_and_revoked(desk: Tenant, operator: Browser) -> None:
    old = shown_key(make_key(operator, desk, kind="restricted", scope="crm:read"))
    page = operator.get(f"/console/{desk.slug}/keys")
    place = re.search(rf'{old.split("_")[3]}.*?(/console/{desk.slug}/keys/key_\w+)/rotate', page.html, re.DOTALL)[1]
    anew = operator.submit(page.form(f"{place}/rotate"))
    new = shown_key(anew)
    assert new != old and "The old one works until" in anew.text
    assert (calls(desk, old, "/v1/contacts"), calls(desk, new, "/v1/contacts")) == (200, 200)
    revoked = operator.submit(operator.get(f"/console/{desk.slug}/keys").form(f"{place}/revoke"))
    assert "The key is revoked" in revoked.text
    wait_until(lambda: calls(desk, old, "/v1/contacts") == 401, timeout_s=6)
    assert calls(desk, new, "/v1/contacts") == 200
    states = {one["keyid"]: one["revoked_at"] for one in desk.server.cli("key", "list", "--tenant", desk.slug)["items"]}
    assert states[old.split("_")[3]] and not states[new.split("_")[3]]
    by = desk.server.sql("select actor from tandem.audit where action = 'key.create' order by at desc limit 1")[0][0]
    assert by.startswith("console:"), by


def test_users_and_other_tenants_reach_no_key(desk: Tenant, operator: Browser) -> None:
    other = desk.server.tenant("keys-other")
    keys = operator.get(f"/console/{other.slug}/keys")
    place = re.search(rf"/console/{other.slug}/keys/(key_\w+)/revoke", keys.html)[1]
    token = keys.form("/keys").fields["csrf"]
    for verb in ("revoke", "rotate"):
        assert operator.post(f"/console/{desk.slug}/keys/{place}/{verb}", {"csrf": token}).response.status_code == 404
    role = next(one for one in desk.get("/v1/roles").json()["items"] if one["name"] == "administrator")["id"]
    make(desk, "users", name="Admin", email="admin@keys.example", role_ids=[role])
    user = Browser(desk.server).sign_in("--tenant", desk.slug, "--user", "email=admin@keys.example")
    refused = user.get(f"/console/{desk.slug}/keys")
    assert refused.response.status_code == 403 and "operators alone" in refused.text
    today = user.get(f"/console/{desk.slug}/accounts")
    posted = user.post(f"/console/{desk.slug}/keys", {"csrf": re.search(r'name="csrf" value="([^"]+)"', today.html)[1], "kind": "secret"})
    assert posted.response.status_code == 403
