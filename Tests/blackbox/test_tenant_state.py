"""Tenants that are suspended, deleted and taken back, and what BI logins read of them meanwhile."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass

import psycopg
import pytest
import requests

from server import BINARY, Server, Tenant, wait_until
from test_cli import fails


@dataclass
class Reader:
    """A BI login with a session that is open."""

    dsn: str
    session: psycopg.Connection

    def reads(self) -> bool:
        """By the session that was open, and by a new one; both or neither."""
        told = set()
        for attempt in (lambda: self.session, lambda: psycopg.connect(self.dsn, autocommit=True)):
            try:
                told.add(attempt().execute("select count(*) from accounts").rowcount == 1)
            except psycopg.OperationalError as error:
                # Ended by an administrator; and not permitted to log in.
                assert error.sqlstate == "57P01" or "is not permitted to log in" in str(error) or self.session.closed, error
                told.add(False)
        assert len(told) == 1, "an old session and a new one differ"
        return told.pop()

    def again(self) -> "Reader":
        self.session.close()
        self.session = psycopg.connect(self.dsn, autocommit=True)
        return self


def reader(server: Server, tenant: Tenant) -> Reader:
    dsn = server.cli("bi", "user", "create", tenant.slug, "analyst")["dsn"]
    return Reader(dsn, psycopg.connect(dsn, autocommit=True))


@pytest.fixture
def theirs(tandem: Server, tenant: Tenant) -> Iterator[Reader]:
    made = reader(tandem, tenant)
    yield made
    made.session.close()


def state(tandem: Server, tenant: Tenant, verb: str, *arguments: str) -> str:
    return str(tandem.cli("tenant", verb, tenant.slug, *arguments)["state"])


def test_a_suspended_tenants_bi_logins_read_nothing_until_it_is_resumed(tandem: Server, tenant: Tenant, theirs: Reader) -> None:
    other = reader(tandem, tandem.tenant(tenant.slug + "-other"))
    assert theirs.reads() and other.reads()
    assert state(tandem, tenant, "suspend", "--dry-run") == "suspended" and theirs.reads(), "a dry run ends nobody"
    assert state(tandem, tenant, "suspend") == "suspended"
    assert not theirs.reads() and other.reads(), "nobody else's are closed"
    refused = fails(tandem, 6, "bi", "user", "create", tenant.slug, "late")
    assert refused["code"] == "conflict" and "resume the tenant first" in refused["message"]
    assert state(tandem, tenant, "resume") == "active" and theirs.again().reads()
    other.session.close()


def test_a_revoked_login_stays_revoked_when_its_tenant_comes_back(tandem: Server, tenant: Tenant, theirs: Reader) -> None:
    state(tandem, tenant, "suspend")
    tandem.cli("bi", "user", "revoke", tenant.slug, "analyst")
    state(tandem, tenant, "resume")
    with pytest.raises(psycopg.OperationalError):
        theirs.again()


def test_only_a_restore_takes_a_deletion_back(tandem: Server, tenant: Tenant, theirs: Reader) -> None:
    assert state(tandem, tenant, "delete", "--confirm", tenant.slug) == "deleting" and not theirs.reads()
    admin = {"Authorization": "Bearer " + tandem.cli("key", "create", "--kind", "admin")["key"]}
    for verb in ("suspend", "resume"):
        refused = fails(tandem, 6, "tenant", verb, tenant.slug)
        assert refused["code"] == "conflict" and f"tandem tenant restore {tenant.slug}" in refused["message"], refused
        answer = requests.post(f"{tandem.admin_url}/admin/v1/tenants/{tenant.slug}:{verb}", headers=admin, timeout=30)
        assert answer.status_code == 409 and f"tandem tenant restore {tenant.slug}" in answer.text, answer.text
    assert tandem.cli("tenant", "show", tenant.slug)["delete_after"], "it is still in deletion"
    assert not theirs.reads()
    assert state(tandem, tenant, "restore") == "active" and theirs.again().reads()
    assert state(tandem, tenant, "restore") == "active", "a second one changes nothing"


def test_a_tenant_that_was_suspended_comes_back_suspended(tandem: Server, tenant: Tenant, theirs: Reader) -> None:
    state(tandem, tenant, "suspend")
    since = tandem.cli("tenant", "show", tenant.slug)["suspended_at"]
    assert state(tandem, tenant, "restore") == "suspended", "it was not in deletion"
    state(tandem, tenant, "delete", "--confirm", tenant.slug)
    back = tandem.cli("tenant", "restore", tenant.slug)
    assert (back["state"], back["suspended_at"]) == ("suspended", since) and "delete_after" not in back
    assert not theirs.reads()
    assert state(tandem, tenant, "resume") == "active" and theirs.again().reads()


def test_what_was_never_finished_comes_back_unfinished(own_tandem: Server) -> None:
    made = own_tandem.tenant("half")
    # As a creation leaves it that was killed before its last step.
    own_tandem.sql("delete from tandem.source where tenant = (select id from tandem.tenant where slug = 'half')")
    own_tandem.sql("update tandem.tenant set state = 'creating', next_source = 1 where slug = 'half'")
    assert state(own_tandem, made, "delete", "--confirm", "half") == "deleting"
    assert state(own_tandem, made, "restore") == "creating"
    assert own_tandem.cli("tenant", "create", "half")["tenant"]["state"] == "active"


def test_a_deletion_says_what_goes(tandem: Server, tenant: Tenant, theirs: Reader) -> None:
    for number in range(3):
        assert tenant.post("/v1/accounts", {"name": f"Acme {number}"}).status_code == 201
    tandem.sql(f"analyze {tenant.schema}.accounts")
    keys = len([key for key in tandem.cli("key", "list", "--tenant", tenant.slug)["items"] if not key.get("revoked_at")])
    planned = tandem.cli("tenant", "delete", tenant.slug, "--dry-run")["would_delete"]
    assert (planned["bi_logins"], planned["keys"], planned["sources"]) == (1, keys, 2)
    sizes = f"select sum(pg_total_relation_size(oid)) from pg_class where relkind = 'r' and relnamespace = '{tenant.schema}'::regnamespace"
    assert planned["rows"] >= 3 and planned["bytes"] > tandem.sql(sizes)[0][0]
    assert theirs.reads(), "a dry run"
    told = fails(tandem, 2, "tenant", "delete", tenant.slug)["message"]
    assert f"about {planned['rows']} row" in told and "1 BI login," in told and f"{keys} keys" in told, told
    text = tandem.cli("tenant", "delete", tenant.slug, "--dry-run", json=False)
    assert text.startswith(f"Would delete tenant {tenant.slug}: about ") and "tenant restore takes it back" in text
    assert "nothing takes that back" in tandem.cli("tenant", "delete", tenant.slug, "--dry-run", "--grace", "0d", json=False)


def test_another_currency_and_time_zone_change_what_comes_and_convert_nothing(tandem: Server) -> None:
    moved = tandem.tenant("moved", currency="EUR", timezone="UTC")
    account = moved.post("/v1/accounts", {"name": "Acme"}).json()["id"]

    def deal(name: str) -> dict[str, str]:
        made = moved.post("/v1/opportunities", {"name": name, "account_id": account, "amount": "10.00"})
        assert made.status_code == 201, made.text
        return made.json()

    def days() -> set[str]:
        return {str(item["at"]) for item in moved.get("/v1/sources:stats?by=day").json()["items"]}

    old = deal("old")
    assert moved.ingest("track", {"userId": "u", "event": "E"}).status_code == 200
    wait_until(lambda: days() != set(), 15)
    before, (event,) = days(), tandem.sql("select ts from event_log", schema=moved.schema)
    told = subprocess.run(
        [str(BINARY), "tenant", "update", "moved", "--currency", "CHF", "--timezone", "Asia/Kolkata", "--data-dir", str(tandem.data_dir)],
        text=True, capture_output=True, timeout=60, check=True).stderr
    assert "Records keep their own currency" in told and "Days begin at another moment" in told, told
    # Servers know within five seconds.
    wait_until(lambda: deal("probe")["currency"] == "CHF", 8, every_s=0.5)
    assert moved.get(f"/v1/opportunities/{old['id']}").json() == old and old["currency"] == "EUR", "nothing is converted"
    assert days() and days().isdisjoint(before), "the same events, in days that begin five and a half hours earlier"
    assert tandem.sql("select ts from event_log", schema=moved.schema) == [event]
    quiet = tandem.cli("tenant", "update", "moved", "--display-name", "Moved")
    assert (quiet["currency"], quiet["timezone"]) == ("CHF", "Asia/Kolkata")


def test_a_deletion_that_meets_work_in_progress_is_tried_again(tandem: Server) -> None:
    """The services may be at work in a tenant when it is deleted; here somebody wants what the deletion has, and has what it wants."""
    tenant = tandem.tenant("at-work")
    held = """select c.oid::regclass::text from pg_locks l join pg_class c on c.oid = l.relation
        where l.mode = 'AccessExclusiveLock' and l.granted and c.relkind = 'r' and c.relnamespace::regnamespace::text = any (%s)
            and l.pid = (select w.pid from pg_locks w where w.relation = %s::regclass and not w.granted)"""
    waited_for = f"{tenant.schema}_i.event_log"
    with tandem.connect(autocommit=False) as worker:
        worker.execute(f"lock table {waited_for} in access share mode")
        command = ["tenant", "delete", tenant.slug, "--confirm", tenant.slug, "--grace", "0d", "--data-dir", str(tandem.data_dir)]
        deletion = subprocess.Popen(
            [str(BINARY), *command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        schemas = [tenant.schema, f"{tenant.schema}_i"]
        wait_until(lambda: tandem.sql(held, [schemas, waited_for]) != [], 20, every_s=0.02)
        # Whoever has waited for longer is the one that PostgreSQL ends.
        worker.execute(f"lock table {tandem.sql(held, [schemas, waited_for])[0][0]} in access share mode")
    out, err = deletion.communicate(timeout=60)
    assert deletion.returncode == 0, out + err
    assert tandem.sql("select from pg_namespace where nspname = %s", [tenant.schema]) == []
