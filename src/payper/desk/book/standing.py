"""How a programme stands on a day: its own words, what was judged and settled by then, read from its book and nothing made anew."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import polars as pl

from payper.deliveries import ANSWER_PREFIX, INSTANT
from payper.desk.book.places import find_database
from payper.desk.book.recorded import Words, recorded_words, words_of
from payper.desk.book.settling import known_decisions, settle_known, with_decisions
from payper.desk.folder.memory import collector_at_rest
from payper.desk.folder.programme import data_files
from payper.desk.folder.programme_sheet import read_programme_sheet
from payper.desk.folder.reading import end_of
from payper.desk.folder.run import Tell, run_programme, silent
from payper.errors import UsageError
from payper.measurement.outcomes import ATTRIBUTES, make_outcomes
from payper.measurement.spending import make_spending
from payper.settlement import Settlement
from payper.store.database import Database, path_of, read_database
from payper.store.postgres import is_postgres
from payper.terms.contract import Contract

_JOURNAL = ("delivery_id", "row", "external_id", "kind", "contract_version", "verdict", "reasons", "prospect", "is_replacement")
_PEOPLE = (
    *ATTRIBUTES, "first_name", "last_name", "email", "phone", "phone_e164", "title", "company", "website", "ip", "consent_at",
)  # fmt: skip


@dataclass(frozen=True)
class Standing:
    """A programme as of the end of a day.

    Attributes:
        words: What the programme says of itself.
        day: As of which day, in the sense of RULES 7.
        deliveries: Every delivery by then, by arrival: `delivery_id, contract, contract_version, provider` (of the terms), `external_id,
            kind, verdict` (decisions applied), `reasons` (list), `file, row, prospect, is_replacement`, `outcomes.ATTRIBUTES`, and as sent
            `first_name, last_name, email, phone, phone_e164, title, company, website, ip, consent_at, answer_…`.
        settlement: As of then.
        outcomes: As `measurement.outcomes.make_outcomes`.
        spending: As `measurement.spending.make_spending`.
        end: The last instant that has happened, in whichever contract's zone the day ends last.
        targets: Domains and company keys that contracts target; None: they target none, or their lists are not at hand.
        place: Where results go where nothing else is said: the folder of the book; None: it is on a server.
        notes: What else is worth knowing.
    """

    words: Words
    day: date
    deliveries: pl.DataFrame
    settlement: Settlement
    outcomes: pl.DataFrame
    spending: pl.DataFrame
    end: datetime
    targets: frozenset[str] | None
    place: Path | None
    notes: Sequence[str]


@collector_at_rest()
def read_standing(place: Path | str, *, as_of: date | None = None, tell: Tell = silent) -> Standing:
    """Read how a programme stands.

    Args:
        place: A programme folder, an output folder, a database file, `sqlite:///path` or `postgresql://…`. Of a programme folder, margin,
            wages, rates and horizon are as its programme.toml says now; a folder that was never run is run first.
        as_of: None: the day of the latest run.
        tell: Told how far work has come.

    Raises:
        UsageError: There is nothing to read, or the day is outside 1990 to 2099.
    """
    if as_of is not None and not date(1990, 1, 1) <= as_of <= date(2099, 12, 31):
        raise UsageError(where=f"--as-of {as_of}", seen="This day is outside 1990 to 2099.", mend="Name a day such as 2026-03-31.")
    folder = _programme_folder(place)
    notes: list[str] = []
    if folder is not None and not any((folder / name).is_file() for name in ("payper.sqlite", "out/payper.sqlite")):
        run_programme(folder, as_of=as_of, tell=tell)
        notes.append("This folder had never been run, so it was run first.")
    address = find_database(place)
    with read_database(address) as book:
        words = recorded_words(book, lists=None if folder is None else folder / "contracts")
        if folder is not None:
            words = _as_written(folder, words)
            notes += _unread(book, folder)
        day, later = _day(book, as_of, words.timezone)
        notes += [*words.notes, *later]
        tell("reading the book", 0, 3)
        deliveries = judged(book, words, day=day)
        tell("reading the book", 1, 3)
        settlement, _ = settle_known(book, words.contracts, words.rates, day=day)
        tell("reading the book", 2, 3)
    outcomes = make_outcomes(deliveries, settlement, words.contracts, words.rates, effort=words.effort)
    tell("reading the book", 3, 3)
    return Standing(
        words=replace(words, notes=()),
        day=day,
        deliveries=deliveries,
        settlement=settlement,
        outcomes=outcomes,
        spending=make_spending(settlement, words.contracts, words.rates, kinds=outcomes, effort=words.effort),
        end=_latest_end(words, day),
        targets=None if folder is None else _targets(words.contracts),
        place=None if is_postgres(str(address)) else path_of(address).parent,
        notes=notes,
    )


def narrowed(standing: Standing, *, provider: str | None = None, contract: str | None = None, model: str | None = None) -> Standing:
    """Leave only what is of a provider, a contract and a model; None: of all.

    Of deliveries that no version judged, such as malformed rows, the model is that of the contract's newest version.
    """
    if provider is None and contract is None and model is None:
        return standing
    kept = {
        id_: [each for each in versions if provider in {None, each.provider}]
        for id_, versions in standing.words.contracts.items()
        if contract in {None, id_}
    }
    pairs: list[tuple[str, int | None]] = [
        (id_, each.version) for id_, versions in kept.items() for each in versions if model in {None, each.model}
    ]
    pairs += [(id_, None) for id_, versions in kept.items() if versions and model in {None, versions[-1].model}]
    known = pl.DataFrame(pairs, schema={"contract": pl.String, "contract_version": pl.Int32}, orient="row")
    deliveries = standing.deliveries.join(known, on=["contract", "contract_version"], how="semi", nulls_equal=True, maintain_order="left")
    ids = deliveries.select("delivery_id")

    def own(frame: pl.DataFrame) -> pl.DataFrame:
        return frame.join(ids, on="delivery_id", how="semi", maintain_order="left")

    return replace(
        standing,
        words=replace(standing.words, contracts={id_: versions for id_, versions in kept.items() if versions}),
        deliveries=deliveries,
        outcomes=own(standing.outcomes),
        spending=own(standing.spending),
        settlement=replace(standing.settlement, returns=own(standing.settlement.returns), journey=own(standing.settlement.journey)),
    )


def _programme_folder(place: Path | str) -> Path | None:
    """Give the programme folder that a place is; None: it is something else."""
    if isinstance(place, str) and "://" in place:
        return None
    folder = Path(place)
    return folder if folder.is_dir() and ((folder / "programme.toml").is_file() or (folder / "contracts").is_dir()) else None


def _as_written(folder: Path, recorded: Words) -> Words:
    """Let what programme.toml says now stand for what the last run recorded."""
    path = folder / "programme.toml"
    if not path.is_file():
        return recorded
    sheet = read_programme_sheet(path, base=recorded.rates.base_currency)
    return words_of(sheet, name=folder.resolve().name, contracts=recorded.contracts)


def _unread(book: Database, folder: Path) -> list[str]:
    """Say which files of the folder no run has read."""
    waiting = [
        path.relative_to(folder).as_posix()
        for subject in ("deliveries", "milestones", "returns", "decisions")
        for path in data_files(folder / subject)
        if path.relative_to(folder).as_posix() not in book.files_read(subject)
    ]
    if not waiting:
        return []
    which = waiting[0] if len(waiting) == 1 else f"{waiting[0]} and {len(waiting) - 1} more"
    return [f"Not in these results, as no run has read it yet: {which}. `payper run {folder}` reads what is new."]


def _day(book: Database, as_of: date | None, timezone: str) -> tuple[date, list[str]]:
    """Give the day to look at, and what there is to say of it."""
    last = book.setting("settled_until") or book.setting("latest_day")
    known = date.fromisoformat(last) if last else None
    day = as_of or known or datetime.now(ZoneInfo(timezone)).date()
    if known is not None and day > known:
        words = f"Nothing later than {known} was read: up to {day} it looks as if nothing had happened. Run `payper run` with newer files."
        return day, [words]
    return day, []


def judged(book: Database, words: Words, *, day: date) -> pl.DataFrame:
    """Give every delivery up to the end of a day in its contract's zone, as `Standing` tells; those of unknown contracts are left out."""
    frames = []
    for batch in book.batches("deliveries"):
        versions = words.contracts.get(batch.chain)
        if versions is None:
            continue
        journal = pl.read_parquet(batch.journal, columns=[*_JOURNAL, "delivered_at", "generated_at", "meeting_at"])
        answers = [name for name in pl.read_parquet_schema(batch.people) if name.startswith(ANSWER_PREFIX)]
        people = pl.read_parquet(batch.people, columns=[*(name for name in _PEOPLE if name not in journal.columns), *answers])
        frames.append(
            journal.hstack(people)
            .with_columns(pl.lit(batch.chain).alias("contract"), pl.lit(batch.file).alias("file"))
            .filter(_placed_at() <= end_of(day, versions[-1].zone))
        )
    known = pl.concat(frames, how="diagonal").sort("delivery_id") if frames else _none()
    decided = with_decisions(known, known_decisions(book).filter(pl.col("decided_at") <= _latest_end(words, day)))
    reasons = pl.col("reasons").str.split(";").list.filter(pl.element() != "")
    return decided.join(_providers(words.contracts), on=["contract", "contract_version"], how="left", maintain_order="left").with_columns(
        reasons.alias("reasons")
    )


def _placed_at() -> pl.Expr:
    """Give when a row counts from: a malformed one, whose own date says nothing, from the first readable row of its batch on."""
    is_malformed = pl.col("reasons") == "ROW_MALFORMED"
    first = pl.col("delivered_at").filter(~is_malformed).min()
    return pl.when(is_malformed).then(pl.coalesce(first, pl.col("delivered_at"))).otherwise("delivered_at")


def _latest_end(words: Words, day: date) -> datetime:
    """Give the last instant of a day in whichever contract's zone it ends last."""
    return max((end_of(day, versions[-1].zone) for versions in words.contracts.values()), default=end_of(day, words.timezone))


def _targets(contracts: Mapping[str, Sequence[Contract]]) -> frozenset[str] | None:
    lists = [one.audience.only for versions in contracts.values() for one in versions if one.audience.only is not None]
    return frozenset().union(*(each.domains | each.company_keys for each in lists)) or None


def _providers(contracts: Mapping[str, Sequence[Contract]]) -> pl.DataFrame:
    rows = [(one.id, one.version, one.provider) for versions in contracts.values() for one in versions]
    return pl.DataFrame(rows, schema={"contract": pl.String, "contract_version": pl.Int32, "provider": pl.String}, orient="row")


def _none() -> pl.DataFrame:
    schema: dict[str, pl.DataType | type[pl.DataType]] = {
        **dict.fromkeys((*_JOURNAL, *_PEOPLE, "contract", "file"), pl.String),
        **ATTRIBUTES,
    }
    schema |= {"delivery_id": pl.Int64, "row": pl.Int64, "contract_version": pl.Int32, "is_replacement": pl.Boolean, "consent_at": INSTANT}
    return pl.DataFrame(schema=schema)
