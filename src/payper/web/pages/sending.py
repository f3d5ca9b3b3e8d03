"""Sending deliveries from a browser: choose a file, say which column is which, watch it being judged, mend what was rejected."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.resources import files
from typing import Any

from litestar import Request, Response, get, post
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect

from payper.desk.arrivals.mending import mend_fields, mended_entry
from payper.desk.arrivals.posted import Posted
from payper.desk.arrivals.posted import Sent as SentEntries
from payper.desk.arrivals.uploads import UploadSeen, list_uploads, read_mapping, read_upload, say_mapping, take_file
from payper.desk.arrivals.verdict_files import rejects_csv, verdicts_csv
from payper.desk.people.installation import Reached, Side, absent, reach, reach_contract
from payper.desk.people.people import Actor
from payper.desk.people.refusals import RefusedError
from payper.desk.reads.read_deliveries import read_delivery
from payper.parties import Act
from payper.store.uploads import DONE, MAPPING, REFUSED
from payper.web.api.receiving import receptions_of
from payper.web.api.uploads import csv_answer
from payper.web.pages.entrance import Sent, text_of
from payper.web.rendering import page
from payper.web.sent_files import sent_file
from payper.web.visits import Visit, signed_in

Asked = Request[Any, Any, Any]


@get("/deliveries/send", sync_to_thread=True)
def send_page(request: Asked, buyer: FromQuery[str | None] = None, contract: FromQuery[str | None] = None) -> Response[Any]:
    """Show the form that takes a file, and the files sent before."""
    with signed_in(request) as visit:
        return _send(visit, buyer=buyer, contract=contract)


@post("/deliveries/send", request_max_body_size=None, status_code=200)
async def send_form(request: Asked) -> Response[Any]:
    """Take a file in; which column is which is asked next."""
    receptions = receptions_of(request)

    def check() -> None:
        with signed_in(request) as visit:
            visit.actor.must(Act.SEND_DELIVERIES)

    # Nobody's file is read who may not send.
    await receptions.in_thread(check)
    async with sent_file(request) as sent:

        def take() -> Response[Any]:
            with signed_in(request, sent.fields) as visit:
                visit.actor.must(Act.SEND_DELIVERIES)
                buyer, _, contract = sent.fields.get("contract", "").partition(" ")
                try:
                    seen = take_file(
                        visit.directory, visit.actor, buyer=buyer, contract=contract, name=sent.name, path=sent.path, is_asked=True,
                        at=visit.at,
                    )  # fmt: skip
                except RefusedError as error:
                    return _send(visit, buyer=buyer, contract=contract, error=error)
                return Redirect(f"/uploads/{buyer}/{seen.row.upload}", status_code=303)

        return await receptions.in_thread(take)


@get("/uploads/{buyer:str}/{upload:str}", sync_to_thread=True)
def upload_page(request: Asked, buyer: FromPath[str], upload: FromPath[str]) -> Response[Any]:
    """Show what stands next for a file: its columns to look over, how far it has come, or what became of it."""
    with signed_in(request) as visit:
        seen = read_upload(visit.directory, visit.actor, buyer=buyer, upload=upload)
        if seen.row.state == MAPPING:
            return _mapping(visit, buyer, upload)
        is_live = seen.row.state not in {DONE, REFUSED}
        return page(
            visit, "upload.html.j2", title=seen.row.name, seen=seen, told=seen.row.told, is_live=is_live, headline=_headline(seen),
            script=script(), names=visit.name_of,
        )  # fmt: skip


@post("/uploads/{buyer:str}/{upload:str}", sync_to_thread=True)
def mapping_form(request: Asked, buyer: FromPath[str], upload: FromPath[str], data: Sent) -> Response[Any]:
    """Say which column is which; the file is judged from then on."""
    with signed_in(request, data) as visit:
        visit.actor.must(Act.SEND_DELIVERIES)
        chosen = {name.removeprefix("column:"): text_of(data, name) for name in data if name.startswith("column:")}
        columns = {header: column for header, column in chosen.items() if column}
        order = text_of(data, "date_order")
        try:
            seen = say_mapping(
                visit.directory, visit.actor, buyer=buyer, upload=upload, columns=columns,
                date_order=order if order in {"dmy", "mdy"} else None, at=visit.at,
            )  # fmt: skip
        except RefusedError as error:
            return _mapping(visit, buyer, upload, error=error, chosen=chosen)
        address, _ = reach_contract(visit.directory, visit.actor, buyer, seen.row.contract)
    receptions_of(request).files.note(address)
    return Redirect(f"/uploads/{buyer}/{upload}", status_code=303)


@get("/uploads/{buyer:str}/{upload:str}/verdicts.csv", sync_to_thread=True)
def verdicts_file(request: Asked, buyer: FromPath[str], upload: FromPath[str]) -> Response[bytes]:
    """Give the verdicts on a file as CSV."""
    with signed_in(request) as visit:
        seen = read_upload(visit.directory, visit.actor, buyer=buyer, upload=upload)
        content = verdicts_csv(visit.directory, visit.actor, buyer=buyer, upload=upload, at=visit.at)
        return csv_answer(content, f"verdicts-{seen.row.name.rpartition('.')[0]}.csv")


@get("/uploads/{buyer:str}/{upload:str}/rejects.csv", sync_to_thread=True)
def upload_rejects_file(request: Asked, buyer: FromPath[str], upload: FromPath[str]) -> Response[bytes]:
    """Give what was rejected of a file and can pass when mended, as CSV."""
    with signed_in(request) as visit:
        seen = read_upload(visit.directory, visit.actor, buyer=buyer, upload=upload)
        content = rejects_csv(visit.directory, visit.actor, buyer=buyer, contract=seen.row.contract, upload=upload, at=visit.at)
        return csv_answer(content, f"rejects-{seen.row.name.rpartition('.')[0]}.csv")


@get("/contracts/{buyer:str}/{contract:str}/rejects.csv", sync_to_thread=True)
def rejects_file(request: Asked, buyer: FromPath[str], contract: FromPath[str]) -> Response[bytes]:
    """Give everything that was rejected under a contract and can pass when mended, as CSV."""
    with signed_in(request) as visit:
        content = rejects_csv(visit.directory, visit.actor, buyer=buyer, contract=contract, at=visit.at)
        return csv_answer(content, f"rejects-{contract}.csv")


@get("/deliveries/{buyer:str}/{number:str}/mend", sync_to_thread=True)
def mend_page(request: Asked, buyer: FromPath[str], number: FromPath[str]) -> Response[Any]:
    """Show a rejected delivery's values, to be mended and sent again."""
    with signed_in(request) as visit:
        return _mend(visit, buyer, number)


@post("/deliveries/{buyer:str}/{number:str}/mend", status_code=200)
async def mend_form(request: Asked, buyer: FromPath[str], number: FromPath[str], data: Sent) -> Response[Any]:
    """Send a mended delivery again; it is judged afresh."""
    receptions = receptions_of(request)

    def ready() -> tuple[str, Posted]:
        with signed_in(request, data) as visit:
            visit.actor.must(Act.SEND_DELIVERIES)
            story = read_delivery(visit.directory, visit.actor, buyer=buyer, number=number, at=visit.at)
            _check_mendable(visit.actor, story.seen.verdict, story.reached)
            fields = {name.removeprefix("value:"): text_of(data, name).strip() for name in data if name.startswith("value:")}
            address, _ = reach_contract(visit.directory, visit.actor, buyer, story.seen.contract)
            sent = SentEntries([mended_entry(story, fields)], is_single=True)
            return address, Posted(story.seen.contract, sent, visit.at, visit.actor.party)

    address, posted = await receptions.in_thread(ready)
    import json

    told = json.loads(await receptions.of(address).post(posted))
    return Redirect(f"/deliveries/{buyer}/{told['number']}", status_code=303)


def _send(visit: Visit, *, buyer: str | None, contract: str | None, error: RefusedError | None = None) -> Response[Any]:
    visit.actor.must(Act.SEND_DELIVERIES)
    reached = reach(visit.directory, visit.actor)
    own = next((each for each in reached if (each.buyer, each.contract) == (buyer, contract)), None)
    if (buyer or contract) and own is None:
        raise absent("contract", contract or "")
    own = own or (reached[0] if reached else None)
    before = list_uploads(visit.directory, visit.actor, buyer=own.buyer, contract=own.contract) if own is not None else []
    return page(
        visit, "send.html.j2", status=400 if error else 200, title="Send deliveries", reached=reached, own=own, before=before, error=error,
        names=visit.name_of, is_provider=own is not None and own.side is Side.PROVIDER,
    )  # fmt: skip


def _mapping(
    visit: Visit, buyer: str, upload: str, *, error: RefusedError | None = None, chosen: dict[str, str] | None = None
) -> Response[Any]:
    seen, found = read_mapping(visit.directory, visit.actor, buyer=buyer, upload=upload)
    taken = {each.header: each.column or "" for each in found.headers} if chosen is None else chosen
    return page(
        visit, "upload_columns.html.j2", status=400 if error else 200, title=f"Columns of {seen.row.name}", seen=seen, found=found,
        taken=taken, error=error,
    )  # fmt: skip


def _mend(visit: Visit, buyer: str, number: str) -> Response[Any]:
    visit.actor.must(Act.SEND_DELIVERIES)
    story = read_delivery(visit.directory, visit.actor, buyer=buyer, number=number, at=visit.at)
    _check_mendable(visit.actor, story.seen.verdict, story.reached)
    name = story.seen.external_id or story.seen.number
    return page(visit, "mend.html.j2", title=f"Mend {name}", story=story, name=name, fields=mend_fields(story))


def _check_mendable(actor: Actor, verdict: str, reached: Reached) -> None:
    actor.must(Act.READ_PEOPLE)
    if verdict != "rejected":
        raise RefusedError(
            code="NOT_REJECTED", where=reached.contract, seen=f"This delivery is {verdict}, so there is nothing to mend.",
            mend="Send another delivery under an id of its own.",
        )  # fmt: skip


def _headline(seen: UploadSeen) -> str:
    row, told = seen.row, seen.row.told
    if row.state == REFUSED:
        return f"{row.name} cannot be read"
    if row.state != DONE:
        return f"{row.name} is being judged" if told.get("rows") else f"{row.name} waits to be judged"
    counts = told["counts"]
    total = sum(counts.values())
    return f"{counts['accepted']:,} of {total:,} accepted"


@cache
def script() -> str:
    """Give the address of the script that asks how far something has come; it changes with its content."""
    content = (files("payper.web") / "static" / "progress.js").read_bytes()
    return f"/static/progress.{hashlib.sha256(content).hexdigest()[:12]}.js"


@get(script(), sync_to_thread=False)
def script_file() -> Response[bytes]:
    """Give the script; its address changes with it."""
    content = (files("payper.web") / "static" / "progress.js").read_bytes()
    headers = {"Cache-Control": "public, max-age=31536000, immutable"}
    return Response(content, media_type="text/javascript; charset=utf-8", headers=headers)


ROUTES = [
    send_page, send_form, upload_page, mapping_form, verdicts_file, upload_rejects_file, rejects_file, mend_page, mend_form, script_file,
]  # fmt: skip
