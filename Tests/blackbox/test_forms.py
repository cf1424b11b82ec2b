"""From a form's submission to a lead: what the event makes of the person, who gets it, what was agreed to, and why there is no
lead where there is none. Through HTTP, as an SDK or a server sends it; `test_snippet.py` does it in a browser."""

from __future__ import annotations

import itertools
import threading
import time
import uuid
from typing import Any

import pytest
import requests

from server import Server, Tenant, wait_until

pytestmark = pytest.mark.quick
PAGE = "https://acme.example/demo?utm_source=news&utm_medium=email&utm_campaign=spring+2026"
AGREED = "I agree to get the newsletter. I can unsubscribe at any time."


def form(
    anonymous: str, email: str | None = "buyer-17@acme.example", name: str = "demo-request", message: str | None = None,
    context: dict[str, Any] | None = None, **properties: Any
) -> dict[str, Any]:
    """A submission as tandem.js sends it, with the person's fields in the context."""
    traits = {"email": email} if email else {}
    return {
        "type": "track", "event": "Form Submitted", "anonymousId": anonymous, "messageId": message or str(uuid.uuid4()),
        "context": {"traits": traits, "page": {"url": PAGE, "referrer": "https://search.example/"}, **(context or {})},
        "properties": {"form": name, "url": PAGE, "referrer": "https://search.example/", **properties},
    }


def submit(tenant: Tenant, *messages: dict[str, Any], browser: bool = True) -> dict[str, Any]:
    headers = {"Origin": "https://acme.example"} if browser else {}
    answer = tenant.ingest("batch", {"batch": list(messages)}, headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.json()


def leads(tenant: Tenant) -> list[dict[str, Any]]:
    return tenant.get("/v1/leads?limit=200&sort=created_at").json()["items"]


def submissions(tenant: Tenant, name: str = "demo-request") -> list[dict[str, Any]]:
    found = tenant.get(f"/v1/forms/by/name/{name}").json()
    answer = tenant.get(f"/v1/forms/{found['id']}/submissions?limit=200")
    assert answer.status_code == 200, answer.text
    return answer.json()["items"]


def events(tenant: Tenant) -> int:
    return tenant.server.sql("select count(*) from event_log where name = 'Form Submitted'", schema=tenant.schema)[0][0]


def make(tenant: Tenant, plural: str, **body: Any) -> str:
    answer = tenant.post(f"/v1/{plural}", body)
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


def set_form(tenant: Tenant, name: str = "demo-request", **rule: Any) -> dict[str, Any]:
    answer = tenant.api("PUT", f"/v1/forms/by/name/{name}", rule)
    assert answer.status_code in (200, 201), answer.text
    return answer.json()


def test_a_form_makes_a_lead_with_all_that_it_says(tenant: Tenant) -> None:
    tenant.ingest("page", {"anonymousId": "a-1", "name": "Pricing"})
    before = tenant.get("/v1/profiles/by/anonymous_id/a-1").json()["id"]
    said = form(
        "a-1", fields={"your-name": "Buyer Seventeen", "Job Title": "Head of Supply", "company": "Acme GmbH", "seats": "50",
                       "your_message": "Please call", "phone": "+41 44 668 18 00"},
        consent=[{"purpose": "newsletter", "given": True, "text": AGREED}, {"purpose": "calls", "given": False}])
    assert submit(tenant, said)["accepted"] == 1
    (lead,) = leads(tenant)
    expected = {
        "first_name": "Buyer", "last_name": "Seventeen", "title": "Head of Supply", "company": "Acme GmbH",
        "email": "buyer-17@acme.example", "phone": "+41 44 668 18 00", "message": "Please call", "status": "new",
        "source": "server: demo-request", "campaign": "spring 2026", "owner_id": None, "profile_id": before,
    }
    assert {key: lead[key] for key in expected} == expected
    (found,) = tenant.get(f"/v1/leads/{lead['id']}/submissions").json()["items"]
    assert found == submissions(tenant)[0]
    assert found["id"].startswith("evt_") and found["message_id"] == said["messageId"]
    assert {key: found[key] for key in ("form", "outcome", "reason", "lead_id", "profile_id", "page", "referrer", "source")} == {
        "form": "demo-request", "outcome": "created", "reason": None, "lead_id": lead["id"], "profile_id": before, "page": PAGE,
        "referrer": "https://search.example/", "source": "server"}
    assert found["campaign"] == {"name": "spring 2026", "source": "news", "medium": "email"}
    assert found["fields"]["seats"] == "50"
    assert found["consent"] == [
        {"purpose": "newsletter", "given": True, "text": AGREED}, {"purpose": "calls", "given": False, "text": None}]
    # The consent is a statement of the person's, with its proof.
    proof = tenant.server.sql(
        "select c.categories, c.proof, c.ts = e.ts from consent_statement c join event_log e on e.message_id = c.message_id "
        "order by c.seq", schema=tenant.schema)
    event = tenant.server.sql("select event_id from event_log where message_id = %s", (said["messageId"],), schema=tenant.schema)
    assert proof == [
        ({"newsletter": True}, {"form": "demo-request", "page": PAGE, "text": AGREED, "event_id": str(event[0][0])}, True),
        ({"calls": False}, {"form": "demo-request", "page": PAGE, "event_id": str(event[0][0])}, True)]
    # The lead's timeline has the anonymous visit.
    timeline = tenant.get(f"/v1/leads/{lead['id']}/timeline").json()["items"]
    assert [item["data"]["event"] for item in timeline] == ["Form Submitted", "Pricing"]
    shown = tenant.get("/v1/forms/by/name/demo-request").json()
    assert (shown["submission_count"], shown["lead_count"], shown["makes_leads"]) == (1, 1, True)
    assert shown["last_submitted_at"] is not None


@pytest.mark.parametrize("shape", ["properties", "fields", "traits", "user"])
def test_every_place_that_senders_use(tenant: Tenant, shape: str) -> None:
    person = {"email": "Sales <Buyer-17@ACME.example>", "firstName": "Buyer", "last_name": "Seventeen", "company": {"name": "Acme"}}
    message: dict[str, Any] = {"type": "track", "event": "Form Submitted", "anonymousId": "a-1", "properties": {"formId": 12}}
    if shape in ("properties", "user"):
        message["properties"] |= person | {"name": "A form's name", "title": "A page's title"}
    elif shape == "fields":
        message["properties"]["fields"] = person
    else:
        message["context"] = {"traits": person}
    if shape == "user":
        message["userId"] = "u-17"
        del message["anonymousId"]
    submit(tenant, message, browser=shape != "user")
    (lead,) = leads(tenant)
    assert (lead["first_name"], lead["last_name"], lead["company"], lead["title"]) == ("Buyer", "Seventeen", "Acme", None)
    assert lead["source"] == "server: 12"
    assert tenant.get("/v1/leads/by/email/buyer-17@acme.example").json()["id"] == lead["id"]


def test_redelivery_changes_nothing(tenant: Tenant) -> None:
    said = form("a-1", consent=AGREED)
    assert submit(tenant, said)["accepted"] == 1
    first = (leads(tenant), submissions(tenant))
    for batch in ([said], [said, said]):
        assert submit(tenant, *batch)["duplicates"] == len(batch)
    assert (leads(tenant), submissions(tenant)) == first
    # Also when the message id is forgotten: its submission is known.
    tenant.server.sql("truncate dedupe_0, dedupe_1, dedupe_2", schema=tenant.schema)
    assert submit(tenant, said)["accepted"] == 1
    assert (leads(tenant), submissions(tenant)) == first
    assert tenant.get("/v1/forms/by/name/demo-request").json()["submission_count"] == 1
    assert tenant.server.sql("select count(*) from consent_statement", schema=tenant.schema) == [(1,)]


def test_one_lead_a_person(tenant: Tenant) -> None:
    # The same browser, the same address from another browser, the same number without an address.
    submit(tenant, form("a-1", phone="+41 44 668 18 00"))
    submit(tenant, form("a-1", None, "whitepaper", company="Acme"))
    submit(tenant, form("a-2", "BUYER-17@acme.example", "webinar", first_name="Buyer"))
    submit(tenant, form("a-3", None, "call-me", phone="+41446681800"))
    (lead,) = leads(tenant)
    assert (lead["company"], lead["first_name"], lead["source"]) == ("Acme", "Buyer", "server: demo-request")
    listed = tenant.get(f"/v1/leads/{lead['id']}/submissions").json()["items"]
    assert [(s["form"], s["outcome"]) for s in listed] == [
        ("call-me", "unchanged"), ("webinar", "updated"), ("whitepaper", "updated"), ("demo-request", "created")]
    # Pages of the list.
    first = tenant.get(f"/v1/leads/{lead['id']}/submissions?limit=3").json()
    rest = tenant.get(f"/v1/leads/{lead['id']}/submissions?limit=3&after={first['page']['next']}").json()
    assert first["items"] + rest["items"] == listed and rest["page"] == {"next": None, "has_more": False}
    # A lead that is done with is done with: the next form makes another.
    tenant.api("PATCH", f"/v1/leads/{lead['id']}", {"status": "disqualified"})
    submit(tenant, form("a-1"))
    assert sorted(item["status"] for item in leads(tenant)) == ["disqualified", "new"]


def test_the_identify_of_a_form_leaves_the_lead_to_it(tenant: Tenant) -> None:
    """As tandem.js sends it, in either order; an identify of its own makes a lead as ever, which the form then fills."""
    set_form(tenant, "newsletter", makes_leads=False)
    identify = {"type": "identify", "anonymousId": "a-1", "traits": {"email": "buyer-17@acme.example", "firstName": "Buyer"}}
    marked = identify | {"context": {"form": True}}
    submit(tenant, marked, form("a-1", name="newsletter"))
    assert leads(tenant) == []
    assert [s["reason"] for s in submissions(tenant, "newsletter")] == ["form_makes_none"]
    submit(tenant, form("a-1", name="demo-request"), marked)
    (lead,) = leads(tenant)
    assert lead["source"] == "server: demo-request"
    other = identify | {"anonymousId": "a-2", "traits": {"email": "buyer-18@acme.example"}}
    submit(tenant, other)
    submit(tenant, form("a-2", "buyer-18@acme.example", company="Acme"))
    second = leads(tenant)[1]
    assert (second["email"], second["company"], second["source"]) == ("buyer-18@acme.example", "Acme", "server: demo-request")


def test_a_form_never_overwrites(tenant: Tenant) -> None:
    user = make(tenant, "users", name="Sales desk")
    submit(tenant, form("a-1", company="Acme"))
    (lead,) = leads(tenant)
    edited = {"status": "working", "company": "Acme Holding", "owner_id": user, "campaign": None, "title": None}
    assert tenant.api("PATCH", f"/v1/leads/{lead['id']}", edited).status_code == 200
    other = make(tenant, "users", name="Another desk")
    set_form(tenant, owner_id=other)
    submit(tenant, form("a-1", company="ACME", context={"campaign": {"name": "autumn"}}, fields={"title": "Buyer"}))
    (after,) = leads(tenant)
    assert (after["status"], after["company"], after["owner_id"]) == ("working", "Acme Holding", user)
    # Cleared by hand is edited by hand.
    assert after["campaign"] is None


def test_owners(tenant: Tenant) -> None:
    team = make(tenant, "teams", name="Inbound")
    users = [make(tenant, "users", name=f"Desk {n}", team_id=team) for n in range(3)]
    away = make(tenant, "users", name="Desk away", team_id=team, active=False)
    keeper = make(tenant, "users", name="Account desk")
    make(tenant, "accounts", name="Globex Corporation", domain="globex.example", owner_id=keeper)
    set_form(tenant, team_id=team, account_owner=True, lead_source="Website", campaign="always")
    for number in range(4):
        message = form(f"a-{number}", f"buyer-{number}@initech.example", url="https://acme.example/demo")
        message["context"]["page"] = {}
        submit(tenant, message)
    found = leads(tenant)
    assert [lead["owner_id"] for lead in found] == [*users, users[0]] and away not in users
    assert {(lead["source"], lead["campaign"]) for lead in found} == {("Website", "always")}
    assert [s["owner_id"] for s in submissions(tenant)] == [users[0], users[2], users[1], users[0]]
    # The account's owner comes first, found by the address or the company's name; not by a free mail host.
    make(tenant, "accounts", name="Mail", domain="gmail.com", owner_id=keeper)
    for number, (address, company) in enumerate([
        ("buyer@globex.example", None), ("globex-buyer@gmail.com", "GLOBEX Corp."), ("somebody@gmail.com", None)
    ]):
        submit(tenant, form(f"b-{number}", address, fields={"company": company} if company else {}))
    assert [lead["owner_id"] for lead in leads(tenant)[4:]] == [keeper, keeper, users[1]]
    # The form's own owner stands before its team; somebody who is away gets nothing.
    set_form(tenant, owner_id=keeper)
    submit(tenant, form("c-1", "c-1@initech.example"))
    tenant.api("PATCH", f"/v1/users/{keeper}", {"active": False})
    submit(tenant, form("c-2", "buyer-2@globex.example"))
    assert [lead["owner_id"] for lead in leads(tenant)[7:]] == [keeper, users[2]]


def test_why_there_is_no_lead(tenant: Tenant) -> None:
    tenant.server.cli("source", "create", "quiet", "--kind", "browser", "--may-write-crm", "none", "--tenant", tenant.slug)
    key = tenant.server.cli("key", "create", "--kind", "write", "--source", "quiet", "--tenant", tenant.slug)["key"]
    tenant.ingest("identify", {"userId": "u-1", "traits": {"email": "known@acme.example"}})
    make(tenant, "contacts", email="known@acme.example", profile={"type": "user_id", "value": "u-1"})
    blocked = form("null", "blocked@acme.example")
    rules = tenant.get("/v1/identity/rules").json()
    assert tenant.api("PUT", "/v1/identity/rules", rules | {"blocked": ["null", "blocked@acme.example"]}).status_code == 200
    cases = {
        "no_address": form("a-1", None),
        "invalid_address": form("a-2", "not an address", phone="12"),
        "value_too_long": form("a-3", fields={"company": "x" * 600}),
        "has_contact": form("a-4", "known@acme.example"),
        "no_person": blocked,
    }
    for message in cases.values():
        assert submit(tenant, message)["accepted"] == 1
    answer = requests.post(
        f"{tenant.server.base_url}/v1/track", json=form("a-5"), auth=(key, ""), timeout=60)
    assert answer.status_code == 200
    assert leads(tenant) == []
    assert [s["reason"] for s in reversed(submissions(tenant))] == [*cases, "source_may_not"]
    assert {s["outcome"] for s in submissions(tenant)} == {"none"}
    # The events are there all the same.
    assert events(tenant) == len(cases) + 1
    shown = tenant.get("/v1/forms/by/name/demo-request").json()
    assert (shown["submission_count"], shown["lead_count"]) == (len(cases) + 1, 0)


def test_strange_input_is_an_event_still(tenant: Tenant) -> None:
    strange = [
        form("a-1", "s-1@acme.example", consent=[1, {}, "", {"text": 5}, True] * 9),
        form("a-2", "s-2@acme.example", fields=["a", "b"], url=7, referrer={"a": 1}, context={"campaign": "text", "page": "x"}),
        form("a-3", "s-3@acme.example", name="n" * 900),
        form("a-4", "s-4@acme.example", url="https://acme.example/?utm_campaign=%00a%ff&utm_=x&utm_source=%0"),
        form("a-5", "s-5@acme.example", name={"not": "a name"}, fields={"company": ["Acme", "Globex"], "message": 'x"\\\u0000y'}),
    ]
    answer = submit(tenant, *strange)
    assert (answer["accepted"], answer["rejected"]) == (5, [])
    assert [lead["email"] for lead in leads(tenant)] == [f"s-{n}@acme.example" for n in range(1, 6)]
    names = [item["name"] for item in tenant.get("/v1/forms?sort=created_at").json()["items"]]
    assert sorted(names) == sorted(["demo-request", "n" * 255, "unnamed"])


def test_two_forms_at_once_make_one_lead(tenant: Tenant) -> None:
    """From browsers that share an address or a number alone, through both lanes."""
    team = make(tenant, "teams", name="Inbound")
    users = [make(tenant, "users", name=f"Desk {n}", team_id=team) for n in range(2)]
    for name in ("f-0", "f-1", "f-2", "f-3"):
        set_form(tenant, name, team_id=team)
    rounds = 6
    barrier = threading.Barrier(8)
    numbers = itertools.count()
    failures: list[str] = []

    def browser(place: int) -> None:
        for round in range(rounds):
            barrier.wait()
            by_phone = round % 2 == 1
            message = form(
                f"a-{next(numbers)}", None if by_phone else f"buyer-{round}@acme.example", f"f-{place % 4}",
                **({"phone": f"+4144668180{round}"} if by_phone else {}))
            answer = tenant.ingest("track", message, headers={"Origin": "https://acme.example"})
            if answer.status_code != 200:
                failures.append(answer.text)

    threads = [threading.Thread(target=browser, args=(place,)) for place in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    found = leads(tenant)
    assert len(found) == rounds, [(lead["email"], lead["phone"]) for lead in found]
    assert events(tenant) == 8 * rounds
    # Turns are kept: each user got half.
    assert sorted(lead["owner_id"] for lead in found) == sorted(users * (rounds // 2))
    counts = [tenant.get(f"/v1/forms/by/name/f-{n}").json() for n in range(4)]
    assert (sum(c["submission_count"] for c in counts), sum(c["lead_count"] for c in counts)) == (8 * rounds, rounds)


def test_a_batch_is_its_messages_one_by_one(tandem: Server, tenant: Tenant) -> None:
    def messages(mark: str) -> list[dict[str, Any]]:
        return [
            {"type": "page", "anonymousId": f"{mark}-1", "name": "Home"},
            form(f"{mark}-1", f"{mark}-1@acme.example", company="First"),
            {"type": "identify", "anonymousId": f"{mark}-1", "traits": {"email": f"{mark}-1@acme.example", "company": "Second"}},
            {"type": "identify", "anonymousId": f"{mark}-2", "traits": {"email": f"{mark}-2@acme.example", "company": "Third"}},
            form(f"{mark}-2", None, fields={"company": "Fourth", "title": "Buyer"}),
            # Two people with a lead each become one.
            form(f"{mark}-3", f"{mark}-3@acme.example"), form(f"{mark}-4", f"{mark}-4@acme.example"),
            {"type": "identify", "anonymousId": f"{mark}-3", "userId": f"{mark}-u", "traits": {}},
            {"type": "identify", "anonymousId": f"{mark}-4", "userId": f"{mark}-u", "traits": {}},
            form(f"{mark}-3", None, fields={"message": "Again"}),
        ]

    def outcome(mark: str) -> list[Any]:
        fields = ("email", "company", "title", "message", "source", "campaign")
        return [
            {key: str(lead[key]).replace(mark, "x") for key in fields}
            for lead in sorted(leads(tenant), key=lambda lead: lead["email"]) if lead["email"].startswith(mark)]

    submit(tenant, *messages("whole"))
    for message in messages("single"):
        submit(tenant, message)
    assert outcome("whole") == outcome("single")
    assert len(outcome("whole")) == 4


def test_a_thousand_names_are_enough(tenant: Tenant) -> None:
    tenant.server.sql(
        "insert into forms (id, name, created_at, updated_at, created_by) "
        "select gen_random_uuid(), 'f' || n, now(), now(), 'tests' from generate_series(1, 1000) n", schema=tenant.schema)
    submit(tenant, form("a-1", name="one-more"), form("a-2", "buyer-2@acme.example", name="f7"))
    assert len(leads(tenant)) == 2
    assert tenant.get("/v1/forms/by/name/one-more").status_code == 404
    assert tenant.get("/v1/forms/by/name/f7").json()["lead_count"] == 1


def test_another_tenants_forms_are_nobodys(tandem: Server, tenant: Tenant) -> None:
    other = tandem.tenant("forms-other-" + uuid.uuid4().hex[:8])
    submit(tenant, form("a-1"))
    (lead,) = leads(tenant)
    shown = tenant.get("/v1/forms/by/name/demo-request").json()
    for path in (f"/v1/forms/{shown['id']}/submissions", f"/v1/leads/{lead['id']}/submissions", f"/v1/forms/{shown['id']}"):
        assert other.get(path).status_code == 404, path
    submit(other, form("a-1"))
    assert tenant.get("/v1/forms/by/name/demo-request").json()["submission_count"] == 1
    assert leads(other)[0]["id"] != lead["id"]


def test_without_the_crm_a_form_is_an_event(tandem: Server) -> None:
    tenant = tandem.tenant("forms-cdp-" + uuid.uuid4().hex[:8], modules="cdp")
    assert submit(tenant, form("a-1"))["accepted"] == 1
    assert tenant.get("/v1/forms").status_code == 403
    assert tenant.get("/v1/profiles/by/email/buyer-17@acme.example").status_code == 200


def test_the_command_line(tenant: Tenant) -> None:
    run = tenant.server.cli
    made = run("form", "create", "--set", "name=demo-request", "--set", "lead_source=Website", "--tenant", tenant.slug)
    assert made["makes_leads"] is True
    run("form", "update", "name=demo-request", "--set", "makes_leads=false", "--tenant", tenant.slug)
    submit(tenant, form("a-1"))
    run("form", "update", "name=demo-request", "--set", "makes_leads=true", "--tenant", tenant.slug)
    time.sleep(0.01)
    submit(tenant, form("a-1"))
    listed = run("form", "submissions", "name=demo-request", "--tenant", tenant.slug)["items"]
    assert [(s["outcome"], s["reason"]) for s in listed] == [("created", None), ("none", "form_makes_none")]
    of_lead = run("form", "submissions", "--lead", "email=buyer-17@acme.example", "--tenant", tenant.slug)["items"]
    assert of_lead == listed[:1]
    (shown,) = run("form", "list", "--tenant", tenant.slug)["items"]
    assert (shown["submission_count"], shown["lead_count"]) == (2, 1)


def test_a_held_form_makes_its_lead_when_it_is_processed_again(tenant: Tenant) -> None:
    run = tenant.server.cli
    run("tenant", "suspend", tenant.slug)
    answer = tenant.ingest("track", form("a-1"))
    assert answer.status_code == 200, answer.text
    run("tenant", "resume", tenant.slug)
    assert leads(tenant) == []
    answer = tenant.post("/v1/quarantine:reprocess", {"state": "held"})
    assert answer.status_code in (200, 202), answer.text
    wait_until(lambda: len(leads(tenant)) == 1)
    assert [s["outcome"] for s in submissions(tenant)] == ["created"]
