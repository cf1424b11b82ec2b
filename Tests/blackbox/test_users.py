"""Users of a tenant in the console: invitation, password, sign-in, new password, sign-out, and what none of these opens."""

from __future__ import annotations

import concurrent.futures
import itertools
import re
import socket
from typing import Any

import pytest
import requests

from console import Browser, Page
from server import CommandFailed, Server, Tenant

pytestmark = pytest.mark.quick
PASSWORD = "four words that nobody says"
_numbers = itertools.count(1)


@pytest.fixture
def user(tenant: Tenant) -> dict[str, Any]:
    number = next(_numbers)
    made = tenant.post("/v1/users", {"name": f"Sales desk {number}", "email": f"desk-{number}@acme.example"})
    assert made.status_code == 201, made.text
    return made.json()


def invite(tenant: Tenant, user: dict[str, Any], verb: str = "invite", role: str | None = None) -> str:
    """The path behind the link."""
    given = ["--role", role] if role else []
    answer = tenant.server.cli("user", verb, user["id"], "--base", "http://x.example", "--tenant", tenant.slug, *given)
    assert answer["url"].startswith("http://x.example/console/password?token=")
    return answer["url"].removeprefix("http://x.example")


def choose(browser: Browser, path: str, password: str = PASSWORD, again: str | None = None) -> Page:
    form = browser.get(path).form("/console/password")
    return browser.submit(form, password=password, again=password if again is None else again)


def sign_in(browser: Browser, tenant: Tenant, email: str, password: str = PASSWORD) -> Page:
    form = browser.get("/console/sign-in").form("/console/sign-in")
    return browser.submit(form, tenant=tenant.slug, email=email, password=password)


def status(page: Page) -> int:
    return page.response.status_code


def test_an_invitation_leads_to_a_password_and_into_the_console(tandem: Server, tenant: Tenant, user: dict[str, Any]) -> None:
    browser = Browser(tandem)
    path = invite(tenant, user)
    page = browser.get(path)
    assert tenant.slug and user["name"] in page.text and user["email"] in page.text
    inside = choose(browser, path)
    assert status(inside) == 200 and inside.response.url.endswith(f"/console/{tenant.slug}")
    assert f"Signed in as {user['email']}" in inside.text

    # The link is used up, and another browser signs in with the password.
    assert status(browser.get(path)) == 403 and "expired" in browser.get(path).text
    other = Browser(tandem)
    assert status(sign_in(other, tenant, user["email"].upper())) == 200
    assert status(other.get(f"/console/{tenant.slug}/users")) == 200


@pytest.mark.parametrize("password, words", [
    ("short", "at least 12 characters"), ("aaaaaaaaaaaaaaaa", "five different"), ("x" * 600 + "abcdef", "at most 512"),
    ("{name} and more words", "does not contain the address")])
def test_a_password_that_is_refused_leaves_the_link_as_it_was(
    tandem: Server, tenant: Tenant, user: dict[str, Any], password: str, words: str
) -> None:
    path = invite(tenant, user)
    refused = choose(Browser(tandem), path, password.format(name=user["email"].split("@")[0]))
    assert status(refused) == 422 and words in refused.text
    assert status(choose(Browser(tandem), path, again="something else altogether")) == 422
    assert status(choose(Browser(tandem), path)) == 200


def test_wrong_passwords_say_nothing_and_make_the_next_try_wait(tandem: Server, tenant: Tenant, user: dict[str, Any]) -> None:
    choose(Browser(tandem), invite(tenant, user))
    answers = [sign_in(Browser(tandem), tenant, user["email"], "no such password") for _ in range(5)]
    nobody = sign_in(Browser(tandem), tenant, "nobody@acme.example", "no such password")
    elsewhere = Browser(tandem)
    form = elsewhere.get("/console/sign-in").form("/console/sign-in")
    unknown = elsewhere.submit(form, tenant="no-such-workspace", email=user["email"], password=PASSWORD)
    alerts = {re.search(r'role="alert">([^<]+)', page.html).group(1) for page in (*answers, nobody, unknown)}
    assert len(alerts) == 1 and {status(page) for page in (*answers, nobody, unknown)} == {403}
    # Now the right one waits too, until the time is over.
    assert status(sign_in(Browser(tandem), tenant, user["email"])) == 403
    ((wait,),) = tandem.sql("select extract(epoch from blocked_until - now()) from user_credential", schema=tenant.schema)
    assert 30 < wait <= 60
    tandem.sql("update user_credential set blocked_until = now() returning 1", schema=tenant.schema)
    assert status(sign_in(Browser(tandem), tenant, user["email"])) == 200


def test_a_new_password_ends_the_old_one_and_every_session(tandem: Server, tenant: Tenant, user: dict[str, Any]) -> None:
    browser = Browser(tandem)
    choose(browser, invite(tenant, user))
    path = invite(tenant, user, "reset")
    assert browser.get(f"/console/{tenant.slug}").response.url.startswith(f"{tandem.base_url}/console/sign-in?")
    assert status(sign_in(Browser(tandem), tenant, user["email"])) == 403
    assert status(choose(Browser(tandem), path, "other words that nobody says")) == 200
    assert status(sign_in(Browser(tandem), tenant, user["email"], "other words that nobody says")) == 200


def test_an_invitation_ends_the_one_before(tandem: Server, tenant: Tenant, user: dict[str, Any]) -> None:
    first, second = invite(tenant, user), invite(tenant, user)
    assert status(Browser(tandem).get(first)) == 403
    assert status(Browser(tandem).get(second)) == 200


def test_who_has_left_is_signed_out(tandem: Server, tenant: Tenant, user: dict[str, Any]) -> None:
    browser = Browser(tandem)
    choose(browser, invite(tenant, user))
    leave = ("PATCH", f"/v1/users/{user['id']}", {"active": False})
    # The first one who was let in is the only administrator.
    last = tenant.api(*leave)
    assert (last.status_code, last.json()["code"]) == (409, "conflict") and "last administrator" in last.text
    invite(tenant, tenant.post("/v1/users", {"name": "Second", "email": "second@acme.example"}).json(), role="administrator")
    assert tenant.api(*leave).status_code == 200
    assert browser.get(f"/console/{tenant.slug}").response.url.startswith(f"{tandem.base_url}/console/sign-in?")
    assert status(sign_in(Browser(tandem), tenant, user["email"])) == 403
    with pytest.raises(CommandFailed, match="inactive|who has left"):
        invite(tenant, user)


def test_a_user_sees_the_tenant_alone_and_lets_nobody_in(tandem: Server, tenant: Tenant, user: dict[str, Any]) -> None:
    other = tandem.tenant(f"{tenant.slug}-other")
    browser = Browser(tandem)
    choose(browser, invite(tenant, user))
    assert status(browser.get(f"/console/{other.slug}")) == 404
    page = browser.get(f"/console/{tenant.slug}/users")
    assert user["email"] in page.text and not [form for form in page.forms if "/invite" in form.action]
    token = page.form("/console/sign-out").fields["csrf"]
    refused = browser.post(f"/console/{tenant.slug}/users/{user['id']}/reset", {"csrf": token})
    assert status(refused) == 403 and "for operators alone" in refused.text
    # The same address in another tenant is another user.
    assert other.post("/v1/users", {"name": "Twin", "email": user["email"]}).status_code == 201
    assert status(sign_in(Browser(tandem), other, user["email"])) == 403


def test_an_operator_invites_and_signs_out_by_buttons(tandem: Server, tenant: Tenant, user: dict[str, Any]) -> None:
    operator = Browser(tandem).sign_in("--tenant", tenant.slug)
    page = operator.get(f"/console/{tenant.slug}/users")
    made = operator.submit(page.form(f"/console/{tenant.slug}/users/{user['id']}/invite"))
    link = re.search(r"http://\S+/console/password\?token=[\w-]+", made.text).group()
    browser = Browser(tandem)
    assert status(choose(browser, link.removeprefix(tandem.base_url))) == 200
    page = operator.get(f"/console/{tenant.slug}/users")
    assert "one browser" in page.text and "can sign in" in page.text
    done = operator.submit(page.form(f"/console/{tenant.slug}/users/{user['id']}/sign-out"))
    assert "signed out everywhere" in done.text
    assert browser.get(f"/console/{tenant.slug}").response.url.startswith(f"{tandem.base_url}/console/sign-in?")


def test_what_a_user_does_bears_their_address(tandem: Server, tenant: Tenant, user: dict[str, Any]) -> None:
    lead = tenant.post("/v1/leads", {"last_name": "Buyer", "company": "Acme", "email": "buyer@acme.example"}).json()
    link = tandem.cli(
        "console", "link", "--base", tandem.base_url, "--tenant", tenant.slug, "--user", f"email={user['email']}")["url"]
    browser = Browser(tandem)
    browser.submit(browser.get(link.removeprefix(tandem.base_url)).form("/console/sign-in"))
    form = browser.get(f"/console/{tenant.slug}/leads/{lead['id']}").form(f"/console/{tenant.slug}/leads/{lead['id']}/convert")
    assert status(browser.submit(form)) == 200
    history = tenant.get(f"/v1/leads/{lead['id']}/history").json()["items"]
    assert history[0]["actor"] == f"user:{user['email']}"


def test_the_api_invites_and_signs_out(tandem: Server, tenant: Tenant, user: dict[str, Any]) -> None:
    made = tenant.post(f"/v1/users/{user['id']}:invite", {})
    assert made.status_code == 201 and made.json()["valid_seconds"] == 7 * 86_400
    browser = Browser(tandem)
    assert status(choose(browser, made.json()["path"])) == 200
    assert tenant.post(f"/v1/users/{user['id']}:sign-out", {}).json()["sessions"] == 1
    assert browser.get(f"/console/{tenant.slug}").response.url.startswith(f"{tandem.base_url}/console/sign-in?")
    nameless = tenant.post("/v1/users", {"name": "Nobody"}).json()
    refused = tenant.post(f"/v1/users/{nameless['id']}:invite", {})
    assert refused.status_code == 422 and refused.json()["errors"][0]["code"] == "no_email"


def test_secrets_are_stored_as_hashes(tandem: Server, tenant: Tenant, user: dict[str, Any]) -> None:
    path = invite(tenant, user)
    choose(Browser(tandem), path)
    token = path.split("token=")[1]
    ((hashed,),) = tandem.sql("select password_hash from user_credential", schema=tenant.schema)
    assert hashed.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    links = tandem.sql("select row_to_json(l)::text from tandem.sign_in_link l")
    assert token not in str(links) and PASSWORD not in tandem.log_tail(100_000) and token not in tandem.log_tail(100_000)
    answer = requests.post(
        tandem.base_url + "/console/sign-in", data={"tenant": tenant.slug, "email": user["email"], "password": PASSWORD},
        headers={"Sec-Fetch-Site": "cross-site"}, timeout=30)
    assert answer.status_code == 403


def test_a_link_is_remembered_for_no_key(tenant: Tenant, user: dict[str, Any]) -> None:
    """What is kept for an Idempotency-Key lies in clear in the database and in backups of the tenant."""
    links = []
    for verb in ("invite", "invite", "reset", "reset"):
        made = tenant.post(f"/v1/users/{user['id']}:{verb}", {}, headers={"Idempotency-Key": f"once-{verb}"})
        assert made.status_code == 201 and "Idempotency-Replayed" not in made.headers, made.text
        links.append(made.json()["path"])
    assert len(set(links)) == 4
    kept = str(tenant.server.sql("select convert_from(body, 'utf8') from idempotency where body is not null", schema=tenant.schema))
    assert "token=" not in kept and not any(link in kept for link in links)
    # The earlier ones have ended.
    browser = Browser(tenant.server)
    assert [status(browser.get(link)) for link in links] == [403, 403, 403, 200]


class FromAddress(requests.adapters.HTTPAdapter):
    """Connects from another address of this machine."""

    def __init__(self, address: str):
        self.address = address
        super().__init__()

    def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
        super().init_poolmanager(*arguments, source_address=(self.address, 0), **options)


def test_who_guesses_waits_wherever_the_account(tandem: Server, tenant: Tenant) -> None:
    guesser, other = Browser(tandem), Browser(tandem)
    guesser.session.mount("http://", FromAddress("127.0.0.9"))
    other.session.mount("http://", FromAddress("127.0.0.10"))

    def guess(number: int) -> requests.Response:
        fields = {"tenant": tenant.slug, "email": f"nobody-{number}@acme.example", "password": PASSWORD}
        return guesser.post("/console/sign-in", fields).response

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(guess, range(24)))
        while not any(answer.status_code == 429 for answer in answers) and len(answers) < 600:
            answers += list(pool.map(guess, range(16)))
    refused = next(answer for answer in answers if answer.status_code == 429)
    assert int(refused.headers["Retry-After"]) >= 1 and "Wait a minute" in refused.text
    assert {answer.status_code for answer in answers} <= {403, 429, 503}
    assert all("Retry-After" in answer.headers for answer in answers if answer.status_code == 503)
    assert status(sign_in(other, tenant, "nobody@acme.example")) == 403


def test_nothing_of_a_file_is_taken_from_who_is_not_signed_in(tandem: Server, tenant: Tenant) -> None:
    account = tenant.post("/v1/accounts", {"name": "Upload"}).json()["id"]
    place = tandem.base_url.removeprefix("http://").split(":")
    with socket.create_connection((place[0], int(place[1])), 20) as connection:
        connection.sendall((
            f"POST /console/{tenant.slug}/accounts/{account}/files HTTP/1.1\r\nHost: t\r\n"
            "Content-Type: multipart/form-data; boundary=x\r\nContent-Length: 20000000\r\n\r\n--x\r\n").encode())
        # The answer comes although the body does not.
        answer = connection.recv(4096).decode()
    assert answer.startswith("HTTP/1.1 303 ") and "location: /console/sign-in" in answer.lower(), answer
