"""BI logins with a role: PostgreSQL itself gives them the relations and columns that the role reads, and takes them back."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from server import CommandFailed, Server, Tenant
from test_backup import findings

READ_ALL = {"*": {"read": "all"}}


class Login:
    def __init__(self, tenant: Tenant, role: str):
        self.name = f"login-{uuid.uuid4().hex[:8]}"
        self.tenant = tenant
        self.made = tenant.server.cli("bi", "user", "create", tenant.slug, self.name, "--role", role)
        self.connection = psycopg.connect(self.made["dsn"], autocommit=True)

    def rows(self, statement: str) -> list[tuple[Any, ...]]:
        return self.connection.execute(statement).fetchall()

    def is_refused(self, statement: str) -> bool:
        try:
            self.rows(statement)
        except (psycopg.errors.InsufficientPrivilege, psycopg.errors.ReadOnlySqlTransaction):
            return True
        return False

    def columns(self, relation: str) -> set[str]:
        """As tools find them."""
        return {row[0] for row in self.rows(
            f"select column_name from information_schema.columns where table_schema = current_schema() and table_name = '{relation}'")}

    def relations(self) -> set[str]:
        return {row[0] for row in self.rows(
            "select distinct table_name from information_schema.columns where table_schema = current_schema()")}


@pytest.fixture(scope="module")
def acme(tandem: Server) -> Iterator[Tenant]:
    tenant = tandem.tenant("bi-roles")
    account = tenant.post("/v1/accounts", {"name": "Globex", "annual_revenue": "5", "currency": "USD"}).json()["id"]
    contact = tenant.post("/v1/contacts", {
        "first_name": "Casey", "last_name": "Buyer", "email": "casey@globex.example", "phone": "+44 7700 900123",
        "accounts": [{"account_id": account}]})
    assert contact.status_code == 201, contact.text
    assert tenant.post("/v1/leads", {"last_name": "Lee", "company": "Hooli"}).status_code == 201
    tenant.ingest("identify", {"userId": "u-1", "traits": {"email": "casey@globex.example"}})
    yield tenant


def test_doctor_knows_the_grants_of_a_login_with_a_role(acme: Tenant) -> None:
    Login(acme, role(acme)[0])
    [isolation] = [found for found in findings(acme.server) if found["check"] == "isolation"]
    assert isolation["result"] == "ok", isolation


def role(tenant: Tenant, grants: dict[str, Any] = READ_ALL, fields: dict[str, Any] | None = None) -> tuple[str, str]:
    name = f"role {uuid.uuid4().hex[:8]}"
    made = tenant.post("/v1/roles", {"name": name, "grants": grants, "fields": fields or {}})
    assert made.status_code == 201, made.text
    return name, made.json()["id"]


def test_a_login_reads_the_columns_of_its_role(acme: Tenant) -> None:
    name, _ = role(acme, fields={"contact": {"email": "none"}, "opportunity": {"amount": "none"}, "account": {"annual_revenue": "none"}})
    login = Login(acme, name)
    assert login.rows("select first_name, last_name, phone from contacts") == [("Casey", "Buyer", "+44 7700 900123")]
    assert login.rows("select count(*) from contacts") == [(1,)]
    # The hidden field, what is derived from it, what it stands in beside, and all ways to the whole row.
    for statement in (
        "select email from contacts", "select email_norm from contacts", "select * from contacts", "select c from contacts c",
        "select row_to_json(c) from contacts c", "select id from contacts where email like 'c%'", "select id from contacts order by email",
        "select max(email) from contacts", "copy contacts to stdout", "copy contacts (email) to stdout", "table contacts",
        "select value from contact_channels", "select annual_revenue from accounts", "select amount from opportunities",
        "select new_amount from opportunity_history", "select * from opportunity_products",
    ):
        assert login.is_refused(statement), statement
    assert "email" not in login.columns("contacts") and "first_name" in login.columns("contacts")
    assert login.columns("contact_channels") == set()
    assert {"old_stage_id", "new_stage_id"} < login.columns("opportunity_history")
    joined = "contacts c join account_contacts p on p.contact_id = c.id join accounts a on a.id = p.account_id"
    assert login.rows(f"select c.last_name from {joined}") == [("Buyer",)]
    # Statistics tell of no value either.
    assert login.rows("select attname from pg_stats where schemaname = current_schema() and attname in ('email', 'annual_revenue')") == []


def test_a_login_reads_the_relations_of_its_role(acme: Tenant) -> None:
    name, _ = role(acme, {"account": {"read": "all"}, "contact": {"read": "team"}, "user": {"read": "own"}})
    login = Login(acme, name)
    # Users are everybody's at any level; contacts that it reads in part are not there, since nobody's place counts.
    assert login.relations() == {"accounts", "users"}
    for relation in ("contacts", "contact_channels", "account_contacts", "leads", "opportunities", "activities", "comments", "attachments",
                     "views", "profiles", "profile_identifiers", "profile_traits", "events", "identifies"):
        assert login.is_refused(f"select count(*) from {relation}"), relation
    for statement in (f"select * from {acme.internals}.role_field", f"select * from {acme.internals}.bi_grantee", "select * from pg_authid",
                      f"set role {acme.schema}_bi", f"set role {acme.schema}_owner", "delete from accounts"):
        assert login.is_refused(statement), statement
    everything = Login(acme, role(acme)[0])
    assert {"accounts", "contacts", "contact_channels", "leads", "activities", "activity_links", "comments"} <= everything.relations()
    assert not {"profiles", "events", "profile_identifiers", "views"} & everything.relations()


def test_a_field_that_is_hidden_later_disappears(acme: Tenant) -> None:
    name, identifier = role(acme)
    login = Login(acme, name)
    plain = acme.server.cli("bi", "user", "create", acme.slug, f"plain-{uuid.uuid4().hex[:8]}")
    assert login.rows("select email from contacts") == [("casey@globex.example",)]
    assert acme.api("PATCH", f"/v1/roles/{identifier}", {"fields": {"contact": {"email": "none"}}}).status_code == 200
    # On the connection that is open, at once.
    assert login.is_refused("select email from contacts") and login.is_refused("select value from contact_channels")
    assert login.rows("select last_name from contacts") == [("Buyer",)]
    acme.server.cli("role", "update", name, "--field", "contact.email=read", "--grant", "lead.read=none", "--tenant", acme.slug)
    assert login.rows("select email from contacts") == [("casey@globex.example",)]
    assert login.is_refused("select id from leads")
    # Logins without a role read on.
    with psycopg.connect(plain["dsn"]) as connection:
        assert connection.execute("select count(*) from leads").fetchone() == (1,)


def test_custom_fields_come_and_go(acme: Tenant) -> None:
    name, identifier = role(acme)
    login = Login(acme, name)
    field = f"cf_n{uuid.uuid4().hex[:8]}"
    made = acme.post("/v1/objects/accounts/fields", {"name": field, "type": "text", "label": "Grade"})
    assert made.status_code == 201, made.text
    assert login.rows(f"select {field} from accounts") == [(None,)]
    assert acme.api("PATCH", f"/v1/objects/accounts/fields/{field}", {"hidden": True}).status_code == 200
    assert login.is_refused(f"select {field} from accounts")
    assert acme.api("PATCH", f"/v1/objects/accounts/fields/{field}", {"hidden": False}).status_code == 200
    assert acme.api("PATCH", f"/v1/roles/{identifier}", {"fields": {"account": {field: "none"}}}).status_code == 200
    assert login.is_refused(f"select {field} from accounts") and not login.is_refused("select name from accounts")


def test_a_role_that_a_login_has_stays_and_a_login_ends(acme: Tenant) -> None:
    name, identifier = role(acme)
    login = Login(acme, name)
    refused = acme.api("DELETE", f"/v1/roles/{identifier}")
    assert refused.status_code == 409 and refused.json()["references"] == {"bi_logins": 1}
    listed = {item["name"]: item for item in acme.server.cli("bi", "user", "list", acme.slug)["items"]}
    assert listed[login.name]["role_id"] == identifier == login.made["role_id"]
    acme.server.cli("bi", "user", "revoke", acme.slug, login.name)
    with pytest.raises(psycopg.OperationalError):
        login.rows("select 1")
    assert acme.api("DELETE", f"/v1/roles/{identifier}").status_code == 204
    with pytest.raises(CommandFailed, match="unknown_role|no such|not found"):
        acme.server.cli("bi", "user", "create", acme.slug, "nobody", "--role", name)
    dry = acme.server.cli("bi", "user", "create", acme.slug, "rehearsed", "--role", "read only", "--dry-run")
    assert dry["dry_run"] is True and "rehearsed" not in str(acme.server.cli("bi", "user", "list", acme.slug))


def test_a_tenant_with_such_logins_is_dropped_whole(tandem: Server) -> None:
    tenant = tandem.tenant(f"bi-gone-{uuid.uuid4().hex[:6]}")
    login = Login(tenant, "read only")
    login.connection.close()
    tandem.cli("tenant", "delete", tenant.slug, "--confirm", tenant.slug, "--grace", "0d")
    assert tandem.sql("select rolname from pg_roles where rolname like %s", (tenant.schema + "%",)) == []
