"""Undo equals the replay without the merge, on one story told in two tenants: events, traits and CRM edits on both sides
and another merge on top. (`identity/` does the same for random histories against a model.)"""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any

import pytest

from server import ROOT, Server, Tenant

VISIBLE_STATE = (ROOT / "sql/tests/identity/visible_state.sql").read_text()
TRAITS_OF_CONTACTS = {"email", "phone", "first_name", "last_name", "title"}
START = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0) - datetime.timedelta(days=2)


def message(kind: str, number: int, **fields: Any) -> dict[str, Any]:
    at = START + datetime.timedelta(minutes=number)
    return {"type": kind, "messageId": f"undo-{number:04d}", "timestamp": at.isoformat(), **fields}


class Story:
    """The same calls to a tenant, with the merge and its undo or without them."""

    def __init__(self, tenant: Tenant, cause: str | None) -> None:
        self.tenant = tenant
        self.cause = cause  # "event", "manual" or None: the merge does not happen

    def send(self, *messages: dict[str, Any]) -> None:
        answer = self.tenant.ingest("batch", {"batch": list(messages)})
        assert answer.status_code == 200 and answer.json()["accepted"] == len(messages), answer.text

    def call(self, method: str, path: str, body: Any = None, status: tuple[int, ...] = (200, 201)) -> Any:
        answer = self.tenant.api(method, path, json=body)
        assert answer.status_code in status, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    def begin(self, contacts: bool) -> None:
        self.send(
            message("identify", 1, userId="left", traits={"email": "left@example.test", "plan": "pro", "seats": 1}),
            message("identify", 2, anonymousId="right", traits={"email": "right@example.test", "plan": "free"}),
            message("identify", 3, userId="third", traits={"email": "third@example.test"}),
        )
        if contacts:
            self.call("PUT", "/v1/accounts/by/external_id/acme", {"name": "Acme"})
            for side in ("left", "right"):
                body = {
                    "external_id": side,
                    "profile": {"type": "email", "value": f"{side}@example.test"},
                    "accounts": [{"external_id": "acme", "role": "buyer"}],
                }
                self.call("POST", "/v1/contacts", body)

    def merge(self) -> str:
        """The merge of left and right; its ref. Without it the event that would have caused it comes alone."""
        both = {"anonymousId": "right"} if self.cause == "event" else {}
        self.send(message("track", 100, event="Signed in", userId="left", **both))
        if self.cause == "manual":
            sides = {"winner": {"type": "user_id", "value": "left"}, "loser": {"type": "anonymous_id", "value": "right"}}
            self.call("POST", "/v1/merges", {**sides, "ref": "by-hand"})
            return "by-hand"
        return "undo-0100"

    def go_on(self, contacts: bool) -> None:
        """20 events, two traits, a new identifier and a CRM edit on each side, then another merge on top."""
        for number in range(20):
            self.send(message("track", 200 + number, event="Opened", userId="left"))
            self.send(message("page", 300 + number, name="Pricing", anonymousId="right"))
        self.send(
            message("identify", 400, userId="left", anonymousId="left-phone", traits={"plan": "team", "seats": None}),
            message("identify", 401, anonymousId="right", traits={"plan": "trial", "color": "red"}),
            message("track", 402, event="Opened", anonymousId="right", properties={"email": "right2@example.test"}),
            message("group", 403, userId="left", groupId="acme-group"),
        )
        if contacts:
            for side in ("left", "right"):
                body = {"title": f"Head of {side}", "language": "de"}
                self.call("PUT", f"/v1/contacts/by/external_id/{side}", body)
        sides = {"winner": {"type": "user_id", "value": "left"}, "loser": {"type": "user_id", "value": "third"}}
        self.call("POST", "/v1/merges", {**sides, "ref": "on-top"})

    def undo(self, ref: str) -> None:
        found = self.call("GET", f"/v1/merges?ref={ref}")["items"]
        assert [one["state"] for one in found] == ["applied"]
        undone = self.call("POST", f"/v1/merges/{found[0]['id']}:undo", {})
        assert undone["state"] == "undone"

    def tell(self, contacts: bool) -> None:
        self.begin(contacts)
        ref = self.merge()
        self.go_on(contacts)
        if self.cause:
            self.undo(ref)


def visible(tenant: Tenant) -> list[Any]:
    """What SQL shows, without the times of the CRM edits, which differ by the clock."""
    rows = []
    for section, profile, item, detail in tenant.server.sql(VISIBLE_STATE, schema=tenant.schema):
        if section == "trait" and item in TRAITS_OF_CONTACTS:
            detail = detail["value"]
        rows.append((section, profile, item, detail))
    return rows


def bi_rows(tenant: Tenant) -> dict[str, list[Any]]:
    queries = {
        "profiles": "select user_id, email, phone, first_seen_at, last_seen_at from profiles order by first_seen_at, email",
        "events": """select e.message_id, p.email, e.type, e.event, e.ts, e.properties::text
            from events e left join profiles p using (profile_id) order by 1""",
    }
    if tenant.server.sql("select to_regclass('contacts')", schema=tenant.schema)[0][0]:
        queries["contacts"] = """select c.external_id, c.name, c.title, c.email, c.language, p.email
            from contacts c left join profiles p using (profile_id) order by 1"""
    return {name: tenant.server.sql(query, schema=tenant.schema) for name, query in queries.items()}


def api_answers(story: Story) -> list[Any]:
    """Each side as the API answers it, without generated ids."""
    answers = []
    for kind, value in (("user_id", "left"), ("anonymous_id", "right"), ("user_id", "third")):
        profile = story.call("GET", f"/v1/profiles/by/{kind}/{value}")
        events = story.call("GET", f"/v1/profiles/{profile['id']}/events?limit=100")["items"]
        answers.append(
            {
                "user_id": profile["user_id"],
                "anonymous_ids": sorted(profile["anonymous_ids"]),
                "identifiers": sorted((one["type"], one["value"], one["first_seen_at"]) for one in profile["identifiers"]),
                "traits": profile["traits"],
                "groups": sorted(one["group_id"] for one in profile["accounts"] if one["group_id"]),
                "merged": len(profile["merged_ids"]),
                "seen": (profile["first_seen_at"], profile["last_seen_at"]),
                "events": sorted(one["message_id"] for one in events),
            }
        )
    return answers


@pytest.fixture(scope="module")
def story_of(tandem: Server) -> Callable[[str | None, bool], Story]:
    """The story with that cause, told once."""
    told: dict[Any, Story] = {}

    def of(cause: str | None, contacts: bool) -> Story:
        if (cause, contacts) not in told:
            slug = f"undo-{cause or 'without'}-{'crm' if contacts else 'cdp'}"
            tenant = tandem.tenant(slug, modules="cdp,crm" if contacts else "cdp")
            told[cause, contacts] = Story(tenant, cause)
            told[cause, contacts].tell(contacts)
        return told[cause, contacts]

    return of


CASES = [("event", True), ("event", False), ("manual", False)]


@pytest.mark.parametrize(("cause", "contacts"), CASES)
def test_undo_equals_the_replay_without_the_merge_in_sql(
    story_of: Callable[[str | None, bool], Story], cause: str, contacts: bool, figures: Callable[[str, Any], None]
) -> None:
    merged, plain = story_of(cause, contacts).tenant, story_of(None, contacts).tenant
    assert visible(merged) == visible(plain)
    assert bi_rows(merged) == bi_rows(plain)
    figures(f"facts equal after the undo of a merge by {cause}{', with contacts' if contacts else ''}", len(visible(merged)))


@pytest.mark.parametrize(("cause", "contacts"), CASES)
def test_undo_equals_the_replay_without_the_merge_in_the_api(
    story_of: Callable[[str | None, bool], Story], cause: str, contacts: bool
) -> None:
    assert api_answers(story_of(cause, contacts)) == api_answers(story_of(None, contacts))
