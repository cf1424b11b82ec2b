"""The vendors' own SDKs from PyPI, unmodified, against the server."""

from __future__ import annotations

import datetime
import time
import uuid

import psycopg
import pytest

from sdks import VENDORS, sender
from server import Tenant


@pytest.mark.quick
@pytest.mark.parametrize("vendor", VENDORS)
@pytest.mark.parametrize("gzip", [False, True])
def test_an_anonymous_visitor_becomes_a_person_at_an_account(tenant: Tenant, vendor: str, gzip: bool) -> None:
    user, visitor, group = "u-7", "anon-7", "acme"
    with sender(vendor, tenant, gzip=gzip) as to:
        to.client.page(anonymous_id=visitor, name="Pricing")
        to.client.track(anonymous_id=visitor, event="Form Submitted", properties={"form": "demo"})
        to.client.identify(user, {"email": "Buyer-7@Acme.Example", "plan": "pro"}, anonymous_id=visitor)
        to.client.group(user, group, {"name": "Acme Inc.", "industry": "Rockets"})
        to.client.track(user, "Signed Up")
        to.client.alias("old-7", user)
        to.flush()
    profile = tenant.get(f"/v1/profiles/by/user_id/{user}").json()
    assert profile["anonymous_ids"] == [visitor, "old-7"] or sorted(profile["anonymous_ids"]) == sorted([visitor, "old-7"])
    assert profile["traits"]["plan"] == "pro"
    assert [a["group_id"] for a in profile["accounts"]] == [group]
    events = tenant.get(f"/v1/profiles/{profile['id']}/events").json()["items"]
    assert sorted(e["type"] for e in events) == ["alias", "group", "identify", "page", "track", "track"]
    account = tenant.get(f"/v1/accounts/by/group_id/{group}").json()
    assert (account["name"], account["industry"]) == ("Acme Inc.", "Rockets")
    contacts = tenant.get("/v1/contacts").json()["items"]
    assert [c["email"].lower() for c in contacts] == ["buyer-7@acme.example"]
    assert contacts[0]["profile_id"] == profile["id"]
    assert tenant.get("/v1/profiles/by/email/buyer-7@acme.example").json()["id"] == profile["id"]

    # The same in BI, at the moment flush has returned.
    bi = tenant.server.cli("bi", "user", "create", tenant.slug, "analyst")
    with psycopg.connect(bi["dsn"]) as connection:
        rows = connection.execute("select user_id, email from profiles").fetchall()
        assert rows == [(user, "Buyer-7@Acme.Example")]
        assert connection.execute("select name, group_id from accounts").fetchall() == [("Acme Inc.", group)]
        assert connection.execute("select count(*) from events where profile_id is not null").fetchone() == (6,)


@pytest.mark.parametrize("vendor", VENDORS)
def test_a_message_sent_twice_is_stored_once(tenant: Tenant, vendor: str) -> None:
    message = str(uuid.uuid4())
    with sender(vendor, tenant) as to:
        for _ in range(2):
            to.client.track("u", "Once", message_id=message)
            to.flush()
    assert tenant.server.sql("select count(*) from event_log where message_id = %s", [message], tenant.schema) == [(1,)]


@pytest.mark.parametrize("vendor", VENDORS)
def test_a_past_timestamp_of_a_server_is_kept(tenant: Tenant, vendor: str) -> None:
    when = datetime.datetime(2020, 2, 29, 12, 0, 0, tzinfo=datetime.timezone.utc)
    with sender(vendor, tenant) as to:
        to.client.track("u", "Long Ago", timestamp=when)
        to.flush()
    assert tenant.server.sql("select ts from event_log", schema=tenant.schema) == [(when,)]


@pytest.mark.parametrize("vendor", VENDORS)
def test_a_hundred_events_in_batches(tenant: Tenant, vendor: str) -> None:
    with sender(vendor, tenant) as to:
        for n in range(250):
            to.client.track(f"u{n % 10}", "Many", {"n": n})
        to.flush()
    assert tenant.server.sql("select count(*), count(distinct node) from event_log", schema=tenant.schema) == [(250, 10)]


@pytest.mark.parametrize("vendor", VENDORS)
def test_a_wrong_key_is_dropped_and_not_sent_again(tenant: Tenant, vendor: str) -> None:
    wrong = Tenant(tenant.slug, tenant.id, tenant.schema, "tdm_wk_live_nonsense", "", tenant.server)
    begun = time.monotonic()
    with sender(vendor, wrong) as to:
        to.client.track("u", "Nobody's")
        to.client.flush()
        # The SDK tells of one failure, at once: no storm of retries.
        assert len(to.errors) == 1
    assert time.monotonic() - begun < 5


def test_a_public_key_never_changes_a_contact_that_is_there(tenant: Tenant) -> None:
    made = tenant.post("/v1/contacts", {"email": "buyer-1@acme.example", "first_name": "Buyer", "title": "CFO"})
    assert made.status_code == 201
    web = tenant.server.cli("source", "create", "shop", "--kind", "browser", "--tenant", tenant.slug)
    key = tenant.server.cli("key", "create", "--kind", "write", "--source", web["name"], "--tenant", tenant.slug)
    public = Tenant(tenant.slug, tenant.id, tenant.schema, key["key"], "", tenant.server)
    for vendor in VENDORS:
        with sender(vendor, public) as to:
            to.client.identify("u-1", {"email": "buyer-1@acme.example", "firstName": "Mallory", "title": "Intern"})
            to.flush()
    contact = tenant.get(f"/v1/contacts/{made.json()['id']}").json()
    assert (contact["first_name"], contact["title"]) == ("Buyer", "CFO")
    assert len(tenant.get("/v1/contacts").json()["items"]) == 1
