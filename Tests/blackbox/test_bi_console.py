"""Logins for BI tools on the console's page: made, shown once, revoked; for operators, within their tenant."""

from __future__ import annotations

import re

import psycopg
import pytest

from console import Browser, Page
from server import Server, Tenant
from test_forms import make

pytestmark = pytest.mark.quick


@pytest.fixture(scope="module")
def desk(tandem: Server) -> Tenant:
    tenant = tandem.tenant("bi-desk")
    make(tenant, "accounts", name="Initech")
    return tenant


@pytest.fixture(scope="module")
def operator(desk: Tenant) -> Browser:
    return Browser(desk.server).sign_in()


def make_login(operator: Browser, desk: Tenant, **fields: str) -> Page:
    page = operator.get(f"/console/{desk.slug}/bi")
    token = page.form(f"/console/{desk.slug}/bi").fields["csrf"]
    return operator.post(f"/console/{desk.slug}/bi", {"csrf": token, "connections": "3", **fields})


def shown_url(page: Page) -> str:
    return re.search(r"<pre data-copy>(postgresql://[^<]+)</pre>", page.html)[1].replace("&amp;", "&")


def test_a_login_reads_its_tenant_is_shown_once_and_revoked(desk: Tenant, operator: Browser) -> None:
    made = make_login(operator, desk, name="dashboards")
    url = shown_url(made)
    with psycopg.connect(url) as connection:
        assert connection.execute("select name from accounts").fetchall() == [("Initech",)]
        login = connection.info.user
        page = operator.get(f"/console/{desk.slug}/bi")
        assert connection.info.password not in page.html and login in page.text and "dashboards" in page.text
        assert made.response.headers["Cache-Control"] == "no-store"
        revoked = operator.submit(page.form(f"/{login}/revoke"))
        assert "The login is revoked" in revoked.text and page.html.count("/revoke") == revoked.html.count("/revoke") + 1
        with pytest.raises(psycopg.OperationalError):
            connection.execute("select 1")
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(url)
    audit = "select actor from tandem.audit where action = any (array['bi.create', 'bi.revoke']) order by at desc limit 2"
    assert all(actor.startswith("console:") for (actor,) in desk.server.sql(audit))


def test_a_login_of_a_role_and_one_that_makes_models(desk: Tenant, operator: Browser) -> None:
    role = desk.post("/v1/roles", {"name": "leads alone", "grants": {"lead": {"read": "all"}}}).json()["id"]
    with psycopg.connect(shown_url(make_login(operator, desk, name="sheets", role=role))) as connection:
        connection.execute("select count(*) from leads")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("select name from accounts")
    made = make_login(operator, desk, name="dbt", models="1")
    schema = re.search(r"t_\w+_m", made.text)[0]
    with psycopg.connect(shown_url(made)) as connection:
        connection.execute(f"create view {schema}.names as select name from accounts")
    page = operator.get(f"/console/{desk.slug}/bi")
    assert "what the role leads alone reads" in page.text and "makes models" in page.text


def test_what_no_login_can_be_is_said_and_the_form_kept(desk: Tenant, operator: Browser) -> None:
    role = desk.get("/v1/roles").json()["items"][0]["id"]
    assert make_login(operator, desk, name="taken").response.status_code == 200
    for wrong, words in [
        ({"name": "taken"}, "There is a login of this name"), ({"name": "many", "connections": "51"}, "1 to 50"),
        ({"name": " "}, "1 to 200 bytes"), ({"name": "both", "role": role, "models": "1"}, "makes no models"),
    ]:
        refused = make_login(operator, desk, **wrong)
        assert refused.response.status_code == 422 and words in refused.text, refused.text
        assert refused.form(f"/console/{desk.slug}/bi").fields["name"] == wrong["name"]
    assert make_login(operator, desk, name="nobody", role="rol_nobody").response.status_code == 404


def test_users_and_other_tenants_reach_no_login(desk: Tenant, operator: Browser) -> None:
    other = desk.server.tenant("bi-other")
    url = shown_url(make_login(operator, other, name="theirs"))
    page = operator.get(f"/console/{other.slug}/bi")
    login, token = re.search(r"/bi/(t_\w+)/revoke", page.html)[1], page.form(f"/console/{other.slug}/bi").fields["csrf"]
    assert operator.post(f"/console/{desk.slug}/bi/{login}/revoke", {"csrf": token}).response.status_code == 404
    with psycopg.connect(url) as connection:
        connection.execute("select 1")
    role = next(one for one in desk.get("/v1/roles").json()["items"] if one["name"] == "administrator")["id"]
    make(desk, "users", name="Admin", email="admin@bi.example", role_ids=[role])
    user = Browser(desk.server).sign_in("--tenant", desk.slug, "--user", "email=admin@bi.example")
    refused = user.get(f"/console/{desk.slug}/bi")
    assert refused.response.status_code == 403 and "operators alone" in refused.text
    page = user.get(f"/console/{desk.slug}/accounts")
    token = re.search(r'name="csrf" value="([^"]+)"', page.html)[1]
    assert user.post(f"/console/{desk.slug}/bi", {"csrf": token, "name": "mine", "connections": "1"}).response.status_code == 403
