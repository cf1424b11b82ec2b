"""Single sign-on: a real provider on this machine, what it may say, and what it may not."""

from __future__ import annotations

import ipaddress
import itertools
import re
import socket
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from console import Browser, Page
from oidc import Claims, Key, Provider, signed_with_public_key, unsigned
from server import CommandFailed, Server, Tenant, wait_until

_numbers = itertools.count(1)


@pytest.fixture
def provider() -> Iterator[Provider]:
    made = Provider()
    yield made
    made.close()


def configure(tenant: Tenant, provider: Provider, *arguments: str) -> dict[str, Any]:
    secret = tenant.server.data_dir / f"secret-{next(_numbers)}"
    secret.write_text(provider.secret + "\n")
    return tenant.server.cli(
        "oidc", "set", "--issuer", provider.issuer, "--client-id", provider.client_id, "--client-secret-file", str(secret),
        *arguments, "--tenant", tenant.slug)


def make_user(tenant: Tenant, name: str, email: str) -> dict[str, Any]:
    """One who may see the console."""
    roles = {role["name"]: role["id"] for role in tenant.get("/v1/roles").json()["items"]}
    made = tenant.post("/v1/users", {"name": name, "email": email, "role_ids": [roles["administrator"]]})
    assert made.status_code == 201, made.text
    return made.json()


def furnish(tenant: Tenant, provider: Provider) -> Tenant:
    """The provider and one user."""
    make_user(tenant, "Sales desk", "desk@acme.example")
    configure(tenant, provider, "--label", "Acme ID")
    return tenant


@pytest.fixture
def acme(tenant: Tenant, provider: Provider) -> Tenant:
    return furnish(tenant, provider)


@pytest.fixture(scope="module")
def standing(tandem: Server) -> Iterator[tuple[Tenant, Provider]]:
    """One for all tests that change only what its provider says."""
    made = Provider()
    yield furnish(tandem.tenant("oidc-standing"), made), made
    made.close()


@pytest.fixture
def said(standing: tuple[Tenant, Provider]) -> tuple[Tenant, Provider]:
    standing[1].reset()
    return standing


def begin(tenant: Tenant, browser: Browser | None = None, **options: object) -> Page:
    return (browser or Browser(tenant.server)).get(f"/console/sign-in/{tenant.slug}/oidc", **options)


def status(page: Page) -> int:
    return page.response.status_code


def is_inside(page: Page, tenant: Tenant) -> bool:
    path = page.response.url.removeprefix(tenant.server.base_url)
    return status(page) == 200 and path.split("/")[1:3] == ["console", tenant.slug] and "Signed in as" in page.text


def code(page: Page) -> str:
    """Of the refusal."""
    found = re.search(r'role="alert">[^<]*\((\w+)\)</div>', page.html)
    assert found, page.text
    return found.group(1)


@pytest.mark.parametrize("algorithm", ["RS256", "ES256", "EdDSA"])
def test_a_user_signs_in_with_the_provider(acme: Tenant, provider: Provider, algorithm: str) -> None:
    provider.keys = [Key(algorithm), Key("RS256"), Key("ES256")]
    browser = Browser(acme.server)
    page = browser.get(f"/console/sign-in?tenant={acme.slug}")
    assert "Sign in with Acme ID" in page.text
    (link,) = [link for link in page.links if link.endswith("/oidc")]
    inside = browser.get(link)
    assert is_inside(inside, acme) and "Signed in as desk@acme.example" in inside.text
    asked = provider.asked[-1]
    assert asked["code_challenge_method"] == "S256" and asked["scope"] == "openid email profile" and asked["response_type"] == "code"
    assert asked["redirect_uri"] == f"{acme.server.base_url}/console/sign-in/{acme.slug}/callback"
    assert "tandem_oidc" not in browser.session.cookies
    # Who is signed in and how stands in the audit.
    rows = acme.server.sql(
        "select detail->>'issuer', detail->>'subject', actor from tandem.audit where action = 'console.sign_in' and tenant = %s",
        (tenant_uuid(acme),))
    assert rows == [(provider.issuer, "p-1", "user:desk@acme.example")]


def tenant_uuid(tenant: Tenant) -> str:
    ((found,),) = tenant.server.sql("select id::text from tandem.tenant where slug = %s", (tenant.slug,))
    return found


OTHER = Key()
FORGED: dict[str, tuple[Callable[[Provider], None], str]] = {
    "alg none": (lambda p: setattr(p, "make", unsigned), "token_algorithm"),
    "alg None": (lambda p: setattr(p, "make", lambda claims: unsigned(claims, "None")), "token_algorithm"),
    "alg HS256 with the public key": (lambda p: setattr(p, "make", lambda claims: signed_with_public_key(claims, p.keys[0])),
                                      "token_algorithm"),
    "a key that is not the provider's": (lambda p: setattr(p, "make", OTHER.sign), "token_unknown_key"),
    "another key under a known name": (
        lambda p: setattr(p, "make", lambda claims: OTHER.sign(claims, kid=p.keys[0].kid)), "token_signature"),
    "a known key of another algorithm": (
        lambda p: setattr(p, "make", lambda claims: Key("ES256", p.keys[0].kid).sign(claims)), "token_unknown_key"),
    "an extension that must be understood": (
        lambda p: setattr(p, "make", lambda claims: p.keys[0].sign(claims, crit=["x"], x=1)), "token_critical"),
    "an access token": (lambda p: setattr(p, "make", lambda claims: p.keys[0].sign(claims, typ="at+jwt")), "token_type"),
    "no token": (lambda p: setattr(p, "make", lambda claims: "a.b"), "token_malformed"),
    "a changed payload": (
        lambda p: setattr(p, "make", lambda claims: ".".join(
            [*p.keys[0].sign(claims).split(".")[:1], p.keys[0].sign({**claims, "sub": "p-2"}).split(".")[1],
             p.keys[0].sign(claims).split(".")[2]])), "token_signature"),
    "wrong aud": (lambda p: setattr(p, "change", lambda claims: claims.update(aud="another")), "token_audience"),
    "no aud": (lambda p: setattr(p, "change", lambda claims: claims.update(aud=[])), "token_audience"),
    "two aud without azp": (lambda p: setattr(p, "change", lambda claims: claims.update(aud=["tandem", "x"])), "token_audience"),
    "azp of another": (lambda p: setattr(p, "change", lambda claims: claims.update(azp="x")), "token_audience"),
    "wrong iss": (lambda p: setattr(p, "change", lambda claims: claims.update(iss="https://evil.example")), "token_issuer"),
    "iss with a slash": (lambda p: setattr(p, "change", lambda claims: claims.update(iss=claims["iss"] + "/")), "token_issuer"),
    "expired by 61 s": (lambda p: setattr(p, "change", lambda claims: claims.update(exp=int(time.time()) - 61)), "token_expired"),
    "no exp": (lambda p: setattr(p, "change", lambda claims: claims.pop("exp")), "token_claims"),
    "exp as a text": (lambda p: setattr(p, "change", lambda claims: claims.update(exp="9999999999")), "token_claims"),
    "issued in the future": (lambda p: setattr(p, "change", lambda claims: claims.update(iat=int(time.time()) + 90)), "token_not_yet"),
    "not yet": (lambda p: setattr(p, "change", lambda claims: claims.update(nbf=int(time.time()) + 90)), "token_not_yet"),
    "no nonce": (lambda p: setattr(p, "change", lambda claims: claims.pop("nonce")), "token_nonce"),
    "another nonce": (lambda p: setattr(p, "change", lambda claims: claims.update(nonce="x")), "token_nonce"),
    "no sub": (lambda p: setattr(p, "change", lambda claims: claims.pop("sub")), "token_claims"),
    "address not verified": (lambda p: setattr(p, "change", lambda claims: claims.update(email_verified=False)), "address_unverified"),
    "nothing said of the address": (lambda p: setattr(p, "change", lambda claims: claims.pop("email_verified")), "address_unverified"),
    "two addresses": (
        lambda p: setattr(p, "change", lambda claims: claims.update(email="x@evil.example <desk@acme.example>")), "address_unverified"),
}


@pytest.mark.parametrize("name", FORGED)
def test_what_is_forged_signs_nobody_in(said: tuple[Tenant, Provider], name: str) -> None:
    acme, provider = said
    forge, expected = FORGED[name]
    forge(provider)
    browser = Browser(acme.server)
    page = begin(acme, browser)
    assert (status(page), code(page)) == (403, expected)
    assert "tandem_console" not in browser.session.cookies
    assert "/console/sign-in" in browser.get(f"/console/{acme.slug}").response.url


@pytest.mark.parametrize("change", [
    {"exp": -50}, {"iat": 50}, {"nbf": 50}, {"aud": ["x", "tandem"], "azp": "tandem"}, {"email_verified": "true"},
    {"email": "Desk@ACME.example"}], ids=str)
def test_clocks_may_differ_a_little(said: tuple[Tenant, Provider], change: Claims) -> None:
    acme, provider = said
    now = int(time.time())
    provider.change = lambda claims: claims.update(
        {name: now + value if name in ("exp", "iat", "nbf") else value for name, value in change.items()})
    assert is_inside(begin(acme), acme)


def test_a_nonce_counts_for_one_sign_in(acme: Tenant, provider: Provider) -> None:
    seen: list[str] = []
    provider.change = lambda claims: seen.append(claims["nonce"])
    assert is_inside(begin(acme), acme)
    provider.change = lambda claims: claims.update(nonce=seen[0])
    assert code(begin(acme)) == "token_nonce"


def test_a_return_counts_once_and_in_the_browser_that_began(acme: Tenant, provider: Provider) -> None:
    browser = Browser(acme.server)
    away = begin(acme, browser, allow_redirects=False).response.headers["Location"]
    back = browser.session.get(away, allow_redirects=False).headers["Location"].removeprefix(acme.server.base_url)
    cookie = browser.session.cookies.get("tandem_oidc")
    # Another browser, without a sign-in of its own and with one.
    assert code(Browser(acme.server).get(back)) == "sign_in_stale"
    other = Browser(acme.server)
    begin(acme, other, allow_redirects=False)
    assert code(other.get(back)) == "sign_in_stale"
    # Another state, and another provider's word.
    assert code(browser.get(re.sub(r"state=[^&]+", "state=x", back))) == "sign_in_stale"
    assert code(browser.get(re.sub(r"iss=[^&]+", "iss=https%3A%2F%2Fevil.example", back))) == "sign_in_stale"
    assert code(browser.get(re.sub(r"[?&](state|iss)=[^&]+", "", back))) == "sign_in_stale"
    assert is_inside(browser.get(back), acme)
    # The same once more, with the cookie that the browser has given away.
    browser.session.cookies.set("tandem_oidc", cookie, path=f"/console/sign-in/{acme.slug}")
    assert code(browser.get(back)) == "sign_in_stale"


def test_a_sign_in_is_of_one_tenant(acme: Tenant, provider: Provider) -> None:
    other = acme.server.tenant(f"{acme.slug}-other")
    make_user(other, "Twin", "desk@acme.example")
    second = Provider()
    try:
        configure(other, second)
        # A token of the other tenant's provider.
        provider.change = lambda claims: claims.update(iss=second.issuer)
        assert code(begin(acme)) == "token_issuer"
        provider.change = lambda claims: None
        provider.make = second.keys[0].sign
        assert code(begin(acme)) == "token_unknown_key"
        provider.make = provider.keys[0].sign
        # A return of this tenant's, at the other's address, with this one's cookie.
        browser = Browser(acme.server)
        away = begin(acme, browser, allow_redirects=False).response.headers["Location"]
        back = browser.session.get(away, allow_redirects=False).headers["Location"].removeprefix(acme.server.base_url)
        browser.session.cookies.set(
            "tandem_oidc", browser.session.cookies.get("tandem_oidc"), path=f"/console/sign-in/{other.slug}")
        assert code(browser.get(back.replace(f"/{acme.slug}/", f"/{other.slug}/"))) == "sign_in_stale"
        # Whoever signs in sees their tenant alone.
        assert is_inside(begin(acme, browser), acme)
        assert status(browser.get(f"/console/{other.slug}")) == 404
    finally:
        second.close()


def test_a_new_key_is_found_and_forged_ones_do_not_make_us_ask_each_time(acme: Tenant, provider: Provider) -> None:
    assert is_inside(begin(acme), acme)
    assert provider.requests["/keys"] == 1
    assert is_inside(begin(acme), acme)
    assert provider.requests["/keys"] == 1
    provider.keys = [Key()]
    assert is_inside(begin(acme), acme)
    assert provider.requests["/keys"] == 2
    provider.make = OTHER.sign
    assert {code(begin(acme)) for _ in range(5)} == {"token_unknown_key"}
    assert provider.requests["/keys"] == 2
    assert provider.requests["/.well-known/openid-configuration"] == 1


def test_a_provider_that_is_away_is_said_so(acme: Tenant, provider: Provider) -> None:
    provider.answers["/token"] = (500, {})
    page = begin(acme)
    assert (status(page), code(page)) == (502, "provider_invalid")
    assert "server_error" in acme.server.log_tail(200) and "500" not in page.text
    provider.answers.clear()
    assert is_inside(begin(acme), acme)
    third = acme.server.tenant(f"{acme.slug}-third")
    gone = Provider()
    gone.close()
    configure(third, gone)
    page = begin(third)
    assert (status(page), code(page)) == (502, "provider_unreachable")
    assert "does not answer" in page.text and page.form("/console/sign-in")
    with pytest.raises(CommandFailed, match="provider_unreachable"):
        acme.server.cli("oidc", "test", "--tenant", third.slug)


def test_no_redirect_is_followed(acme: Tenant, provider: Provider) -> None:
    elsewhere = Provider()
    try:
        provider.answers["/.well-known/openid-configuration"] = (
            302, {"Location": elsewhere.issuer + "/.well-known/openid-configuration"})
        assert code(begin(acme)) == "provider_invalid"
        provider.answers = {"/token": (307, {"Location": elsewhere.issuer + "/token"})}
        wait_until(lambda: code(begin(acme)) == "provider_invalid" and provider.requests["/token"] > 0)
        assert not elsewhere.requests
    finally:
        elsewhere.close()


@pytest.mark.parametrize("document", [
    {"issuer": "https://evil.example"}, {"token_endpoint": "http://evil.example/token"}, {"jwks_uri": None},
    {"authorization_endpoint": "javascript:alert(1)"}], ids=str)
def test_a_document_that_leads_astray_is_refused(acme: Tenant, provider: Provider, document: dict[str, Any]) -> None:
    provider.document = document
    page = begin(acme)
    assert (status(page), code(page)) == (502, "provider_invalid")
    with pytest.raises(CommandFailed, match="discovery document"):
        acme.server.cli("oidc", "test", "--tenant", acme.slug)


def test_who_was_not_let_in_reads_why(acme: Tenant) -> None:
    browser = Browser(acme.server)
    away = begin(acme, browser, allow_redirects=False).response.headers["Location"]
    state = re.search(r"[?&]state=([^&]+)", away).group(1)
    page = browser.get(f"/console/sign-in/{acme.slug}/callback?error=access_denied&error_description=%3Cb%3E&state={state}")
    assert (status(page), code(page)) == (403, "provider_denied") and "access_denied" in page.text


def test_only_who_is_a_user_signs_in(acme: Tenant, provider: Provider) -> None:
    provider.person["email"] = "stranger@acme.example"
    assert code(begin(acme)) == "unknown_user"
    assert acme.get("/v1/users?email=stranger@acme.example").json()["items"] == []
    made = make_user(acme, "Stranger", "stranger@acme.example")
    browser = Browser(acme.server)
    assert is_inside(begin(acme, browser), acme)
    assert acme.api("PATCH", f"/v1/users/{made['id']}", {"active": False}).status_code == 200
    assert browser.get(f"/console/{acme.slug}").response.url.startswith(f"{acme.server.base_url}/console/sign-in?")
    assert code(begin(acme)) == "inactive_user"
    assert acme.api("DELETE", f"/v1/users/{made['id']}").status_code in (200, 204)
    assert code(begin(acme)) == "inactive_user"


def test_users_are_made_where_the_tenant_says_so(acme: Tenant, provider: Provider) -> None:
    with pytest.raises(CommandFailed, match="allowed_domains"):
        acme.server.cli("oidc", "set", "--new-user-role", "read only", "--tenant", acme.slug)
    with pytest.raises(CommandFailed, match="unknown_role|no role"):
        acme.server.cli("oidc", "set", "--domain", "acme.example", "--new-user-role", "no such role", "--tenant", acme.slug)
    acme.server.cli("oidc", "set", "--domain", "acme.example", "--new-user-role", "read only", "--tenant", acme.slug)
    for address in ("new@evil.example", "new@sub.acme.example", "new@acme.example.evil"):
        provider.person["email"] = address
        assert code(begin(acme)) == "domain_not_allowed"
    provider.person.update(email="new@acme.example", name="New Colleague")
    assert is_inside(begin(acme), acme)
    assert is_inside(begin(acme), acme)
    (user,) = acme.get("/v1/users?email=new@acme.example").json()["items"]
    roles = {role["id"]: role["name"] for role in acme.get("/v1/roles").json()["items"]}
    assert user["name"] == "New Colleague" and [roles[role] for role in user["role_ids"]] == ["read only"]
    history = acme.get(f"/v1/users/{user['id']}/history").json()["items"]
    assert [(entry["actor"], entry["action"]) for entry in history] == [("user:new@acme.example", "create")]
    # Who was sent away is not made anew.
    assert acme.api("DELETE", f"/v1/users/{user['id']}").status_code in (200, 204)
    assert code(begin(acme)) == "inactive_user"


def test_the_provider_is_set_shown_tried_and_removed(acme: Tenant, provider: Provider) -> None:
    shown = acme.server.cli("oidc", "show", "--tenant", acme.slug)
    assert shown["issuer"] == provider.issuer and shown["secret_set"] is True
    assert shown["callback_path"] == f"/console/sign-in/{acme.slug}/callback"
    assert acme.get("/v1/oidc").json() == shown
    tried = acme.server.cli("oidc", "test", "--tenant", acme.slug)
    assert tried["algorithms"] == ["RS256"] and tried["keys"] == 1
    answer = acme.post("/v1/oidc:test", {})
    assert answer.status_code == 200 and answer.json() == tried
    # Over HTTP nobody makes the server call itself, and a kept secret goes to no new address.
    body = {"issuer": "http://127.0.0.1:1", "client_id": "tandem"}
    refused = acme.api("PUT", "/v1/oidc", body)
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/issuer")
    refused = acme.api("PUT", "/v1/oidc", {**body, "issuer": "https://evil.example"})
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/client_secret")
    with pytest.raises(CommandFailed, match="client_secret"):
        acme.server.cli("oidc", "set", "--issuer", "https://evil.example", "--tenant", acme.slug)
    for wrong in ({"allowed_domains": ["@"]}, {"label": ""}, {"extra": 1}, {"issuer": "ftp://x.example"},
                  {"issuer": "https://u:p@x.example"}):
        assert acme.api("PUT", "/v1/oidc", {**body, "issuer": "https://id.example", **wrong}).status_code == 422, wrong
    put = acme.api("PUT", "/v1/oidc", {"issuer": "https://id.example", "client_id": "t", "client_secret": "its own secret"})
    assert put.status_code == 200 and put.json()["label"] is None and "its own secret" not in put.text
    kept = acme.api("PUT", "/v1/oidc", {"issuer": "https://id.example", "client_id": "t", "label": "ID"})
    assert kept.status_code == 200 and kept.json()["label"] == "ID"
    dry = acme.server.cli("oidc", "set", "--label", "Nothing", "--dry-run", "--tenant", acme.slug)
    assert dry["dry_run"] is True and acme.get("/v1/oidc").json()["label"] == "ID"
    assert acme.api("DELETE", "/v1/oidc").status_code == 204
    assert acme.api("DELETE", "/v1/oidc").status_code == acme.get("/v1/oidc").status_code == 404
    assert "Sign in with" not in Browser(acme.server).get(f"/console/sign-in?tenant={acme.slug}").text
    assert begin(acme).response.url.endswith(f"/console/sign-in?tenant={acme.slug}")


def test_a_provider_set_over_http_is_no_way_into_the_network(acme: Tenant, provider: Provider) -> None:
    """Whatever listens there, or does not, the answer is the same and says nothing of it."""
    body = {"client_id": "t", "client_secret": "its own secret"}
    port = provider.server.server_port
    for host in ("127.0.0.1", "10.0.0.5", "192.168.1.1", "169.254.169.254", "[::1]", "[fd00::1]", "[::ffff:10.0.0.5]", "localhost", "127.1",
                 "2130706433", "0.0.0.0"):
        refused = acme.api("PUT", "/v1/oidc", {**body, "issuer": f"https://{host}:5432"})
        assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/issuer"), host
    # A name is looked at when it is called: as it stands for this machine then.
    name = socket.gethostname()
    answers = []
    if is_inner(name):
        for port in (port, provider.server.server_port + 1, 1):
            put = acme.api("PUT", "/v1/oidc", {**body, "issuer": f"https://{name}:{port}"})
            assert put.status_code == 200 and put.json()["private_network"] is False, put.text
            answer = acme.post("/v1/oidc:test", {})
            answers.append((answer.status_code, answer.json()["code"], answer.json()["message"]))
            assert code(begin(acme)) == "provider_address"
        assert len(set(answers)) == 1 and answers[0][:2] == (502, "provider_address"), answers
    # One that is away: a code and a sentence, without what the network or the library said.
    put = acme.api("PUT", "/v1/oidc", {**body, "issuer": "https://nowhere.invalid"})
    assert put.status_code == 200
    away = acme.post("/v1/oidc:test", {}).json()
    assert away["code"] == "provider_unreachable" and "nowhere" not in away["message"] and "NIO" not in away["message"], away
    # What an operator allowed for one issuer holds for it alone.
    configure(acme, provider, "--allow-private-network")
    assert acme.get("/v1/oidc").json()["private_network"] is True
    put = acme.api("PUT", "/v1/oidc", {**body, "issuer": "https://id.example"})
    assert put.json()["private_network"] is False


def is_inner(name: str) -> bool:
    try:
        found = {entry[4][0] for entry in socket.getaddrinfo(name, None)}
    except OSError:
        return False
    return any(not ipaddress.ip_address(address).is_global for address in found)


def test_the_client_secret_is_sealed(acme: Tenant, provider: Provider) -> None:
    ((stored,),) = acme.server.sql("select client_secret from tandem.oidc_provider where tenant = %s", (tenant_uuid(acme),))
    assert provider.secret.encode() not in bytes(stored) and len(bytes(stored)) > len(provider.secret)
    assert is_inside(begin(acme), acme)
    log = acme.server.log_tail(100_000)
    audit = str(acme.server.sql("select detail::text from tandem.audit"))
    assert provider.secret not in log and provider.secret not in audit


def test_a_certificate_that_nobody_vouches_for_ends_it(acme: Tenant, provider: Provider, tmp_path) -> None:
    pair = tmp_path / "pair.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", pair, "-out", tmp_path / "cert.pem", "-days", "2",
         "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "cert.pem", pair)
    other = Provider()
    other.server.socket = context.wrap_socket(other.server.socket, server_side=True)
    other.issuer = other.issuer.replace("http:", "https:")
    try:
        configure(acme, other)
        assert code(begin(acme)) == "provider_address", "over https an operator has to say so"
        configure(acme, other, "--allow-private-network")
        assert code(begin(acme)) == "provider_unreachable"
        assert not other.requests
    finally:
        other.server.server_close()
