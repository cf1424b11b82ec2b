"""TLS: the API and console by a certificate, its renewal, proxies that end TLS, and PostgreSQL by verify-full."""

from __future__ import annotations

import json
import os
import pathlib
import signal
import socket
import ssl
import subprocess
import time
import urllib.parse
import uuid
import warnings
from collections.abc import Iterator

import pytest
import requests
from cryptography import x509

from certificates import Authority
from server import BINARY, Server, Tenant, wait_until

PROXY, STRANGER = "127.0.0.3", "127.0.0.2"


class Site:
    """A server with a certificate, and a proxy at 127.0.0.3 that it trusts."""

    def __init__(self, folder: pathlib.Path):
        self.authority = Authority(folder)
        self.certificate, self.key = folder / "cert.pem", folder / "key.pem"
        self.serial = self.authority.issue(self.certificate, self.key)
        self.server = Server(environment={
            "TANDEM_TLS_CERTIFICATE": str(self.certificate), "TANDEM_TLS_KEY": str(self.key), "TANDEM_TRUSTED_PROXY": PROXY})
        self.server.start()
        parts = urllib.parse.urlsplit(self.server.base_url)
        self.address = (parts.hostname or "", parts.port or 0)
        self.tenant = self.server.tenant("acme")

    def context(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=str(self.authority.path))

    def handshake(self, context: ssl.SSLContext | None = None) -> tuple[int, str]:
        """Serial number of the certificate that is served, and the protocol's version."""
        context = context or self.context()
        with socket.create_connection(self.address, 10) as plain, context.wrap_socket(plain, server_hostname="localhost") as secure:
            certificate = x509.load_der_x509_certificate(secure.getpeercert(True) or b"")
            return certificate.serial_number, secure.version() or ""

    def raw(self, request: bytes) -> bytes:
        """What the port answers to bytes without TLS."""
        with socket.create_connection(self.address, 10) as plain:
            plain.sendall(request)
            answer = b""
            while chunk := plain.recv(4096):
                answer += chunk
            return answer

    def session(self, source: str = STRANGER) -> requests.Session:
        """Requests from an address of this machine."""
        session = requests.Session()
        session.verify = str(self.authority.path)
        session.trust_env = False  # REQUESTS_CA_BUNDLE would win
        session.mount("https://", From(source))
        session.mount("http://", From(source))
        return session

    def log(self) -> list[dict[str, str]]:
        lines = self.server.log_path.read_text(errors="replace").splitlines()
        return [json.loads(line) for line in lines if line.startswith("{")]


class From(requests.adapters.HTTPAdapter):
    """Connects from one address."""

    def __init__(self, source: str):
        self.source = source
        super().__init__()

    def init_poolmanager(self, *arguments: object, **options: object) -> None:
        super().init_poolmanager(*arguments, source_address=(self.source, 0), **options)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    made = Site(tmp_path_factory.mktemp("tls"))
    yield made
    made.server.close()


def token(server: Server) -> str:
    return server.cli("console", "link")["url"].partition("token=")[2]


def test_api_and_console_are_served_by_tls_of_1_2_and_later(site: Site) -> None:
    serial, version = site.handshake()
    assert (serial, version) == (site.serial, "TLSv1.3")
    older = site.context()
    older.maximum_version = ssl.TLSVersion.TLSv1_2
    assert site.handshake(older)[1] == "TLSv1.2"
    oldest = site.context()
    oldest.set_ciphers("DEFAULT:@SECLEVEL=0")
    with warnings.catch_warnings(action="ignore", category=DeprecationWarning):
        oldest.minimum_version = oldest.maximum_version = ssl.TLSVersion.TLSv1_1
    with pytest.raises((ssl.SSLError, ConnectionError)):
        site.handshake(oldest)
    with pytest.raises(ssl.SSLCertVerificationError):
        site.handshake(ssl.create_default_context())

    session = site.session()
    event = session.post(
        site.server.base_url + "/v1/track", json={"userId": "u", "event": "E"}, auth=(site.tenant.write_key, ""), timeout=30)
    page = session.get(site.server.base_url + "/console/sign-in", timeout=30)
    unknown = session.get(site.server.base_url + "/v1/nothing", timeout=30)
    assert (event.status_code, page.status_code, unknown.status_code) == (200, 200, 404)
    for answer in (event, page, unknown):
        assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"
    assert "plain HTTP" not in page.text
    # A body that comes in several pieces, and many requests of one connection.
    batch = {"batch": [{"type": "track", "userId": f"u{n}", "event": "E", "properties": {"text": "x" * 900}} for n in range(500)]}
    for _ in range(3):
        answer = session.post(site.server.base_url + "/v1/batch", json=batch, auth=(site.tenant.write_key, ""), timeout=30)
        assert answer.json()["accepted"] == 500
    # The admin plane on loopback stays as it is.
    assert requests.get(site.server.admin_url + "/livez", timeout=30).status_code == 200


def test_plain_http_on_the_port_of_tls_is_answered_in_words(site: Site) -> None:
    answer = site.raw(b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 400 ") and b"tls_required" in answer and b"https://" in answer
    assert site.raw(b"\x00\x01nonsense\r\n\r\n").startswith(b"HTTP/1.1 400 ")
    assert site.handshake()[0]


def test_a_session_of_tls_has_a_cookie_that_no_plain_connection_can_set(site: Site) -> None:
    session = site.session()
    answer = session.post(
        site.server.base_url + "/console/sign-in", data={"token": token(site.server)}, allow_redirects=False, timeout=30)
    assert answer.status_code == 303
    parts = [part.strip() for part in answer.headers["Set-Cookie"].split(";")]
    assert parts[0].startswith("__Host-tandem_console=")
    assert {"Secure", "HttpOnly", "SameSite=Lax", "Path=/"} <= set(parts)
    assert session.get(site.server.base_url + "/console/acme", timeout=30).status_code == 200
    # The same value under the name that a plain page may set opens nothing.
    planted = {"Cookie": "tandem_console=" + parts[0].partition("=")[2]}
    refused = site.session().get(site.server.base_url + "/console/acme", headers=planted, allow_redirects=False, timeout=30)
    assert refused.headers["Location"].startswith("/console/sign-in?")
    signed_in = [line for line in site.log() if line["msg"] == "signed in by a link"]
    assert signed_in[-1]["address"] == STRANGER and "__Host" not in str(signed_in)


@pytest.mark.parametrize(
    ("source", "chain", "address"),
    [
        (STRANGER, "198.51.100.7", STRANGER),
        (PROXY, "198.51.100.7", "198.51.100.7"),
        # What the client said itself stands before what the proxy added.
        (PROXY, "203.0.113.9, 198.51.100.7", "198.51.100.7"),
        (PROXY, f"203.0.113.9, 198.51.100.7, {PROXY}", "198.51.100.7"),
        (PROXY, "198.51.100.7:4711", "198.51.100.7"),
        (PROXY, "[2001:db8::7]:4711", "2001:db8::7"),
        (PROXY, "unknown", None),
        (PROXY, None, PROXY),
    ],
)
def test_only_a_trusted_proxy_says_who_asks(site: Site, source: str, chain: str | None, address: str | None) -> None:
    headers = {"Origin": "https://shop.example", **({"X-Forwarded-For": chain} if chain else {})}
    for path in ("short", "long"):
        message = str(uuid.uuid4())
        body = {"anonymousId": "a", "event": "E", "messageId": message, "context": {"direct": True}}
        sent = headers if path == "long" else {name: value for name, value in headers.items() if name != "Origin"}
        answer = site.session(source).post(
            site.server.base_url + "/v1/track", json=body, auth=(site.tenant.write_key, ""), headers=sent, timeout=30)
        assert answer.status_code == 200
        rows = site.server.sql("select payload from event_log where message_id = %s", [message], site.tenant.schema)
        assert (rows[0][0].get("context") or {}).get("ip") == address


def test_forged_headers_of_others_change_nothing(tandem: Server, tmp_path: pathlib.Path) -> None:
    """Without TLS, behind a proxy that is trusted (127.0.0.1) and beside it."""
    forged = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "evil.example", "Forwarded": "proto=https;host=evil.example"}

    def sign_in(source: str, headers: dict[str, str]) -> tuple[requests.Response, requests.Response]:
        session = requests.Session()
        session.mount("http://", From(source))
        answer = session.post(
            tandem.base_url + "/console/sign-in", data={"token": token(tandem)}, headers=headers, allow_redirects=False, timeout=30)
        return answer, session.get(tandem.base_url + "/console/sign-in", headers=headers, timeout=30)

    answer, page = sign_in(STRANGER, forged)
    assert answer.headers["Set-Cookie"].startswith("tandem_console=") and "Secure" not in answer.headers["Set-Cookie"]
    assert "Strict-Transport-Security" not in answer.headers and "Strict-Transport-Security" not in page.headers
    answer, page = sign_in("127.0.0.1", forged)
    assert answer.headers["Set-Cookie"].startswith("__Host-tandem_console=") and "; Secure" in answer.headers["Set-Cookie"]
    assert "Strict-Transport-Security" in answer.headers and "Strict-Transport-Security" in page.headers
    # Another machine's browser without TLS is told.
    assert "plain HTTP" in sign_in(STRANGER, {"Host": "crm.acme.example"})[1].text
    assert "plain HTTP" not in sign_in(STRANGER, {"Host": "localhost:8080"})[1].text
    assert "plain HTTP" not in sign_in("127.0.0.1", {**forged, "Host": "crm.acme.example"})[1].text


def test_a_renewed_certificate_is_taken_without_a_restart(site: Site) -> None:
    # A connection that is open goes on.
    session = site.session()
    assert session.get(site.server.base_url + "/livez", timeout=30).status_code == 200
    pid = site.server.pid
    renewed = site.authority.issue(site.certificate, site.key, days=91)
    wait_until(lambda: site.handshake()[0] == renewed, 20)
    # By a signal at once.
    signalled = site.authority.issue(site.certificate, site.key, days=92)
    os.kill(pid, signal.SIGHUP)
    wait_until(lambda: site.handshake()[0] == signalled, 4)
    # A key that does not fit leaves what there is, says so once, and the right one is taken when it comes.
    other = site.certificate.with_name("other.pem")
    last = site.authority.issue(other, site.key, days=93)
    os.kill(pid, signal.SIGHUP)
    wait_until(lambda: any(line["msg"] == "the certificate stays as it was" for line in site.log()), 10)
    assert site.handshake()[0] == signalled
    other.replace(site.certificate)
    wait_until(lambda: site.handshake()[0] == last, 20)
    said = [line for line in site.log() if line["msg"] == "the certificate stays as it was"]
    assert len(said) == 1 and "is not the key of" in said[0]["error"] and said[0]["remedy"]
    assert session.get(site.server.base_url + "/livez", timeout=30).status_code == 200
    assert site.server.process is not None and site.server.process.poll() is None and site.server.pid == pid


def serve(folder: pathlib.Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TANDEM_")}
    return subprocess.run(
        [str(BINARY), "serve", "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0", "--data-dir", str(folder / "data"),
         *arguments], cwd=folder, env=environment, text=True, capture_output=True, timeout=60)


def test_files_that_cannot_be_served_with_are_refused_with_what_to_do(tmp_path: pathlib.Path) -> None:
    authority = Authority(tmp_path)
    good, key, other = tmp_path / "cert.pem", tmp_path / "key.pem", tmp_path / "other.pem"
    authority.issue(other, tmp_path / "other-key.pem")
    authority.issue(good, key)
    expired, expired_key = tmp_path / "expired.pem", tmp_path / "expired-key.pem"
    authority.issue(expired, expired_key, days=-2)
    future, future_key = tmp_path / "future.pem", tmp_path / "future-key.pem"
    authority.issue(future, future_key, days=20, begins=10)
    locked = tmp_path / "locked.pem"
    subprocess.run(["openssl", "pkey", "-in", key, "-aes256", "-passout", "pass:secret", "-out", locked], check=True)
    text = tmp_path / "text.pem"
    text.write_text("no certificate\n")
    cases = [
        ((other, key), "is not the key of the certificate", "openssl"),
        ((expired, expired_key), "expired on 20", "renew it"),
        ((future, future_key), "is valid only from 20", "clock"),
        ((good, locked), "locked by a passphrase", "openssl pkey"),
        ((text, key), "holds no certificate", "BEGIN CERTIFICATE"),
        ((good, text), "holds no private key", "BEGIN PRIVATE KEY"),
        ((good, tmp_path / "gone.pem"), "is not there", "path"),
    ]
    for (certificate, private), words, remedy in cases:
        result = serve(tmp_path, "--tls-certificate", str(certificate), "--tls-key", str(private))
        assert result.returncode == 78, result.stderr
        assert words in result.stderr and remedy in result.stderr, result.stderr
        assert "secret" not in result.stderr and not (tmp_path / "data").exists()
    alone = serve(tmp_path, "--tls-certificate", str(good))
    assert alone.returncode == 78 and "--tls-key" in alone.stderr
    wrong = serve(tmp_path, "--trusted-proxy", "10.0.0.0/8", "proxy.example")
    assert wrong.returncode == 78 and "proxy.example" in wrong.stderr


def test_doctor_says_when_a_certificate_ends_soon(site: Site, tmp_path: pathlib.Path) -> None:
    authority = Authority(tmp_path)
    certificate, key = tmp_path / "cert.pem", tmp_path / "key.pem"

    def look() -> dict[str, str]:
        environment = {**os.environ, "TANDEM_TLS_CERTIFICATE": str(certificate), "TANDEM_TLS_KEY": str(key)}
        result = subprocess.run(
            [str(BINARY), "doctor", "--data-dir", str(site.server.data_dir), "-o", "json"], env=environment, text=True,
            capture_output=True, timeout=120)
        return next(item for item in json.loads(result.stdout)["items"] if item["check"] == "certificate")

    authority.issue(certificate, key, days=20)
    assert look()["result"] == "ok" and "19 days" in look()["detail"]
    authority.issue(certificate, key, days=13)
    assert look()["result"] == "warn" and "renew" in look()["remedy"]
    authority.issue(certificate, key, days=-2)
    assert look()["result"] == "fail" and "expired" in look()["detail"]
    authority.issue(certificate, key)
    key.chmod(0o644)
    assert look()["result"] == "warn" and "chmod" in look()["remedy"]


def secure(server: Server, folder: pathlib.Path) -> Authority:
    """Switches TLS on in the embedded server; it then stands for somebody's own PostgreSQL."""
    authority = Authority(folder, "Database CA")
    cluster = server.data_dir / "postgres"
    owner = cluster.resolve().stat()
    for name in ("own.pem", "own-key.pem"):
        (cluster / name).touch()
    authority.issue(cluster / "own.pem", cluster / "own-key.pem", names=("db.localhost", "localhost"))
    for name in ("own.pem", "own-key.pem"):
        os.chown(cluster / name, owner.st_uid, owner.st_gid)
    server.sql("alter system set ssl_cert_file = 'own.pem'")
    server.sql("alter system set ssl_key_file = 'own-key.pem'")
    server.sql("alter system set ssl = on")
    server.sql("create role outside login noinherit password 'p'")
    server.sql("grant tandem_admin to outside")
    server.sql("grant connect on database tandem to outside")
    rules = cluster / "pg_hba.conf"
    rules.write_text("hostssl all outside 127.0.0.1/32 scram-sha-256\nhostnossl all outside 127.0.0.1/32 reject\n" + rules.read_text())
    server.sql("select pg_reload_conf()")
    wait_until(lambda: server.sql("show ssl") == [("on",)], 10)
    return authority


def test_a_postgresql_of_ones_own_is_reached_by_verify_full(own_tandem: Server, tmp_path: pathlib.Path) -> None:
    authority = secure(own_tandem, tmp_path)
    wrong = Authority(tmp_path, "Other CA")
    port = own_tandem.postgres["port"]
    database = own_tandem.postgres["database"]

    def command(host: str, mode: str) -> subprocess.CompletedProcess[str]:
        url = f"postgresql://outside:p@{host}:{port}/{database}?hostaddr=127.0.0.1&{mode}"
        environment = {name: value for name, value in os.environ.items() if not name.startswith("TANDEM_")}
        return subprocess.run(
            [str(BINARY), "tenant", "list", "-o", "name"], env={**environment, "TANDEM_DATABASE_URL": url, "HOME": str(tmp_path)},
            text=True, capture_output=True, timeout=60, cwd=tmp_path)

    own_tandem.tenant("acme")
    good = command("db.localhost", f"sslmode=verify-full&sslrootcert={authority.path}")
    assert (good.returncode, good.stdout) == (0, "acme\n"), good.stderr
    other = command("db.localhost", f"sslmode=verify-full&sslrootcert={wrong.path}")
    assert other.returncode == 69 and "verify failed" in other.stderr and "sslrootcert=" in other.stderr
    name = command("elsewhere.localhost", f"sslmode=verify-full&sslrootcert={authority.path}")
    assert name.returncode == 69 and "does not match host name" in name.stderr and "issued for" in name.stderr
    missing = command("db.localhost", "sslmode=verify-full")
    assert missing.returncode == 69 and "sslrootcert=/path" in missing.stderr
    plain = command("db.localhost", "sslmode=disable")
    assert plain.returncode == 69 and "pg_hba" in plain.stderr
    for refused in (other, name, missing, plain):
        assert ":p@" not in refused.stderr


def test_a_drain_ends_connections_by_tls_own_farewell(tmp_path: pathlib.Path) -> None:
    authority = Authority(tmp_path)
    certificate, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    authority.issue(certificate, key)
    with Server(environment={"TANDEM_TLS_CERTIFICATE": str(certificate), "TANDEM_TLS_KEY": str(key)}) as server:
        address = urllib.parse.urlsplit(server.base_url)
        context = ssl.create_default_context(cafile=str(authority.path))
        plain = socket.create_connection((address.hostname, address.port), 20)
        idle = socket.create_connection((address.hostname, address.port), 20)
        with context.wrap_socket(plain, server_hostname="localhost", suppress_ragged_eofs=False) as secure:
            secure.sendall(b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n")
            answer = b""
            while b'{"status":"ok"}' not in answer:
                answer += secure.recv(4096)
            began = time.monotonic()
            assert server.process is not None
            server.process.send_signal(signal.SIGTERM)
            # No error of TLS, no reset: the end, as agreed.
            assert secure.recv(4096) == b""
        idle.close()
        assert server.process.wait(30) == 0 and time.monotonic() - began < 15
