"""Signatures of webhooks.

Source: Standard Webhooks specification 1.0 (standardwebhooks/standard-webhooks, spec/standard-webhooks.md): symmetric signatures `v1`,
HMAC-SHA256 over `id.timestamp.body`, secrets of 24 to 64 bytes in base64 after `whsec_`, several signatures with blanks between.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Sequence
from datetime import datetime

PREFIX = "whsec_"


def new_secret() -> str:
    """Make a secret of 32 random bytes."""
    return PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def signed_headers(message: str, body: bytes, *, keys: Sequence[str], at: datetime) -> dict[str, str]:
    """Give the headers that let the receiver check a call.

    Args:
        message: The call's id, the same at every attempt.
        body: Exactly what is sent.
        keys: Secrets in force, `whsec_…`; while one is replaced by another both sign.
        at: The instant of this attempt.
    """
    stamp = str(int(at.timestamp()))
    signed = b".".join((message.encode(), stamp.encode(), body))
    signatures = [base64.b64encode(hmac.digest(_bytes_of(key), signed, hashlib.sha256)).decode() for key in keys]
    return {
        "webhook-id": message,
        "webhook-timestamp": stamp,
        "webhook-signature": " ".join(f"v1,{signature}" for signature in signatures),
    }


def _bytes_of(key: str) -> bytes:
    return base64.b64decode(key.removeprefix(PREFIX))
