"""Change single values of a contract's text and leave all else as somebody wrote it: comments, order and layout stay.

Form and text of a contract are two views of one thing; the text is the thing.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from payper.terms.language import TABLES
from payper.terms.positions import Path, Positions

Value = str | int | bool | date | datetime | Sequence[str] | None

_BARE = re.compile(r"^[A-Za-z0-9_-]+$")


def values_of(text: str) -> dict[str, Any] | None:
    """Give what a text says as plain values, or None where it is no TOML."""
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError):
        return None


def with_values(text: str, values: Mapping[Path, Value]) -> str:
    """Give a text with some values changed.

    Args:
        text: TOML that can be read; one that cannot is given back as it is.
        values: By path, such as `("caps", "per_day")` or `("price", 1, "amount")`, places counted from 0; None takes the key out. A place
            one past the last entry of an array adds an entry.

    Returns:
        The text; a path that leads through something else than a table written as `[table]` or `[[array]]` is left alone.
    """
    for path, value in values.items():
        text = _with_value(text, path, value)
    return text


def _with_value(text: str, path: Path, value: Value) -> str:
    known = values_of(text)
    if known is None or _at(known, path) == value:
        return text
    lines = text.replace("\r\n", "\n").splitlines()
    positions = Positions(text)
    if path in positions.paths():
        first = positions.line(path) - 1
        last = _last_line(lines, first)
        if last is None:
            return text
        changed = [] if value is None else [_pair(lines[first], path[-1], value, is_whole=first == last)]
        return _joined([*lines[:first], *changed, *lines[last + 1 :]])
    if value is None:
        return text
    table = path[:-1]
    pair = f"{_key(path[-1])} = {written(value)}"
    if table in positions.paths():
        header = positions.line(table) - 1
        if not lines[header].lstrip().startswith("["):
            return text
        place = _after_pairs(lines, header)
        return _joined([*lines[:place], pair, *lines[place:]])
    return _joined(_with_table(lines, table, pair, positions))


def _at(values: Any, path: Path) -> Any:
    for part in path:
        if isinstance(values, dict) and isinstance(part, str):
            values = values.get(part)
        elif isinstance(values, list) and isinstance(part, int) and part < len(values):
            values = values[part]
        else:
            return None
    return values


def _last_line(lines: Sequence[str], first: int) -> int | None:
    """Find where the value that begins on a line ends; None: the line holds something else besides."""
    for last in range(first, len(lines)):
        try:
            read = tomllib.loads("\n".join(lines[first : last + 1]))
        except tomllib.TOMLDecodeError:
            continue
        return last if len(read) == 1 else None
    return None


def _pair(line: str, key: str | int, value: Value, *, is_whole: bool) -> str:
    """Write a pair in the place of an earlier one, with its indent and, where it stood on one line, its comment."""
    indent = line[: len(line) - len(line.lstrip())]
    comment = _comment(line) if is_whole else ""
    return f"{indent}{_key(key)} = {written(value)}{comment}"


def _comment(line: str) -> str:
    """Give the comment at the end of a line, with the blanks before it."""
    for place in range(len(line)):
        if line[place] == "#":
            try:
                tomllib.loads(line[:place])
            except tomllib.TOMLDecodeError:
                continue
            bare = line[:place].rstrip()
            return line[len(bare) :]
    return ""


def _after_pairs(lines: Sequence[str], header: int) -> int:
    """Find the place after the last pair of the table that begins on a line."""
    end = next((place for place in range(header + 1, len(lines)) if re.match(r"\s*\[\[?[A-Za-z\"']", lines[place])), len(lines))
    while end > header + 1 and (not lines[end - 1].strip() or lines[end - 1].lstrip().startswith("#")):
        end -= 1
    return end


def _with_table(lines: list[str], table: Path, pair: str, positions: Positions) -> list[str]:
    """Add a table with one pair where the order of the language has it."""
    name = str(table[0])
    is_entry = len(table) == 2 and isinstance(table[1], int)
    if (len(table) != 1 and not is_entry) or name not in TABLES:
        return lines
    header = f"[[{name}]]" if is_entry else f"[{name}]"
    before = set(TABLES[: TABLES.index(name) + (1 if is_entry else 0)])
    starts = sorted(positions.line(path) - 1 for path in positions.paths() if path and path[0] not in before and _is_table(path))
    later = [place for place in starts if place < len(lines) and lines[place].lstrip().startswith("[")]
    place = min(later, default=len(lines))
    while place > 0 and (not lines[place - 1].strip() or lines[place - 1].lstrip().startswith("#")):
        place -= 1
    return [*lines[:place], "", header, pair, *([""] if place < len(lines) and lines[place].strip() else []), *lines[place:]]


def _is_table(path: Path) -> bool:
    return len(path) == 1 or (len(path) == 2 and isinstance(path[1], int))


def _joined(lines: Sequence[str]) -> str:
    return "\n".join(lines).strip("\n") + "\n"


def _key(key: str | int) -> str:
    text = str(key)
    return text if _BARE.match(text) else written(text)


def written(value: Value) -> str:
    """Write a value as TOML."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, str):
        return _quoted(value)
    return f"[{', '.join(_quoted(str(each)) for each in value or ())}]"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    plain = "".join(each if each.isprintable() else f"\\U{ord(each):08x}" for each in escaped)
    return f'"{plain}"'
