"""Reviews of merges are more than a page shows."""

from __future__ import annotations

import re

import pytest

from console import Browser
from server import Tenant

# More than a page of the console has.
COUNT = 27


@pytest.fixture(scope="module")
def reviewed(tandem) -> Tenant:
    """A tenant with so many merges of contacts of two accounts, which wait for a decision."""
    tenant = tandem.tenant("reviews")
    users = [f"{side}{number}" for number in range(COUNT) for side in "ab"]
    events = [{"type": "identify", "userId": user, "traits": {"email": f"{user}@acme.example"}} for user in users]
    assert tenant.ingest("batch", {"batch": events}).json()["accepted"] == len(users)
    accounts = [{"op": "create", "data": {"name": user, "external_id": user}} for user in users]
    made = tenant.post("/v1/accounts:batch", {"items": accounts}).json()["results"]
    for user, account in zip(users, made):
        body = {"email": f"{user}@acme.example", "accounts": [{"account_id": account["id"]}], "profile": {"type": "user_id", "value": user}}
        assert tenant.post("/v1/contacts", body).status_code == 201
    for number in range(COUNT):
        ends = {name: {"type": "user_id", "value": f"{side}{number}"} for name, side in (("winner", "a"), ("loser", "b"))}
        assert tenant.post("/v1/merges", {**ends, "ref": f"both-{number}"}).status_code == 202
    return tenant


def test_the_api_pages_through_them(reviewed: Tenant) -> None:
    found, after = [], ""
    while True:
        answer = reviewed.get(f"/v1/merge-reviews?limit=10{after}")
        assert answer.status_code == 200, answer.text
        found += [one["ref"] for one in answer.json()["items"]]
        if not answer.json()["page"]["has_more"]:
            break
        after = f"&after={answer.json()['page']['next']}"
    assert found == [f"both-{number}" for number in range(COUNT)]


def test_the_console_pages_through_them(reviewed: Tenant) -> None:
    browser = Browser(reviewed.server).sign_in()
    place = f"/console/{reviewed.slug}/reviews"
    found, pages = [], 0
    page = browser.get(place)
    while True:
        found += re.findall(r"about (both-\d+)", page.text)
        pages += 1
        following = [link for link in page.links if "after=" in link]
        if not following:
            break
        page = browser.get(following[0])
    assert (found, pages) == ([f"both-{number}" for number in range(COUNT)], 2)
    assert browser.get(f"{place}?after=c_AAAA").response.status_code == 400, "only a cursor of this list"
    other = reviewed.server.tenant("reviews-other")
    foreign = following_of(browser, place)
    assert browser.get(f"/console/{other.slug}/reviews?{foreign}").response.status_code == 400


def following_of(browser: Browser, place: str) -> str:
    return next(link for link in browser.get(place).links if "after=" in link).split("?", 1)[1]
