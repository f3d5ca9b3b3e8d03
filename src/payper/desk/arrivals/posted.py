"""What a system sends: deliveries as JSON, one, an array, or one a line; read as a file of the same format would be."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from itertools import islice
from pathlib import Path

import polars as pl

from payper.connectors.files import CELL_CHARACTERS_MAX, CONTROLS, FAULT, RAW, RESERVED, tidy, without_controls
from payper.connectors.ndjson import Entry, read_array, read_lines, read_object
from payper.desk.folder.reading import DIGEST
from payper.desk.people.refusals import RefusedError
from payper.errors import FileError
from payper.intake.columns import names_of
from payper.intake.mapping import Mapping as Columns
from payper.intake.mapping import guess

ROWS_MAX = 10_000
"""Deliveries in one request; more are a file."""

FIELDS_MAX = 500
"""Different fields in one request."""

FORMS: Mapping[str, str] = {
    "application/json": "json",
    "application/x-ndjson": "lines",
    "application/ndjson": "lines",
    "application/jsonl": "lines",
    "application/x-jsonlines": "lines",
}
"""How a body is written, by its type."""

_CONTROLS = re.compile(re.sub(r"\\u\{([0-9a-f]+)\}", lambda code: chr(int(code[1], 16)), CONTROLS))
"""As `connectors.files.CONTROLS`, in Python's spelling."""

_CUT = FileError(where="body", seen="The body ends in the middle.", mend="Send it whole.")


@dataclass(frozen=True, slots=True)
class Sent:
    """The records of one request.

    Attributes:
        entries: In order, as `connectors.ndjson` reads them.
        is_single: Whether one object was sent, and one answer is expected.
    """

    entries: Sequence[Entry]
    is_single: bool = False


@dataclass(frozen=True, slots=True)
class Posted:
    """One request: deliveries for one contract.

    Attributes:
        at: When it was received.
        party: Who sends.
        key: The key under which the same may be sent again, or None.
        digest: Of what was sent, as `idempotency.digest_of`.
    """

    contract: str
    sent: Sent
    at: datetime
    party: str
    key: str | None = None
    digest: bytes = b""


def read_body(content: bytes, form: str) -> Sent:
    """Read a body.

    Args:
        content: The bytes.
        form: json or lines.

    Raises:
        RefusedError: Nothing of it can be read as deliveries, or there are too many.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        seen = f"The body is no UTF-8: byte {error.start + 1:,} fits no character."
        raise _refused("BODY_NOT_UTF8", seen, "Send JSON in UTF-8.") from error
    text = text.strip()
    if not text:
        raise _refused("BODY_EMPTY", "Nothing was sent.", "Send a delivery as a JSON object, or several as an array.")
    if form == "lines":
        entries = list(islice(read_lines(text), ROWS_MAX + 1))
    elif text.startswith("["):
        try:
            entries = list(islice(read_array(text, Path("body")), ROWS_MAX + 1))
        except FileError as error:
            raise _refused("BODY_CUT_OFF", error.seen, "Send the whole array.") from error
    else:
        entries = [read_object(text)]
        _, fault, _ = entries[0]
        if fault is not None:
            code = "KEY_TWICE" if "stands twice" in fault else "NESTED_TOO_DEEP" if "too deep" in fault else "BODY_NOT_JSON"
            raise _refused(code, f"{fault[0].upper()}{fault[1:]}.", "Send a delivery as one JSON object with named fields.")
        _check_fields(entries)
        return Sent(entries, is_single=True)
    if len(entries) > ROWS_MAX:
        seen = f"More than {ROWS_MAX:,} deliveries were sent at once."
        raise _refused("TOO_MANY_ROWS", seen, "Send them in parts, or as a file to …/uploads.")
    if not entries:
        raise _refused("BODY_EMPTY", "The array is empty.", "Send at least one delivery.")
    _check_fields(entries)
    return Sent(entries)


def _check_fields(entries: Sequence[Entry]) -> None:
    fields: set[str] = set()
    for record, _, _ in entries:
        fields.update(record)
    if len(fields) > FIELDS_MAX:
        seen = f"The deliveries have {len(fields):,} different fields; at most {FIELDS_MAX} are read."
        raise _refused("TOO_MANY_FIELDS", seen, "Send only the fields that the contract asks for.")


def _refused(code: str, seen: str, mend: str) -> RefusedError:
    return RefusedError(code=code, where="body", seen=seen, mend=mend)


@lru_cache(maxsize=256)
def columns_of(fields: tuple[str, ...], questions: tuple[str, ...]) -> Columns:
    """Tell which field gives which column: by its own name or a common one, never by values, so that rows are read alike in any company."""
    return guess([field for field in fields if not field.lower().startswith("payper_")], subject="deliveries", questions=questions)


@lru_cache(maxsize=256)
def notes_on_fields(fields: tuple[str, ...], questions: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """Say which fields give nothing, each with what may be meant: field, words."""
    known = names_of("deliveries")
    notes = []
    for field in columns_of(fields, questions).unmapped:
        shown = field[:80].encode("utf-8", "replace").decode()
        near = difflib.get_close_matches(field, known, n=1, cutoff=0.75)
        rest = f"; did you mean `{near[0]}`?" if near else ", and was not used."
        notes.append((shown, f"`{shown}` is no field of a delivery{rest}"))
    return tuple(notes)


def fields_of(entries: Sequence[Entry]) -> tuple[str, ...]:
    """List the fields of a request in order."""
    fields: dict[str, None] = {}
    for record, _, _ in entries:
        fields.update(dict.fromkeys(record))
    return tuple(fields)


def mapped_frame(requests: Sequence[tuple[Sequence[Entry], Columns]]) -> pl.DataFrame:
    """Bring the records of several requests under canonical names.

    Returns:
        Columns of text, trimmed, null where empty; `fault`, `raw`, and `row_digest`, which nothing is compared with: what is sent again
        is told by its key and its external id.
    """
    cells: dict[str, list[str | None]] = {}
    faults: list[str | None] = []
    raws: list[str | None] = []
    for entries, columns in requests:
        pairs = list(columns.columns.items())
        for record, fault, raw in entries:
            place, is_empty = len(faults), True
            for name, header in pairs:
                text = record.get(header)
                if text:
                    is_empty = is_empty and text.isspace()
                    column = cells.setdefault(name, [])
                    if len(column) < place:
                        column.extend([None] * (place - len(column)))
                    column.append(text)
            faults.append(fault if fault is not None or not is_empty else "the record has nothing in it")
            raws.append(None if raw is None else _encodable(raw))
    count = len(faults)
    is_plain = all(_is_plain(column) for column in cells.values())
    if not is_plain:
        # Half a surrogate pair, which JSON can spell, is no character.
        cells = {name: [None if text is None else _encodable(text) for text in column] for name, column in cells.items()}
    frame = pl.DataFrame(
        [
            *(pl.Series(name, [*column, *[None] * (count - len(column))], dtype=pl.String) for name, column in cells.items()),
            pl.Series(FAULT, faults, dtype=pl.String),
            pl.Series(RAW, raws, dtype=pl.String),
            pl.Series(DIGEST, [0] * count, dtype=pl.UInt64),
        ]
    )
    return frame if is_plain else _tidied(frame)


def are_tidy(texts: Iterable[str | None]) -> bool:
    """Tell of texts of ASCII at once whether none needs tidying; False: each must be looked at."""
    whole = "|".join(filter(None, texts))
    is_plain = whole.isascii() and whole.isprintable() and len(whole) <= CELL_CHARACTERS_MAX
    return is_plain and whole[:1] not in (" ", "'") and whole[-1:] != " " and not ("| " in whole or " |" in whole or "|'" in whole)


def is_tidy(text: str) -> bool:
    """Tell whether one text needs no tidying; one that does is told to where there is doubt."""
    if not text.isprintable() or text[0] in " '" or text[-1] == " ":
        return False
    return text.isascii() or (_CONTROLS.search(text) is None and text == text.strip())


def _is_plain(column: Sequence[str | None]) -> bool:
    """Tell whether a column needs no tidying: what is most often sent is looked at whole by Python's own quick tests."""
    texts = [text for text in column if text]
    whole = "|".join(texts)
    if len(whole) > CELL_CHARACTERS_MAX and max(map(len, texts)) > CELL_CHARACTERS_MAX:
        return False
    if whole.isascii():
        is_clean = whole.isprintable() and not (" |" in whole or "| " in whole or whole[0] == " " or whole[-1] == " ")
    else:
        is_clean = _encodable(whole) is whole and _CONTROLS.search(whole) is None and all(text == text.strip() for text in texts)
    return is_clean and whole[0] != "'" and "|'" not in whole


def _encodable(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace").decode()
    return text


def _tidied(frame: pl.DataFrame) -> pl.DataFrame:
    names = [name for name in frame.columns if name not in {*RESERVED, DIGEST}]
    # Every record is to stay in its place, so that one with nothing in it but blanks has its fault before blanks are taken off.
    return tidy(without_controls(frame, names), names, CELL_CHARACTERS_MAX).drop("row").with_columns(frame[DIGEST])
