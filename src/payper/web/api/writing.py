"""What all routes share that write: keys of acts that may be sent again, the state a change was made of, JSON that says one thing."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Annotated, Any, TypeVar

from litestar import Request, Response
from litestar.exceptions import HTTPException
from litestar.params import HeaderParameter
from msgspec import Struct
from msgspec.json import encode

from payper.desk.arrivals.idempotency import answer_before, digest_of, forget_before, read_key
from payper.desk.people.refusals import NeededError, RefusedError, StaleError
from payper.errors import StoreError, UsageError
from payper.store.proposals import Proposals
from payper.web.receptions import Receptions
from payper.web.visits import Asked, Visit

T = TypeVar("T", bound=Struct)

Key = Annotated[
    str | None,
    HeaderParameter(
        name="Idempotency-Key",
        pattern='^"?[!#-~]{1,255}"?$',
        description="Names the act: sent again within a week, it is not done again, and answered the same.",
    ),
]
Match = Annotated[str | None, HeaderParameter(name="If-Match", description="The ETag of what was read; * whatever stands.")]


async def check_body(request: Request[Any, Any, Any]) -> None:
    """Refuse a body that is not JSON, or says one thing twice: nobody could tell which is meant.

    Raises:
        HTTPException: It is of another kind.
        UsageError: It is no JSON, is nested too deep, or has a key twice.
    """
    if request.method not in {"POST", "PUT", "PATCH"}:
        return
    body = await request.body()
    if not body:
        return
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise HTTPException(status_code=415)
    try:
        json.loads(body, object_pairs_hook=_once)
    except RecursionError as error:
        raise UsageError(where="body", seen="The JSON is nested too deep.", mend="See the description of the API.") from error
    except (ValueError, UnicodeDecodeError) as error:
        raise UsageError(where="body", seen=f"This is no JSON: {error}.", mend="Send one JSON object, in UTF-8.") from error


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise UsageError(where="body", seen=f"«{twice[:60]}» stands twice in one object.", mend="Say each thing once.")
    return found


def once(
    request: Asked, visit: Visit, key: str | None, data: Struct | None, do: Callable[[], T], *, kept: Callable[[T], T] | None = None
) -> Response[T]:
    """Do an act on the directory, or give the answer that the same act got before under its key.

    Args:
        request: What was asked.
        visit: By whom.
        key: As sent; None: the act is done each time.
        data: What was sent.
        do: The act; what it changes of the directory is in one transaction with the answer.
        kept: Takes out of an answer what is told once and kept nowhere.
    """
    named = read_key(key)
    if named is None:
        return Response(_telling(do))
    digest = digest_of(f"{request.method} {request.url.path}", b"" if data is None else encode(data))
    store = Proposals.of(visit.directory)
    with visit.directory.transaction():
        before = answer_before(store, party=visit.actor.party, key=named, digest=digest)
        if before is not None:
            return Response(before.encode(), media_type="application/json", headers={"Idempotent-Replayed": "true"})  # type: ignore[arg-type]  # written already
        made = _telling(do)
        store.forget_answers(before=forget_before(visit.at))
        store.keep_answer(
            party=visit.actor.party, key=named, digest=digest, answer=encode(kept(made) if kept else made).decode(), at=visit.at
        )
    return Response(made)


def _telling(do: Callable[[], T]) -> T:
    """Say that something is there already in the way of the API."""
    try:
        return do()
    except StoreError as error:
        if error.can_retry or "already" not in error.seen:
            raise
        raise RefusedError(code="THERE_ALREADY", where="body", seen=error.seen, mend=error.mend) from error


def revision_of(match: str | None, where: str) -> int | None:
    """Give the revision that a change was made of; None: whatever stands.

    Raises:
        NeededError: Nothing was said.
        StaleError: It is none that was given.
    """
    if match is None or not match.strip():
        raise NeededError(where)
    tag = match.strip().removeprefix("W/").strip('"')
    if tag == "*":
        return None
    if not (tag.startswith("r") and tag[1:].isascii() and tag[1:].isdigit() and len(tag) < 12):
        raise StaleError(where)
    return int(tag[1:])


def tag_of(revision: int) -> dict[str, str]:
    """Give the headers that name a revision."""
    return {"ETag": f'"r{revision}"'}


def settle_after(request: Asked, visit: Visit, buyer: str) -> None:
    """Draw the money from what was just recorded: at once, or beside the server where that takes long or somebody else writes."""
    address = visit.directory.book(buyer)
    if address is not None:
        receptions: Receptions = request.app.state.receptions
        receptions.upkeep.settle(address)
