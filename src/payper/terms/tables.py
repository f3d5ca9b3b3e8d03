"""Typed reading of one TOML table: every value it gives is of the right type, everything else becomes a finding with a line."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Any, TypeVar

from payper.money import MINOR_MAX, exponent
from payper.periods import Period
from payper.terms.findings import Finding, list_words, nearest
from payper.terms.kinds import FindingKind
from payper.terms.language import keys_of
from payper.terms.positions import Path, Positions, spell

T = TypeVar("T")
_YEARS_20_HOURS = 20 * 366 * 24


class WrittenFloat(float):
    """A decimal number of a TOML text that is shown again as it was written, `48.00` and not `48.0`."""

    __slots__ = ("_text",)
    _text: str

    def __new__(cls, text: str) -> WrittenFloat:
        """Read the number and remember its text."""
        number = super().__new__(cls, text)
        number._text = text
        return number

    def __str__(self) -> str:
        """Give the text as it was written."""
        return self._text


@dataclass
class Notes:
    """Findings gathered while a contract is read."""

    positions: Positions
    file: str
    findings: list[Finding] = field(default_factory=list)

    def add(self, kind: FindingKind, path: Path, seen: str, mend: str) -> None:
        """Add a finding about the clause at `path`."""
        self.findings.append(Finding(kind=kind, seen=seen, mend=mend, path=spell(path), line=self.positions.line(path), file=self.file))


class Table:
    """One table of a contract file.

    Args:
        values: As `tomllib` gives them.
        path: Where it stands.
        notes: Takes the findings.
    """

    def __init__(self, values: dict[str, Any], path: Path, notes: Notes) -> None:
        self.values = values
        self.path = path
        self.notes = notes
        self.name = ".".join(part for part in path if isinstance(part, str))

    def __contains__(self, key: str) -> bool:
        return key in self.values

    def at(self, key: str) -> Path:
        """Give the path of a key."""
        return (*self.path, key)

    def note(self, kind: FindingKind, key: str | Path, seen: str, mend: str) -> None:
        """Add a finding about a key of this table, or a path."""
        self.notes.add(kind, self.at(key) if isinstance(key, str) else key, seen, mend)

    def check_keys(self) -> None:
        """Find keys that the language does not have."""
        known = keys_of(self.name)
        for key in self.values:
            if key not in known:
                near = nearest(key, known)
                title = f"[{self.name}]" if self.path else "a contract"
                mend = f"Write `{near}`." if near else f"Take it out; {title} has {list_words(known, joiner='and')}."
                self.note(FindingKind.KEY_UNKNOWN, key, f"`{key}` is no key of {title}.", mend)

    def require(self, *keys: str) -> bool:
        """Find required keys that are missing; tell whether all are there."""
        missing = [key for key in keys if key not in self.values]
        for key in missing:
            self.note(
                FindingKind.KEY_REQUIRED,
                self.path,
                f"[{self.name}] has no `{key}`.",
                f"Add a line `{key} = ...` (docs/terms.md says what it takes).",
            )
        return not missing

    def wrong(self, key: str | Path, value: object, takes: str) -> None:
        """Add the finding that a value is of the wrong type."""
        name = key if isinstance(key, str) else spell(key)
        self.note(FindingKind.TYPE_WRONG, key, f"`{name}` is {_kind_of(value)}, `{show(value)}`.", f"Write {takes}.")

    def text(self, key: str) -> str | None:
        """Give a text, trimmed; an empty one is a finding."""
        value = self.values.get(key)
        if value is None:
            return None
        if not isinstance(value, str) or not value.strip():
            self.wrong(key, value, "text in quotes")
            return None
        return value.strip()

    def flag(self, key: str, *, default: bool) -> bool:
        """Give true or false."""
        value = self.values.get(key, default)
        if not isinstance(value, bool):
            self.wrong(key, value, "true or false, without quotes")
            return default
        return value

    def count(self, key: str, *, least: int = 1, kind: FindingKind = FindingKind.COUNT_TOO_LOW) -> int | None:
        """Give a whole number of at least `least`."""
        value = self.values.get(key)
        if value is None:
            return None
        if not isinstance(value, int) or isinstance(value, bool):
            self.wrong(key, value, "a whole number, without quotes")
            return None
        if value < least:
            self.note(kind, key, f"`{key} = {value}` is below {least}.", f"Write a number from {least} on, or take the key out.")
            return None
        return value

    def word(self, key: str, words: Sequence[str], *, default: str) -> str:
        """Give one of some words."""
        value = self.text(key)
        if value is None:
            return default
        if value not in words:
            self._unknown_word(FindingKind.WORD_UNKNOWN, key, value, words)
            return default
        return value

    def _unknown_word(self, kind: FindingKind, key: str | Path, value: str, words: Sequence[str]) -> None:
        near = nearest(value, words)
        name = key if isinstance(key, str) else spell(key)
        self.note(kind, key, f'`{name}` does not take "{value}".', f'Write "{near}".' if near else f"Write {list_words(words)}.")

    def texts(self, key: str, *, may_be_empty: bool = False) -> tuple[tuple[int, str], ...]:
        """Give a list of texts with their places, repeats left out."""
        value = self.values.get(key)
        if value is None:
            return ()
        if not isinstance(value, list):
            self.wrong(key, value, f'a list, as in `{key} = ["..."]`')
            return ()
        if not value and not may_be_empty:
            self.note(FindingKind.LIST_ASKS_NOTHING, key, f"`{key} = []` asks nothing.", f"Take `{key}` out, or name what is asked.")
        seen: dict[str, int] = {}
        for place, entry in enumerate(value):
            if not isinstance(entry, str) or not entry.strip():
                self.wrong((*self.at(key), place), entry, "text in quotes")
            elif entry.strip() in seen:
                self.note(
                    FindingKind.ENTRY_TWICE, (*self.at(key), place), f'`{key}` has "{entry.strip()}" twice.', "Take one of the two out."
                )
            else:
                seen[entry.strip()] = place
        return tuple((place, entry) for entry, place in seen.items())

    def words(self, key: str, words: Sequence[str], *, kind: FindingKind = FindingKind.WORD_UNKNOWN) -> tuple[str, ...]:
        """Give a list of known words, in the order written."""
        found = []
        for place, entry in self.texts(key):
            if entry in words:
                found.append(entry)
            else:
                self._unknown_word(kind, (*self.at(key), place), entry, words)
        return tuple(found)

    def period(self, key: str) -> Period | None:
        """Give a span of time."""
        value = self.values.get(key)
        if value is None:
            return None
        try:
            period = Period.parse(value)
        except ValueError:
            guess = f' (for days: "{value}d")' if isinstance(value, int) and not isinstance(value, bool) else ""
            mend = f"Write 30m, 24h, 7d, 5bd (business days) or 4bh (business hours) in quotes{guess}."
            self.note(FindingKind.PERIOD_UNREADABLE, key, f"`{key} = {show(value)}` is no span of time.", mend)
            return None
        if period.hours_about > _YEARS_20_HOURS:
            self.note(
                FindingKind.PERIOD_ABSURD, key, f"`{key}` is {period.in_words()}, more than twenty years.", "Check the number and its unit."
            )
        return period

    def amount(self, key: str, currency: str | None) -> int | None:
        """Give an amount in minor units, at least 0; without a known currency none can be told."""
        value = self.values.get(key)
        if value is None:
            return None
        if isinstance(value, float):
            written = f'{key} = "{value}"'
            seen = f"`{key} = {value}` is a decimal number without quotes, which computers keep inexactly."
            self.note(FindingKind.MONEY_AS_FLOAT, key, seen, f"Write it in quotes: `{written}`.")
            return None
        number = self.decimal(key, FindingKind.AMOUNT_UNREADABLE, takes='an amount in quotes, as in "48.00"')
        digits = exponent(currency) if currency else None
        if number is None or digits is None or currency is None:
            return None
        if number < 0:
            self.note(
                FindingKind.AMOUNT_NEGATIVE,
                key,
                f"`{key} = {show(value)}` is below zero.",
                "Write what is owed as an amount of at least 0.",
            )
            return None
        if number.scaleb(digits) > MINOR_MAX:
            self.note(
                FindingKind.AMOUNT_ABSURD, key, f"`{key} = {show(value)}` is larger than payper keeps.", "Check the number of digits."
            )
            return None
        minor = number.scaleb(digits)
        if minor != minor.to_integral_value():
            shown = f"{number:.{digits}f}"
            has = f"{digits} decimals" if digits else "no decimals"
            self.note(
                FindingKind.DECIMALS_TOO_MANY, key, f"`{key} = {show(value)}`: {currency} has {has}.", f'Write "{shown}", for example.'
            )
            return None
        return int(minor)

    def decimal(self, key: str, kind: FindingKind, *, takes: str, strip: str = "") -> Decimal | None:
        """Give a number written as text or a whole number; a finite one."""
        value = self.values.get(key)
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            self.wrong(key, value, takes)
            return None
        text = str(value).strip()
        try:
            number = Decimal(text.removesuffix(strip).strip() if strip else text)
        except InvalidOperation:
            number = Decimal("NaN")
        if not number.is_finite() or "_" in text:
            self.note(kind, key, f"`{key} = {show(value)}` is no number.", f"Write {takes}.")
            return None
        return number

    def day(self, key: str) -> date | None:
        """Give a date."""
        value = self._moment(key)
        if isinstance(value, datetime):
            self.wrong(key, value, f"a date alone: `{key} = {value.date()}`")
            return value.date()
        return value

    def moment(self, key: str) -> date | datetime | None:
        """Give a date, a local time or a time with an offset."""
        return self._moment(key)

    def _moment(self, key: str) -> date | datetime | None:
        value = self.values.get(key)
        if value is None or isinstance(value, date):
            return value
        if isinstance(value, str):
            try:
                read = date.fromisoformat(value.strip()) if len(value.strip()) <= 10 else datetime.fromisoformat(value.strip())
            except ValueError:
                read = None
            if read is not None:
                bare = value.strip().replace(" ", "T")
                self.note(FindingKind.DATE_AS_TEXT, key, f'`{key} = "{value}"` is text.', f"Write it without quotes: `{key} = {bare}`.")
                return read
        seen = f"`{key} = {show(value)}` is no date."
        self.note(FindingKind.DATE_UNREADABLE, key, seen, f"Write it as `{key} = 2026-01-31`, without quotes.")
        return None

    def table(self, key: str) -> Table | None:
        """Give a table inside this one, its keys checked."""
        value = self.values.get(key)
        if value is None:
            return None
        if not isinstance(value, dict):
            self.wrong(key, value, f"a table, as in `{key} = {{ {', '.join(f'{name} = ...' for name in keys_of(f'{self.name}.{key}'))} }}`")
            return None
        table = Table(value, self.at(key), self.notes)
        table.check_keys()
        return table

    def tables(self, key: str) -> tuple[Table, ...]:
        """Give an array of tables inside this one, their keys checked."""
        value = self.values.get(key)
        if value is None:
            return ()
        if not isinstance(value, list) or not all(isinstance(entry, dict) for entry in value):
            self.wrong(key, value, f"a list of tables: `{key} = [{{ ... }}]` or [[{self.name}.{key}]]")
            return ()
        found = tuple(Table(entry, (*self.at(key), place), self.notes) for place, entry in enumerate(value))
        for table in found:
            table.check_keys()
        return found

    def convert(self, key: str, read: Callable[[str], T]) -> T | None:
        """Give a text as `read` reads it; `read` adds its own findings and gives None on them."""
        value = self.text(key)
        return None if value is None else read(value)


def show(value: object) -> str:
    """Write a value as TOML would, shortened."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        text = f'"{value}"'
    elif isinstance(value, datetime | date | time):
        text = value.isoformat()
    elif isinstance(value, list):
        text = f"[{', '.join(show(entry) for entry in value)}]"
    elif isinstance(value, dict):
        text = f"{{ {', '.join(f'{key} = {show(entry)}' for key, entry in value.items())} }}"
    else:
        text = str(value)
    return text if len(text) <= 60 else text[:57] + "..."


def known_words(words: Iterable[object]) -> tuple[str, ...]:
    """Give enumeration members as the words that files write."""
    return tuple(str(word) for word in words)


def _kind_of(value: object) -> str:
    if isinstance(value, bool):
        return "true or false"
    names = ((str, "text"), (int, "a whole number"), (float, "a decimal number"), (list, "a list"), (dict, "a table"))
    if isinstance(value, str) and not value.strip():
        return "empty"
    return next((name for kind, name in names if isinstance(value, kind)), "a date or time")
