"""An identity provider on this machine: discovery, keys, authorization by code with PKCE, tokens; and how each can go wrong."""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.server
import json
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

Claims = dict[str, Any]


def base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Key:
    """A signing key with a name."""

    def __init__(self, algorithm: str = "RS256", kid: str | None = None):
        self.algorithm = algorithm
        self.kid = kid or uuid.uuid4().hex[:8]
        self.private: Any = {
            "RS256": lambda: rsa.generate_private_key(65537, 2048), "ES256": lambda: ec.generate_private_key(ec.SECP256R1()),
            "EdDSA": ed25519.Ed25519PrivateKey.generate,
        }[algorithm]()

    @property
    def jwk(self) -> dict[str, Any]:
        public = self.private.public_key()
        known = {"RS256": jwt.algorithms.RSAAlgorithm, "ES256": jwt.algorithms.ECAlgorithm, "EdDSA": jwt.algorithms.OKPAlgorithm}
        shown = json.loads(known[self.algorithm].to_jwk(public))
        return {**shown, "kid": self.kid, "use": "sig", "alg": self.algorithm}

    @property
    def public_pem(self) -> bytes:
        return self.private.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)

    def sign(self, claims: Claims, **header: Any) -> str:
        return jwt.encode(claims, self.private, self.algorithm, headers={"kid": self.kid, **header})


def unsigned(claims: Claims, algorithm: str = "none") -> str:
    return ".".join([base64url(json.dumps({"alg": algorithm, "typ": "JWT"}).encode()), base64url(json.dumps(claims).encode()), ""])


def signed_with_public_key(claims: Claims, key: Key) -> str:
    """HMAC with what everybody can read: what a careless verifier takes."""
    head = base64url(json.dumps({"alg": "HS256", "typ": "JWT", "kid": key.kid}).encode())
    body = head + "." + base64url(json.dumps(claims).encode())
    return body + "." + base64url(hmac.digest(key.public_pem, body.encode(), hashlib.sha256))


class Provider:
    """Serves on a free port of the loopback. `change` edits the claims, `make` makes the token of them."""

    def __init__(self, client_id: str = "tandem", secret: str = "s3cret & more"):
        self.client_id, self.secret = client_id, secret
        self.keys = [Key()]
        self.reset()
        self.document: dict[str, Any] = {}
        self.answers: dict[str, tuple[int, dict[str, str]]] = {}
        self.requests: Counter[str] = Counter()
        self.codes: dict[str, dict[str, str]] = {}
        self.asked: list[dict[str, str]] = []
        provider = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                provider.get(self)

            def do_POST(self) -> None:
                provider.post(self)

            def log_message(self, *_: object) -> None:
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.issuer = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def reset(self) -> None:
        """It says what is right."""
        self.person: Claims = {"sub": "p-1", "email": "desk@acme.example", "email_verified": True, "name": "Sales Desk"}
        self.change: Callable[[Claims], Any] = lambda claims: None
        self.make: Callable[[Claims], str] = lambda claims: self.keys[0].sign(claims)

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    def answer(self, handler: http.server.BaseHTTPRequestHandler, status: int, body: Any = None, **headers: str) -> None:
        data = json.dumps(body).encode()
        handler.send_response(status)
        for name, value in {"Content-Type": "application/json", "Content-Length": str(len(data)), **headers}.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(data)

    def get(self, handler: http.server.BaseHTTPRequestHandler) -> None:
        parts = urlsplit(handler.path)
        self.requests[parts.path] += 1
        if parts.path in self.answers:
            status, headers = self.answers[parts.path]
            return self.answer(handler, status, {"error": "server_error"}, **headers)
        if parts.path == "/.well-known/openid-configuration":
            document = {
                "issuer": self.issuer, "authorization_endpoint": self.issuer + "/authorize", "token_endpoint": self.issuer + "/token",
                "jwks_uri": self.issuer + "/keys", **self.document}
            return self.answer(handler, 200, document)
        if parts.path == "/keys":
            # Beside those that sign, one that is for something else and one that nobody knows.
            other = [{"kty": "RSA", "use": "enc", "kid": "enc", "alg": "RSA-OAEP-256", "n": "AQAB", "e": "AQAB"}, {"kty": "new"}]
            return self.answer(handler, 200, {"keys": other + [key.jwk for key in self.keys]})
        if parts.path == "/authorize":
            asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
            self.asked.append(asked)
            code = uuid.uuid4().hex
            self.codes[code] = asked
            back = urlencode({"code": code, "state": asked["state"], "iss": self.issuer})
            return self.answer(handler, 302, Location=f"{asked['redirect_uri']}?{back}")
        return self.answer(handler, 404)

    def post(self, handler: http.server.BaseHTTPRequestHandler) -> None:
        form = {name: values[0] for name, values in
                parse_qs(handler.rfile.read(int(handler.headers["Content-Length"])).decode()).items()}
        self.requests[handler.path] += 1
        if handler.path in self.answers:
            status, headers = self.answers[handler.path]
            return self.answer(handler, status, {"error": "server_error"}, **headers)
        basic = base64.b64decode(handler.headers.get("Authorization", "").removeprefix("Basic ")).decode().partition(":")
        if (unquote(basic[0]), unquote(basic[2])) != (self.client_id, self.secret):
            return self.answer(handler, 401, {"error": "invalid_client"})
        asked = self.codes.pop(form["code"], None)
        challenge = base64url(hashlib.sha256(form["code_verifier"].encode()).digest())
        if asked is None or asked["code_challenge"] != challenge or asked["redirect_uri"] != form["redirect_uri"]:
            return self.answer(handler, 400, {"error": "invalid_grant"})
        now = int(time.time())
        claims = {
            "iss": self.issuer, "aud": self.client_id, "iat": now, "exp": now + 300, "nonce": asked["nonce"], **self.person}
        self.change(claims)
        return self.answer(handler, 200, {"access_token": "x", "token_type": "Bearer", "id_token": self.make(claims)})
