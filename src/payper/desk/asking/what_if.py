"""The act `payper what-if`: the same period under other terms, from verdicts to money to results."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from payper.adjudication.adjudicate import decide, typed
from payper.adjudication.past import Past
from payper.adjudication.rows import judge_rows
from payper.deliveries import ANSWER_PREFIX, SCHEMA
from payper.desk.book.places import find_database
from payper.desk.book.standing import Standing, read_standing
from payper.desk.folder.facts import known_facts
from payper.desk.folder.run import Tell, silent
from payper.errors import UsageError
from payper.measurement.outcomes import make_outcomes
from payper.settlement import DELIVERY_SCHEMA, settle
from payper.store.database import Database, read_database
from payper.terms.contract import Contract

FIGURES: tuple[str, ...] = (
    "delivered", "accepted", "charges", "effort", "meetings_held", "opportunities", "won", "revenue", "back_per_unit",
)  # fmt: skip


@dataclass(frozen=True)
class WhatIf:
    """A period then, and under other terms. Money is in units of the base currency.

    Attributes:
        on: The contract whose period it is.
        terms: The terms asked about, as `id vN`.
        as_of: The day.
        currency: The base currency.
        then: By `FIGURES`; None: not known, as a charge has no rate, or nothing was spent.
        anew: The same.
        unknown: Deliveries accepted anew that were not accepted then: what would have become of them nobody has seen.
        likely: What these are taken to have cost and brought, at the rates under these terms of the deliveries accepted both times; it is
            inside `anew`.
        dropped: Deliveries accepted then and not anew.
        notes: What was left out of the question; where nothing was delivered, that first.
    """

    on: str
    terms: str
    as_of: date
    currency: str
    then: Mapping[str, float | None]
    anew: Mapping[str, float | None]
    unknown: int
    likely: Mapping[str, float]
    dropped: int
    notes: Sequence[str]

    @property
    def is_empty(self) -> bool:
        """Tell whether nothing had been delivered by the day."""
        return not self.then["delivered"]

    def to_json(self) -> dict[str, Any]:
        """Give it as plain values with stable keys."""
        return {
            "on": self.on,
            "terms": self.terms,
            "as_of": self.as_of.isoformat(),
            "currency": self.currency,
            "then": dict(self.then),
            "anew": dict(self.anew),
            "unknown": self.unknown,
            "likely": dict(self.likely),
            "dropped": self.dropped,
            "notes": list(self.notes),
        }


def what_if(path: Path, *, on: str, place: Path | str, as_of: date | None = None, tell: Tell = silent) -> WhatIf:
    """Judge and settle a contract's recorded deliveries anew under the terms of a file, and say what would have come of it.

    The terms are held to be in force whenever a delivery was generated. Milestones and returns are those recorded; replacements, people's
    decisions on deliveries in review and other contracts' deliveries are left out of the question.

    Args:
        path: Contract file with the terms.
        on: Id of the contract whose deliveries are judged.
        place: The programme, as of `read_standing`.
        as_of: As of which day.
        tell: Told how far work has come.

    Raises:
        TermsError: The file has errors.
        UsageError: There is no programme, or no such contract in it.
    """
    return what_if_terms(Contract.read(path), on=on, place=place, as_of=as_of, tell=tell)


def what_if_terms(terms: Contract, *, on: str, place: Path | str, as_of: date | None = None, name: str = "", tell: Tell = silent) -> WhatIf:
    """Do the same under terms that are at hand.

    Args:
        terms: The terms.
        on: Id of the contract whose deliveries are judged.
        place: The programme, as of `read_standing`.
        as_of: As of which day.
        name: What the terms are called; empty: `id vN`.
        tell: Told how far work has come.

    Raises:
        UsageError: There is no programme, or no such contract in it.
    """
    standing = read_standing(place, as_of=as_of, tell=tell)
    with read_database(find_database(place)) as database:
        past = _past(database, on, standing)
        events, returns = (known_facts(database, subject).filter(pl.col("fault").is_null()) for subject in ("milestones", "returns"))
    name = name or f"{terms.id} v{terms.version}"
    if past.is_empty():
        return _nothing(standing, on=on, name=name)
    first = past.select(pl.min_horizontal(pl.coalesce("generated_at", "delivered_at"), "delivered_at").min()).item().date()
    held = replace(terms, id=on, starts=min(terms.starts, first), ends=None)
    return _compare(held, past, events, returns, standing, on=on, name=name)


def _nothing(standing: Standing, *, on: str, name: str) -> WhatIf:
    """Say that a contract had delivered nothing by the day; of a programme without contracts that is true of every one.

    Raises:
        UsageError: The programme has contracts, and no such one.
    """
    known = sorted(standing.words.contracts)
    if known and on not in known:
        near = difflib.get_close_matches(on, known, n=1) or known
        mend = f"Name a contract of the programme: {', '.join(near)}."
        raise UsageError(where=f"--on {on}", seen="No deliveries of this contract are recorded here.", mend=mend)
    none = dict.fromkeys(FIGURES, 0.0) | {"back_per_unit": None}
    said = f"Nothing was delivered under {on} by {standing.day:%-d %b %Y}, so there is nothing to judge and settle anew."
    return WhatIf(
        on=on,
        terms=name,
        as_of=standing.day,
        currency=standing.words.rates.base_currency,
        then=none,
        anew=none,
        unknown=0,
        likely=dict.fromkeys((*_COSTS, *_RESULTS), 0.0),
        dropped=0,
        notes=[said, *standing.notes],
    )


def _past(database: Database, contract: str, standing: Standing) -> pl.DataFrame:
    """Read a contract's deliveries by the day as sent, with what the journal says of them, in order of arrival."""
    ids = standing.deliveries.filter(pl.col("contract") == contract).select("delivery_id")
    frames = []
    for batch in database.batches("deliveries"):
        if batch.chain == contract:
            journal = pl.read_parquet(batch.journal, columns=["delivery_id", "reasons", "prospect"])
            people = pl.read_parquet(batch.people)
            wanted = [name for name in people.columns if name in SCHEMA or name.startswith(ANSWER_PREFIX)]
            own = pl.read_parquet(batch.journal).select(name for name in SCHEMA if name not in wanted)
            frames.append(journal.hstack(people.select(wanted)).hstack(own))
    if not frames:
        return pl.DataFrame(schema={"delivery_id": pl.Int64, **SCHEMA})
    return pl.concat(frames, how="diagonal").join(ids, on="delivery_id", how="semi").sort("delivery_id")


def _compare(
    held: Contract, past: pl.DataFrame, events: pl.DataFrame, returns: pl.DataFrame, standing: Standing, *, on: str, name: str
) -> WhatIf:
    answers = [column for column in past.columns if column.startswith(ANSWER_PREFIX)]
    malformed = pl.when(pl.col("reasons") == "ROW_MALFORMED").then(pl.lit("as judged then")).alias("fault")
    sent = typed(past.select(*(column for column in SCHEMA if column in past.columns), *answers, malformed), at=standing.end)
    judged = judge_rows(sent, [held])
    verdicts = decide(judged, [held], Past())["verdict"]
    anew = judged.select("kind", "price_rows", "meeting_at", "meeting_minutes", "generated_at", "delivered_at", "external_id").with_columns(
        past["delivery_id"],
        past["prospect"].alias("email_normal"),
        verdicts.alias("verdict"),
        pl.lit(on).alias("contract"),
        pl.lit(held.version, dtype=pl.Int32).alias("contract_version"),
        pl.lit(None, dtype=pl.String).alias("replaces"),
        pl.col("delivered_at").alias("accepted_at"),
    )
    accepted = anew.filter(pl.col("verdict") == "accepted")
    contracts = {on: [held]}
    settlement = settle(
        accepted.select(list(DELIVERY_SCHEMA)),
        events.filter(pl.col("contract") == on),
        returns.filter(pl.col("contract") == on),
        contracts,
        standing.words.rates,
        as_of={on: standing.end},
        others=anew.filter(pl.col("verdict") != "accepted").select("contract", "external_id", "verdict"),
    )
    deliveries = (
        standing.deliveries.filter(pl.col("contract") == on)
        .drop("verdict", "contract_version")
        .join(anew.select("delivery_id", "verdict", "contract_version"), on="delivery_id")
    )
    after = make_outcomes(deliveries, settlement, contracts, standing.words.rates, effort=standing.words.effort)
    before = standing.outcomes.filter(pl.col("contract") == on)
    kept = after.join(before.select("delivery_id"), on="delivery_id", how="semi")
    fresh = after.height - kept.height
    margin = 1.0 if standing.words.margin is None else float(standing.words.margin)
    seen = _figures(kept, delivered=past.height, margin=margin)
    share = fresh / kept.height if kept.height else 0.0
    likely = {key: (seen[key] or 0.0) * share for key in (*_COSTS, *_RESULTS)}
    anew_figures = {key: value if value is None else value + likely.get(key, 0.0) for key, value in seen.items()}
    return WhatIf(
        on=on,
        terms=name,
        as_of=standing.day,
        currency=standing.words.rates.base_currency,
        then=_figures(before, delivered=past.height, margin=margin),
        anew=anew_figures | {"accepted": float(after.height)},
        unknown=fresh,
        likely=likely,
        dropped=before.height - kept.height,
        notes=_notes(kept.height, fresh, standing),
    )


_COSTS = ("charges", "effort")
_RESULTS = ("meetings_held", "opportunities", "won", "revenue")


def _figures(outcomes: pl.DataFrame, *, delivered: int, margin: float) -> dict[str, float | None]:
    """Add a contract's outcomes up; money is null as soon as a charge has no rate."""
    reached = {
        key: float(outcomes[column].is_not_null().sum())
        for key, column in zip(_RESULTS, ("held_at", "opportunity_at", "won_at"), strict=False)
    }
    charges = None if outcomes["charges_cost"].null_count() else float(outcomes["charges_cost"].sum())
    effort = float(outcomes["effort_cost"].sum() or 0.0)
    revenue = float(outcomes["amount"].sum() or 0.0)
    cost = None if charges is None else charges + effort
    return {
        "delivered": float(delivered),
        "accepted": float(outcomes.height),
        "charges": charges,
        "effort": effort,
        **reached,
        "revenue": revenue,
        "back_per_unit": margin * revenue / cost if cost else None,
    }


def _notes(kept: int, fresh: int, standing: Standing) -> list[str]:
    notes = ["Replacements and decisions on deliveries in review are left out of what is settled anew."]
    if fresh and kept:
        notes.append("What deliveries accepted only anew would have cost and brought is not known: they count at the rates of the others.")
    elif fresh:
        notes.append("No delivery was accepted both then and anew, so that nothing tells what these would have cost and brought.")
    return [*notes, *standing.notes]
