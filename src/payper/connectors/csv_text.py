"""CSV in every dress: any delimiter, UTF-8, UTF-16 or Windows-1252, any line end, quoted newlines, damaged lines.

The file is streamed in blocks of a few megabytes. A block in which every byte is accounted for is taken by Polars' reader whole. In
any other, numpy finds where records end and how many cells they have; what is in order goes to Polars' reader as bytes, and only the
lines that are not are cut one by one (`csv_records`). What is read does not depend on where blocks end.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from payper.connectors.csv_records import QUOTED_BYTES_MAX, Record, RecordReader
from payper.connectors.csv_shape import Layout, find_layout, normal_blocks
from payper.connectors.files import FAULT, RAW, RAW_CHARACTERS_MAX, Limits, Shape, check_columns

Places = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

_NEWLINE, _QUOTE = 10, 34
_PLACE = "place"


class CsvReader:
    """The records of one text file, streamed."""

    def __init__(self, path: Path, *, size: int, digest: str, limits: Limits, block_bytes: int | None = None) -> None:
        self._path = path
        self._limits = limits
        self._layout = find_layout(path, limits)
        self._block_bytes = block_bytes
        self._fallen = 0
        check_columns(path, self._layout.header, limits)
        self._shape = Shape(
            format="csv",
            bytes=size,
            digest=digest,
            header=self._layout.header,
            encoding=self._layout.encoding,
            delimiter=self._layout.delimiter,
        )

    @property
    def shape(self) -> Shape:
        """Give what the file turned out to be."""
        return self._shape

    def pieces(self) -> Iterator[pl.DataFrame]:
        """Give the records, a block at a time."""
        layout = self._layout
        line, skip, waiting = layout.data_line, layout.data_offset, b""
        self._fallen = 0
        for block, is_last in _with_last(self._blocks()):
            if skip:
                skipped = min(skip, len(block))
                skip -= skipped
                block = block[skipped:]  # noqa: PLW2901  # the header is cut off the first block
            text = waiting + block
            if text:
                cut = _Block(text, layout, line=line, is_last=is_last)
                yield cut.frame()
                waiting = text[cut.end :]
                line += cut.lines
        if self._fallen and not any("Windows-1252" in note for note in self._shape.notes):
            self._shape.notes.append(f"{self._fallen:,} bytes are not UTF-8 and were read as Windows-1252.")

    def _blocks(self) -> Iterator[bytes]:
        layout = self._layout
        more = {} if self._block_bytes is None else {"block_bytes": self._block_bytes}
        return normal_blocks(
            self._path,
            encoding=layout.encoding,
            bom=layout.bom,
            is_cr=layout.is_cr,
            limits=self._limits,
            on_fallback=self._count_fallen,
            **more,
        )

    def _count_fallen(self, count: int) -> None:
        self._fallen += count


def _with_last(blocks: Iterator[bytes]) -> Iterator[tuple[bytes, bool]]:
    """Tell with each block whether it is the last; the next one is read while the caller works on this one."""
    with ThreadPoolExecutor(max_workers=1) as pool:
        block, after = next(blocks, None), next(blocks, None)
        while block is not None:
            coming = None if after is None else pool.submit(next, blocks, None)
            yield block, after is None
            block, after = after, None if coming is None else coming.result()


@dataclass(frozen=True, slots=True)
class _Mended:
    """Records cut one by one: the number of their first line in the block, cells or fault, and the text as sent."""

    lines: list[int]
    records: list[Record]
    raws: list[str | None]


class _Block:
    """The records of one block of whole lines, the first of which begins a record.

    Attributes:
        end: Bytes used; what follows is the beginning of a record whose end lies in the next block.
        lines: Physical lines used.
    """

    def __init__(self, text: bytes, layout: Layout, *, line: int, is_last: bool) -> None:
        self._text = text
        self._layout = layout
        self._line = line
        self._is_last = is_last
        self._array = np.frombuffer(text, dtype=np.uint8)
        self._mark = ord(layout.delimiter)
        self._quotes = np.flatnonzero(self._array == _QUOTE) if b'"' in text else np.empty(0, dtype=np.int64)
        self._count = 0
        self.end = len(text)
        self.lines = 0

    def frame(self) -> pl.DataFrame:
        """Give the records as the header's columns, `fault` and `raw`."""
        quick = self._in_one_go()
        if quick is not None:
            return self._finish(quick)
        self._marks = np.flatnonzero((self._array == self._mark) | (self._array == _NEWLINE))
        self._is_end: Flags = self._array[self._marks] == _NEWLINE
        end = self._clean_end()
        if end is None:
            return self._line_by_line()
        self.end = end
        self.lines = int(np.count_nonzero(self._is_end)) if end == len(self._text) else self._text.count(b"\n", 0, end)
        return self._finish(self._columns(self._text[:end], count=self._count))

    def _in_one_go(self) -> pl.DataFrame | None:
        """Let Polars' reader take the whole block, and keep what it gives if every byte is accounted for; None where it is not.

        With each line a record, no doubled quote and every quote opening or closing a cell, the bytes of the cells, the delimiters, the
        line ends and the quotes must add up to the block: a record with a cell too few (or a blank line) lacks delimiters, one with a
        cell too many is refused by the reader, or cut, so that its bytes are missing.
        """
        layout, text, quotes = self._layout, self._text, self._quotes
        lines = text.count(b"\n")
        if layout.width > len(layout.header) or layout.width < 2 or not lines:
            return None
        if len(quotes) & 1 or (np.diff(quotes) == 1).any():
            return None
        if len(quotes) and _is_bad_quote(self._array, quotes, np.arange(len(quotes)), self._mark).any():
            return None
        try:
            frame = self._read(text)
        except pl.exceptions.PolarsError:
            return None
        if frame.height != lines:
            return None
        lengths = frame.select(pl.all().str.len_bytes().sum()).row(0)
        if sum(lengths) + lines * layout.width + len(quotes) != len(text):
            return None
        self._count = self.lines = lines
        return self._named(frame)

    def _clean_end(self) -> int | None:
        """Give where the last whole record ends, if every one is in order; else None."""
        if self._layout.width > len(self._layout.header):
            return None
        marks, is_end, quotes = self._marks, self._is_end, self._quotes
        if len(quotes):
            if _is_bad_quote(self._array, quotes, np.arange(len(quotes)), self._mark).any():
                return None
            outside = (_quotes_before(marks, quotes) & 1) == 0
            marks, is_end = marks[outside], is_end[outside]
        ends = np.flatnonzero(is_end)
        if not len(ends):
            return None
        if (np.diff(ends, prepend=-1) != self._layout.width).any():
            return None
        places = marks[ends]
        lengths = np.diff(places, prepend=-1)
        end = int(places[-1]) + 1
        if lengths.min() < 2 or lengths.max() > QUOTED_BYTES_MAX or len(self._text) - end > QUOTED_BYTES_MAX:
            return None
        self._count = len(ends)
        return None if self._is_last and end < len(self._text) else end

    def _line_by_line(self) -> pl.DataFrame:
        """Send lines that are records in order to the fast reader, and cut the others one by one."""
        ends = self._marks[self._is_end]
        starts = np.concatenate(([0], ends[:-1] + 1))
        is_blank = ends == starts
        is_clean = self._clean_lines(starts, ends) & ~is_blank
        mended, kept, clean = self._both_ways(starts, ends, is_clean.copy(), is_blank)
        overfull = kept[_is_overfull(clean, len(self._layout.header))]
        if len(overfull):
            is_clean[overfull] = False
            mended, kept, clean = self._both_ways(starts, ends, is_clean, is_blank)
        clean = self._finish(clean)
        if not mended.lines:
            return clean
        both = pl.concat([clean.with_columns(pl.Series(_PLACE, kept, dtype=pl.Int64)), self._mended_frame(mended)])
        return both.sort(_PLACE).drop(_PLACE)

    def _both_ways(self, starts: Places, ends: Places, is_clean: Flags, is_blank: Flags) -> tuple[_Mended, Places, pl.DataFrame]:
        """Give the records cut one by one, and the numbers and cells of the lines that are clean."""
        mended = self._mend(starts, ends, is_clean, is_blank)
        is_clean[self.lines :] = False
        kept = np.flatnonzero(is_clean)
        text = self._array[: int(ends[-1]) + 1][np.repeat(is_clean, ends - starts + 1)].tobytes()
        return mended, kept, self._columns(text, count=len(kept))

    def _clean_lines(self, starts: Places, ends: Places) -> Flags:
        """Tell for each line whether it is, taken alone, one record in order."""
        quotes = self._quotes
        if not len(quotes):
            places = np.flatnonzero(self._is_end)
            clean: Flags = np.diff(places, prepend=-1) == self._layout.width
            return clean
        first = np.searchsorted(quotes, starts)
        line_of_mark: Places = np.cumsum(self._is_end) - self._is_end
        is_outside = ((_quotes_before(self._marks, quotes) - first[line_of_mark]) & 1) == 0
        cells = np.bincount(line_of_mark[is_outside], minlength=len(ends))
        line_of_quote = np.searchsorted(ends, quotes)
        order = np.arange(len(quotes)) - first[line_of_quote]
        is_bad = _is_bad_quote(self._array, quotes, order, self._mark)
        has_bad = np.zeros(len(ends), dtype=np.bool_)
        has_bad[line_of_quote[is_bad]] = True
        is_even = (np.bincount(line_of_quote, minlength=len(ends)) & 1) == 0
        whole: Flags = (cells == self._layout.width) & is_even & ~has_bad
        return whole

    def _mend(self, starts: Places, ends: Places, is_clean: Flags, is_blank: Flags) -> _Mended:
        """Cut the lines that are not clean; lines that turn out to belong to an earlier record are taken out of `is_clean`."""
        reader = RecordReader(self._text, self._layout.delimiter)
        mended = _Mended([], [], [])
        free = 0
        self.lines = len(ends)
        for number in np.flatnonzero(~is_clean & ~is_blank).tolist():
            if number < free:
                continue
            start = int(starts[number])
            record = reader.read(start, end=len(self._text))
            if record.is_open and not self._is_last:
                self.end, self.lines = start, number
                break
            after = number + 1 if record.end == int(ends[number]) + 1 else int(np.searchsorted(ends, record.end - 1)) + 1
            record = self._judge(record, line=self._line + number, spans=after - number)
            if record.cells is None:
                after = number + 1
            is_clean[number:after] = False
            free = after
            raw = (
                None if record.fault is None else self._text[start : int(ends[number])][: RAW_CHARACTERS_MAX * 4].decode("utf-8", "ignore")
            )
            mended.lines.append(number)
            mended.records.append(record)
            mended.raws.append(None if raw is None else raw[:RAW_CHARACTERS_MAX])
        return mended

    def _judge(self, record: Record, *, line: int, spans: int) -> Record:
        """Fit the cells of a record to the header, or say why they do not."""
        if record.cells is None:
            return Record(None, f"line {line}: {record.fault}", record.end)
        count, declared = len(record.cells), len(self._layout.header)
        if not any(cell.strip() for cell in record.cells):
            return Record([""] * declared, None, record.end)
        if count >= self._layout.named and not any(cell.strip() for cell in record.cells[declared:]):
            cells = record.cells[:declared]
            return Record(cells + [""] * (declared - len(cells)), None, record.end)
        words = f"{count} cell{'' if count == 1 else 's'} where the header has {declared}"
        if spans > 1:
            return Record(None, f"line {line}: a quote is opened that closes in line {line + spans - 1}, which leaves {words}", record.end)
        return Record(None, f"line {line} has {words}", record.end)

    def _columns(self, text: bytes, *, count: int) -> pl.DataFrame:
        if not count:
            return self._named(pl.DataFrame(schema={f"{place}": pl.String for place in range(self._layout.width)}))
        frame = self._read(text)
        assert frame.height == count, f"{frame.height} rows were read where {count} stand"
        return self._named(frame)

    def _read(self, text: bytes) -> pl.DataFrame:
        return pl.read_csv(
            text,
            has_header=False,
            separator=self._layout.delimiter,
            quote_char='"' if len(self._quotes) else None,
            infer_schema=False,
            schema={f"{place}": pl.String for place in range(self._layout.width)},
        )

    def _named(self, frame: pl.DataFrame) -> pl.DataFrame:
        header = self._layout.header
        frame.columns = [*header, *(f"\0{place}" for place in range(self._layout.width - len(header)))]
        return frame

    def _finish(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Leave out the empty cells that most records have beyond the header, and say that no record has a fault."""
        none = pl.lit(None, dtype=pl.String)
        return frame.select(*self._layout.header, none.alias(FAULT), none.alias(RAW))

    def _mended_frame(self, mended: _Mended) -> pl.DataFrame:
        header = self._layout.header
        nothing: list[str | None] = [None] * len(header)
        rows = [
            [*(nothing if record.cells is None else record.cells), record.fault, raw]
            for record, raw in zip(mended.records, mended.raws, strict=True)
        ]
        frame = pl.DataFrame(rows, schema=dict.fromkeys((*header, FAULT, RAW), pl.String), orient="row")
        return frame.with_columns(pl.Series(_PLACE, mended.lines, dtype=pl.Int64))


def _quotes_before(marks: Places, quotes: Places) -> Places:
    """Count the quotes before each mark (as `searchsorted(quotes, marks)`, quicker as quotes are fewer)."""
    counts: Places = np.cumsum(np.bincount(np.searchsorted(marks, quotes), minlength=len(marks))[: len(marks)])
    return counts


def _is_overfull(frame: pl.DataFrame, declared: int) -> Flags:
    """Tell which rows have something in a cell beyond the header."""
    extras = frame.columns[declared:]
    if not extras or frame.is_empty():
        return np.zeros(frame.height, dtype=np.bool_)
    filled = frame.select(pl.any_horizontal(pl.col(extras).str.strip_chars().str.len_bytes().fill_null(0) > 0)).to_series()
    return filled.to_numpy().astype(np.bool_)


def _is_bad_quote(array: npt.NDArray[np.uint8], quotes: Places, order: Places, mark: int) -> Flags:
    """Tell which quotes stand where RFC 4180 has none.

    A quote of even order (within the block or its line) opens: before it stands a delimiter, a line end, the beginning, or the quote
    before it (a doubled one). One of odd order closes: after it stands a delimiter, a line end or the next quote.
    """
    is_opening = (order & 1) == 0
    before = array[np.maximum(quotes - 1, 0)]
    after = array[np.minimum(quotes + 1, len(array) - 1)]
    opens_well = (before == mark) | (before == _NEWLINE) | (quotes == 0) | ((before == _QUOTE) & (order > 0))
    closes_well = (after == mark) | (after == _NEWLINE) | (after == _QUOTE)
    bad: Flags = np.where(is_opening, ~opens_well, ~closes_well)
    return bad
