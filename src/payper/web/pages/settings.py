"""Settings: the party and its people, tokens, the audit trail, and one's own second factor."""

from __future__ import annotations

from typing import Any

import pyotp
from litestar import Request, Response, get, post
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect

from payper.desk.people.own_party import (
    add_party,
    invite_first_person,
    invite_person,
    list_parties,
    list_people,
    list_tokens,
    makes_parties,
    must_make_parties,
    own_account,
    read_audit,
    read_kind,
    read_role,
    roles_of,
)
from payper.desk.people.people import change_role, make_token, new_second_factor, revoke_token, set_up_second_factor
from payper.desk.people.refusals import UnreadableError
from payper.desk.telling.letters import has_digest, set_digest
from payper.errors import PayperError, StoreError, UsageError
from payper.parties import ACTS, Act, Party, PartyKind
from payper.web.pages.entrance import Sent, text_of
from payper.web.rendering import page
from payper.web.visits import Visit, signed_in


@get("/settings", sync_to_thread=True)
def settings_page(request: Request[Any, Any, Any]) -> Response[Any]:
    """Show the party, the parties it has contracts with, and the visitor's own account."""
    with signed_in(request) as visit:
        return _settings(visit)


@post("/settings/parties/{party:str}/invite", sync_to_thread=True)
def invite_party_form(request: Request[Any, Any, Any], party: FromPath[str], data: Sent) -> Response[Any]:
    """Let the first person of another party in."""
    with signed_in(request, data) as visit:
        try:
            email, name = text_of(data, "email"), text_of(data, "name")
            key = invite_first_person(visit.directory, visit.actor, party=party, email=email, name=name, at=visit.at)
        except UsageError as error:
            if not _is_slip(error):
                raise
            return _settings(visit, error=error, status=400)
        return _settings(visit, link=_invitation(visit, key), invited=text_of(data, "email"))


@post("/settings/parties", sync_to_thread=True)
def party_form(request: Request[Any, Any, Any], data: Sent) -> Response[Any]:
    """Make another party, as who runs the installation."""
    with signed_in(request, data) as visit:
        typed = {name: text_of(data, name).strip() for name in ("id", "name", "kind", "timezone")}
        try:
            must_make_parties(visit.directory, visit.actor)
            party = Party(typed["id"], typed["name"] or typed["id"], read_kind(typed["kind"]))
            add_party(visit.directory, visit.actor, party, zone=typed["timezone"] or "UTC", at=visit.at)
        except (UnreadableError, StoreError) as error:
            if isinstance(error, StoreError) and "already" not in error.seen:
                raise
            return _settings(visit, typed=typed, error=error, status=400)
    return Redirect("/settings#parties", status_code=303)


@get("/settings/people", sync_to_thread=True)
def people_page(request: Request[Any, Any, Any]) -> Response[Any]:
    """List the people of the party."""
    with signed_in(request) as visit:
        return _people(visit)


@post("/settings/people", sync_to_thread=True)
def invite_form(request: Request[Any, Any, Any], data: Sent) -> Response[Any]:
    """Invite somebody to the party."""
    with signed_in(request, data) as visit:
        visit.actor.must(Act.MANAGE_USERS)
        typed = {name: text_of(data, name) for name in ("email", "name", "role")}
        try:
            key = invite_person(visit.directory, visit.actor, **typed, at=visit.at)
        except PayperError as error:
            return _people(visit, typed=typed, error=error, status=400)
        return _people(visit, link=_invitation(visit, key), invited=typed["email"])


@post("/settings/people/{person:str}/role", sync_to_thread=True)
def role_form(request: Request[Any, Any, Any], person: FromPath[str], data: Sent) -> Response[Any]:
    """Give somebody another role, or none: then they act no more."""
    with signed_in(request, data) as visit:
        visit.actor.must(Act.MANAGE_USERS)
        role = text_of(data, "role")
        try:
            change_role(visit.directory, visit.actor, person=person, role=None if role == "none" else read_role(role), at=visit.at)
        except UsageError as error:
            return _people(visit, error=error, status=400)
    return Redirect("/settings/people", status_code=303)


@get("/settings/tokens", sync_to_thread=True)
def tokens_page(request: Request[Any, Any, Any]) -> Response[Any]:
    """List the party's tokens."""
    with signed_in(request) as visit:
        return _tokens(visit)


@post("/settings/tokens", sync_to_thread=True)
def token_form(request: Request[Any, Any, Any], data: Sent) -> Response[Any]:
    """Make a token; its key is shown once."""
    with signed_in(request, data) as visit:
        visit.actor.must(Act.MANAGE_TOKENS)
        sent = data.get("purposes", [])
        names = [str(each) for each in (sent if isinstance(sent, list) else [sent])]
        try:
            purposes = frozenset(Act(each) for each in names if each in set(Act))
            days = _days(text_of(data, "days").strip())
            key, _ = make_token(visit.directory, visit.actor, name=text_of(data, "name"), purposes=purposes, days=days, at=visit.at)
        except UsageError as error:
            return _tokens(visit, error=error, status=400)
        return _tokens(visit, key=key)


@post("/settings/tokens/{token:str}/revoke", sync_to_thread=True)
def revoke_form(request: Request[Any, Any, Any], token: FromPath[str], data: Sent) -> Response[Any]:
    """End a token."""
    with signed_in(request, data) as visit:
        revoke_token(visit.directory, visit.actor, token, at=visit.at)
    return Redirect("/settings/tokens", status_code=303)


@get("/settings/audit", sync_to_thread=True)
def audit_page(request: Request[Any, Any, Any], before: FromQuery[str | None] = None) -> Response[Any]:
    """Show who read personal data or changed rights, newest first."""
    with signed_in(request) as visit:
        lines, after = read_audit(visit.directory, visit.actor, before=before or None)
        return page(visit, "audit.html.j2", title="Audit trail", lines=lines, after=after, before=before)


@post("/settings/digest", sync_to_thread=True)
def digest_form(request: Request[Any, Any, Any], data: Sent) -> Response[Any]:
    """Turn the daily letter of what needs the visitor on or off."""
    with signed_in(request, data) as visit:
        set_digest(visit.directory, visit.actor, is_on=text_of(data, "digest") == "on", at=visit.at)
    return Redirect("/settings", status_code=303)


@get("/settings/second-factor", sync_to_thread=True)
def second_factor_page(request: Request[Any, Any, Any]) -> Response[Any]:
    """Show a new secret for a second factor, to be copied to a phone."""
    with signed_in(request) as visit:
        return _second_factor(visit, new_second_factor())


@post("/settings/second-factor", sync_to_thread=True)
def second_factor_form(request: Request[Any, Any, Any], data: Sent) -> Response[Any]:
    """Turn the second factor on, once a code proves that the secret was copied."""
    with signed_in(request, data) as visit:
        secret = text_of(data, "secret")
        is_secret = 16 <= len(secret) <= 64 and secret.isascii() and all(each in "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567" for each in secret)
        secret = secret if is_secret else new_second_factor()
        try:
            set_up_second_factor(visit.directory, visit.actor, secret=secret, code=text_of(data, "code"), at=visit.at)
        except UsageError as error:
            return _second_factor(visit, secret, error=error, status=400)
    return Redirect("/settings", status_code=303)


def _settings(
    visit: Visit,
    *,
    typed: dict[str, str] | None = None,
    error: PayperError | None = None,
    link: str | None = None,
    invited: str = "",
    status: int = 200,
) -> Response[Any]:
    own = visit.directory.party(visit.actor.party)
    kind = PartyKind.PROVIDER if own is None or own.kind.buys else PartyKind.BUYER
    person = own_account(visit.directory, visit.actor)
    parties = list_parties(visit.directory, visit.actor)
    is_mail_on = bool(visit.server.configuration.mail_host)
    return page(
        visit,
        "settings.html.j2",
        title="Settings",
        status=status,
        person=person,
        parties=parties,
        makes_parties=makes_parties(visit.directory, visit.actor),
        kinds=[*PartyKind],
        typed=typed or {"id": "", "name": "", "kind": str(kind), "timezone": visit.directory.zone(visit.actor.party)},
        error=error,
        link=link,
        invited=invited,
        digest=has_digest(visit.directory, person.person) if is_mail_on else None,
    )


def _people(
    visit: Visit,
    *,
    typed: dict[str, str] | None = None,
    error: PayperError | None = None,
    link: str | None = None,
    invited: str = "",
    status: int = 200,
) -> Response[Any]:
    return page(
        visit,
        "people.html.j2",
        title="People",
        status=status,
        people=list_people(visit.directory, visit.actor),
        roles=roles_of(visit.directory, visit.actor),
        typed=typed or {"email": "", "name": "", "role": ""},
        error=error,
        link=link,
        invited=invited,
    )


def _tokens(visit: Visit, *, error: PayperError | None = None, key: str | None = None, status: int = 200) -> Response[Any]:
    tokens = list_tokens(visit.directory, visit.actor)
    acts = [act for act in ACTS if act in visit.actor.acts]
    return page(visit, "tokens.html.j2", title="Tokens", status=status, tokens=tokens, acts=acts, error=error, key=key)


def _second_factor(visit: Visit, secret: str, *, error: PayperError | None = None, status: int = 200) -> Response[Any]:
    person = own_account(visit.directory, visit.actor)
    link = pyotp.TOTP(secret).provisioning_uri(name=person.email, issuer_name="payper")
    return page(visit, "second_factor.html.j2", title="Second factor", status=status, person=person, secret=secret, link=link, error=error)


def _days(text: str) -> int | None:
    """Read after how many days something ends; None: never."""
    if text == "":
        return None
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:6]) <= 3650):
        raise UsageError(where="days", seen=f"«{text[:20]}» is no number of days.", mend="Write 1 to 3650, or leave it empty.")
    return int(text)


def _invitation(visit: Visit, key: str) -> str | None:
    """Give the link to pass on, or None where it goes by mail."""
    if visit.server.configuration.mail_host:
        return None
    return f"{visit.server.configuration.url}/invitation?key={key}"


def _is_slip(error: UsageError) -> bool:
    """Tell whether somebody typed something wrong, rather than asked for what is not there or not allowed."""
    return type(error) is UsageError


ROUTES = [
    settings_page, party_form, invite_party_form, people_page, invite_form, role_form, tokens_page, token_form, revoke_form, audit_page,
    second_factor_page, second_factor_form, digest_form,
]  # fmt: skip
