"""Routes of the API that take deliveries: sent, and asked about beforehand."""

from __future__ import annotations

from typing import Any

from litestar import MediaType, Request, Response, post
from litestar.params import FromPath

from payper.desk.arrivals.idempotency import digest_of, read_key
from payper.desk.arrivals.posted import FORMS, Posted, read_body
from payper.desk.people.refusals import RefusedError
from payper.parties import Act
from payper.web.bodies import read_whole
from payper.web.receptions import Receptions
from payper.web.visits import take_request

Asked = Request[Any, Any, Any]

BODY_BYTES_MAX = 16_000_000
"""The largest body of deliveries; more are a file."""


@post("/contracts/{buyer:str}/{contract:str}/deliveries", status_code=200, request_max_body_size=None)
async def send_deliveries(request: Asked, buyer: FromPath[str], contract: FromPath[str]) -> Response[bytes]:
    """Send deliveries: one object, an array, or one object a line (application/x-ndjson). Answered when they are judged and durable."""
    receptions = receptions_of(request)
    known, address = await receptions.tokens.reached(request.headers.get("authorization", ""), buyer, contract, Act.SEND_DELIVERIES)
    key = read_key(request.headers.get("idempotency-key"))
    form = _form_of(request.headers.get("content-type", ""))
    body = await read_whole(request, bytes_max=BODY_BYTES_MAX)
    posted = Posted(
        contract=contract,
        sent=read_body(body, form),
        at=request.app.state.server.clock(),
        party=known.actor.party,
        key=key,
        digest=b"" if key is None else digest_of(f"POST {request.url.path}", body),
    )
    return Response(await receptions.of(address).post(posted), media_type=MediaType.JSON)


@post("/contracts/{buyer:str}/{contract:str}/precheck", status_code=200, request_max_body_size=None)
async def precheck_deliveries(request: Asked, buyer: FromPath[str], contract: FromPath[str]) -> Response[bytes]:
    """Ask what sending would be answered, and keep nothing. `email_sha256` may stand for `email`."""
    receptions = receptions_of(request)
    sender = request.headers.get("authorization", "")
    known = await receptions.tokens.known(sender)
    known.actor.must(Act.SEND_DELIVERIES)
    # It answers questions about people that the buyer has, and so is asked within limits; sending waits its turn in the reception.
    take_request(request, request.app.state.server, known.actor.who)
    known, address = await receptions.tokens.reached(sender, buyer, contract, Act.SEND_DELIVERIES)
    sent = read_body(await read_whole(request, bytes_max=BODY_BYTES_MAX), _form_of(request.headers.get("content-type", "")))
    posted = Posted(contract=contract, sent=sent, at=request.app.state.server.clock(), party=known.actor.party)
    return Response(await receptions.of(address).precheck(posted), media_type=MediaType.JSON)


def receptions_of(request: Asked) -> Receptions:
    """Give the receptions of this process."""
    receptions: Receptions = request.app.state.receptions
    return receptions


def _form_of(content_type: str) -> str:
    """Tell how a body is written.

    Raises:
        RefusedError: It is of a type or character set that is not read.
    """
    kind, _, more = content_type.partition(";")
    form = FORMS.get(kind.strip().lower())
    charset = next((each.partition("=")[2] for each in more.lower().split(";") if each.strip().startswith("charset")), "utf-8")
    if form is None or charset.strip().strip('"') not in {"utf-8", "utf8", "us-ascii"}:
        raise RefusedError(
            code="KIND_NOT_READ",
            where="Content-Type",
            seen=f"«{content_type[:80]}» is not read here.",
            mend="Send application/json or application/x-ndjson, in UTF-8.",
        )
    return form


ROUTES = [send_deliveries, precheck_deliveries]
