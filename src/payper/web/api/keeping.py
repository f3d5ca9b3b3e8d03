"""Routes of the API that keep a party's own: lists, erasures, people, tokens, and for who runs the installation parties."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, delete, get, post, put
from litestar.params import FromPath, JSONBody
from msgspec.structs import replace

from payper.desk.arrivals.idempotency import read_key
from payper.desk.contracts.lists import add_to_list, list_lists, lists_with, take_off_list
from payper.desk.people.erasure import erase_person, find_person, list_erasures
from payper.desk.people.installation import absent
from payper.desk.people.own_party import (
    add_party,
    deactivate,
    invite_person,
    list_people,
    list_tokens,
    read_purposes,
    read_role,
    replace_role,
)
from payper.desk.people.people import make_token, revoke_token
from payper.parties import Act, Party, PartyKind
from payper.store.book_terms import ListRow
from payper.web.api import showing
from payper.web.api.shapes import PersonShape
from payper.web.api.write_shapes import (
    EntriesSent,
    EntrySent,
    ErasureSent,
    ErasureShape,
    InvitedShape,
    ListChanged,
    ListsFound,
    ListShape,
    MadeParty,
    MadeToken,
    NewToken,
    PartySent,
    PersonSent,
    PlaceShape,
    RemovalSent,
    RoleSent,
    TracesShape,
    WhoSent,
)
from payper.web.api.writing import Key, check_body, once
from payper.web.visits import with_token

Asked = Request[Any, Any, Any]


@get("/lists", sync_to_thread=True)
def lists(request: Asked) -> list[ListShape]:
    """List the lists that your party keeps."""
    with with_token(request) as visit:
        return [
            ListShape(name=each.name, entries=each.entries, is_everywhere=each.is_everywhere, changed_at=each.changed_at)
            for each in list_lists(visit.directory, visit.actor)
        ]


@post("/lists/entries", status_code=200, sync_to_thread=True, before_request=check_body)
def add_entries(request: Asked, data: JSONBody[EntriesSent], key: Key = None) -> ListChanged:
    """Add entries to a list, making it where it is not there; from then on deliveries are judged by it."""
    with with_token(request) as visit:
        row, read = add_to_list(
            visit.directory,
            visit.actor,
            name=data.name,
            raw=_lines(data.entries),
            is_everywhere=data.is_everywhere,
            is_whole=data.is_whole,
            key=read_key(key),
            at=visit.at,
        )
        return _changed(row, read)


@post("/lists/removals", status_code=200, sync_to_thread=True, before_request=check_body)
def remove_entries(request: Asked, data: JSONBody[RemovalSent]) -> ListChanged:
    """Take entries off a list; those that do not stand on it are passed over."""
    with with_token(request) as visit:
        row = take_off_list(visit.directory, visit.actor, name=data.name, raw=_lines(data.entries), at=visit.at)
        return _changed(row, len(data.entries))


@post("/lists/search", status_code=200, sync_to_thread=True, before_request=check_body)
def search_lists(request: Asked, data: JSONBody[EntrySent]) -> ListsFound:
    """Say on which lists an entry stands."""
    with with_token(request) as visit:
        return ListsFound(lists=lists_with(visit.directory, visit.actor, data.entry))


@post("/prospects/search", status_code=200, sync_to_thread=True, before_request=check_body)
def search_prospects(request: Asked, data: JSONBody[WhoSent]) -> TracesShape:
    """Say where somebody is in your book; the look is noted."""
    with with_token(request) as visit:
        found = find_person(visit.directory, visit.actor, person=data.person, at=visit.at)
        places = [PlaceShape(contract=each.contract, number=each.number, delivered_at=each.delivered_at) for each in found.deliveries]
        return TracesShape(deliveries=places, count=found.count, facts=found.facts, lists=list(found.lists))


@get("/erasures", sync_to_thread=True)
def erasures(request: Asked) -> list[ErasureShape]:
    """List the certificates of erasures, newest first."""
    with with_token(request) as visit:
        return [
            ErasureShape(erasure=each.erasure, erased_at=each.at, text=each.told) for each in list_erasures(visit.directory, visit.actor)
        ]


@post("/erasures", sync_to_thread=True, before_request=check_body)
def erase(request: Asked, data: JSONBody[ErasureSent], key: Key = None) -> Response[ErasureShape]:
    """Erase somebody from your book: all that names them goes, and accounts stay true."""
    with with_token(request) as visit:

        def make() -> ErasureShape:
            made = erase_person(visit.directory, visit.actor, person=data.person, suppress=data.suppress, at=visit.at)
            return ErasureShape(erasure=made.erasure, erased_at=made.at, text=made.text)

        return once(request, visit, key, data, make)


@post("/people", sync_to_thread=True, before_request=check_body)
def invite(request: Asked, data: JSONBody[PersonSent], key: Key = None) -> Response[InvitedShape]:
    """Invite somebody to your party; the link is told once."""
    with with_token(request) as visit:

        def make() -> InvitedShape:
            before = {each.person for each in list_people(visit.directory, visit.actor)}
            invitation = invite_person(visit.directory, visit.actor, email=data.email, name=data.name, role=data.role, at=visit.at)
            made = next(each for each in list_people(visit.directory, visit.actor) if each.person not in before)
            link = f"{visit.server.configuration.url}/invitation?key={invitation}"
            return InvitedShape(person=made.person, email=made.email, role=str(made.role), link=link)

        return once(request, visit, key, data, make, kept=lambda made: replace(made, link=None))


@put("/people/{person:str}/role", sync_to_thread=True, before_request=check_body)
def give_role(request: Asked, person: FromPath[str], data: JSONBody[RoleSent]) -> PersonShape:
    """Give somebody of your party another role, or one who acted no more a role again; their sessions end."""
    with with_token(request) as visit:
        _must_know(visit, person)
        replace_role(visit.directory, visit.actor, person=person, role=read_role(data.role), at=visit.at)
        return showing.person(_must_know(visit, person))


@delete("/people/{person:str}", sync_to_thread=True)
def remove_person(request: Asked, person: FromPath[str]) -> None:
    """Let somebody act for your party no more; what they did stays noted."""
    with with_token(request) as visit:
        _must_know(visit, person)
        deactivate(visit.directory, visit.actor, person=person, at=visit.at)


@post("/tokens", sync_to_thread=True, before_request=check_body)
def new_token(request: Asked, data: JSONBody[NewToken], key: Key = None) -> Response[MadeToken]:
    """Make a token with purposes of your own; its key is told once."""
    with with_token(request) as visit:
        visit.actor.must(Act.MANAGE_TOKENS)

        def make() -> MadeToken:
            secret, made = make_token(
                visit.directory, visit.actor, name=data.name, purposes=read_purposes(data.purposes), days=data.days, at=visit.at
            )
            return MadeToken(token=made.token, name=made.name, purposes=sorted(made.purposes), expires_at=made.expires_at, key=secret)

        return once(request, visit, key, data, make, kept=lambda made: replace(made, key=None))


@delete("/tokens/{token:str}", sync_to_thread=True)
def end_token(request: Asked, token: FromPath[str]) -> None:
    """End a token of your party."""
    with with_token(request) as visit:
        if token not in {each.token for each in list_tokens(visit.directory, visit.actor)}:
            raise absent("token", token)
        revoke_token(visit.directory, visit.actor, token, at=visit.at)


@post("/parties", sync_to_thread=True, before_request=check_body)
def new_party(request: Asked, data: JSONBody[PartySent], key: Key = None) -> Response[MadeParty]:
    """Make a party, as who runs the installation; then invite its first person in the pages, or propose a contract to it."""
    with with_token(request) as visit:

        def make() -> MadeParty:
            party = Party(data.id, data.name.strip() or data.id, PartyKind(data.kind))
            add_party(visit.directory, visit.actor, party, zone=data.timezone, at=visit.at)
            return MadeParty(id=party.id, name=party.name, kind=str(party.kind))

        return once(request, visit, key, data, make)


def _must_know(visit: Any, person: str) -> Any:
    found = next((each for each in list_people(visit.directory, visit.actor) if each.person == person), None)
    if found is None:
        raise absent("person", person)
    return found


def _lines(entries: list[str]) -> bytes:
    """Write entries as a list file: the first line is a comment, so that no entry is taken for a header."""
    return "\n".join(["# entries", *(" ".join(each.split()) for each in entries)]).encode()


def _changed(row: ListRow, read: int) -> ListChanged:
    return ListChanged(name=row.name, entries=row.entries, is_everywhere=row.is_everywhere, changed_at=row.changed_at, read=read)


ROUTES = [
    lists, add_entries, remove_entries, search_lists, search_prospects, erasures, erase, invite, give_role, remove_person, new_token,
    end_token, new_party,
]  # fmt: skip
