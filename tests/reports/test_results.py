"""The results report: its figures are the frames' figures, it says how sure it is, and it opens anywhere."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path

import jsonschema
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from html_pages import EVIL, Page
from invented_programme import contract, invent, northwind
from invented_results import basis_of, measured, old_northwind
from payper.measurement.effort import Effort
from payper.measurement.measured import Measured, measure_programme
from payper.reports.estimates import multiple
from payper.reports.result_words import findings, headline, warnings
from payper.reports.results import render_results
from payper.reports.results_json import results_json
from payper.reports.words import count

SCHEMA = json.loads((Path(__file__).resolve().parents[2] / "docs" / "results-schema.json").read_text("utf-8"))
NO_NUMBER = re.compile(r"\b(nan|None|inf|null|undefined|True|False)\b", re.ASCII)


EDGES: dict[str, Callable[[], Measured]] = {
    "nothing accepted": lambda: measured(northwind(accepts=0.0, per_contract=20)),
    "none won": lambda: measured(invent([contract("young", "lead", provider="p")], per_contract=12, as_of=date(2026, 1, 5))),
    "few won, a day's horizon": lambda: measured(northwind(per_contract=40), horizon_days=1, margin=0.0),
    "no rate": lambda: measured(
        invent([contract("yen", "hybrid", provider="p", currency="JPY"), contract("usd", "lead", provider="q")], per_contract=60),
        horizon_days=3650,
    ),
    "free of charge": lambda: measured(
        invent([replace(contract("free", "lead", provider="p"), prices=())], per_contract=400), effort=Effort(), as_of=date(2026, 9, 1)
    ),
    "twelve contracts": lambda: measured(
        invent([contract(f"c-{n:02d}", ("lead", "appointment", "hybrid")[n % 3], provider=f"p{n % 7}") for n in range(12)], per_contract=15)
    ),
}


@cache
def edge(name: str) -> Measured:
    return EDGES[name]()


def html_of(found: Measured, **more: object) -> str:
    return render_results(found, payper_version="0", **more)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def html() -> str:
    return html_of(old_northwind(), notes=["One file waits."])


@pytest.fixture(scope="module")
def page(html: str) -> Page:
    return Page(html)


def test_the_headline_says_what_was_seen_what_is_allowed_for_and_within_how_many_days() -> None:
    found = old_northwind()
    assert re.fullmatch(
        r"Seen so far [\d.,]+x; after allowing for deals still in progress [\d.,]+x, [\d.,]+ to [\d.,]+, within 180 days", headline(found)
    )
    assert multiple(found.seen.multiple or 0) in headline(found)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("nothing accepted", "Nothing was accepted by 20 Feb 2026"),
        ("none won", "No deal is won yet: "),
        ("few won, a day's horizon", "Too early to tell: "),
        ("free of charge", "deals are won so far worth"),
    ],
)
def test_the_headline_says_in_words_where_there_is_too_little(name: str, words: str) -> None:
    assert words in headline(edge(name))


def test_the_tables_hold_the_figures_of_the_frames(page: Page) -> None:
    found = old_northwind()
    for segment, caption in (("model", "model"), ("provider", "provider"), ("contract", "contract"), ("seniority", "seniority")):
        rows = page.tables[f"Results by {caption} within 180 days"][1:]
        frame = found.segments[segment]
        assert [row[1:3] for row in rows] == [[count(n), count(w)] for n, w in frame.select("deliveries", "wins_seen").iter_rows()]
    asked = page.tables["Results by model and provider within 180 days"][1:]
    assert len(asked) == found.asked.height  # type: ignore[union-attr]


def test_every_drawing_has_a_name_and_a_table_of_the_same_numbers(html: str, page: Page) -> None:
    figures = sum(tag == "figure" for tag, _ in page.tags)
    assert figures == html.count("The same numbers as a table") == sum(tag == "figcaption" for tag, _ in page.tags)
    ids = {attrs["id"] for _, attrs in page.tags if attrs.get("id")}
    named = [attrs["aria-labelledby"] for _, attrs in page.tags if attrs.get("role") == "img"]
    assert named
    assert set(named) <= ids
    links = [attrs["href"].removeprefix("#") for tag, attrs in page.tags if tag == "a" and attrs.get("href")]  # type: ignore[union-attr]
    assert set(links) <= ids
    assert len(re.findall(r'\sid="([^"]+)"', html)) == len(set(re.findall(r'\sid="([^"]+)"', html)))


def test_the_page_asks_for_nothing_from_elsewhere(html: str, page: Page) -> None:
    assert not [tag for tag, _ in page.tags if tag in {"script", "link", "img", "iframe", "object", "use", "image"}]
    assert not re.search(r"url\(|@import|https?://(?!www\.w3\.org/)", html)
    assert len(html.encode()) < 1_500_000


def test_the_order_of_rows_changes_no_byte() -> None:
    made = northwind(per_contract=25)
    pages = {html_of(measure_programme(basis_of(made, as_of=date(2026, 8, 1), margin=0.72, shuffled=each))) for each in (False, True)}
    assert len(pages) == 1


def test_no_name_can_become_markup() -> None:
    made = invent([contract(f"bad{EVIL}", "hybrid", provider="p")], per_contract=20)
    made = replace(made, programme=replace(made.programme, name=EVIL, party_names={"p": EVIL}))
    html = html_of(measured(made, as_of=date(2026, 8, 1)), notes=[EVIL])
    assert not [tag for tag, _ in Page(html).tags if tag == "script"]
    assert html.count("</style>") == 1


@pytest.mark.parametrize("name", EDGES)
def test_no_number_that_is_none_ever_reaches_a_person_or_a_program(name: str) -> None:
    found = edge(name)
    html = html_of(found)
    assert not NO_NUMBER.search(" ".join(Page(html).text))
    assert not re.search(r"NaN|Infinity|undefined", html)
    values = results_json(found, payper_version="0")
    jsonschema.validate(values, SCHEMA)
    assert not re.search(r"NaN|Infinity", json.dumps(values, allow_nan=False))


def test_values_are_as_the_published_schema_says_and_the_frames_say() -> None:
    found = old_northwind()
    values = results_json(found, payper_version="0")
    jsonschema.validate(values, SCHEMA)
    assert values["all"]["deliveries"] == found.seen.deliveries == sum(row["deliveries"] for row in values["segments"]["model"])
    assert values["headline"] == headline(found)
    assert values["by"]["columns"] == ["model", "provider"]
    assert [row["roi"] for row in values["segments"]["contract"]] == pytest.approx(found.segments["contract"]["roi"].to_list(), nan_ok=True)


def test_curves_and_funnel_end_where_the_tables_stand() -> None:
    """The last point of a curve, and the last step of the funnel, are the figures of `measure`, as wide as they are drawn there."""
    found = old_northwind()
    end = found.curves.row(-1, named=True)
    for name in ("revenue_per_1000_spent", "revenue_per_1000_spent_lo", "revenue_per_1000_spent_hi"):
        assert end[name] == pytest.approx(found.whole[name])
    assert found.funnel.row(-1, named=True)["share"] == pytest.approx(found.whole["win_rate"])
    won, ended, still = found.stages.select("won", "lost", "open").row(-1)
    assert won + ended + still == pytest.approx(1)


def test_money_that_is_missing_is_a_warning_with_a_count() -> None:
    codes = dict(warnings(edge("no rate")))
    assert "Add a [[rate]]" in codes["COST_RATE"]
    assert "WAGES_MISSING" in dict(warnings(edge("free of charge")))
    assert "EFFORT_ASSUMED" in dict(warnings(old_northwind()))


def test_three_findings_at_most_and_none_of_nothing() -> None:
    assert 1 <= len(findings(old_northwind())) <= 3
    assert findings(edge("nothing accepted")) == []


@settings(max_examples=2)
@given(seed=st.integers(0, 10_000), per_contract=st.integers(1, 20), accepts=st.floats(0, 2))
def test_any_programme_can_be_told(seed: int, per_contract: int, accepts: float) -> None:
    found = measured(northwind(seed=seed, per_contract=per_contract, accepts=accepts))
    assert not NO_NUMBER.search(" ".join(Page(html_of(found)).text))
    assert found.seen.deliveries == found.basis.deliveries.filter(pl.col("verdict") == "accepted").height
