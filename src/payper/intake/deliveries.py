"""Deliveries with their types: instants, minutes, kinds; what cannot be read is the row's fault, in words."""

from __future__ import annotations

from datetime import datetime

import polars as pl

from payper.deliveries import ANSWER_PREFIX, INSTANT, INSTANTS, SCHEMA
from payper.intake.columns import FULL_NAME
from payper.intake.faults import add_fault, nearest_words, nothing, read_words
from payper.intake.instants import is_plain_iso, read_instants

MEETING_MINUTES_MAX = 24 * 60

FEW = 512
"""Up to so many rows have their instants read together."""

_KINDS: dict[str, str] = {
    **dict.fromkeys(
        [
            "lead",
            "leads",
            "l",
            "contact",
            "contacts",
            "contentlead",
            "contentsyndication",
            "inquiry",
            "enquiry",
            "mql",
            "hql",
            "prospect",
            "person",
            "download",
            "response",
        ],
        "lead",
    ),
    **dict.fromkeys(
        [
            "appointment",
            "appointments",
            "appt",
            "apt",
            "meeting",
            "meetings",
            "booking",
            "booked",
            "bookedmeeting",
            "meetingbooked",
            "demo",
            "call",
            "termin",
            "rendezvous",
            "rdv",
            "cita",
        ],
        "appointment",
    ),
}
_MINUTES = r"(?i)^(\d{1,5})(?:\.0+)?\s*(?:m|min|mins|minute|minutes|minuten)?\.?$"
_HOURS = r"(?i)^(\d{1,3})(?:\.0+)?\s*(?:h|hr|hrs|hour|hours|std|stunde|stunden)\.?$"
_IDS = frozenset({"external_id", "replaces"})
_TORN_ID = r"[\t\r\n]"
_CLOCK = r"^(\d{1,2}):([0-5]\d)(?::00)?$"


def read_deliveries(
    mapped: pl.DataFrame, *, zone: str, received_at: datetime | pl.Series, date_order: str | None = None, is_alone: bool = False
) -> pl.DataFrame:
    """Give deliveries the types of the schema.

    Args:
        mapped: String columns under canonical names, `row` and, where the file was read with faults, `fault` (`mapping.apply`).
        zone: IANA name; the zone of dates without an offset (RULES 1).
        received_at: What `delivered_at` is where the sender says nothing, with a zone; or for each row (`INSTANT`).
        date_order: As `read_instants`, as is the next.
        is_alone: Whether every date is read by itself.

    Returns:
        Per row, in order: the columns of `deliveries.SCHEMA`, all of them, in order; `answer_<field>` columns sorted by name;
        `full_name` where it was mapped; other columns of `mapped` as they were; `row` (Int64) and `fault` (String; null where
        everything in the row could be read, else each thing that could not, joined by `; `). What could not be read is null, but
        for `delivered_at`, which is `received_at` then.
    """
    columns: dict[str, pl.Series] = {}
    faults: list[pl.Series] = []
    together = _read_together(mapped, zone=zone) if mapped.height <= FEW else {}
    for name, dtype in SCHEMA.items():
        if name in INSTANTS:
            read = together.get(name)
            if read is None:
                read = read_instants(_given(mapped, name), zone=zone, date_order=date_order, is_alone=is_alone)
            columns[name] = read["instant"]
            faults.append(add_fault(name, read["fault"]))
            continue
        given = _given(mapped, name)
        if name not in mapped.columns:
            columns[name] = given.cast(dtype)
        elif name == "kind":
            columns[name], fault = _read_kinds(given)
            faults.append(fault)
        elif name == "meeting_minutes":
            columns[name], fault = _read_minutes(given)
            faults.append(fault)
        else:
            columns[name] = given.cast(dtype)
            if name in _IDS:
                faults.append(_torn_ids(name, columns[name]))
    given = columns["delivered_at"]
    if isinstance(received_at, pl.Series):
        columns["delivered_at"] = given.zip_with(given.is_not_null(), received_at)
    else:
        columns["delivered_at"] = given.fill_null(pl.Series([received_at], dtype=INSTANT)[0])
    answers = sorted(name for name in mapped.columns if name.startswith(ANSWER_PREFIX))
    known = {*SCHEMA, *answers, FULL_NAME, "row", "fault"}
    others = [name for name in mapped.columns if name not in known]
    rest = [*answers, *([FULL_NAME] if FULL_NAME in mapped.columns else []), *others]
    frame = pl.DataFrame([series.alias(name) for name, series in columns.items()])
    frame = frame.hstack([mapped[name] for name in rest])
    return frame.with_columns(row_numbers(mapped), joined_faults(mapped, faults))


def _read_together(mapped: pl.DataFrame, *, zone: str) -> dict[str, pl.DataFrame]:
    """Read the instants of few rows in one go, columns one after the other, where each is written so that no neighbour matters."""
    names = [name for name in INSTANTS if name in mapped.columns]
    texts = [mapped[name].cast(pl.String) for name in names]
    if not all(is_plain_iso(text) for column in texts for text in column.drop_nulls().to_list()):
        return {}
    empty = pl.DataFrame(
        [
            pl.Series(name, [None], dtype=dtype).new_from_index(0, mapped.height)
            for name, dtype in (("instant", INSTANT), ("fault", pl.String))
        ]
    )
    found = dict.fromkeys((name for name in INSTANTS if name not in names), empty)
    if names:
        read = read_instants(pl.concat([text.rename("text") for text in texts]), zone=zone)
        found |= {name: read.slice(place * mapped.height, mapped.height) for place, name in enumerate(names)}
    return found


def row_numbers(mapped: pl.DataFrame) -> pl.Series:
    """Give the rows' numbers, counting from 1 where the frame has none."""
    if "row" in mapped.columns:
        return mapped["row"].cast(pl.Int64)
    return pl.int_range(1, mapped.height + 1, dtype=pl.Int64, eager=True).alias("row")


def joined_faults(mapped: pl.DataFrame, faults: list[pl.Series]) -> pl.Series:
    """Join what was wrong with the record and what is wrong with its cells; a record that could not be cut has only that fault."""
    before = mapped["fault"] if "fault" in mapped.columns else nothing("fault", mapped.height)
    named = [fault.alias(f"{place}") for place, fault in enumerate(faults) if fault.null_count() < len(fault)]
    if not named:
        return before.cast(pl.String).alias("fault")
    frame = pl.DataFrame([before.cast(pl.String).alias("before"), *named])
    cells = pl.concat_str([series.name for series in named], separator="; ", ignore_nulls=True)
    is_wrong = pl.any_horizontal(pl.col(series.name).is_not_null() for series in named)
    return frame.select(pl.coalesce(pl.col("before"), pl.when(is_wrong).then(cells)).alias("fault")).to_series()


def _torn_ids(name: str, ids: pl.Series) -> pl.Series:
    """Refuse ids with a tab or line end inside: two cells run together, which no later file would write the same way."""
    if ids.null_count() == len(ids) or not ids.str.contains(_TORN_ID).any():
        return nothing(name, len(ids))
    shown = pl.col("id").str.replace_all("\t", "\\t", literal=True).str.replace_all(r"\r?\n|\r", "\\n")
    words = pl.format("{} `{}` has a tab or line end inside; write the id alone", pl.lit(name), shown)
    return pl.DataFrame({"id": ids}).select(pl.when(pl.col("id").str.contains(_TORN_ID)).then(words)).to_series()


def _given(mapped: pl.DataFrame, name: str) -> pl.Series:
    if name in mapped.columns:
        return mapped[name].cast(pl.String)
    return nothing(name, mapped.height)


def _read_kinds(given: pl.Series) -> tuple[pl.Series, pl.Series]:
    """Read lead and appointment in the spellings senders use."""
    said = given.drop_nulls().unique().to_list()
    meant = {text: _KINDS.get("".join(character for character in text.casefold() if character.isalnum())) for text in said}
    wrong = {
        text: f"kind `{text}` is neither lead nor appointment{nearest_words(text, ('lead', 'appointment'))}"
        for text, kind in meant.items()
        if kind is None
    }
    return read_words(given, meant, wrong)


def _read_minutes(given: pl.Series) -> tuple[pl.Series, pl.Series]:
    """Read `30`, `30 min`, `1 hour`, `0:45` into minutes, 1 to a day's."""
    if given.null_count() == len(given):
        return given.cast(pl.Int64), given.alias("fault")
    text = pl.col("text")
    minutes = pl.coalesce(
        text.str.extract(_MINUTES).cast(pl.Int64),
        text.str.extract(_HOURS).cast(pl.Int64) * 60,
        text.str.extract(_CLOCK, 1).cast(pl.Int64) * 60 + text.str.extract(_CLOCK, 2).cast(pl.Int64),
    )
    is_right = minutes.is_between(1, MEETING_MINUTES_MAX).fill_null(value=False)
    words = pl.format("meeting_minutes `{}` is no number of minutes from 1 to {}", text, pl.lit(MEETING_MINUTES_MAX))
    read = pl.DataFrame({"text": given}).select(
        pl.when(is_right).then(minutes).alias("minutes"), pl.when(text.is_not_null() & ~is_right).then(words).alias("fault")
    )
    return read["minutes"], read["fault"]
