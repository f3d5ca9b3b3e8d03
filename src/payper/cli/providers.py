"""`payper providers`."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from payper.cli import FINE
from payper.cli.measure import place_of

if TYPE_CHECKING:
    from payper.desk.asking.providers import ScoredProviders

EVIDENCE_MAX = 5
"""Rows of evidence printed; --json has all."""


@click.command(epilog="Example: payper providers out/northwind --weights accuracy=2,relevance=1,outcome=3")
@click.argument("folder", required=False, type=click.Path(path_type=Path))
@click.option(
    "--database", metavar="ADDRESS", help="The book, instead of FOLDER: a file, or postgresql://user@host:5432/database?book=NAME."
)
@click.option("--as-of", type=click.DateTime(["%Y-%m-%d"]), help="Nothing later than this day has happened. Default: the day of the run.")
@click.option("--horizon", metavar="DAYS", type=int, help="Count wins within so many days of delivery. Default: as programme.toml.")
@click.option(
    "--weights",
    metavar="NAME=N,...",
    default="",
    help="What matters: accuracy, relevance, acceptance, returns, speed, shows, outcome. Default: all alike, acceptance aside.",
)
@click.option(
    "--audits",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="What people found in samples: provider, check, is_good, probability of being drawn.",
)
@click.option(
    "--evidence", type=click.Path(dir_okay=False, path_type=Path), help="Write the deliveries behind what stands out into this CSV."
)
@click.option("--json", "is_json", is_flag=True, help="Print the scorecards as JSON (docs/providers-schema.json).")
@click.option("--quiet", is_flag=True, help="Print nothing but errors.")
def providers(
    folder: Path | None,
    *,
    database: str | None,
    as_of: datetime | None,
    horizon: int | None,
    weights: str,
    audits: Path | None,
    evidence: Path | None,
    is_json: bool,
    quiet: bool,
) -> int:
    """Compare providers by what they hand over and what came of it, and say how sure that is.

    FOLDER is an output folder or a programme folder, read as the last run left it. A programme folder that was never run is run first.
    """
    from payper.cli.terminal import print_json, progress
    from payper.desk.asking.providers import score

    place = place_of(folder, database)
    with progress(is_quiet=quiet or is_json) as tell:
        day = as_of.date() if as_of else None
        result = score(place, as_of=day, horizon_days=horizon, weights=weights, audits=audits, evidence=evidence, tell=tell)
    if is_json:
        print_json(result.to_json())
    elif not quiet:
        click.echo(_shown(result, place))
    return FINE


def _shown(result: ScoredProviders, place: Path | str) -> str:
    import polars as pl

    from payper.cli.terminal import bullets, strong

    facts, cards, anomalies = result.basis.facts, result.scored.scorecards, result.scored.anomalies
    simulated = " (simulated)" if facts.is_simulated else ""
    parts = [strong(f"{facts.name}, providers as of {facts.as_of:%d %b %Y}{simulated}")]
    if cards.overall.is_empty():
        parts.append("Nothing was delivered yet, so there is nothing to compare.")
    else:
        parts += [_overall(result), _criteria(result)]
    out = anomalies.evidence.filter(pl.col("status") == "stands out")
    words = [f"{facts.party(provider)}: {said}" for provider, said in anomalies.providers.select("provider", "words").iter_rows()]
    if not out.is_empty():
        words = [f"{facts.party(provider)}: {said}." for provider, said in out.head(EVIDENCE_MAX).select("provider", "words").iter_rows()]
        words += [] if out.height <= EVIDENCE_MAX else [f"{out.height - EVIDENCE_MAX} more rows of evidence: --json has all of them."]
    words += [f"{facts.party(provider)}: {said}" for provider, said in result.scored.facts.select("provider", "words").iter_rows()]
    if words:
        parts.append(bullets("Latest deliveries against the ones before:", words))
    if result.notes:
        parts.append(bullets("Notes:", list(result.notes)))
    target = f"--database {place}" if isinstance(place, str) else f"{place}"
    where = "Nothing was written." if result.evidence is None else f"Evidence: {result.evidence}"
    parts.append(f"{where}\nNext: `payper measure {target}` writes the page with all of it, to forward.")
    return "\n\n".join(parts)


def _overall(result: ScoredProviders) -> str:
    from payper.cli.terminal import table
    from payper.reports.words import percent, shortened

    cards, name = result.scored.scorecards, result.basis.facts.party
    rows = [
        [
            shortened(name(row["provider"]), 28),
            "" if row["rank"] is None else str(row["rank"]),
            "" if row["rank_lo"] is None else f"{row['rank_lo']} to {row['rank_hi']}",
            f"{row['value']:.2f} ({row['value_lo']:.2f} to {row['value_hi']:.2f})",
            "" if row["first_share"] is None else percent(row["first_share"]),
        ]
        for row in cards.overall.iter_rows(named=True)
    ]
    weights = ", ".join(f"{criterion} {percent(weight)}" for criterion, weight in cards.weights.items() if weight)
    legend = (
        f"Weights: {weights}. Index: their mean of the shares below, an outcome counting one half where it is the mean of all. "
        "First: in how many of 1,000 other weightings it stays first."
    )
    return "\n".join([table(["provider", "place", "between", "index", "first"], rows, right=(1, 2, 3, 4)), "", _filled(legend)])


def _criteria(result: ScoredProviders) -> str:
    from payper.cli.terminal import table
    from payper.reports.words import shortened

    criteria, name = result.scored.scorecards.criteria, result.basis.facts.party
    rows = [
        [row["criterion"], shortened(name(row["provider"]), 28), _value(row), f"{row['based_on']:,}", _places(row)]
        for row in criteria.iter_rows(named=True)
    ]
    for at in range(len(rows) - 1, 0, -1):
        rows[at][0] = "" if rows[at][0] == rows[at - 1][0] else rows[at][0]
    return table(["criterion", "provider", "share", "checked", "place"], rows, right=(2, 3, 4))


def _value(row: dict[str, Any]) -> str:
    from payper.reports.estimates import share, with_interval

    return "nothing checked" if "NOTHING_CHECKED" in row["flags"] else with_interval(row["value"], row["value_lo"], row["value_hi"], share)


def _places(row: dict[str, Any]) -> str:
    if row["rank_lo"] is None:
        return ""
    return str(row["rank_lo"]) if row["rank_lo"] == row["rank_hi"] else f"{row['rank_lo']} to {row['rank_hi']}"


def _filled(text: str) -> str:
    from textwrap import fill

    return fill(text, 80)
