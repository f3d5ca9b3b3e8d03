"""What a text file of rows looks like: its encoding, the end of its lines, its delimiter and its header.

All bytes are brought to UTF-8 with a newline at the end of each line before anything else looks at them, a few megabytes at a time.
"""

from __future__ import annotations

import codecs
import contextlib
import re
from collections import Counter
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from payper.connectors.csv_records import RecordReader
from payper.connectors.files import Limits, unique_names
from payper.errors import FileError

BLOCK_BYTES = 8 * 1024**2
_SNIFFED_BYTES = 256 * 1024
_SNIFFED_RECORDS = 30

PREFERRED = ",;\t|"
OTHERS = ":^~!#$%&*=\\/"
"""Delimiters tried when no preferred one divides the header; letters, digits, blanks and what stands in names are never tried."""

_SEP_LINE = re.compile(rb'^"?sep=(.)"?[ \t]*\n', re.IGNORECASE)

_ODD_AFTER = {
    0xC2: [(0x80, 0x9F)],  # C1 controls
}
_ODD_AFTER_TWO = {
    (0xE2, 0x80): [(0x8B, 0x8F), (0xAA, 0xAE)],  # zero-width and direction marks, bidi overrides
    (0xE2, 0x81): [(0xA0, 0xA4), (0xA6, 0xA9)],  # word joiner and its kin, bidi isolates
    (0xEF, 0xBB): [(0xBF, 0xBF)],  # byte order mark
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """How records of a text file are cut.

    Attributes:
        encoding: As found; decoding falls back to Windows-1252 byte by byte where UTF-8 does not hold.
        bom: Bytes to skip at the start.
        is_cr: Lines end in CR alone.
        delimiter: One ASCII character.
        header: Unique names.
        named: Cells of the header up to the last that has a name; a record may leave out cells after these.
        width: Cells that most records have, when those beyond the header are empty.
        data_offset: Where the first record begins, in bytes of the normalised text.
        data_line: Physical line of the first record, from 1.
    """

    encoding: str
    bom: int
    is_cr: bool
    delimiter: str
    header: tuple[str, ...]
    named: int
    width: int
    data_offset: int
    data_line: int


def find_layout(path: Path, limits: Limits) -> Layout:
    """Find the layout of a text file from its first quarter of a megabyte.

    Raises:
        FileError: Nothing but blanks, or no line ends within the limit.
    """
    with path.open("rb") as stream:
        head = stream.read(_SNIFFED_BYTES)
    encoding, bom = _find_encoding(head)
    sample = codecs.getincrementaldecoder(encoding)("replace").decode(head[bom:])
    is_cr = "\n" not in sample and "\r" in sample
    with contextlib.closing(
        normal_blocks(path, encoding=encoding, bom=bom, is_cr=is_cr, limits=limits, block_bytes=_SNIFFED_BYTES)
    ) as blocks:
        text = next(blocks, b"")
    offset, line = _skip_blank(text, 0, 1)
    separator = _SEP_LINE.match(text)
    stated = separator[1].decode("latin-1") if separator and separator[1] != b'"' and separator[1].isascii() else None
    if stated is not None:
        offset, line = _skip_blank(text, text.index(b"\n") + 1, 2)
    if offset >= len(text):
        raise FileError(where=path, seen="The file holds nothing but blanks.", mend="Export it again; it needs a header line at least.")
    delimiter = stated or _find_delimiter(text, offset)
    records = RecordReader(text, delimiter)
    cells, end = _header_at(records, offset, text)
    named = max((place for place, cell in enumerate(cells, start=1) if cell.strip()), default=len(cells))
    return Layout(
        encoding=encoding,
        bom=bom,
        is_cr=is_cr,
        delimiter=delimiter,
        header=unique_names(cells),
        named=named,
        width=_usual_width(records, end, len(cells)),
        data_offset=end,
        data_line=line + text.count(b"\n", offset, end),
    )


def normal_blocks(
    path: Path,
    *,
    encoding: str,
    bom: int,
    is_cr: bool,
    limits: Limits,
    block_bytes: int = BLOCK_BYTES,
    on_fallback: Callable[[int], None] | None = None,
) -> Generator[bytes, None, None]:
    """Give the text as UTF-8 without control characters, in blocks of whole lines that end in a newline.

    Args:
        path: The file.
        encoding: utf-8, utf-16-le or utf-16-be.
        bom: Bytes to skip.
        is_cr: CR alone ends a line; else a CR alone is a blank.
        limits: `record_bytes_max` bounds a line.
        block_bytes: How much to read at once.
        on_fallback: Told how many bytes of a block were no UTF-8 and read as Windows-1252.
    """
    decoder = None if encoding == "utf-8" else codecs.getincrementaldecoder(encoding)("replace")
    waiting = b""
    with path.open("rb") as stream:
        stream.seek(bom)
        while True:
            read = stream.read(block_bytes)
            is_last = len(read) < block_bytes
            block = read if decoder is None else decoder.decode(read, final=is_last).encode("utf-8", "replace")
            block = waiting + block
            # A CR at the end may be half of a CRLF.
            cut = len(block) if is_last else (block.rfind(b"\r" if is_cr else b"\n", 0, len(block) - 1) + 1)
            waiting, block = block[cut:], block[:cut]
            if len(waiting) > limits.record_bytes_max:
                raise FileError(
                    where=path,
                    seen=f"A line has more than {limits.record_bytes_max:,} bytes and no end.",
                    mend="Look whether the file is a text file of rows at all.",
                )
            if block:
                whole = _normal(block, is_cr=is_cr, on_fallback=on_fallback)
                if whole:
                    yield whole if whole.endswith(b"\n") else whole + b"\n"
            if is_last:
                return


def _normal(block: bytes, *, is_cr: bool, on_fallback: Callable[[int], None] | None) -> bytes:
    if b"\r" in block:
        block = block.replace(b"\r\r\n", b"\n").replace(b"\r\n", b"\n")
        block = block.replace(b"\r", b"\n" if is_cr else b" ")
    if not block.isascii():
        try:
            block.decode("utf-8")
        except UnicodeDecodeError:
            count = [0]
            codecs.register_error("payper.windows-1252", _windows_1252(count))
            block = block.decode("utf-8", "payper.windows-1252").encode("utf-8")
            if on_fallback is not None:
                on_fallback(count[0])
    return strip_controls(block)


def _windows_1252(count: list[int]) -> Callable[[UnicodeError], tuple[str, int]]:
    def read_byte(problem: UnicodeError) -> tuple[str, int]:
        assert isinstance(problem, UnicodeDecodeError)
        count[0] += 1
        return problem.object[problem.start : problem.start + 1].decode("windows-1252", "replace"), problem.start + 1

    return read_byte


def strip_controls(block: bytes) -> bytes:
    """Take control, zero-width and direction characters out of UTF-8; tab and newline stay."""
    array = np.frombuffer(block, dtype=np.uint8)
    drop: list[npt.NDArray[np.int64]] = []
    # Counting over whole arrays runs at the speed of memory; looking for the few bytes themselves does not.
    if np.count_nonzero(array < 32) != np.count_nonzero(array == 10) + (np.count_nonzero(array == 9) if b"\t" in block else 0):
        drop.append(np.flatnonzero((array < 32) & (array != 9) & (array != 10)))
    if b"\x7f" in block:
        drop.append(np.flatnonzero(array == 0x7F))
    if not block.isascii():
        drop.extend(_odd_characters(array, block))
    if not drop:
        return block
    keep = np.ones(len(array), dtype=np.bool_)
    for places in drop:
        keep[places] = False
    return array[keep].tobytes()


def _odd_characters(array: npt.NDArray[np.uint8], block: bytes) -> Iterator[npt.NDArray[np.int64]]:
    size = len(array)
    for lead, ranges in _ODD_AFTER.items():
        if lead not in block:
            continue
        places = np.flatnonzero(array == lead)
        after = array[np.minimum(places + 1, size - 1)]
        for low, high in ranges:
            found = places[(after >= low) & (after <= high)]
            yield from (found, found + 1)
    for (lead, second), ranges in _ODD_AFTER_TWO.items():
        if lead not in block:
            continue
        places = np.flatnonzero(array == lead)
        places = places[array[np.minimum(places + 1, size - 1)] == second]
        after = array[np.minimum(places + 2, size - 1)]
        for low, high in ranges:
            found = places[(after >= low) & (after <= high)]
            yield from (found, found + 1, found + 2)


def _find_encoding(head: bytes) -> tuple[str, int]:
    for mark, encoding in ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be")):
        if head.startswith(mark):
            return encoding, len(mark)
    even, odd = head[0:8192:2], head[1:8192:2]
    if len(odd) >= 2:
        zeros_even, zeros_odd = even.count(0) / len(even), odd.count(0) / len(odd)
        if zeros_odd > 0.4 and zeros_even < 0.1:
            return "utf-16-le", 0
        if zeros_even > 0.4 and zeros_odd < 0.1:
            return "utf-16-be", 0
    return "utf-8", 0


def _skip_blank(text: bytes, offset: int, line: int) -> tuple[int, int]:
    while offset < len(text):
        end = text.find(b"\n", offset)
        end = len(text) if end < 0 else end
        if text[offset:end].strip():
            break
        offset, line = end + 1, line + 1
    return offset, line


def _header_at(records: RecordReader, offset: int, text: bytes) -> tuple[list[str], int]:
    record = records.read(offset, end=len(text))
    if record.cells is not None:
        return record.cells, record.end
    end = text.index(b"\n", offset) + 1
    return text[offset : end - 1].decode().replace('"', "").split(records.delimiter), end


def _sampled(records: RecordReader, offset: int) -> Iterator[list[str] | None]:
    size = len(records.block)
    for _ in range(_SNIFFED_RECORDS):
        if offset >= size:
            return
        record = records.read(offset, end=size)
        offset = record.end
        if record.cells is None or any(cell.strip() for cell in record.cells):
            yield record.cells


def _find_delimiter(text: bytes, offset: int) -> str:
    """Choose the delimiter that cuts the header and the first records into the same number of cells, the most cells on a tie."""
    end = text.find(b"\n", offset)
    first = text[offset:end].decode()
    for candidates in (PREFERRED, OTHERS):
        scores: list[tuple[float, int, str]] = []
        for candidate in candidates:
            if candidate not in first:
                continue
            cuts = list(_sampled(RecordReader(text, candidate), offset))
            width = len(cuts[0]) if cuts and cuts[0] is not None else 0
            alike = sum(cells is not None and len(cells) == width for cells in cuts) / max(len(cuts), 1)
            if width >= 2:
                scores.append((round(alike, 1), width, candidate))
        good = [score for score in scores if score[0] >= 0.5] or (scores if candidates == PREFERRED else [])
        if good:
            # More cells win over a slightly more even cut: a bad row among few must not hand the file to a rarer character.
            return max(good, key=lambda score: (score[0] >= 0.5, score[1] * score[0] ** 2, -candidates.index(score[2])))[2]
    return ","


def _usual_width(records: RecordReader, offset: int, declared: int) -> int:
    """Give the number of cells that most of the first records have, if what they have beyond the header is empty."""
    cuts = [cells for cells in _sampled(records, offset) if cells is not None]
    if not cuts:
        return declared
    width, count = Counter(len(cells) for cells in cuts).most_common(1)[0]
    is_padding = all(not cell.strip() for cells in cuts if len(cells) == width for cell in cells[declared:])
    return width if width > declared and is_padding and count * 2 > len(cuts) else declared
