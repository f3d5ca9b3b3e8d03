"""Files as browsers and systems send them: a form's part, or the body itself; written to a folder of their own as they come."""

from __future__ import annotations

import re
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from litestar import Request
from litestar.datastructures import UploadFile

from payper.desk.arrivals.uploads import BYTES_MAX, file_name
from payper.desk.people.refusals import RefusedError
from payper.web.bodies import pieces_of, too_large

PIECE_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class SentFile:
    """A file as it came; `fields` are those of the form beside it."""

    name: str
    path: Path
    fields: Mapping[str, str]


@asynccontextmanager
async def sent_file(request: Request[Any, Any, Any]) -> AsyncIterator[SentFile]:
    """Write the file of a request where it can be read; gone at the end.

    Its name is that of the form's part, else of the query (`?name=leads.csv`), else of Content-Disposition.

    Raises:
        RefusedError: There is none, it is too large, or its name says no form that is read.
    """
    _check_length(request)
    with tempfile.TemporaryDirectory(prefix="payper-sent-") as folder:
        if request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
            form = await request.form()
            fields = {name: value for name, value in form.items() if isinstance(value, str)}
            part = next((value for value in form.values() if isinstance(value, UploadFile)), None)
            if part is None or not part.filename:
                raise _no_file()
            name = file_name(part.filename)
            path = Path(folder) / name
            with path.open("wb") as stream:
                while piece := await part.read(PIECE_BYTES):
                    stream.write(piece)
            yield SentFile(name, path, fields)
            return
        name = file_name(request.query_params.get("name") or _disposed(request.headers.get("content-disposition", "")))
        path = Path(folder) / name
        with path.open("wb") as stream:
            async for piece in pieces_of(request, bytes_max=BYTES_MAX):
                stream.write(piece)
        yield SentFile(name, path, {})


def _check_length(request: Request[Any, Any, Any]) -> None:
    length = request.headers.get("content-length", "")
    if length.isdigit() and int(length) > BYTES_MAX:
        raise too_large(BYTES_MAX)


def _disposed(header: str) -> str:
    """Read the name of a file out of Content-Disposition.

    Source: RFC 6266, 4.3 (`filename*` wins), RFC 8187.
    """
    extended = re.search(r"filename\*\s*=\s*utf-8''([^;]+)", header, re.IGNORECASE)
    if extended:
        return unquote(extended[1])
    plain = re.search(r'filename\s*=\s*(?:"([^"]*)"|([^;]+))', header, re.IGNORECASE)
    return (plain[1] or plain[2] or "").strip() if plain else ""


def _no_file() -> RefusedError:
    return RefusedError(code="FILE_UNREADABLE", where="file", seen="No file was sent.", mend="Choose a file and send it again.")
