"""One record at a time, with care: what the fast path of `csv_text` cannot take.

RFC 4180, and what senders do beyond it: blanks around a quoted cell, a quote inside an unquoted cell (it is text), line ends inside
quoted cells. An opening quote that never closes makes its own line malformed and nothing more.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

QUOTED_BYTES_MAX = 160 * 1024
"""How far a quoted cell is followed; a cell of 32,767 characters has at most 131,068 bytes."""

_NEVER_CLOSES = "a quote is opened that never closes"


@dataclass(frozen=True, slots=True)
class Record:
    """What stands at an offset of a block.

    Attributes:
        cells: The cells as text; None when the record cannot be cut.
        fault: Why not, in words that follow «line N:».
        end: Where the next record begins: after this one's last line, or after its first line when it cannot be cut.
        is_open: The block ends before a quote closes, so that more of the file is needed to tell.
    """

    cells: list[str] | None
    fault: str | None
    end: int
    is_open: bool = False


class RecordReader:
    """Cuts records out of a block of UTF-8 lines, each ended by a newline."""

    def __init__(self, block: bytes, delimiter: str) -> None:
        self.block = block
        self.delimiter = delimiter
        mark = re.escape(delimiter.encode())
        blank = rb"[ ]" if delimiter == "\t" else rb"[ \t]"
        self._quoted = re.compile(rb'%b*+"((?:[^"]++|"")*+)"%b*+(?=%b|\n)' % (blank, blank, mark))
        self._closed = re.compile(rb'"(?:[^"]++|"")*+"')
        self._plain = re.compile(rb"[^\n%b]*+" % mark)
        self._mark = delimiter.encode()

    def read(self, offset: int, *, end: int) -> Record:
        """Cut the record at `offset`, looking no further than `end`."""
        block, cells = self.block, []
        far = min(end, offset + QUOTED_BYTES_MAX)
        place, has_stray, is_long = offset, False, False
        while True:
            found = self._quoted.match(block, place, far)
            if found is not None:
                is_long = is_long or b"\n" in found[1]
                cells.append(found[1].replace(b'""', b'"').decode())
                place = found.end()
            elif block[place : place + 1] == b'"':
                return self._unclosed(offset, place, far=far, end=end)
            else:
                plain = self._plain.match(block, place)
                assert plain is not None
                has_stray = has_stray or b'"' in plain[0]
                cells.append(plain[0].decode())
                place = plain.end()
            if block[place : place + 1] != self._mark:
                if is_long and has_stray:
                    # A quote that never closes has found the quotes of the next records, and one is left over.
                    return Record(None, _NEVER_CLOSES, block.index(b"\n", offset) + 1)
                return Record(cells, None, place + 1)
            place += 1

    def _unclosed(self, offset: int, place: int, *, far: int, end: int) -> Record:
        next_line = self.block.index(b"\n", offset) + 1
        closed = self._closed.match(self.block, place, far)
        is_open = far == end and (closed is None or closed.end() >= end)
        if closed is not None and b"\n" not in closed[0]:
            fault = "a quoted cell goes on after its closing quote; a quote inside a quoted cell must be doubled"
        else:
            fault = _NEVER_CLOSES
        return Record(None, fault, next_line, is_open=is_open)
