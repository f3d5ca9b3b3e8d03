"""Dates and times as senders write them, as instants in UTC.

ISO 8601 is read by columns; whatever else there is by distinct value. What has no offset is local time in the zone given: a time that
does not exist moves forward by the gap, one that exists twice is the first, a date alone is its midnight (RULES 1).
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Literal

import polars as pl

from payper.deliveries import INSTANT
from payper.intake.dates import Written, read_written
from payper.intake.faults import nothing
from payper.periods import Calendar, localise

DateOrder = Literal["dmy", "mdy"]

_LOCAL = pl.Datetime("us")
_ISO = r"^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:[.,]\d{1,9})?)?(?: ?(?:[zZ]|[+-]\d{2}:?\d{2}))?)?$"
_PLAIN_ISO = re.compile(_ISO, re.ASCII)
_OFFSET = r"([+-]\d{2}):?(\d{2})$"
_AMBIGUOUS = re.compile(r"(?:^|[\s,])(\d{1,2})([/.\-])(\d{1,2})\2(?:\d{4}|\d{2})(?![\d/.\-])")
_SERIAL = r"^\d{5}(?:\.\d+)?$"
_SERIAL_FIRST, _SERIAL_LAST = 20_000, 80_000
_SERIAL_EPOCH = datetime(1899, 12, 30)  # noqa: DTZ001  # a workbook's serial numbers are local time

_EVEN = {10: "%Y-%m-%d", 16: "%Y-%m-%dT%H:%M", 19: "%Y-%m-%dT%H:%M:%S", 20: "%Y-%m-%dT%H:%M:%SZ"}
"""The usual ways to write an instant, by their lengths."""

_SHIFT_MINUTES_MAX = 14 * 60

YEAR_FIRST, YEAR_LAST = 1990, 2099
"""Years that a date of the trade may have; outside them it is a slip of the pen."""
_EARLIEST, _LATEST = (datetime(year, 1, 1) for year in (YEAR_FIRST, YEAR_LAST + 1))  # noqa: DTZ001  # clock times of any zone

_MONTH_FIRST_ZONES = ("America/", "US/", "Canada/", "Pacific/Honolulu", "Pacific/Guam")
_DAY_FIRST_AMERICA = (
    "Argentina", "Bogota", "Buenos_Aires", "Lima", "Mexico", "Santiago", "Sao_Paulo", "Caracas", "Montevideo", "Guayaquil", "La_Paz",
    "Asuncion", "Monterrey", "Tijuana", "Cancun", "Recife", "Manaus", "Bahia", "Fortaleza", "Belem", "Costa_Rica", "Guatemala", "Panama",
    "Havana", "Santo_Domingo", "Tegucigalpa", "El_Salvador", "Managua", "Jamaica", "Guadeloupe", "Martinique", "Cayenne", "Cuiaba",
    "Campo_Grande", "Maceio", "Noronha", "Porto_Velho", "Boa_Vista", "Rio_Branco", "Merida", "Mazatlan", "Chihuahua", "Hermosillo",
)  # fmt: skip


def read_instants(texts: pl.Series, *, zone: str | pl.Series, date_order: str | None = None, is_alone: bool = False) -> pl.DataFrame:
    """Read a column of dates and times.

    Args:
        texts: String, trimmed; null stays null.
        zone: IANA name of the zone of texts without an offset, or one for each text.
        date_order: dmy or mdy for dates such as 03/04/2026, where no date of the column settles it; None: month first when the zone
            is in the United States or Canada, else day first. Reading a file in parts, find it over the whole file first
            (`find_date_order`).
        is_alone: Read every text by itself: one that may be day first or month first, or is a workbook's number of a day, cannot be read.

    Returns:
        Per text: `instant` (Datetime microseconds UTC; null where empty or not readable) and `fault` (String, in words, else null).
    """
    texts = texts.cast(pl.String).rename("text")
    zones = zone if isinstance(zone, pl.Series) else None
    frame = pl.DataFrame({"text": texts}).with_columns((zones if zones is not None else pl.lit(zone)).alias("zone"))
    iso = _read_iso(frame)
    local, shift = iso["local"], iso["shift"]
    is_left = texts.is_not_null() & local.is_null()
    fault = nothing("fault", len(texts))
    if is_left.any():
        others = _read_others(texts, frame["zone"], is_left, date_order, is_alone=is_alone)
        local = local.zip_with(~is_left, others["local"])
        shift = shift.zip_with(~is_left, others["shift"])
        fault = others["fault"]
    is_far = ~local.is_between(_EARLIEST, _LATEST, closed="left").fill_null(value=True)
    if is_far.any():
        words = pl.format("`{}` lies outside the years {} to {}", pl.col("text"), pl.lit(YEAR_FIRST), pl.lit(YEAR_LAST))
        fault = fault.zip_with(~is_far, frame.select(words).to_series())
        local = local.set(is_far, None)
    return pl.DataFrame({"instant": _to_instant(local, shift, zone), "fault": fault})


def is_plain_iso(text: str) -> bool:
    """Tell whether a text is ISO 8601 in form, and so is read alike whatever else stands in its column."""
    return _PLAIN_ISO.fullmatch(text) is not None


def find_date_order(texts: pl.Series) -> DateOrder | Literal["both"] | None:
    """Tell how a whole column writes dates such as 15/01/2026, by those that can be read one way only; None: none can."""
    seen: set[DateOrder] = set()
    candidates = texts.drop_nulls()
    for text in candidates.filter(candidates.str.contains(r"\d[/.\-]\d{1,2}[/.\-]\d")).unique():
        order = _order_of(text)
        if order is not None:
            seen.add(order)
    if len(seen) == 2:
        return "both"
    return next(iter(seen), None)


def find_doubtful_date(texts: pl.Series) -> str | None:
    """Give the first text that is one day when read day first and another when read month first; dotted dates are day first."""
    for text in texts.drop_nulls():
        found = _AMBIGUOUS.search(text)
        if found is None or found[2] == ".":
            continue
        first, second = int(found[1]), int(found[3])
        if first != second and 1 <= first <= 12 and 1 <= second <= 12:
            return str(text)
    return None


def usual_date_order(zone: str) -> DateOrder:
    """Give the order usual where a zone lies: month first in the United States and Canada, else day first."""
    is_month_first = zone.startswith(_MONTH_FIRST_ZONES) and not any(place in zone for place in _DAY_FIRST_AMERICA)
    return "mdy" if is_month_first else "dmy"


def _order_of(text: str) -> DateOrder | None:
    found = _AMBIGUOUS.search(text)
    if found is None or found[2] == ".":
        return None
    first, second = int(found[1]), int(found[3])
    if first > 12 >= second:
        return "dmy"
    return "mdy" if second > 12 >= first else None


def _read_iso(frame: pl.DataFrame) -> pl.DataFrame:
    """Read what is ISO 8601: `local` clock time and `shift` (minutes east of UTC; null: the zone's)."""
    even = _read_even_iso(frame["text"])
    if even is not None:
        return even
    text = pl.col("text")
    is_iso = text.str.contains(_ISO)
    iso = pl.when(is_iso).then(text)
    length = iso.str.len_bytes()
    has_clock = length > 10
    last = iso.str.slice(-1).str.to_lowercase()
    has_offset = has_clock & iso.str.slice(16).str.contains(r"[+-]")
    frame = frame.select(
        iso.alias("iso"), has_offset.fill_null(value=False).alias("offset"), (last == "z").fill_null(value=False).alias("zulu")
    )
    clock = pl.col("iso").str.slice(11)
    plain = (
        frame.select(
            pl.col("iso").str.slice(0, 10).alias("day"),
            clock.alias("clock"),
            "offset",
            "zulu",
        )
        if not frame["offset"].any()
        else frame.select(
            pl.col("iso").str.slice(0, 10).alias("day"),
            pl.when("offset").then(clock.str.replace(rf" ?{_OFFSET}", "")).otherwise(clock).alias("clock"),
            "offset",
            "zulu",
            pl.when("offset").then(pl.col("iso").str.extract_groups(_OFFSET)).alias("parts"),
        )
    )
    bare = pl.col("clock").str.strip_suffix("Z").str.strip_suffix("z").str.strip_chars_end(" ") if frame["zulu"].any() else pl.col("clock")
    plain = plain.with_columns(bare.alias("clock"))
    read = plain.select(_local(plain).alias("local"), _shift(plain).alias("shift"))
    is_far = pl.col("shift").abs() > _SHIFT_MINUTES_MAX
    return read.select(pl.when(~is_far.fill_null(value=False)).then(pl.col("local")), "shift")


def _read_even_iso(texts: pl.Series) -> pl.DataFrame | None:
    """Read a column that is written alike throughout, in one go; None when it is not."""
    lengths = texts.str.len_bytes().drop_nulls().unique()
    length = int(lengths[0]) if len(lengths) == 1 else 0
    if length not in _EVEN:
        return None
    tenth = texts.str.slice(10, 1).drop_nulls()
    separator = tenth[0]
    if separator not in ("", "T", " ") or not (tenth == separator).all():
        return None
    if length >= 19 and (texts.str.slice(17, 2) == "60").any():
        return None
    local = texts.str.to_datetime(_EVEN[length].replace("T", separator), strict=False, time_unit="us", exact=True)
    if local.null_count() != texts.null_count():
        return None
    return pl.DataFrame({"local": local}).with_columns(pl.lit(0 if length == 20 else None, dtype=pl.Int64).alias("shift"))


def _local(plain: pl.DataFrame) -> pl.Expr:
    day = pl.col("day").str.to_date("%Y-%m-%d", strict=False)
    clock = pl.col("clock")
    # The clock is cut by places: parsing it as text would cost ten times as much.
    hour = clock.str.slice(0, 2).cast(pl.Int64, strict=False)
    minute = clock.str.slice(3, 2).cast(pl.Int64, strict=False)
    second = clock.str.slice(6, 2).cast(pl.Int64, strict=False).fill_null(0)
    has_fraction = bool((plain["clock"].str.len_bytes() > 8).any())
    micros = clock.str.slice(9).str.pad_end(6, "0").str.slice(0, 6).cast(pl.Int64, strict=False).fill_null(0) if has_fraction else pl.lit(0)
    is_clock = (hour <= 23) & (minute <= 59) & (second <= 59)
    of_day = (hour * 3600 + minute * 60 + second) * 1_000_000 + micros
    elapsed = pl.when(clock.str.len_bytes() == 0).then(0).when(is_clock).then(of_day)
    return day.cast(_LOCAL) + pl.duration(microseconds=elapsed)


def _shift(plain: pl.DataFrame) -> pl.Expr:
    zulu = pl.when("zulu").then(pl.lit(0, dtype=pl.Int64))
    if "parts" not in plain.columns:
        return zulu
    hours = pl.col("parts").struct.field("1")
    minutes = pl.col("parts").struct.field("2").cast(pl.Int64, strict=False)
    size = hours.str.slice(1).cast(pl.Int64, strict=False) * 60 + minutes
    return zulu.fill_null(pl.when(hours.str.starts_with("-")).then(-size).otherwise(size))


def _read_others(texts: pl.Series, zones: pl.Series, is_left: pl.Series, date_order: str | None, *, is_alone: bool) -> pl.DataFrame:
    """Read what is not ISO 8601, each distinct text under each distinct order once."""
    found = None if is_alone else find_date_order(texts)
    if not is_alone and _is_serial(texts):
        return _read_serials(texts)
    settled = found if found in ("dmy", "mdy") else (date_order if date_order in ("dmy", "mdy") else None)
    rows = pl.DataFrame({"text": texts.filter(is_left), "zone": zones.filter(is_left)})
    orders = {zone: settled or usual_date_order(zone) for zone in rows["zone"].unique().drop_nulls()}
    rows = rows.with_columns(
        pl.col("zone").replace_strict(list(orders), list(orders.values()), default="dmy", return_dtype=pl.String).alias("order")
    )
    distinct = rows.select("text", "order").unique()
    torn = _ALONE if is_alone else _TORN if found == "both" and settled is None else None
    written = [_written(text, order, torn=torn) for text, order in distinct.iter_rows()]
    read = distinct.with_columns(
        pl.Series("local", [one.local for one in written], dtype=_LOCAL),
        pl.Series("shift", [one.shift_minutes for one in written], dtype=pl.Int64),
        pl.Series("fault", [one.fault for one in written], dtype=pl.String),
    )
    joined = rows.join(read, on=["text", "order"], how="left", maintain_order="left").select("local", "shift", "fault")
    places = is_left.arg_true()
    whole = pl.DataFrame({"place": pl.int_range(len(texts), dtype=pl.UInt32, eager=True)})
    return whole.join(joined.with_columns(places.alias("place")), on="place", how="left", maintain_order="left").drop("place")


_TORN = "may be day first or month first, and the column has dates written both ways; write 2026-01-31, or set date_order in mapping.toml"
_ALONE = "may be day first or month first; write 2026-01-31"


def _written(text: str, order: str, *, torn: str | None) -> Written:
    found = _AMBIGUOUS.search(text) if torn is not None else None
    if found and found[2] != "." and int(found[1]) <= 12 and int(found[3]) <= 12 and int(found[1]) != int(found[3]):
        return Written(None, None, f"`{text}` {torn}")
    return read_written(text, order=order)


def _is_serial(texts: pl.Series) -> bool:
    """Tell whether the whole column is a workbook's serial numbers of days."""
    filled = texts.drop_nulls()
    if filled.is_empty() or not filled.str.contains(_SERIAL).all():
        return False
    numbers = filled.cast(pl.Float64)
    return bool(numbers.is_between(_SERIAL_FIRST, _SERIAL_LAST).all())


def _read_serials(texts: pl.Series) -> pl.DataFrame:
    seconds = (texts.cast(pl.Float64) * 86_400).round().cast(pl.Int64)
    frame = pl.DataFrame({"seconds": seconds})
    return frame.select(
        (pl.lit(_SERIAL_EPOCH, dtype=_LOCAL) + pl.duration(seconds="seconds")).alias("local"),
        pl.lit(None, dtype=pl.Int64).alias("shift"),
        pl.lit(None, dtype=pl.String).alias("fault"),
    )


def _to_instant(local: pl.Series, shift: pl.Series, zone: str | pl.Series) -> pl.Series:
    """Place local clock times on the time line: by their own shift, else by their zone."""
    is_local = local.is_not_null() & shift.is_null()
    if isinstance(zone, str) and shift.null_count() == len(shift):
        return localise(local, Calendar(zone=zone)).cast(INSTANT).rename("instant")
    frame = pl.DataFrame({"local": local, "shift": shift})
    instant = frame.select((pl.col("local") - pl.duration(minutes="shift")).dt.replace_time_zone("UTC").alias("instant")).to_series()
    if not is_local.any():
        return instant.cast(INSTANT)
    zones = pl.Series([zone], dtype=pl.String).new_from_index(0, len(local)) if isinstance(zone, str) else zone
    for each in zones.filter(is_local).unique().drop_nulls():
        here = is_local & (zones == each)
        placed = localise(local, Calendar(zone=each))
        instant = instant.zip_with(~here, placed)
    return instant.cast(INSTANT)
