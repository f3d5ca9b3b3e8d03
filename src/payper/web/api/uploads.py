"""Routes of the API for files of deliveries: send one, see how far it has come, download its verdicts."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from litestar import Request, Response, get, post
from litestar.params import FromPath
from msgspec import Struct

from payper.desk.arrivals.idempotency import read_key
from payper.desk.arrivals.uploads import UploadSeen, list_uploads, read_upload, take_file
from payper.desk.arrivals.verdict_files import rejects_csv, verdicts_csv
from payper.desk.people.installation import absent
from payper.parties import Act
from payper.web.api.receiving import receptions_of
from payper.web.api.writing import Key
from payper.web.sent_files import sent_file
from payper.web.visits import take_request, with_token

Asked = Request[Any, Any, Any]


class UploadShape(Struct, kw_only=True):
    """A file of deliveries: `state` is mapping, waiting, judging, done or refused.

    `share` of it is read (0 to 1); `counts` are its verdicts once it is done; `seen` and `mend` say why it is refused.
    """

    upload: str
    buyer: str
    contract: str
    name: str
    bytes: int
    state: str
    received_at: datetime
    rows: int
    share: float
    rows_per_second: int | None
    seconds_left: float | None
    counts: dict[str, int]
    notes: list[str]
    seen: str | None
    mend: str | None


@post("/contracts/{buyer:str}/{contract:str}/uploads", status_code=202, request_max_body_size=None)
async def send_file(request: Asked, buyer: FromPath[str], contract: FromPath[str], key: Key = None) -> Response[UploadShape]:
    """Send a file of deliveries (CSV, XLSX, NDJSON or Parquet), as the body with ?name=leads.csv, or as a part of a form.

    It is kept when this is answered, and judged after: ask how far it has come where Location says. A field `mapping` of the form is a
    mapping.toml.
    """
    receptions = receptions_of(request)
    sender = request.headers.get("authorization", "")
    known = await receptions.tokens.known(sender)
    take_request(request, request.app.state.server, known.actor.who)
    known, address = await receptions.tokens.reached(sender, buyer, contract, Act.SEND_DELIVERIES)
    read = read_key(key)
    server = request.app.state.server
    async with sent_file(request) as sent:

        def take() -> UploadSeen:
            with server.installation.open() as directory:
                return take_file(
                    directory, known.actor, buyer=buyer, contract=contract, name=sent.name, path=sent.path, is_asked=False,
                    mapping=sent.fields.get("mapping", ""), key=read, at=server.clock(),
                )  # fmt: skip

        seen = await receptions.in_thread(take)
    receptions.files.note(address)
    place = f"/api/v1/contracts/{buyer}/{contract}/uploads/{seen.row.upload}"
    return Response(upload_shape(seen), status_code=202, headers={"Location": place})


@get("/contracts/{buyer:str}/{contract:str}/uploads", sync_to_thread=True)
def uploads(request: Asked, buyer: FromPath[str], contract: FromPath[str]) -> list[UploadShape]:
    """List the newest files sent under a contract."""
    with with_token(request) as visit:
        return [upload_shape(each) for each in list_uploads(visit.directory, visit.actor, buyer=buyer, contract=contract)]


@get("/contracts/{buyer:str}/{contract:str}/uploads/{upload:str}", sync_to_thread=True)
def one_upload(request: Asked, buyer: FromPath[str], contract: FromPath[str], upload: FromPath[str]) -> UploadShape:
    """Say how far a file has come, and once it is judged what became of it."""
    with with_token(request) as visit:
        return upload_shape(_own(read_upload(visit.directory, visit.actor, buyer=buyer, upload=upload), contract))


@get("/contracts/{buyer:str}/{contract:str}/uploads/{upload:str}/verdicts.csv", sync_to_thread=True, include_in_schema=False)
def upload_verdicts(request: Asked, buyer: FromPath[str], contract: FromPath[str], upload: FromPath[str]) -> Response[bytes]:
    """Give the verdicts on a file, row by row, as CSV."""
    with with_token(request) as visit:
        seen = _own(read_upload(visit.directory, visit.actor, buyer=buyer, upload=upload), contract)
        content = verdicts_csv(visit.directory, visit.actor, buyer=buyer, upload=upload, at=visit.at)
        return csv_answer(content, f"verdicts-{seen.row.name.rpartition('.')[0]}.csv")


@get("/contracts/{buyer:str}/{contract:str}/rejects.csv", sync_to_thread=True, include_in_schema=False)
def rejects(request: Asked, buyer: FromPath[str], contract: FromPath[str]) -> Response[bytes]:
    """Give what was rejected under a contract and can pass when mended, to mend and send again."""
    with with_token(request) as visit:
        content = rejects_csv(visit.directory, visit.actor, buyer=buyer, contract=contract, at=visit.at)
        return csv_answer(content, f"rejects-{contract}.csv")


def upload_shape(seen: UploadSeen) -> UploadShape:
    """Show a file."""
    row, told = seen.row, seen.row.told
    return UploadShape(
        upload=row.upload, buyer=seen.reached.buyer, contract=row.contract, name=row.name, bytes=row.size, state=row.state,
        received_at=row.made_at, rows=told.get("rows", 0), share=told.get("share", 0.0), rows_per_second=told.get("rows_per_second"),
        seconds_left=told.get("seconds_left"), counts=told.get("counts", {}), notes=told.get("notes", []), seen=told.get("seen"),
        mend=told.get("mend"),
    )  # fmt: skip


def csv_answer(content: bytes, name: str) -> Response[bytes]:
    """Give a table as a file."""
    plain = "".join(each if each.isascii() and (each.isalnum() or each in "-_.") else "-" for each in name)
    return Response(content, media_type="text/csv; charset=utf-8", headers={"Content-Disposition": f'attachment; filename="{plain}"'})


def _own(seen: UploadSeen, contract: str) -> UploadSeen:
    if seen.row.contract != contract:
        raise absent("upload", seen.row.upload)
    return seen


ROUTES = [send_file, uploads, one_upload, upload_verdicts, rejects]
