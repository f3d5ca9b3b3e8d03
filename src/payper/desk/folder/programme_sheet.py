"""programme.toml: a programme's own words, with every slip in it told at once, each with its line."""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from zoneinfo import ZoneInfo

from payper.errors import FileContentError, FileError
from payper.measurement.effort import ASSUMED, Effort, Minutes
from payper.money import is_currency, nearest_currency
from payper.settlement.rates import Rate, Rates
from payper.terms.positions import Path as Place
from payper.terms.positions import Positions
from payper.terms.tables import WrittenFloat, show

_KEYS = (
    "name", "base_currency", "timezone", "horizon_days", "margin", "wages", "effort", "capacity", "goals", "rate", "simulated", "buyer",
)  # fmt: skip
_WAGES = ("sdr_hour", "ae_hour")
_WAGE_MAX = Decimal(100_000)
_MINUTES = ("sdr_minutes", "ae_minutes")
_MINUTES_MAX = Decimal(60_000)
_RATE = {
    "on": "on = 2026-01-01, the first day on which the rate holds",
    "currency": 'currency = "GBP"',
    "in_base": 'in_base = "1.25", what one unit is worth in the base currency',
}


@dataclass(frozen=True)
class ProgrammeSheet:
    """What programme.toml says.

    Attributes:
        name: None: the folder's.
        timezone: IANA name.
        margin: Share of revenue that is left, from 0 to 1.
        effort: What an hour of a rep costs in the base currency, and how many minutes steps take.
    """

    base_currency: str
    timezone: str = "UTC"
    name: str | None = None
    rates: Rates = field(default_factory=lambda: Rates(base_currency="USD"))
    horizon_days: int = 180
    margin: Decimal | None = None
    effort: Effort = field(default_factory=Effort)
    capacity: Mapping[str, object] = field(default_factory=dict)
    goals: Mapping[str, object] = field(default_factory=dict)
    is_simulated: bool = False


def read_programme_sheet(path: Path, *, base: str) -> ProgrammeSheet:
    """Read programme.toml.

    Args:
        path: The file.
        base: The base currency where the file names none.

    Raises:
        FileContentError: It cannot be read, or has values that cannot stand there; all of them are told, by line.
    """
    try:
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        fault = FileError(
            where=path, seen=f"The file cannot be read: {error}.", mend="Save it as UTF-8 text, and check that you may read it."
        )
        raise FileContentError([fault]) from error
    try:
        values = tomllib.loads(text, parse_float=WrittenFloat)
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"at line (\d+)", str(error))
        where = f"{path}:{line[1]}" if line else str(path)
        mend = "Write texts in quotes and one `name = value` a line; docs/running.md shows the keys."
        raise FileContentError([FileError(where=where, seen=f"This is not TOML: {error}.", mend=mend)]) from error
    sheet = _Sheet(path, values, Positions(text))
    read = sheet.read(base=base)
    if sheet.faults:
        raise FileContentError([fault for _, fault in sorted(sheet.faults, key=lambda each: each[0])])
    return read


class _Sheet:
    """The values on their way; what cannot stand becomes a fault with its line."""

    def __init__(self, path: Path, values: Mapping[str, object], positions: Positions) -> None:
        self._path = path
        self._values = values
        self._positions = positions
        self.faults: list[tuple[int, FileError]] = []

    def read(self, *, base: str) -> ProgrammeSheet:
        """Read every key, faults aside."""
        self._check_keys(self._values, _KEYS, (), "programme.toml")
        base = self._currency(("base_currency",), self._values.get("base_currency", base)) or base
        return ProgrammeSheet(
            base_currency=base,
            timezone=self._zone(),
            name=self._text("name"),
            rates=Rates(base_currency=base, rates=self._rates()),
            horizon_days=self._horizon_days(),
            margin=self._margin(),
            effort=Effort(**self._wages(), minutes=self._minutes()),
            capacity=self._table("capacity"),
            goals=self._table("goals"),
            is_simulated=self._flag("simulated"),
        )

    def _find(self, place: Place, seen: str, mend: str) -> None:
        line = self._positions.line(place)
        self.faults.append((line, FileError(where=f"{self._path}:{line}", seen=seen, mend=mend)))

    def _check_keys(self, table: Mapping[str, object], known: Sequence[str], place: Place, name: str) -> None:
        for key in table:
            if key not in known:
                near = difflib.get_close_matches(key, known, n=1)
                mend = f"Write `{near[0]}`." if near else f"Take it out; the keys are {', '.join(known)}."
                self._find((*place, key), f"`{key}` is no key of {name}.", mend)

    def _text(self, key: str) -> str | None:
        value = self._values.get(key)
        if value is None or (isinstance(value, str) and value.strip()):
            return value.strip() if isinstance(value, str) else None
        self._find((key,), f"`{key} = {show(value)}` is no text.", f'Write it in quotes: `{key} = "..."`.')
        return None

    def _flag(self, key: str) -> bool:
        value = self._values.get(key, False)
        if not isinstance(value, bool):
            self._find((key,), f"`{key} = {show(value)}` is neither true nor false.", f"Write `{key} = true`, without quotes.")
        return value is True

    def _currency(self, place: Place, value: object) -> str | None:
        code = value.strip().upper() if isinstance(value, str) else ""
        if is_currency(code):
            return code
        near = nearest_currency(code)
        mend = f'Write "{near}".' if near else 'Write the three letters of ISO 4217, such as "USD", "EUR" or "GBP".'
        self._find(place, f"`{place[-1]} = {show(value)}` is no currency of ISO 4217.", mend)
        return None

    def _zone(self) -> str:
        zone = self._text("timezone")
        if zone is None:
            return "UTC"
        try:
            ZoneInfo(zone)
        except (KeyError, ValueError, OSError):
            mend = "Write an IANA name such as Europe/Berlin or America/New_York."
            self._find(("timezone",), f'`timezone = "{zone}"` is no time zone.', mend)
            return "UTC"
        return zone

    def _horizon_days(self) -> int:
        value = self._values.get("horizon_days", 180)
        if isinstance(value, int) and not isinstance(value, bool) and value >= 1:
            return value
        self._find(
            ("horizon_days",), f"`horizon_days = {show(value)}` is no number of days.", "Write a whole number from 1 on, such as 180."
        )
        return 180

    def _margin(self) -> Decimal | None:
        value = self._values.get("margin")
        if value is None:
            return None
        margin = _decimal(value)
        if margin is not None and 0 <= margin <= 1:
            return margin
        self._find(("margin",), f"`margin = {show(value)}` is no share from 0 to 1.", 'Write 72% as `margin = "0.72"`.')
        return None

    def _table(self, key: str) -> Mapping[str, object]:
        value = self._values.get(key, {})
        if isinstance(value, dict):
            return value
        self._find((key,), f"`{key} = {show(value)}` is no table.", f"Write `[{key}]` and below it one `name = value` a line.")
        return {}

    def _wages(self) -> dict[str, Decimal | None]:
        """Read what an hour of each kind of rep costs."""
        table = self._table("wages")
        self._check_keys(table, _WAGES, ("wages",), "[wages]")
        return {key: self._number(("wages", key), table[key], most=_WAGE_MAX, unit="hour") for key in _WAGES if key in table}

    def _minutes(self) -> dict[str, Minutes]:
        """Read how many minutes steps take, by step; a step's name may be spelled with blanks, dashes or underscores."""
        table = self._table("effort")
        steps: dict[str, Minutes] = {}
        names = [step.replace(" ", "_") for step in ASSUMED]
        for key, value in table.items():
            step = " ".join(key.replace("_", " ").replace("-", " ").split()).lower()
            at: Place = ("effort", key)
            if step not in ASSUMED:
                near = difflib.get_close_matches(key, names, n=1)
                mend = f"Write `{near[0]}`." if near else f"Take it out; the steps are {', '.join(names)}."
                self._find(at, f"`{key}` is no step of [effort].", mend)
                continue
            if not isinstance(value, dict):
                mend = f"Write `{key} = {{ sdr_minutes = 15 }}`, with sdr_minutes, ae_minutes or both."
                self._find(at, f"`{key} = {show(value)}` does not say whose minutes.", mend)
                continue
            self._check_keys(value, _MINUTES, at, f"`{key}` in [effort]")
            sdr, ae = (
                self._number((*at, name), value[name], most=_MINUTES_MAX, unit="minute") if name in value else None for name in _MINUTES
            )
            steps[step] = Minutes(sdr=sdr or Decimal(0), ae=ae or Decimal(0))
        return steps

    def _number(self, place: Place, value: object, *, most: Decimal, unit: str) -> Decimal | None:
        """Read a number from nothing to `most`, of money per hour or of minutes."""
        number = _decimal(value)
        if number is not None and 0 <= number <= most:
            return number
        what, mend = (
            ("no wage", f'Write what one hour costs in the base currency, in quotes: `{place[-1]} = "38.00"`.')
            if unit == "hour"
            else ("no number of minutes", f"Write minutes, such as `{place[-1]} = 15`.")
        )
        self._find(place, f"`{place[-1]} = {show(value)}` is {what}.", mend)
        return None

    def _rates(self) -> tuple[Rate, ...]:
        tables = self._values.get("rate", [])
        if not isinstance(tables, list) or not all(isinstance(each, dict) for each in tables):
            mend = "Write `[[rate]]`, in two pairs of brackets, and below it on, currency and in_base; once for every rate."
            self._find(("rate",), "`rate` is no list of rates.", mend)
            return ()
        rates = [self._rate(place, table) for place, table in enumerate(tables)]
        return tuple(rate for rate in rates if rate is not None)

    def _rate(self, place: int, table: Mapping[str, object]) -> Rate | None:
        at: Place = ("rate", place)
        self._check_keys(table, tuple(_RATE), at, "[[rate]]")
        missing = [key for key in _RATE if key not in table]
        if missing:
            lines = [_RATE[key].split(", ", 1) for key in missing]
            mend = f"Add {'; '.join(f'`{line[0]}`' + ''.join(f', {words}' for words in line[1:]) for line in lines)}."
            self._find(at, f"[[rate]] {place + 1} has no {' and no '.join(f'`{key}`' for key in missing)}.", mend)
        on, in_base = table.get("on"), _decimal(table.get("in_base"))
        if "on" in table and (not isinstance(on, date) or isinstance(on, datetime)):
            self._find(
                (*at, "on"), f"`on = {show(on)}` is no date alone.", "Write it without quotes and without a time: `on = 2026-01-01`."
            )
            on = None
        if "in_base" in table and (in_base is None or in_base <= 0):
            mend = 'Write how much of the base currency one unit is worth, in quotes: `in_base = "1.25"`.'
            self._find((*at, "in_base"), f"`in_base = {show(table['in_base'])}` is no rate.", mend)
            in_base = None
        currency = self._currency((*at, "currency"), table["currency"]) if "currency" in table else None
        return Rate(on=on, currency=currency, in_base=in_base) if isinstance(on, date) and currency and in_base else None


def _decimal(value: object) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        number = Decimal(str(value).strip())
    except InvalidOperation:
        return None
    return number if number.is_finite() else None
