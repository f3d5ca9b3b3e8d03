"""Let an identity provider say who somebody is: OpenID Connect, authorization code with PKCE.

Source: OpenID Connect Core 1.0 (3.1 code flow, 3.1.3.7 what of an ID token is checked); Discovery 1.0, 4; RFC 7636 (PKCE, S256);
RFC 9700 (security of OAuth 2.0: exact issuer, no symmetric or absent signatures).
"""

from __future__ import annotations

import base64
import hashlib
import json
import math
import secrets
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode, urlsplit

from payper.errors import PayperError

if TYPE_CHECKING:
    import httpx2

SECONDS_MAX = 10.0
ANSWER_BYTES_MAX = 1_000_000
LEEWAY_SECONDS = 60
KEEP_SECONDS = 600
"""How long what a provider says of itself is taken for true."""

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519", "EdDSA")
"""Signatures of which only the provider has the key."""


class IdentityError(PayperError):
    """An identity provider cannot be reached, or what it says of somebody cannot be believed."""


@dataclass(frozen=True, slots=True)
class Begun:
    """A sign-in that began: `address` is where the browser goes; the others are kept until it comes back."""

    address: str
    state: str
    nonce: str
    verifier: str


@dataclass(frozen=True, slots=True)
class Claims:
    """Who somebody is, as a provider says.

    Attributes:
        subject: Issuer and subject, with a blank between.
        email: The address, empty where the provider does not say that it is verified.
    """

    subject: str
    email: str


@dataclass(frozen=True)
class IdentityProvider:
    """A provider, and what we are to it.

    Attributes:
        issuer: Exactly as it names itself.
        secret: Empty: we have none (a public client).
    """

    issuer: str
    client: str
    secret: str = field(default="", repr=False)
    _kept: dict[str, tuple[float, Any]] = field(default_factory=dict, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def begin(self, *, back: str) -> Begun:
        """Begin a sign-in.

        Args:
            back: Where the provider sends the browser afterwards.

        Raises:
            IdentityError: The provider cannot be reached.
        """
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        asked = {
            "response_type": "code",
            "client_id": self.client,
            "redirect_uri": back,
            "scope": "openid email profile",
            "state": state,
            "nonce": nonce,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        address = self._said("authorization_endpoint")
        return Begun(f"{address}{'&' if '?' in address else '?'}{urlencode(asked)}", state, nonce, verifier)

    def finish(self, code: str, *, back: str, nonce: str, verifier: str, at: datetime) -> Claims:
        """Exchange a code for who somebody is.

        Raises:
            IdentityError: The provider refuses the code, cannot be reached, or its token cannot be believed.
        """
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": back, "code_verifier": verifier, "client_id": self.client}
        headers = {}
        if self.secret and self._takes_basic():
            # Both parts are form-encoded before they are joined (RFC 6749, 2.3.1).
            pair = f"{quote(self.client, safe='')}:{quote(self.secret, safe='')}"
            headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
        elif self.secret:
            form["client_secret"] = self.secret
        answer = _asked("POST", self._said("token_endpoint"), form=form, headers=headers)
        token = answer.get("id_token")
        if not isinstance(token, str):
            raise _unbelievable("It gave no ID token.")
        claims = self.check(token, nonce=nonce, at=at)
        if "email" not in claims and isinstance(answer.get("access_token"), str) and self._about().get("userinfo_endpoint"):
            more = _asked("GET", self._said("userinfo_endpoint"), headers={"Authorization": f"Bearer {answer['access_token']}"})
            if more.get("sub") == claims["sub"]:
                claims = {**more, **claims}
        is_verified = claims.get("email_verified") in (True, "true")
        return Claims(f"{self.issuer} {claims['sub']}", str(claims.get("email", "")) if is_verified else "")

    def check(self, token: str, *, nonce: str, at: datetime) -> dict[str, Any]:
        """Check an ID token and give its claims.

        Raises:
            IdentityError: Signature, issuer, audience, instants or nonce are not right.
        """
        claims = self._decoded(token)
        audience, party, now = claims.get("aud"), claims.get("azp"), at.timestamp()
        audiences = audience if isinstance(audience, list) else [audience]
        expires, issued = claims.get("exp"), claims.get("iat")
        faults = {
            "It is from another issuer.": claims.get("iss") != self.issuer,
            "It is for somebody else.": self.client not in audiences or (len(audiences) > 1 and party is None),
            "It was made for somebody else.": party is not None and party != self.client,
            "It is over.": now >= _number(expires) + LEEWAY_SECONDS,
            "It is from the future.": not 0 <= _number(issued) <= now + LEEWAY_SECONDS,
            "It belongs to another sign-in.": not secrets.compare_digest(str(claims.get("nonce", "")).encode(), nonce.encode()),
            "It names nobody.": not isinstance(claims.get("sub"), str) or not 0 < len(claims["sub"]) <= 255,
        }
        for words, is_wrong in faults.items():
            if is_wrong:
                raise _unbelievable(words)
        return claims

    def _decoded(self, token: str) -> dict[str, Any]:
        from joserfc import jwt
        from joserfc.errors import JoseError
        from joserfc.jwk import KeySet

        for is_fresh in (False, True):
            try:
                keys = KeySet.import_key_set(self._keys(is_fresh=is_fresh))
                return dict(jwt.decode(token, keys, algorithms=list(ALGORITHMS)).claims)
            except (JoseError, ValueError, KeyError, TypeError) as error:
                # Providers change their keys: those kept may be old.
                if is_fresh:
                    raise _unbelievable("Its signature is not right.") from error
        raise AssertionError

    def _keys(self, *, is_fresh: bool) -> Any:
        return self._remembered("keys", lambda: _asked("GET", self._said("jwks_uri")), is_fresh=is_fresh)

    def _about(self) -> Mapping[str, Any]:
        def ask() -> dict[str, Any]:
            said = _asked("GET", f"{self.issuer.rstrip('/')}/.well-known/openid-configuration")
            if said.get("issuer") != self.issuer:
                raise _unbelievable(f"It calls itself «{str(said.get('issuer'))[:100]}».")
            return said

        found: Mapping[str, Any] = self._remembered("about", ask, is_fresh=False)
        return found

    def _said(self, name: str) -> str:
        address = self._about().get(name)
        if not isinstance(address, str) or not is_safe(address):
            raise _unbelievable(f"It names no {name} that can be used.")
        return address

    def _takes_basic(self) -> bool:
        return "client_secret_basic" in self._about().get("token_endpoint_auth_methods_supported", ["client_secret_basic"])

    def _remembered(self, name: str, ask: Any, *, is_fresh: bool) -> Any:
        with self._lock:
            kept = self._kept.get(name)
        if kept is not None and not is_fresh and time.monotonic() - kept[0] < KEEP_SECONDS:
            return kept[1]
        said = ask()
        with self._lock:
            self._kept[name] = (time.monotonic(), said)
        return said


def is_safe(address: str) -> bool:
    """Tell whether what is told there stays between the two: by https, or on this machine."""
    parts = urlsplit(address)
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in {"127.0.0.1", "::1", "localhost"})


def _asked(method: str, address: str, *, form: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None) -> dict[str, Any]:
    import httpx2

    try:
        with (
            httpx2.Client(timeout=SECONDS_MAX, follow_redirects=False, trust_env=False) as client,
            client.stream(method, address, data=form, headers={"Accept": "application/json", **(headers or {})}) as answer,
        ):
            body = _read(answer)
            said = json.loads(body) if body else {}
            if not answer.is_success:
                words = said.get("error", "") if isinstance(said, dict) else ""
                raise _unbelievable(f"It answers {answer.status_code} {str(words)[:60]}".rstrip() + ".")
    except (httpx2.HTTPError, httpx2.InvalidURL, ValueError) as error:
        raise IdentityError(
            where="identity provider",
            seen="It cannot be reached, or its answer cannot be read.",
            mend="Try again later, or sign in with a password.",
            can_retry=True,
        ) from error
    if not isinstance(said, dict):
        raise _unbelievable("Its answer is no object.")
    return said


def _read(answer: httpx2.Response) -> bytes:
    body = bytearray()
    for piece in answer.iter_bytes():
        body += piece
        if len(body) > ANSWER_BYTES_MAX:
            raise _unbelievable("Its answer is too long.")
    return bytes(body)


def _number(value: object) -> float:
    """Read an instant of a token; what is none was never."""
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else -math.inf


def _unbelievable(words: str) -> IdentityError:
    return IdentityError(
        where="identity provider", seen=f"What your provider says cannot be used. {words}", mend="Begin again, or sign in with a password."
    )
