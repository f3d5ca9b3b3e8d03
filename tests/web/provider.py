"""An identity provider on loopback that says what it is told to, for answers that an honest one never gives."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey


@dataclass
class Provider:
    """Knows one client `desk` with the secret `word & more`; a code serves once, with the verifier of its challenge (RFC 7636)."""

    issuer: str = ""
    keys: list[RSAKey] = field(default_factory=lambda: [RSAKey.generate_key(2048, {"kid": "one"})])
    claims: dict[str, Any] = field(default_factory=dict)
    change: Callable[[dict[str, Any]], object] = lambda _: None
    token: Callable[[dict[str, Any]], str] | None = None
    about: dict[str, Any] = field(default_factory=dict)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    userinfo: dict[str, Any] | None = None
    given: int = 0

    def approve(self, address: str) -> str:
        """Do as somebody who lets the client in: give where the browser is sent back to."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        assert (asked["response_type"], asked["client_id"], asked["code_challenge_method"]) == ("code", "desk", "S256")
        assert "openid" in asked["scope"].split()
        self.given += 1
        code = f"code{self.given}"
        self.codes[code] = asked
        return f"{asked['redirect_uri']}?code={code}&state={asked['state']}"

    def answer(self, path: str, form: dict[str, str], authorization: str) -> tuple[int, Any]:
        if path == "/.well-known/openid-configuration":
            places = {"authorization_endpoint": "authorize", "token_endpoint": "token", "jwks_uri": "keys"}
            said = {"issuer": self.issuer, **{name: f"{self.issuer}/{place}" for name, place in places.items()}}
            return 200, said | ({"userinfo_endpoint": f"{self.issuer}/userinfo"} if self.userinfo is not None else {}) | self.about
        if path == "/keys":
            return 200, KeySet(list(self.keys)).as_dict(private=False)
        if path == "/userinfo":
            return (200, self.userinfo) if authorization == "Bearer access" else (401, {})
        if path == "/token":
            basic = base64.b64encode(b"desk:word%20%26%20more").decode()
            asked = self.codes.pop(form.get("code", ""), None)
            challenge = base64.urlsafe_b64encode(hashlib.sha256(form.get("code_verifier", "").encode()).digest()).rstrip(b"=").decode()
            if authorization != f"Basic {basic}":
                return 401, {"error": "invalid_client"}
            if asked is None or asked["code_challenge"] != challenge or asked["redirect_uri"] != form.get("redirect_uri"):
                return 400, {"error": "invalid_grant"}
            claims = {"iss": self.issuer, "aud": "desk", "nonce": asked["nonce"], **self.claims}
            self.change(claims)
            key = self.keys[-1]
            token = self.token(claims) if self.token else jwt.encode({"alg": "RS256", "kid": key.kid}, claims, key)
            return 200, {"id_token": token, "access_token": "access", "token_type": "Bearer"}
        return 404, {}


@contextmanager
def providing() -> Iterator[Provider]:
    """Serve a provider on a free port until the end."""
    provider = Provider()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            sent = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
            form = {name: values[0] for name, values in parse_qs(sent).items()}
            status, said = provider.answer(self.path, form, self.headers.get("Authorization", ""))
            body = json.dumps(said).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST  # noqa: N815  # the library's name

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    provider.issuer = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        server.server_close()
        thread.join(timeout=10)
