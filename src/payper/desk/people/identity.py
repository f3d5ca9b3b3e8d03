"""Signing in at an identity provider: what is kept between the way out and the way back, which serves once."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from payper.connectors.identity import Begun, IdentityProvider
from payper.desk.people.people import DeniedError, SignedIn, digest_of, sign_in_by_subject
from payper.store.directory import Directory
from payper.store.outgoing import Outgoing, SignInBegun

MINUTES_MAX = 10
"""How long somebody may take at the provider."""


@dataclass(frozen=True, slots=True)
class Entered:
    """Somebody who came back: the session, and where they wanted to go."""

    signed_in: SignedIn
    goal: str


def begin_sign_in(directory: Directory, provider: IdentityProvider, *, back: str, goal: str, at: datetime) -> Begun:
    """Begin a sign-in, and keep what its way back must match.

    Raises:
        IdentityError: The provider cannot be reached.
    """
    begun = provider.begin(back=back)
    kept = SignInBegun(begun.nonce, begun.verifier, goal, at + timedelta(minutes=MINUTES_MAX))
    with directory.transaction():
        Outgoing(directory).add_sign_in(digest_of(begun.state), kept, at=at)
    return begun


def finish_sign_in(
    directory: Directory, provider: IdentityProvider, *, state: str, own_state: str, code: str, back: str, at: datetime
) -> Entered:
    """Sign in who came back from the provider, if somebody invited them.

    Args:
        directory: The directory.
        provider: Where they come back from.
        state: What the address says.
        own_state: What the browser kept: another's sign-in cannot be slipped to it.
        code: What the provider gave.
        back: As when the sign-in began.
        at: Now.

    Raises:
        DeniedError: The sign-in is unknown, over, or began in another browser; or nobody here has this account.
        IdentityError: The provider refuses, or cannot be believed.
    """
    with directory.transaction():
        begun = Outgoing(directory).take_sign_in(digest_of(state), at=at) if state else None
    if begun is None or not secrets.compare_digest(state.encode(), own_state.encode()):
        mend = f"Begin again from the page to sign in; it takes at most {MINUTES_MAX} minutes."
        raise DeniedError(where="sign-in", seen="This sign-in is over, or began in another browser.", mend=mend)
    claims = provider.finish(code, back=back, nonce=begun.nonce, verifier=begun.verifier, at=at)
    return Entered(sign_in_by_subject(directory, subject=claims.subject, email=claims.email, at=at), begun.goal)
