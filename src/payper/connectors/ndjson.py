"""JSON records: one object a line (.ndjson, .jsonl), or one array of objects (.json).

Numbers keep the digits they are written with, but for a `.0` that says nothing; true and false are words; a list is its members
joined by `;`; an object inside a record gives columns of its own, one level deep, joined by `_` (`answers.timeframe` becomes
`answer_timeframe`, as the canonical columns are named). A key that stands twice in one object is a fault, since either value may be
the one meant.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl

from payper.connectors.csv_shape import normal_blocks
from payper.connectors.files import FAULT, RAW, RAW_CHARACTERS_MAX, Limits, Shape, check_columns, unique_names, without_controls
from payper.errors import FileError

Entry = tuple[dict[str, str | None], str | None, str | None]
"""One record: its cells by key, why it cannot be read (else None), and its text as sent where it cannot."""

_PIECE_ROWS = 32_768
_NEXT_OBJECT = re.compile(r"\}\s*,\s*(?=\{)|\n\s*(?=\{)")


class _TwiceError(ValueError):
    """A key stands twice in one object."""


class _Number(str):
    """A number as written."""

    __slots__ = ()


class JsonReader:
    """The records of one JSON file, held in memory as columns."""

    def __init__(self, path: Path, *, size: int, digest: str, limits: Limits) -> None:
        self._path = path
        self._columns: dict[str, None] = {}
        self._frames: list[pl.DataFrame] = []
        text_blocks = _decoded(path, limits)
        first = next(text_blocks, "")
        if not first.strip():
            raise FileError(where=path, seen="The file holds nothing but blanks.", mend="Export it again.")
        is_array = first.lstrip().startswith("[")
        entries = _array_entries(path, first + "".join(text_blocks)) if is_array else _line_entries(first, text_blocks)
        self._gather(entries)
        if not self._columns:
            raise FileError(where=path, seen="No line of the file is a JSON object.", mend="Write one object a line, with named fields.")
        names = list(self._columns)
        header = unique_names(names)
        check_columns(path, header, limits)
        whole = [
            frame.with_columns(pl.lit(None, dtype=pl.String).alias(name) for name in names if name not in frame) for frame in self._frames
        ]
        shown = dict(zip(names, header, strict=True))
        self._frames = [frame.select(*(pl.col(name).alias(shown[name]) for name in names), f"\0{FAULT}", f"\0{RAW}") for frame in whole]
        self._shape = Shape(format="ndjson", bytes=size, digest=digest, header=header, encoding="utf-8")

    @property
    def shape(self) -> Shape:
        """Give what the file turned out to be."""
        return self._shape

    def pieces(self) -> Iterator[pl.DataFrame]:
        """Give the records, some ten thousand at a time."""
        for frame in self._frames:
            yield without_controls(frame.rename({f"\0{FAULT}": FAULT, f"\0{RAW}": RAW}), self._shape.header)

    def _gather(self, entries: Iterator[tuple[dict[str, str | None], str | None, str | None]]) -> None:
        records: list[dict[str, str | None]] = []
        faults: list[str | None] = []
        raws: list[str | None] = []
        for record, fault, raw in entries:
            records.append(record)
            faults.append(fault)
            raws.append(raw)
            if len(records) == _PIECE_ROWS:
                self._keep(records, faults, raws)
                records, faults, raws = [], [], []
        if records:
            self._keep(records, faults, raws)

    def _keep(self, records: list[dict[str, str | None]], faults: list[str | None], raws: list[str | None]) -> None:
        names: dict[str, None] = {}
        for record in records:
            names.update(dict.fromkeys(record))
        self._columns.update(names)
        columns = {name: pl.Series(name, [record.get(name) for record in records], dtype=pl.String) for name in names}
        self._frames.append(
            pl.DataFrame(
                {
                    **columns,
                    f"\0{FAULT}": pl.Series(faults, dtype=pl.String),
                    f"\0{RAW}": pl.Series(raws, dtype=pl.String),
                }
            )
        )


def _decoded(path: Path, limits: Limits) -> Iterator[str]:
    with path.open("rb") as stream:
        head = stream.read(4)
    encoding, bom = "utf-8", 0
    if head.startswith(b"\xef\xbb\xbf"):
        bom = 3
    elif head.startswith((b"\xff\xfe", b"\xfe\xff")):
        encoding, bom = ("utf-16-le" if head[0] == 0xFF else "utf-16-be"), 2
    elif len(head) >= 2 and 0 in head[:2]:
        encoding = "utf-16-le" if head[1] == 0 else "utf-16-be"
    for block in normal_blocks(path, encoding=encoding, bom=bom, is_cr=False, limits=limits):
        yield block.decode("utf-8")


def read_object(text: str) -> Entry:
    """Read one JSON object, which is all of the text.

    Returns:
        The cells by key, why it cannot be read (else None), and the text as sent where it cannot.
    """
    return _read_entry(_SHARED, text, "the body")


def read_array(text: str, where: Path) -> Iterator[Entry]:
    """Read the objects of a JSON array, which is all of the text; one that cannot be read stops no other.

    Raises:
        FileError: The array never ends.
    """
    return _array_entries(where, text)


def read_lines(text: str) -> Iterator[Entry]:
    """Read one JSON object a line; lines with nothing on them count for nothing."""
    return _line_entries(text + "\n", iter(()))


def _line_entries(first: str, blocks: Iterator[str]) -> Iterator[tuple[dict[str, str | None], str | None, str | None]]:
    decoder = _decoder()
    number = 0
    text: str | None = first
    while text is not None:
        for line in text.split("\n")[:-1]:
            number += 1
            if line and not line.isspace():
                yield _read_entry(decoder, line, f"line {number}")
        text = next(blocks, None)


def _read_entry(decoder: json.JSONDecoder, line: str, where: str) -> tuple[dict[str, str | None], str | None, str | None]:
    try:
        value = decoder.decode(line)
    except _TwiceError as problem:
        return {}, f"{where}: {problem}", line[:RAW_CHARACTERS_MAX]
    except json.JSONDecodeError as problem:
        return {}, f"{where} is no JSON: {_words_of(problem)} at character {problem.pos + 1}", line[:RAW_CHARACTERS_MAX]
    except RecursionError:
        return {}, f"{where} is nested too deep", line[:RAW_CHARACTERS_MAX]
    return _entry(value, where, line)


def _words_of(problem: ValueError) -> str:
    return problem.msg.removesuffix(" at") if isinstance(problem, json.JSONDecodeError) else str(problem)


def _entry(value: Any, where: str, raw: str) -> tuple[dict[str, str | None], str | None, str | None]:
    if type(value) is not dict:
        return {}, f"{where} is a {_kind(value)} where an object is due", raw[:RAW_CHARACTERS_MAX]
    return flatten(value), None, None


def _array_entries(path: Path, text: str) -> Iterator[tuple[dict[str, str | None], str | None, str | None]]:
    decoder = _decoder()
    place, number = text.index("[") + 1, 0
    size = len(text)
    while True:
        place = _past(text, place, " \t\n,")
        if place >= size:
            raise FileError(where=path, seen="The array never ends: no `]` at the end.", mend="The file seems cut off; export it again.")
        if text[place] == "]":
            return
        number += 1
        where = f"object {number}"
        try:
            value, end = decoder.raw_decode(text, place)
        except (_TwiceError, json.JSONDecodeError, RecursionError) as problem:
            end = _end_of(text, place, is_whole=isinstance(problem, _TwiceError))
            words = "it is nested too deep" if isinstance(problem, RecursionError) else _words_of(problem)
            yield {}, f"{where} (line {text.count(chr(10), 0, place) + 1}) cannot be read: {words}", text[place:end][:RAW_CHARACTERS_MAX]
            place = end
            continue
        yield _entry(value, where, text[place:end] if type(value) is not dict else "")
        place = end


def _end_of(text: str, place: int, *, is_whole: bool) -> int:
    """Find where to go on after an object that cannot be read; one whose only fault is a key that stands twice ends where it says."""
    if is_whole:
        try:
            return int(json.JSONDecoder(strict=False).raw_decode(text, place)[1])
        except (json.JSONDecodeError, RecursionError):
            pass
    after = _NEXT_OBJECT.search(text, place + 1)
    return after.end() if after else max(text.rfind("]"), place + 1)


def _past(text: str, place: int, blanks: str) -> int:
    while place < len(text) and text[place] in blanks:
        place += 1
    return place


def _decoder() -> json.JSONDecoder:
    return json.JSONDecoder(object_pairs_hook=_pairs, parse_float=_Number, parse_int=_Number, parse_constant=_constant, strict=False)


def _constant(_name: str) -> None:
    """Read NaN and Infinity, which JSON has not, as nothing."""


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    record = dict(pairs)
    if len(record) != len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]  # add gives None, which is what is wanted
        raise _TwiceError(f"the key `{twice}` stands twice")
    return record


def flatten(value: dict[str, Any]) -> dict[str, str | None]:
    """Bring a record to text cells; objects in it give columns of their own, deeper ones JSON text."""
    record: dict[str, str | None] = {}
    for key, cell in value.items():
        if type(cell) is str or cell is None:
            record[key] = cell
        elif type(cell) is dict:
            prefix = "answer" if key in {"answers", "answer"} else key
            for inner, deep in cell.items():
                record[f"{prefix}_{inner}"] = cell_text(deep)
        else:
            record[key] = cell_text(cell)
    return record


def cell_text(cell: Any) -> str | None:
    """Write one JSON value as a cell."""
    if cell is None:
        return None
    if type(cell) is str:
        return cell
    if type(cell) is _Number:
        whole, point, decimals = cell.partition(".")
        return str(whole) if point and not decimals.strip("0") else str(cell)
    if cell is True:
        return "true"
    if cell is False:
        return "false"
    if type(cell) is list and not any(type(member) in {list, dict} for member in cell):
        return ";".join(cell_text(member) or "" for member in cell)
    return json.dumps(cell, ensure_ascii=False, separators=(",", ":"))


def _kind(value: Any) -> str:
    if type(value) is list:
        return "list"
    if type(value) is _Number:
        return "number"
    return "text" if type(value) is str else "constant"


_SHARED = _decoder()
