"""Erasing, exporting and keeping out a person's data: through HTTP, the command line and the console, looked for in the whole database."""

from __future__ import annotations

import base64
import json
import pathlib
import re
import subprocess
import threading
import time
import urllib.parse
import uuid
from collections.abc import Callable
from typing import Any

import pytest
import requests
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from console import Browser
from server import ROOT, CommandFailed, Server, Tenant, wait_until
from test_conversion import get, lead
from test_forms import make


class Person:
    """Somebody with a row wherever a person can have one. The values that must not be found afterwards are `values`."""

    def __init__(self, tenant: Tenant, mark: str):
        self.tenant = tenant
        self.email = f"{mark}.lovelace@acme-{mark}.example"
        self.user = f"user-{mark}-4711"
        self.anonymous = f"anon-{mark}-0815"
        self.phone = "+4930" + str(int(mark, 16) % 10**8).zfill(8)
        self.word = f"confidential{mark}"
        self.make()

    @property
    def values(self) -> list[str]:
        return [self.email, self.user, self.anonymous, self.phone]

    def send(self, kind: str, **fields: Any) -> requests.Response:
        return self.tenant.ingest(kind, {"messageId": str(uuid.uuid4()), **fields})

    def make(self) -> None:
        tenant = self.tenant
        assert self.send("page", anonymousId=self.anonymous, name="Pricing", properties={"url": f"/?mail={self.email}"}).ok
        assert self.send(
            "identify", userId=self.user, anonymousId=self.anonymous,
            traits={"email": self.email, "phone": self.phone, "first_name": "Ada", "company": {"name": "Acme"}},
            context={"consent": {"categoryPreferences": {"marketing": True}}}).ok
        assert self.send("track", userId=self.user, event="Signed Up", properties={"note": self.word}).ok
        assert self.send("group", userId=self.user, groupId=f"g-{self.word[-8:]}", traits={"name": "Acme"}).ok
        # An event that is refused keeps its bytes.
        assert self.send("track", userId=self.user, event=7).status_code == 400
        contacts = get(tenant, f"contacts?email={urllib.parse.quote(self.email)}")["items"]
        self.contact = contacts[0]["id"]
        changed = tenant.api(
            "PATCH", f"/v1/contacts/{self.contact}", {"title": self.word, "phone": self.phone},
            headers={"Idempotency-Key": f"k-{self.word}"})
        assert changed.ok, changed.text
        self.activity = make(
            tenant, "activities", type="call", subject=self.word, body=f"Call {self.email}", links=[
                {"object": "contact", "id": self.contact}])
        self.ticket = make(tenant, "tickets", subject=self.word, body=self.word, contact_id=self.contact)
        self.comment = make(tenant, "comments", object_id=self.contact, body=self.word)
        self.opportunity = make_opportunity(tenant, self.contact)
        answer = requests.post(
            f"{tenant.server.base_url}/v1/contacts/{self.contact}/attachments", params={"file_name": f"{self.word}.txt"},
            data=self.word.encode(), headers={"Authorization": f"Bearer {tenant.secret_key}", "Content-Type": "text/plain"},
            timeout=60)
        assert answer.status_code == 201, answer.text


def make_opportunity(tenant: Tenant, contact: str) -> str:
    pipelines = get(tenant, "pipelines")["items"]
    stages = get(tenant, "stages")["items"]
    assert pipelines and stages
    return make(
        tenant, "opportunities", name="A deal", pipeline_id=pipelines[0]["id"], stage_id=stages[0]["id"],
        contacts=[{"contact_id": contact, "role": "buyer"}])


def dump(server: Server, tenant: Tenant) -> str:
    """All rows of the tenant's schemas, as text."""
    place = server.postgres
    result = subprocess.run(
        [
            "pg_dump", "-h", place["socket_dir"], "-p", str(place["port"]), "-U", place["user"], "--data-only",
            "-n", tenant.schema, "-n", tenant.internals, place["database"],
        ], capture_output=True, text=True, check=True, timeout=120)
    # A key of the dump's own, and what is counted in the background.
    text = re.sub(r"^\\(un)?restrict .*$", "", result.stdout, flags=re.MULTILINE)
    return re.sub(r"^COPY \S+\.(tally|source_hour|dirty|source_stat) .*?^\\\.$", "", text, flags=re.MULTILINE | re.DOTALL)


def steady(text: str) -> str:
    """Without what changes in the background: traits that become columns, and when the timers go."""
    return re.sub(r"^COPY \S+\.(profiles|promoted_trait|identity_state|timer) .*?^\\\.$", "", text, flags=re.MULTILINE | re.DOTALL)


def forms(value: str) -> list[str]:
    """A value as it may stand in bytes: as it is, in a URL, in base64 at each offset, in bytea."""
    raw = value.encode()
    found = [value.lower(), urllib.parse.quote(value, safe="").lower(), raw.hex()]
    for shift in range(3):
        text = base64.b64encode(b"x" * shift + raw).decode()
        found.append(text[-(-shift * 8 // 6):(shift + len(raw)) * 8 // 6].lower())
    return found


def mentions(text: str, person: Person) -> list[str]:
    lower = text.lower()
    found = [form for value in [*person.values, person.word] for form in forms(value) if form in lower]
    for line in lower.splitlines() if len(found) < 4 else []:
        if any(form in line for form in found):
            print(line[:400])
    return found


def erase(tenant: Tenant, kind: str, value: str, **options: Any) -> dict[str, Any]:
    answer = tenant.post("/v1/privacy/erase", {"type": kind, "value": value, **options.pop("body", {})}, **options)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_nothing_of_an_erased_person_is_left(tandem: Server, tenant: Tenant) -> None:
    mark = uuid.uuid4().hex[:8]
    other = tandem.tenant(f"{tenant.slug}-other")
    person, same = Person(tenant, mark), Person(other, mark)
    others = dump(tandem, other)
    assert len(set(mentions(dump(tandem, tenant), person))) >= 6
    planned = erase(tenant, "email", person.email, params={"dry_run": "true"})
    assert planned["dry_run"] is True
    done = erase(tenant, "email", person.email.upper(), body={"reason": "asked by letter"})
    assert done["counts"] == planned["counts"]
    assert (done["kind"], done["state"], done["reason"]) == ("erase", "done", "asked by letter")
    assert done["counts"]["events"] == 4 and done["counts"]["contacts"] == 1 and done["counts"]["quarantine"] == 1
    assert mentions(dump(tandem, tenant), person) == []
    # What stays: the facts.
    talk = get(tenant, f"activities/{person.activity}")
    assert (talk["type"], talk["subject"], talk["body"]) == ("call", None, None)
    assert get(tenant, f"tickets/{person.ticket}")["subject"] == "(erased)"
    assert get(tenant, f"opportunities/{person.opportunity}")["contacts"] == []
    assert tenant.get(f"/v1/contacts/{person.contact}").status_code == 404
    assert tandem.sql("select * from check_identity()", schema=tenant.schema) == []
    audit = tandem.sql("select action, object_id from audit where action = 'privacy.erase'", schema=tenant.schema)
    assert len(audit) == 1
    # The same person elsewhere.
    assert steady(dump(tandem, other)) == steady(others) and len(mentions(others, same)) >= 6
    # Once more: nothing to do, and no error.
    assert set(erase(tenant, "email", person.email)["counts"]) <= {"remembered_answers"}


def test_receipts_are_signed(tandem: Server, tenant: Tenant, tmp_path: pathlib.Path) -> None:
    person = Person(tenant, uuid.uuid4().hex[:8])
    done = erase(tenant, "user_id", person.user)
    shown = get(tenant, f"privacy/requests/{done['id']}")
    assert shown["receipt"] == done["receipt"] and person.user not in json.dumps(shown)
    file = tmp_path / "receipt.json"
    file.write_text(json.dumps(shown["receipt"], indent=2))
    assert tandem.cli("privacy", "verify", str(file)) == {"genuine": True}
    key = get(tenant, "privacy/public-key")["public_key"]
    assert tandem.cli("privacy", "verify", str(file), "--public-key", key)["genuine"] is True
    changed = dict(shown["receipt"], counts={**shown["receipt"]["counts"], "events": 5})
    file.write_text(json.dumps(changed))
    with pytest.raises(CommandFailed) as refused:
        tandem.cli("privacy", "verify", str(file))
    assert json.loads(refused.value.output) == {"genuine": False}
    # By somebody else who knows how receipts look.
    forger = Ed25519PrivateKey.generate()
    forged = {name: value for name, value in changed.items() if name != "signature"}
    forged["public_key"] = base64.b64encode(forger.public_key().public_bytes_raw()).decode()
    text = json.dumps(forged, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    forged["signature"] = base64.b64encode(forger.sign(text.encode())).decode()
    file.write_text(json.dumps(forged))
    with pytest.raises(CommandFailed):
        tandem.cli("privacy", "verify", str(file))
    assert tandem.cli("privacy", "verify", str(file), "--public-key", forged["public_key"])["genuine"] is True


def test_what_comes_after_is_refused_and_counted(tandem: Server, tenant: Tenant, tmp_path: pathlib.Path) -> None:
    person = Person(tenant, uuid.uuid4().hex[:8])
    erase(tenant, "email", person.email)
    refused = [
        person.send("track", userId=person.user, event="Back"),
        person.send("identify", userId="somebody-else", traits={"email": person.email.upper()}),
        person.send("page", anonymousId=person.anonymous),
        person.send("identify", userId="somebody-else", traits={"phone": person.phone}),
        person.send("alias", userId="somebody-else", previousId=person.user),
    ]
    assert [(answer.status_code, answer.json()["code"]) for answer in refused] == [(400, "suppressed")] * 5
    batch = person.send("batch", batch=[
        {"type": "track", "userId": person.user, "event": "Back", "messageId": "b1"},
        {"type": "track", "userId": "healthy", "event": "Fine", "messageId": "b2"},
    ])
    assert batch.status_code == 200 and [item["code"] for item in batch.json()["rejected"]] == ["suppressed"]
    # A device of hers in somebody else's hands: that id alone is dropped.
    assert person.send("track", userId="healthy", anonymousId=person.anonymous, event="Fine").status_code == 200
    known = tandem.sql("select type, value from identifier order by 1, 2", schema=tenant.schema)
    assert known == [("user_id", "healthy")]
    for plural, body in (
        ("contacts", {"email": person.email}), ("leads", {"email": person.email}), ("contacts", {"phone": person.phone}),
        ("contacts", {"last_name": "L", "channels": [{"kind": "email", "value": person.email}]}),
    ):
        answer = tenant.post(f"/v1/{plural}", body)
        assert answer.status_code == 422 and answer.json()["errors"][0]["code"] == "suppressed", answer.text
    file = tmp_path / "people.csv"
    file.write_text(f"email,last_name\n{person.email},{person.word}\nfine@acme.example,Fine\n")
    mapping = tmp_path / "map.yaml"
    mapping.write_text("match: email\nfields: {email: email, last_name: last_name}\n")
    result = tandem.cli("import", "contacts", str(file), "--map", str(mapping), "--tenant", tenant.slug)
    assert (result["import"]["created"], result["import"]["rejected"]) == (1, 1), result
    archive = tmp_path / "events.jsonl"
    archive.write_text(json.dumps({"type": "track", "userId": person.user, "event": person.word, "messageId": "a1",
                                   "timestamp": "2024-01-01T00:00:00Z"}) + "\n")
    result = tandem.cli("import", "events", str(archive), "--format", "segment", "--tenant", tenant.slug)
    assert result["import"]["rejected"] == 1, result
    text = dump(tandem, tenant).lower()
    assert [form for value in [person.email, person.user, person.phone, person.word] for form in forms(value) if form in text] == []
    # Six here, and the one without a name that Person sends.
    wait_until(lambda: tandem.sql(
        "select coalesce(sum(rejected), 0) from (select rejected from tally union all select rejected from source_hour) t",
        schema=tenant.schema)[0][0] == 7, 20)
    assert tenant.post("/v1/privacy/check", {"type": "email", "value": person.email}).json()["suppressed"] is True
    # Taken back: all of her identifiers.
    lifted = tenant.post("/v1/privacy/unsuppress", {"type": "phone", "value": person.phone}).json()
    assert lifted["counts"]["lifted"] == 4
    assert tenant.post("/v1/privacy/check", {"type": "email", "value": person.email}).json() == {"suppressed": False}
    wait_until(lambda: person.send("track", userId=person.user, event="Back").status_code == 200, 10)


def test_suppressing_keeps_what_is_there(tandem: Server, tenant: Tenant) -> None:
    person = Person(tenant, uuid.uuid4().hex[:8])
    before = tandem.sql("select count(*) from event_log", schema=tenant.schema)
    done = tenant.post("/v1/privacy/suppress", {"type": "phone", "value": person.phone}).json()
    assert done["counts"]["suppressed"] == 4
    assert person.send("track", userId=person.user, event="More").json()["code"] == "suppressed"
    assert tandem.sql("select count(*) from event_log", schema=tenant.schema) == before
    assert get(tenant, f"contacts/{person.contact}")["email"] == person.email


def test_an_erased_merge_is_not_undone(tandem: Server, tenant: Tenant) -> None:
    for user in ("a", "b", "c"):
        assert tenant.ingest("identify", {"userId": user, "traits": {"email": f"{user}@acme.example"}, "messageId": user}).ok
    merged = tenant.post(
        "/v1/merges", {"winner": {"type": "user_id", "value": "a"}, "loser": {"type": "user_id", "value": "b"}})
    assert merged.status_code == 201, merged.text
    done = erase(tenant, "email", "b@acme.example")
    assert done["counts"]["identifiers"] == 4 and done["counts"]["merges"] == 1 and done["counts"]["profiles"] == 1
    refused = tenant.post(f"/v1/merges/{merged.json()['id']}:undo")
    assert (refused.status_code, refused.json()["code"]) == (409, "erased")
    assert tandem.sql("select * from check_identity()", schema=tenant.schema) == []
    assert tandem.sql("select value from identifier order by 1", schema=tenant.schema) == [("c",), ("c@acme.example",)]


def test_an_address_that_several_share_is_asked_about(tandem: Server, tenant: Tenant) -> None:
    first = make(tenant, "contacts", last_name="One", phone="+493012345678")
    second = make(tenant, "contacts", last_name="Two", phone="+49 30 12345678")
    answer = tenant.post("/v1/privacy/erase", {"type": "phone", "value": "+493012345678"})
    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")
    assert erase(tenant, "contact", first)["counts"]["contacts"] == 1
    assert tenant.get(f"/v1/contacts/{second}").status_code == 200
    assert erase(tenant, "phone", "+493012345678", body={"all": True})["counts"]["contacts"] == 1


def person_in_bin(tenant: Tenant, plural: str, word: str, **fields: Any) -> str:
    which = make(tenant, plural, last_name=word, **fields)
    make(tenant, "activities", type="call", subject=f"Call of {word}", links=[{"object": plural[:-1], "id": which}])
    if plural == "contacts":
        make(tenant, "tickets", subject=f"Ticket of {word}", contact_id=which)
    assert tenant.api("DELETE", f"/v1/{plural}/{which}").status_code == 204
    return which


@pytest.mark.parametrize("plural,way", [
    ("contacts", "user_id"), ("contacts", "email"), ("contacts", "phone"), ("contacts", "id"), ("leads", "user_id"), ("leads", "id")])
def test_who_lies_in_the_bin_is_found_by_each_way(tandem: Server, tenant: Tenant, plural: str, way: str) -> None:
    word = f"confidential{uuid.uuid4().hex[:8]}"
    assert tenant.ingest("identify", {"userId": "bin-1", "traits": {"email": "first@bin.example"}, "messageId": "bin-1"}).ok
    which = person_in_bin(tenant, plural, word, email="first@bin.example", phone="+493012345678")
    asked = {
        "user_id": ("user_id", "bin-1"), "email": ("email", "first@bin.example"), "phone": ("phone", "+49 30 12345678"),
        "id": (plural[:-1], which)}[way]
    assert word in dump(tandem, tenant)
    counts = erase(tenant, *asked)["counts"]
    assert (counts[plural], counts["profiles"], counts["activities"]) == (1, 1, 1), counts
    assert word not in dump(tandem, tenant)
    assert tenant.post(f"/v1/{plural}/{which}:restore").status_code == 404
    again = tenant.post(f"/v1/{plural}", {"last_name": "Again", "phone": "+493012345678"})
    assert (again.status_code, again.json()["errors"][0]["code"]) == (422, "suppressed"), "what it had is kept out"


def test_who_lies_in_the_bin_is_found_by_any_channel(tandem: Server, tenant: Tenant) -> None:
    channels = [{"kind": "email", "value": "first@bin.example", "primary": True}, {"kind": "email", "value": "Second@bin.example"}]
    kept, erased = (person_in_bin(tenant, "contacts", word, channels=[
        {**each, "value": each["value"].replace("@", f"-{word}@")} for each in channels]) for word in ("kept", "gone"))
    assert erase(tenant, "email", "second-gone@bin.example")["counts"]["contacts"] == 1
    assert tenant.post(f"/v1/contacts/{erased}:restore").status_code == 404
    # Who is kept out does not come back from the bin either, until that is taken back.
    answer = tenant.post("/v1/privacy/suppress", {"type": "email", "value": "second-kept@bin.example"})
    assert answer.status_code == 200, answer.text
    refused = tenant.post(f"/v1/contacts/{kept}:restore")
    assert (refused.status_code, {each["code"] for each in refused.json()["errors"]}) == (422, {"suppressed"})
    assert tenant.post("/v1/privacy/unsuppress", {"type": "email", "value": "second-kept@bin.example"}).status_code == 200
    assert tenant.post(f"/v1/contacts/{kept}:restore").status_code == 200


def test_of_two_contacts_of_a_person_the_deleted_one_goes_too(tandem: Server, tenant: Tenant) -> None:
    assert tenant.ingest("identify", {"userId": "bin-2", "messageId": "bin-2"}).ok
    person = {"type": "user_id", "value": "bin-2"}
    person_in_bin(tenant, "contacts", "secretive", profile=person)
    live = make(tenant, "contacts", last_name="Live", profile=person)
    exported = tenant.post("/v1/privacy/export", person)
    assert exported.status_code == 200, exported.text
    items = get(tenant, f"privacy/requests/{exported.json()['id']}/data")["items"]
    assert {item["data"]["last_name"] for item in items if item["kind"] == "contact"} == {"secretive", "Live"}
    assert erase(tenant, "user_id", "bin-2")["counts"]["contacts"] == 2
    assert tenant.get(f"/v1/contacts/{live}").status_code == 404
    assert "secretive" not in dump(tandem, tenant)


def test_a_number_that_is_a_trait_alone_finds_its_profile(tenant: Tenant) -> None:
    sent = {"s1": "+493012345691", "s2": "+49 (30) 1234-5692", "s3": "0049 30 12345693"}
    for user, phone in sent.items():
        assert tenant.ingest("identify", {"userId": user, "traits": {"phone": phone}, "messageId": user}).ok
    for user in sent:
        assert erase(tenant, "phone", f"+49 30 1234569{user[1]}")["counts"]["profiles"] == 1
        assert tenant.get(f"/v1/profiles/by/user_id/{user}").status_code == 404


def test_who_was_never_let_in_is_erased_from_what_was_held_back(tandem: Server, tenant: Tenant, tmp_path: pathlib.Path) -> None:
    """Of somebody whose event was refused and whose row of a file was rejected there is no profile and no contact."""
    address = "never.in@outside.example"
    assert tenant.ingest("track", {"userId": "u", "event": 7, "properties": {"email": address}}).status_code == 400
    (tmp_path / "people.csv").write_text(f"name,mail,quiet\nNever In,{address},perhaps\n")
    (tmp_path / "map.yaml").write_text("fields: {last_name: name, email: mail, do_not_contact: quiet}\n")
    order = ["import", "contacts", str(tmp_path / "people.csv"), "--map", str(tmp_path / "map.yaml"), "--tenant", tenant.slug]
    assert tandem.cli(*order)["import"]["rejected"] == 1
    assert address in json.dumps(tandem.sql("select raw from import_row where raw::text like %s", [f"%{address}%"], schema=tenant.schema))
    counts = erase(tenant, "email", address)["counts"]
    assert (counts["quarantine"], counts["import_rows"]) == (1, 1), counts
    assert tandem.sql("select 1 from import_row where raw::text like %s", [f"%{address}%"], schema=tenant.schema) == []


def test_what_is_asked_for_is_exported(tandem: Server, tenant: Tenant, tmp_path: pathlib.Path) -> None:
    person = Person(tenant, uuid.uuid4().hex[:8])
    answer = tenant.post("/v1/privacy/export", {"type": "email", "value": person.email})
    assert answer.status_code == 200, answer.text
    place, after, items = f"privacy/requests/{answer.json()['id']}/data", "", []
    while True:
        page = get(tenant, f"{place}?limit=3" + (f"&after={urllib.parse.quote(after)}" if after else ""))
        items += page["items"]
        if not page["page"]["has_more"]:
            break
        after = page["page"]["next"]
    kinds = {item["kind"] for item in items}
    assert kinds == {"profile", "traits", "group", "consent", "contact", "activity", "ticket", "comment", "attachment", "history", "event"}
    assert sum(item["kind"] == "event" for item in items) == 4
    file = tmp_path / "ada.jsonl"
    tandem.cli("privacy", "export", "user_id", person.user, "--to", str(file), "--tenant", tenant.slug)
    assert [json.loads(line)["kind"] for line in file.read_text().splitlines()] == [item["kind"] for item in items]
    assert file.stat().st_mode & 0o777 == 0o600
    unknown = tenant.post("/v1/privacy/export", {"type": "email", "value": "nobody@acme.example"})
    assert (unknown.status_code, unknown.json()["code"]) == (422, "unknown_identifier")
    # Once she is erased the export has nothing any more.
    erase(tenant, "email", person.email)
    assert get(tenant, place)["items"] == []


def test_many_events_are_an_operation(tandem: Server, tenant: Tenant) -> None:
    person = Person(tenant, uuid.uuid4().hex[:8])
    for part in range(6):
        events = [
            {"type": "track", "userId": person.user, "event": "Click", "messageId": f"m{part}-{n}", "properties": {"w": person.word}}
            for n in range(4_000)
        ]
        assert tenant.ingest("batch", {"batch": events}).status_code == 200
    answer = tenant.post("/v1/privacy/erase", {"type": "user_id", "value": person.user})
    assert answer.status_code == 202, answer.text
    place = answer.headers["Location"]
    # From this moment nothing comes in, whatever is still to be erased.
    assert person.send("track", userId=person.user, event="Back").json()["code"] == "suppressed"
    wait_until(lambda: tenant.get(place).json()["state"] != "running", 120, every_s=0.3)
    operation = tenant.get(place).json()
    assert (operation["state"], operation["type"]) == ("done", "privacy_erase"), operation
    shown = get(tenant, f"privacy/requests/{answer.json()['id']}")
    assert shown["state"] == "done" and shown["counts"]["events"] == 24_004 and shown["receipt"]["signature"]
    assert mentions(dump(tandem, tenant), person) == []
    assert tandem.sql("select * from check_identity()", schema=tenant.schema) == []


def test_an_interrupted_erasure_is_shown_as_failed(tandem: Server, tenant: Tenant) -> None:
    person = Person(tenant, uuid.uuid4().hex[:8])
    path = f"privacy/requests/{erase(tenant, 'user_id', person.user)['id']}"
    # As a kill between the suppression and the erasure leaves it.
    tandem.sql("update privacy_request set state = 'running', finished_at = null", schema=tenant.schema)
    assert get(tenant, path)["state"] == "running"
    tandem.sql("update privacy_request set created_at = created_at - interval '6 minutes'", schema=tenant.schema)
    assert get(tenant, path)["state"] == "failed"
    # Of a type that nobody takes.
    columns = "id, type, state, actor, created_at"
    values = "id, 'of a test', 'running', actor, now()"
    tandem.sql(f"insert into operation ({columns}) select {values} from privacy_request", schema=tenant.schema)
    assert get(tenant, path)["state"] == "running"
    tandem.sql("delete from operation", schema=tenant.schema)


@pytest.mark.parametrize("body, pointer", [
    ({"value": "x"}, "/type"), ({"type": "email"}, "/value"), ({"type": "email", "value": "  "}, "/value"),
    ({"type": "contact", "value": "acct_00000000000000000000000001"}, "/value"), ({"type": "email", "value": "a@b.de", "al": True}, "/al"),
])
def test_what_is_wrong_is_named(tenant: Tenant, body: dict[str, Any], pointer: str) -> None:
    answer = tenant.post("/v1/privacy/erase", body)
    assert answer.status_code == 422 and answer.json()["errors"][0]["pointer"] == pointer, answer.text


def test_the_command_line(tandem: Server, tenant: Tenant) -> None:
    person = Person(tenant, uuid.uuid4().hex[:8])
    place = ("--tenant", tenant.slug)
    with pytest.raises(CommandFailed) as refused:
        tandem.cli("privacy", "erase", "email", person.email, *place)
    assert "--confirm" in refused.value.errors
    planned = tandem.cli("privacy", "erase", "email", person.email, "--dry-run", *place)
    assert tandem.cli("privacy", "list", *place)["items"] == []
    done = tandem.cli("privacy", "erase", "email", person.email, "--confirm", person.email, "--reason", "letter", *place)
    assert done["counts"] == planned["counts"]
    assert [item["id"] for item in tandem.cli("privacy", "list", *place)["items"]] == [done["id"]]
    assert tandem.cli("privacy", "check", "email", person.email, *place)["suppressed"] is True
    assert tandem.cli("privacy", "unsuppress", "email", person.email, *place)["counts"]["lifted"] == 4
    text = tandem.cli("privacy", "suppress", "email", person.email, *place, json=False)
    assert text.startswith("Suppressed. (prv_")


def test_a_dry_run_says_what_would_be_done_and_does_nothing(tandem: Server, tenant: Tenant, tmp_path: pathlib.Path) -> None:
    person = Person(tenant, uuid.uuid4().hex[:8])
    who, place = ("email", person.email), ("--tenant", tenant.slug)

    def rows() -> str:
        """PostgreSQL never takes back what a sequence has given."""
        return re.sub(r"^SELECT pg_catalog\.setval.*$", "", steady(dump(tandem, tenant)), flags=re.MULTILINE)

    file = tmp_path / "person.jsonl"
    for verb, counted, undone in [("suppress", "suppressed", 4), ("export", "events", 4), ("unsuppress", "lifted", 0)]:
        before = rows()
        more = ("--to", str(file)) if verb == "export" else ()
        planned = tandem.cli("privacy", verb, *who, *more, "--dry-run", *place)
        assert (planned["dry_run"], planned["kind"], planned["counts"][counted]) == (True, verb, undone)
        asked = tenant.post(f"/v1/privacy/{verb}?dry_run=true", {"type": "email", "value": person.email})
        assert asked.json() == planned
        assert rows() == before and not file.exists(), verb
    assert tandem.cli("privacy", "suppress", *who, *place)["counts"]["suppressed"] == 4
    text = tandem.cli("privacy", "unsuppress", *who, "--dry-run", *place, json=False)
    assert text.startswith("This would be let in again:\n  4  lifted"), text
    assert tandem.cli("privacy", "check", *who, *place)["suppressed"] is True


def test_a_restricted_key_needs_the_scope_of_privacy(tandem: Server, tenant: Tenant) -> None:
    person = Person(tenant, uuid.uuid4().hex[:8])
    who = {"type": "email", "value": person.email}

    def with_scopes(scopes: str) -> Tenant:
        key = tandem.cli("key", "create", "--kind", "restricted", "--scopes", scopes, "--tenant", tenant.slug)["key"]
        return Tenant(tenant.slug, tenant.id, tenant.schema, "", key, tandem)

    settings = with_scopes("settings:read,settings:write,profiles:read,profiles:write,crm:read,crm:write")
    calls = [("POST", f"/v1/privacy/{verb}", who) for verb in ("check", "suppress", "unsuppress", "export", "erase")]
    calls += [("GET", path, None) for path in ("/v1/privacy/requests", "/v1/privacy/public-key")]
    for method, path, body in calls:
        answer = settings.api(method, path, body)
        assert (answer.status_code, answer.json()["code"]) == (403, "insufficient_scope"), path
        assert "privacy:write" in answer.json()["message"]
    assert tenant.get(f"/v1/profiles/by/email/{urllib.parse.quote(person.email)}").status_code == 200
    desk = with_scopes("privacy:write")
    for method, path, body in calls:
        assert desk.api(method, path, body).status_code == 200, path
    exported = next(item["id"] for item in desk.get("/v1/privacy/requests").json()["items"] if item["kind"] == "export")
    assert desk.get(f"/v1/privacy/requests/{exported}").status_code == 200
    assert settings.get(f"/v1/privacy/requests/{exported}/data").status_code == 403
    assert desk.get("/v1/retention").status_code == 403


def test_another_tenants_requests_are_nobodys(tandem: Server, tenant: Tenant) -> None:
    other = tandem.tenant(f"{tenant.slug}-other")
    made = lead(other, email="ada@acme.example")
    done = erase(other, "lead", made)
    assert done["counts"]["leads"] == 1
    assert tenant.get(f"/v1/privacy/requests/{done['id']}").status_code == 404
    assert tenant.post("/v1/privacy/check", {"type": "email", "value": "ada@acme.example"}).json() == {"suppressed": False}
    assert get(tenant, "privacy/requests")["items"] == []


@pytest.mark.parametrize("modules", ["cdp", "crm"])
def test_tenants_of_one_module(tandem: Server, tenant: Tenant, modules: str) -> None:
    alone = tandem.tenant(f"{tenant.slug}-{modules}", modules=modules)
    if modules == "cdp":
        assert alone.ingest("identify", {"userId": "u-471100", "traits": {"email": "ada@acme.example"}}).ok
    else:
        make(alone, "contacts", email="ada@acme.example")
    done = erase(alone, "email", "ada@acme.example")
    assert done["counts"]["profiles"] == 1 and done["counts"]["events" if modules == "cdp" else "contacts"] == 1
    assert "ada@acme.example" not in dump(tandem, alone)


def test_events_on_their_way_are_erased_too(tandem: Server, tenant: Tenant) -> None:
    """Writers that are at it while a person is erased: whatever they were told, nothing of her is left."""
    person = Person(tenant, uuid.uuid4().hex[:8])
    over = threading.Event()
    answers: list[int] = []

    def write(number: int) -> None:
        count = 0
        while not over.is_set():
            count += 1
            answers.append(person.send(
                "track", userId=person.user, event="Click", messageId=f"w{number}-{count}", properties={"w": person.word}).status_code)

    writers = [threading.Thread(target=write, args=(number,)) for number in range(6)]
    for writer in writers:
        writer.start()
    wait_until(lambda: answers.count(200) > 50)
    done = erase(tenant, "email", person.email)
    over.set()
    for writer in writers:
        writer.join()
    assert set(answers) == {200, 400} and done["counts"]["events"] >= 50
    assert mentions(dump(tandem, tenant), person) == []
    assert tandem.sql("select * from check_identity()", schema=tenant.schema) == []


def test_the_map_names_every_relation() -> None:
    schema = (ROOT / "sql/tenant/schema.sql").read_text()
    relations = set(re.findall(r"^CREATE TABLE t_x(?:_i)?\.(\w+)", schema, re.MULTILINE)) - {"event_log_default"}
    text = (ROOT / "docs/privacy.md").read_text()
    named = {name for cell in re.findall(r"^\| (`[^|]+) \|", text, re.MULTILINE) for name in re.findall(r"`(\w+)`", cell)}
    assert relations ^ named == set()


def test_the_console(tandem: Server, tenant: Tenant) -> None:
    person = Person(tenant, uuid.uuid4().hex[:8])
    browser = Browser(tandem).sign_in()
    page = browser.get(f"/console/{tenant.slug}/privacy")
    assert "Nobody has asked yet" in page.text
    asked = {"type": "email", "value": person.email, "reason": "by letter"}
    planned = browser.submit(page.form("/privacy"), **asked, do="look")
    assert planned.response.status_code == 200 and "Erase for good" in planned.text
    wrong = browser.submit(planned.form("/privacy"), confirm="another")
    assert "Repeat the value" in wrong.text and get(tenant, f"contacts/{person.contact}")["email"] == person.email
    done = browser.submit(wrong.form("/privacy"), confirm=person.email)
    assert "by letter" in done.text and person.email not in done.html
    assert tenant.get(f"/v1/contacts/{person.contact}").status_code == 404
    receipt = re.search(r'href="([^"]+/privacy/prv_\w+)"', done.html)
    assert receipt and browser.session.get(f"{tandem.base_url}{receipt[1]}/receipt").json()["kind"] == "erase"
    shown = browser.get(receipt[1])
    assert "Receipt of an erasure" in shown.text and "genuine" in shown.text and "contacts 1" in shown.text, shown.text
    assert person.email not in shown.html
    elsewhere = receipt[1].replace(f"/{tenant.slug}/", f"/{tandem.tenant('receipts-elsewhere').slug}/")
    assert browser.get(elsewhere).response.status_code == 404
    # From a person's page the form is filled in.
    known = tenant.ingest("identify", {"userId": "asks"}) and tenant.get("/v1/profiles/by/user_id/asks").json()["id"]
    link = next(one for one in browser.get(f"/console/{tenant.slug}/people/{known}").links if "/privacy?" in one)
    assert browser.get(link).form("/privacy").fields["value"] == known
    assert "is no email" in browser.submit(done.form("/privacy"), type="email", value=" ", do="look").text


def places(folder: pathlib.Path, person: Person) -> list[str]:
    """The files below a folder that hold one of the person's values, in whatever form."""
    wanted = [form.encode() for value in [*person.values, person.word] for form in forms(value)]
    return [
        str(path.relative_to(folder)) for path in sorted(folder.rglob("*"))
        if path.is_file() and any(form in (content := path.read_bytes().lower()) for form in wanted)]


def test_nothing_is_left_on_disk(own_tandem: Server, full: bool, figures: Callable[[str, Any], None]) -> None:
    tenant, other = own_tandem.tenant("acme"), own_tandem.tenant("other")
    mark, count = uuid.uuid4().hex[:8], 9_996 if full else 996
    person, same = Person(tenant, mark), Person(other, mark)
    for first in range(0, count, 1_000):
        events = [
            {"type": "track", "userId": person.user, "event": "Click", "messageId": f"m{n}", "properties": {"mail": person.email}}
            for n in range(first, min(first + 1_000, count))]
        assert tenant.ingest("batch", {"batch": events}).status_code == 200
    own_tandem.sql("checkpoint")
    began = time.monotonic()
    done = erase(tenant, "email", person.email)
    figures("seconds", round(time.monotonic() - began, 2))
    assert done["counts"]["events"] == count + 4
    figures("receipt's counts", done["counts"])
    assert person.send("track", userId=person.user, event="Back").json()["code"] == "suppressed"
    assert len(set(mentions(dump(own_tandem, other), same))) >= 6
    # The other tenant has the same values, so it goes before the disk is searched.
    own_tandem.cli("tenant", "delete", "other", "--confirm", "other", "--grace", "0d")
    data = own_tandem.data_dir.resolve() / "postgres"
    for relation, in own_tandem.sql(
        "select format('%I.%I', schemaname, relname) from pg_stat_user_tables where schemaname like 't\\_%'"
    ):
        own_tandem.sql(f"vacuum (full, analyze) {relation}")
    own_tandem.sql("vacuum (full, analyze) pg_catalog.pg_statistic")
    own_tandem.sql("checkpoint")
    found = places(data, person)
    figures("files with one of the values after a full vacuum and a checkpoint, but for the write-ahead log", [
        path for path in found if not path.startswith("pg_wal/")])
    figures("segments of the write-ahead log with one of the values", sum(path.startswith("pg_wal/") for path in found))
    assert [path for path in found if not path.startswith("pg_wal/")] == []
    assert [form for value in person.values for form in forms(value) if form in own_tandem.log_path.read_text().lower()] == []
