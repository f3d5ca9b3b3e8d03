"""What a run says beside its tables: what is missing, left alone, may be meant otherwise, or is to be sent again."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from pathlib import Path

import polars as pl

from payper.desk.folder.programme import READ_ENDINGS, SUFFIXES, Programme, data_files
from payper.desk.folder.reading import OpenFile
from payper.intake.instants import usual_date_order
from payper.reasons import Reason, Verdict

_BESIDE = frozenset({".toml", ".md"})
"""Endings of files that belong beside the data and are no data."""


def notes_on_folders(programme: Programme) -> list[str]:
    """Say when there is nothing to judge, or nothing to judge it by, and which files of the data folders are not read."""
    notes = []
    deliveries = programme.folder / "deliveries"
    if not programme.contracts and not programme.refused:
        notes.append(
            f"{programme.folder / 'contracts'} holds no contract, and without one nothing is accepted. Put a contract file there; "
            "docs/terms.md shows one, and `payper contract check FILE` reads it over."
        )
    if not data_files(deliveries):
        seen = "holds no file that payper reads" if deliveries.is_dir() else "is not there"
        name = next(iter(programme.contracts), "CONTRACT-ID")
        notes.append(f"{deliveries} {seen}. Put leads and appointments into {deliveries / name}, as {READ_ENDINGS}, and run again.")
    left = [
        path.relative_to(programme.folder).as_posix()
        for folder in ("deliveries", "milestones", "returns", "decisions")
        for path in sorted((programme.folder / folder).rglob("*"))
        if path.is_file() and not path.name.startswith((".", "~$")) and path.suffix.lower() not in SUFFIXES | _BESIDE
    ]
    if left:
        verb = "is" if len(left) == 1 else "are"
        notes.append(f"{_listed(left)} {verb} left alone: payper reads {READ_ENDINGS}. Save the table in one of these forms.")
    return notes


NO_DATE = (
    "No delivery, milestone or return has a date that can be read, so everything is as of today. "
    "Once there is one, the latest counts; --as-of names another day."
)


def notes_on_columns(opened: OpenFile, zones: Iterable[str]) -> list[str]:
    """Say what of a file may be meant otherwise: slips in its mapping.toml, columns two headers could give, dates that read two ways.

    Args:
        opened: The file.
        zones: IANA names of the zones that its dates may be local in; not looked at where mapping.toml names one.
    """
    columns = opened.columns
    notes = [*columns.findings, *([columns.rivals_in_words()] if columns.rivals else [])]
    orders = {usual_date_order(zone) for zone in ([columns.timezone] if columns.timezone else zones)}
    for header, text in opened.doubtful.items():
        if len(orders) == 1:
            order = orders.pop()
            orders = {order}
            other = "mdy" if order == "dmy" else "dmy"
            taken = f"{_ORDER_WORDS[order]} was taken, as is usual in {columns.timezone or ', '.join(sorted(set(zones)))}"
            mend = f'If it is {_ORDER_WORDS[other]}, write date_order = "{other}" into {opened.beside}'
        else:
            taken = "day first or month first was taken, as is usual in each contract's zone"
            mend = f'To settle it, write date_order = "dmy" or "mdy" into {opened.beside}'
        notes.append(
            f"`{header}` has dates such as {text} that read two ways, and none that settles it; {taken}. "
            f"{mend}, and run anew with another --out, as what was judged stays."
        )
    return notes


_ORDER_WORDS = {"dmy": "day first", "mdy": "month first"}


def grouped(notes: Sequence[tuple[str, str]]) -> list[str]:
    """Say once what is said of several files, numbers left aside."""
    alike: dict[str, list[tuple[str, str]]] = {}
    for name, note in notes:
        alike.setdefault("".join("#" if each.isdigit() else each for each in note).replace("##", "#"), []).append((name, note))
    lines = []
    for group in alike.values():
        name, note = group[0]
        others = f" and {len(group) - 1} other {'file' if len(group) == 2 else 'files'}" if len(group) > 1 else ""
        lines.append(f"{name}{others}: {note}")
    return lines


def notes_on_unknown_contracts(verdicts: pl.DataFrame, programme: Programme, *, rejects: Path) -> list[str]:
    """Say which deliveries were rejected for want of a contract: of one still missing, and of one that is there by now.

    What was judged is never judged again (RULES 28), so the latter are to be sent again; rows whose external id or e-mail came again
    under the contract since are left out.

    Args:
        verdicts: As `desk.folder.outputs.all_verdicts`.
        programme: The contracts as they are now.
        rejects: The folder of the files to mend and resend.
    """
    unknown = verdicts.filter((pl.col("headline") == Reason.CONTRACT_UNKNOWN.name) & (pl.col("verdict") == Verdict.REJECTED.value))
    notes = []
    known = list(programme.contracts)
    for name, count in unknown.filter(~pl.col("contract").is_in(known)).group_by("contract").len().sort("contract").iter_rows():
        near = difflib.get_close_matches(name, known, n=1)
        folder = (programme.folder / "deliveries" / near[0]).as_posix() if near else ""
        mend = (
            f"If {near[0]} is meant, put the files into {folder}." if near else f"Put the contract {name} into contracts/, and run again."
        )
        many = "1 delivery of {} is" if count == 1 else f"{count:,} deliveries of {{}} are"
        notes.append(f"{many.format(name)} rejected, as no contract of this id is there. {mend}")
    waiting = _not_sent_again(unknown.filter(pl.col("contract").is_in(known)), verdicts)
    for (name,), own in waiting.group_by(["contract"], maintain_order=True):
        places = [
            f"{file} {'row' if len(rows) == 1 else 'rows'} {row_ranges(rows)}"
            for file, rows in own.group_by("file", maintain_order=True).agg(pl.col("row").sort()).iter_rows()
        ]
        count = f"{own.height:,} {'delivery' if own.height == 1 else 'deliveries'}"
        folder = programme.folder / "deliveries" / str(name)
        notes.append(
            f"The contract {name} is there now, and {count} sent before it stay rejected, as what was judged is not judged again: "
            f"{_listed(places)}. Copy {rejects / f'{name}.csv'} into {folder} to send them again."
        )
    return notes


def _not_sent_again(rejected: pl.DataFrame, verdicts: pl.DataFrame) -> pl.DataFrame:
    """Leave out what came again later under the same contract, by external id, or by e-mail where it has no external id."""
    if rejected.is_empty():
        return rejected
    own = verdicts.filter(pl.col("contract").is_in(rejected["contract"].unique().to_list()))
    for key in ("external_id", "email"):
        last = own.filter(pl.col(key).is_not_null()).group_by("contract", key).agg(pl.col("delivery_id").max().alias(f"last_{key}"))
        rejected = rejected.join(last, on=["contract", key], how="left", maintain_order="left")
    last_sent = pl.when(pl.col("external_id").is_not_null()).then(pl.col("last_external_id")).otherwise(pl.col("last_email"))
    return rejected.filter(last_sent.fill_null(0) <= pl.col("delivery_id"))


def row_ranges(rows: Sequence[int]) -> str:
    """Write row numbers in order as `1-4, 7`, at most six stretches."""
    stretches: list[tuple[int, int]] = []
    for row in rows:
        if stretches and row == stretches[-1][1] + 1:
            stretches[-1] = (stretches[-1][0], row)
        else:
            stretches.append((row, row))
    words = [str(first) if first == last else f"{first}-{last}" for first, last in stretches]
    return ", ".join(words[:6]) + (", …" if len(words) > 6 else "")


def _listed(names: Sequence[str], *, most: int = 3) -> str:
    """Name the first few, and count the others."""
    if len(names) <= most:
        return "; ".join(names)
    return f"{'; '.join(names[:most])}; and {len(names) - most} others"
