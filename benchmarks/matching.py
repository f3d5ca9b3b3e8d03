"""Measure the built-in matcher and Splink on public sets with known truth, and the speed of `find_possible`.

    python benchmarks/matching.py [--data FOLDER] [--people N] [--no-splink]

Both matchers get the same fields with the same kinds for a set, and generic settings otherwise; truth is used to count, never to fit.
The figures of docs/matching.md come from here.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from payper.adjudication.fuzzy import Field, find_possible, link
from payper.simulation import simulate_batch

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"

FEBRL = (
    Field("given_name", "name"),
    Field("surname", "name"),
    Field("street_number", "code"),
    Field("address_1", "text"),
    Field("suburb", "text"),
    Field("postcode", "code"),
    Field("state", "category"),
    Field("date_of_birth", "code"),
    Field("soc_sec_id", "code"),
)
FAKE = (Field("first_name", "name"), Field("surname", "name"), Field("dob", "code"), Field("city", "text"), Field("email", "email"))
PAPERS = (Field("title", "text"), Field("authors", "text"), Field("venue", "text"), Field("year", "code"))


@dataclass(frozen=True)
class MatchingSet:
    """Two tables (or one), the fields to compare, which two of them people confuse, and the true pairs (`left`, `right` row numbers)."""

    name: str
    left: pl.DataFrame
    right: pl.DataFrame | None
    fields: tuple[Field, ...]
    swapped: tuple[str, str] | None
    truth: pl.DataFrame


def read_table(path: Path) -> pl.DataFrame:
    """Read a set's CSV as trimmed text, headers trimmed too (Febrl's have a leading blank)."""
    frame = pl.read_csv(path, infer_schema=False)
    return frame.rename({name: name.strip() for name in frame.columns}).with_columns(pl.all().str.strip_chars())


def pairs_of(left: pl.Series, right: pl.Series | None) -> pl.DataFrame:
    """Give the row pairs that share an entity; within one table right < left."""
    one = pl.DataFrame({"key": left}).with_row_index("left")
    two = pl.DataFrame({"key": left if right is None else right}).with_row_index("right")
    pairs = one.join(two, on="key")
    return (pairs.filter(pl.col("right") < pl.col("left")) if right is None else pairs).select(pl.col("left", "right").cast(pl.UInt32))


def read_sets(folder: Path) -> list[MatchingSet]:
    """Read the four sets."""
    entity = folder / "entity-resolution"
    number = r"rec-(\d+)-"
    a, b = (read_table(entity / "febrl4" / f"dataset4{side}.csv.gz") for side in "ab")
    one = read_table(entity / "febrl1" / "dataset1.csv.gz")
    fake = read_table(entity / "splink-fake1000" / "fake_1000.csv.gz")
    dblp, acm, known = (read_table(entity / "dblp-acm" / f"{name}.csv.gz") for name in ("dblp", "acm", "gt"))
    names = ("given_name", "surname")
    return [
        MatchingSet("febrl4", a, b, FEBRL, names, pairs_of(a["rec_id"].str.extract(number), b["rec_id"].str.extract(number))),
        MatchingSet("febrl1", one, None, FEBRL, names, pairs_of(one["rec_id"].str.extract(number), None)),
        MatchingSet("splink-fake1000", fake, None, FAKE, ("first_name", "surname"), pairs_of(fake["cluster"], None)),
        MatchingSet(
            "dblp-acm", dblp, acm, PAPERS, None, known.select(left=pl.col("D1").cast(pl.UInt32), right=pl.col("D2").cast(pl.UInt32))
        ),
    ]


def measure(found: pl.DataFrame, truth: pl.DataFrame) -> tuple[float, float, float]:
    """Give precision, recall and F1 of the found pairs."""
    hits = found.join(truth, on=["left", "right"], how="semi").height
    precision, recall = hits / max(found.height, 1), hits / max(truth.height, 1)
    return precision, recall, 2 * precision * recall / max(precision + recall, 1e-12)


def built_in(some: MatchingSet) -> pl.DataFrame:
    """Match by payper's own matcher at a chance of one half."""
    return link(some.left, some.right, fields=some.fields, swapped=some.swapped, threshold=0.5)


def by_splink(some: MatchingSet) -> pl.DataFrame:
    """Match by Splink 5 on DuckDB at a chance of one half."""
    from payper.adjudication.fuzzy_splink import link as splink_link

    return splink_link(some.left, some.right, fields=some.fields, threshold=0.5)


def time_people(count: int) -> str:
    """Time `find_possible` on a batch of simulated people against as many in history."""
    people = simulate_batch(2 * count, 5)
    ready = people.select(
        "first_name",
        "last_name",
        "city",
        "postal_code",
        "title",
        company_key=pl.col("company").str.to_lowercase(),
        domain=pl.col("website").str.strip_prefix("https://www."),
        email_normal=pl.col("email").str.to_lowercase(),
        phone_e164="phone",
    )
    started = time.perf_counter()
    found = find_possible(ready[count:], ready[:count])
    return f"find_possible: {count:,} against {count:,}: {time.perf_counter() - started:.1f} s, {found.height:,} pairs"


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--people", type=int, default=100_000)
    parser.add_argument("--no-splink", action="store_true")
    told = parser.parse_args()
    matchers: dict[str, Callable[[MatchingSet], pl.DataFrame]] = {"built-in": built_in}
    if not told.no_splink:
        matchers["Splink 5"] = by_splink
    print("| set | matcher | precision | recall | F1 | seconds |\n|---|---|---|---|---|---|")
    for some in read_sets(told.data):
        for name, matcher in matchers.items():
            started = time.perf_counter()
            precision, recall, f1 = measure(matcher(some), some.truth)
            print(f"| {some.name} | {name} | {precision:.4f} | {recall:.4f} | {f1:.4f} | {time.perf_counter() - started:.1f} |")
    print("\n" + time_people(told.people))


if __name__ == "__main__":
    main()
