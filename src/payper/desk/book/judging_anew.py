"""Judging the journal anew: does what is recorded of a delivery follow from its columns, the terms and the deliveries it met?

A row's own reasons are made again from its columns as sent. What it met on arrival (the reasons of duplicates and caps, whether it validly
replaces another) is taken as recorded; the verdict and the price must then follow from both. What is not recorded cannot be judged
anew, and decision 0011 says what that is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import polars as pl

from payper.adjudication.marks import BIT, CAPS, CERTAIN, UNCERTAIN, codes, mark, marks_of, union
from payper.adjudication.normalise import RateOn
from payper.adjudication.past import ACCEPTED, VERDICT_CODES, Counts
from payper.adjudication.pricing import price_accepted
from payper.adjudication.rows import judge_rows
from payper.deliveries import ANSWER_PREFIX, FAULT_COLUMN, SCHEMA
from payper.desk.book.recorded import recorded_contracts, recorded_rates
from payper.reasons import Group, Reason, Verdict
from payper.store.database import Batch, Database
from payper.terms.contract import Contract

_ON_ARRIVAL = mark(each for each in Reason if each.group in {Group.DUPLICATE, Group.CAP}) | BIT[Reason.REPLACEMENT_LATE]
_OF_LISTS = mark([Reason.COMPANY_NOT_TARGETED, Reason.SUPPRESSED])
_COMPARED = ("verdict", "reasons", "price_minor", "contract_version")


@dataclass
class Anew:
    """What judging anew found.

    Attributes:
        judged: Deliveries judged anew.
        left: Deliveries that could not be, by why.
        unpriced: Deliveries judged anew whose price hangs on charges of its time (tiers, offsets), and is taken as recorded.
        others: Deliveries judged otherwise than recorded: where, and in words what differs; the first few.
        differing: How many they are.
    """

    judged: int = 0
    left: dict[str, int] = field(default_factory=dict)
    unpriced: int = 0
    others: list[str] = field(default_factory=list)
    differing: int = 0

    @property
    def line(self) -> str:
        """Say it in one line."""
        words = f"{self.judged:,} deliveries were judged anew by the recorded terms; "
        words += f"{self.differing:,} come out otherwise, first {self.others[0]}" if self.differing else "all come out as recorded"
        words += "." if not self.unpriced else f" ({self.unpriced:,} prices of tiers or offsets were taken as recorded)."
        if self.left:
            words += " Not judged anew: " + ", ".join(f"{count:,} {why}" for why, count in sorted(self.left.items())) + "."
        return words

    def leave(self, why: str, count: int) -> None:
        """Count deliveries that cannot be judged anew."""
        if count:
            self.left[why] = self.left.get(why, 0) + count


def judge_anew(database: Database) -> Anew:
    """Judge every recorded delivery anew, batch by batch."""
    contracts, rates = recorded_contracts(database), recorded_rates(database)
    known = _versions_known(database)
    anew = Anew()
    for batch in database.batches("deliveries"):
        versions = [each for each in contracts.get(batch.chain, ()) if each.version in known.get((batch.chain, batch.run), ())]
        if not versions:
            anew.leave("of contracts not known then", batch.rows)
        elif not batch.people:
            anew.leave("erased", batch.rows)
        else:
            _judge_batch(batch, versions, rates.rate, anew)
    return anew


def _versions_known(database: Database) -> Mapping[tuple[str, int], set[int]]:
    """Give, per contract and run, the versions that judged in it: one recorded only later may date itself back, and judged nothing then."""
    known: dict[tuple[str, int], set[int]] = {}
    for batch in database.batches("deliveries", with_people=False):
        numbers = pl.read_parquet(batch.journal, columns=["contract_version"])["contract_version"].drop_nulls().unique()
        known.setdefault((batch.chain, batch.run), set()).update(numbers.to_list())
    return known


def _judge_batch(batch: Batch, versions: Sequence[Contract], rate_on: RateOn, anew: Anew) -> None:
    """Judge one batch and count what differs."""
    journal, people = pl.read_parquet(batch.journal), pl.read_parquet(batch.people)
    told = journal.select(
        "delivery_id", "row", "verdict", "reasons", "price_minor", "contract_version", "is_replacement", "replaces",
        recorded=marks_of(journal["reasons"].fill_null("")),
    )  # fmt: skip
    sent = people.select(name for name in people.columns if name in SCHEMA or name.startswith(ANSWER_PREFIX))
    judged = judge_rows(sent.with_columns(pl.lit(None, dtype=pl.String).alias(FAULT_COLUMN)), versions, rate_on=rate_on)
    is_malformed = (told["recorded"] & BIT[Reason.ROW_MALFORMED]) != 0
    is_converted = _differ(judged, people, ("revenue_min", "revenue_max")) & ~is_malformed
    # A pause may be declared, or ended, before the instant that a delivery dates itself to.
    is_paused = ((told["recorded"] ^ judged["marks"]) & BIT[Reason.CONTRACT_PAUSED]) != 0
    is_around = is_paused & any(each.declared_pauses for each in versions) & ~is_malformed & ~is_converted
    anew.leave("that could not be read", int(is_malformed.sum()))
    anew.leave("whose revenue was converted at another rate", int(is_converted.sum()))
    anew.leave("around a pause that was declared or ended later", int(is_around.sum()))
    expected = _expected(told, judged, versions)
    is_erased = people["is_erased"].fill_null(value=False) if "is_erased" in people.columns else is_malformed & False
    anew.leave("erased", int((is_erased & ~is_malformed & ~is_converted & ~is_around).sum()))
    kept = ~(is_malformed | is_converted | is_around | is_erased)
    both = told.select(_COMPARED).rename({name: f"{name}_told" for name in _COMPARED}).hstack(expected).filter(kept)
    places = told["row"].filter(kept)
    differs = both.select(
        pl.any_horizontal(pl.col(name).ne_missing(pl.col(f"{name}_told")) for name in _COMPARED).alias("differs")
    ).to_series()
    anew.judged += both.height
    anew.unpriced += int(both["is_unpriced"].sum())
    anew.differing += int(differs.sum())
    if not anew.others and differs.any():
        row, place = both.filter(differs).row(0, named=True), places.filter(differs)[0]
        words = [f"{name} {row[f'{name}_told']!r}, now {row[name]!r}" for name in _COMPARED if row[name] != row[f"{name}_told"]]
        anew.others.append(f"{batch.file}, row {place}: recorded {'; '.join(words)}")


def _differ(one: pl.DataFrame, other: pl.DataFrame, names: Sequence[str]) -> pl.Series:
    apart = [one[name].ne_missing(other[name]) for name in names if name in other.columns]
    return pl.select(pl.any_horizontal(pl.lit(each) for each in apart)).to_series() if apart else one[names[0]].is_null() & False


def _expected(told: pl.DataFrame, judged: pl.DataFrame, versions: Sequence[Contract]) -> pl.DataFrame:
    """Work out what should have been recorded: `_COMPARED`, and `is_unpriced`."""
    with_lists = [each.version for each in versions if each.audience.only is not None or each.audience.suppress or each.audience.everywhere]
    frame = judged.select("marks", "contract_version", "kind", "price_rows", "is_after_end_only").hstack(
        told.select("delivery_id", "recorded", "is_replacement", "replaces", told_minor="price_minor")
    )
    # A valid replacement may come after the end (RULES 5), which only arrival knows.
    may_be_excused = pl.col("is_after_end_only") & pl.col("replaces").is_not_null()
    taken = union(
        [
            pl.lit(_ON_ARRIVAL | BIT[Reason.EMAIL_NO_MX], dtype=pl.UInt64),
            _where(pl.col("contract_version").is_in(with_lists), _OF_LISTS),
            _where(may_be_excused, BIT[Reason.CONTRACT_NOT_IN_FORCE]),
        ]
    )
    frame = frame.with_columns(marks=(pl.col("marks") & ~taken) | (pl.col("recorded") & taken)).with_columns(
        _verdict(versions).alias("code")
    )
    words = codes(frame["marks"])
    prices = _prices(frame, versions)
    names = dict(enumerate(VERDICT_CODES))
    return frame.select(
        pl.col("code").cast(pl.Int64).replace_strict(names, return_dtype=pl.String).alias("verdict"),
        words["reasons"].list.join(";").alias("reasons"),
        prices["price_minor"],
        "contract_version",
        prices["is_unpriced"],
    )


def _where(test: pl.Expr, marks: int) -> pl.Expr:
    return pl.when(test).then(pl.lit(marks, dtype=pl.UInt64)).otherwise(pl.lit(0, dtype=pl.UInt64))


def _verdict(versions: Sequence[Contract]) -> pl.Expr:
    """Give the number of the verdict that follows from a row's reasons under its version (RULES 23, 30; decision 0004)."""
    uncertain = {each.version: each.record.uncertain for each in versions}
    over = {each.version: each.caps.over for each in versions}
    marks, version = pl.col("marks"), pl.col("contract_version").cast(pl.Int64)
    policy = version.replace_strict(uncertain, default="review", return_dtype=pl.String)
    is_uncertain = (marks & UNCERTAIN) != 0
    is_over = (marks & CAPS) != 0
    is_stopped = ((marks & CERTAIN) != 0) | (is_uncertain & (policy == "reject"))
    quarantine = version.replace_strict(over, default="quarantine", return_dtype=pl.String) == "quarantine"
    code = {name: pl.lit(place, dtype=pl.UInt8) for place, name in enumerate(VERDICT_CODES)}
    return (
        pl.when(is_stopped)
        .then(code[Verdict.REJECTED])
        .when(is_uncertain & (policy == "review"))
        .then(code[Verdict.REVIEW])
        .when(is_over & quarantine)
        .then(code[Verdict.QUARANTINED])
        .when(is_over)
        .then(code[Verdict.REJECTED])
        .otherwise(code[Verdict.ACCEPTED])
    )


def _prices(frame: pl.DataFrame, versions: Sequence[Contract]) -> pl.DataFrame:
    """Price what flat prices decide; tiers and offsets hang on what was charged at the time, and are taken as recorded."""
    is_flat = not any(price.tiers or price.offset for each in versions for price in each.prices)
    is_paid = (pl.col("code") == ACCEPTED) & ~pl.col("is_replacement")
    if not is_flat:
        minor = pl.when(is_paid).then("told_minor").otherwise(0).cast(pl.Int64)
        return frame.select(minor.alias("price_minor"), is_paid.alias("is_unpriced"))
    id_ = versions[0].id
    decided = frame.select(
        "delivery_id",
        pl.col("marks"),
        pl.col("code").alias("verdict"),
        pl.when(is_paid).then(None).otherwise(0).cast(pl.Int64).alias("price_minor"),
        "is_replacement",
    )
    rows = frame.select("delivery_id", pl.lit(id_).alias("contract"), "contract_version", "kind", "price_rows")
    priced = price_accepted(decided, rows, {(id_, each.version): each for each in versions}, {id_: Counts()})
    return priced.select("price_minor", pl.lit(value=False).alias("is_unpriced"))
