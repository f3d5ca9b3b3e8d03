"""The report: its numbers are the frames' numbers, it asks for nothing from elsewhere, and it speaks plainly whatever comes in."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from html_pages import EVIL, Page
from invented_programme import Invented, contract, invent, northwind, without_settlement
from payper.measurement import count_results
from payper.reports import render_report
from payper.reports.words import count, day_in_words, decimal_text, money, money_short, percent, shortened


def results_of(made: Invented):
    return count_results(programme=made.programme, contracts=made.contracts, verdicts=made.verdicts, settlement=made.settlement)


def report_of(made: Invented, **kwargs) -> str:
    return render_report(results_of(made), payper_version="0", **kwargs)


@pytest.fixture(scope="module")
def made() -> Invented:
    return northwind()


@pytest.fixture(scope="module")
def html(made: Invented) -> str:
    return report_of(made, checks_not_run=["EMAIL_NO_MX, as it needs --online"])


@pytest.fixture(scope="module")
def page(html: str) -> Page:
    return Page(html)


def test_the_contracts_table_holds_the_counts_of_the_frames(made: Invented, page: Page) -> None:
    rows = page.tables["Contracts: what was delivered"][1:]
    for name, own in made.verdicts.group_by("contract"):
        row = next(row for row in rows if row[0] == name[0])
        verdicts = own["verdict"].value_counts()
        by = dict(verdicts.iter_rows())
        assert row[4:6] == [count(own.height), count(by.get("accepted", 0))]
        assert (row[7], row[9], row[10]) == tuple(count(by.get(v, 0)) for v in ("rejected", "review", "quarantined"))


def test_the_money_table_holds_the_sums_of_the_charges(made: Invented, page: Page) -> None:
    rows = {row[0]: row for row in page.tables["Contracts: money and replacements"][1:]}
    for (name,), own in made.settlement.charges.group_by(["contract"]):
        pending = own.filter(pl.col("state") == "pending").select((pl.col("amount_minor") - pl.col("voided_minor")).sum()).item()
        posted = own.filter(pl.col("state") != "pending").select((pl.col("amount_minor") - pl.col("voided_minor")).sum()).item()
        currency = own["currency"][0]
        expected = [posted - own["credited_minor"].sum(), pending, posted, own["credited_minor"].sum(), own["voided_minor"].sum()]
        assert rows[name][1:6] == [money(minor, currency) for minor in expected]


def test_the_reasons_table_counts_every_listed_reason(made: Invented, page: Page) -> None:
    listed = dict(made.verdicts["reasons"].explode().drop_nulls().value_counts().iter_rows())
    rows = page.tables["Reasons over all contracts"][1:]
    assert {row[0]: row[4] for row in rows} == {reason: count(number) for reason, number in listed.items()}


def test_what_is_drawn_stands_in_a_table_beside_it(html: str) -> None:
    page = Page(html)
    figures = sum(tag == "figure" for tag, _ in page.tags)
    assert figures == sum("The same numbers as a table" in text for text in page.text) == sum(tag == "figcaption" for tag, _ in page.tags)
    ids = {attrs["id"] for _, attrs in page.tags if attrs.get("id")}
    named = [attrs["aria-labelledby"] for _, attrs in page.tags if attrs.get("role") == "img"]
    assert named
    assert set(named) <= ids


def test_ids_are_used_once(html: str) -> None:
    ids = re.findall(r'\sid="([^"]+)"', html)
    assert len(ids) == len(set(ids))


def test_the_report_asks_for_nothing_from_elsewhere(html: str, page: Page) -> None:
    assert not [tag for tag, _ in page.tags if tag in {"script", "link", "img", "iframe", "object", "use", "image"}]
    assert not re.search(r"url\(|@import|https?://(?!www\.w3\.org/)", html)
    assert len(html.encode()) < 1_500_000


def test_the_same_results_give_the_same_bytes(made: Invented, html: str) -> None:
    shuffled = replace(
        made, verdicts=made.verdicts.reverse(), settlement=replace(made.settlement, charges=made.settlement.charges.reverse())
    )
    assert report_of(shuffled, checks_not_run=["EMAIL_NO_MX, as it needs --online"]) == html


def test_a_simulated_programme_says_so_and_a_real_one_does_not(made: Invented, html: str) -> None:
    assert "Simulated." in html
    assert "Simulated" not in report_of(replace(made, programme=replace(made.programme, is_simulated=False)))


def test_the_headline_says_what_is_owed_what_was_accepted_and_when(page: Page, made: Invented) -> None:
    accepted = made.verdicts.filter(pl.col("verdict") == "accepted").height
    text = "".join(page.text)
    assert f"owed on 20 Feb 2026; {count(accepted)} of {count(made.verdicts.height)} deliveries were accepted" in text
    assert "Not run: EMAIL_NO_MX, as it needs --online" in text


def test_no_name_or_sentence_can_become_markup(made: Invented) -> None:
    programme = replace(made.programme, name=EVIL, party_names={"p": EVIL, "northwind": EVIL})
    evil = invent([contract(f"bad{EVIL}", "hybrid", provider="p")], per_contract=60)
    html = report_of(replace(evil, programme=programme), refused=[EVIL], checks_not_run=[EVIL], read=EVIL)
    page = Page(html)
    assert not [tag for tag, _ in page.tags if tag == "script"]
    assert "{{7*7}}" in "".join(page.text)
    assert html.count("</style>") == 1


EDGES = {
    "no deliveries": lambda: without_settlement(northwind()),
    "nothing accepted": lambda: northwind(accepts=0.0, per_contract=30),
    "everything accepted": lambda: northwind(accepts=5.0, per_contract=30),
    "one delivery": lambda: invent([contract("one", "lead", provider="p")], per_contract=1, accepts=5),
    "no contract": lambda: replace(northwind(per_contract=0), contracts={}),
    "no cap, no end": lambda: invent([contract("open", "lead", provider="p", total=None, ends=None)], per_contract=9),
    "no rate": lambda: invent(
        [contract("yen", "hybrid", provider="p", currency="JPY"), contract("usd", "lead", provider="q")], per_contract=40
    ),
    "no rate at all": lambda: invent([contract("dinar", "hybrid", provider="p", currency="BHD")], per_contract=40),
    "before the contract starts": lambda: replace(
        without_settlement(northwind()), programme=replace(northwind(per_contract=0).programme, as_of=date(2025, 6, 1))
    ),
    "free of charge": lambda: invent([replace(contract("free", "lead", provider="p"), prices=())], per_contract=30),
    "forty contracts": lambda: invent(
        [contract(f"c-{n:02d}", ("lead", "appointment", "hybrid")[n % 3], provider=f"p{n % 12}") for n in range(40)], per_contract=25
    ),
}


@pytest.mark.parametrize("name", EDGES)
def test_no_report_speaks_of_nan_none_or_infinity(name: str) -> None:
    html = report_of(EDGES[name]())
    text = " ".join(Page(html).text)
    assert not re.search(r"\b(nan|None|inf|null|undefined|True|False)\b", text, re.ASCII)
    assert not re.search(r"NaN|Infinity|undefined|null", html)
    assert len(html.encode()) < 1_500_000


def test_an_empty_programme_teaches_what_to_do_next() -> None:
    text = "".join(Page(report_of(EDGES["no deliveries"]())).text)
    assert "Nothing has been delivered by 20 Feb 2026" in text
    assert "payper simulate" in text


def test_forty_contracts_are_all_in_the_tables() -> None:
    page = Page(report_of(EDGES["forty contracts"]()))
    assert len(page.tables["Contracts: what was delivered"]) == 41
    assert "31 more stand in the table" in "".join(page.text)


def test_money_without_a_rate_is_shown_in_its_own_currency_and_said() -> None:
    text = "".join(Page(report_of(EDGES["no rate"]())).text)
    assert "There is no exchange rate for JPY" in text
    assert "JPY" in text.split("owed on")[0]


@settings(max_examples=6)
@given(seed=st.integers(0, 10_000), per_contract=st.integers(1, 25), accepts=st.floats(0, 2))
def test_any_programme_can_be_reported(seed: int, per_contract: int, accepts: float) -> None:
    text = " ".join(Page(report_of(northwind(seed=seed, per_contract=per_contract, accepts=accepts))).text)
    assert not re.search(r"\b(nan|None|inf)\b", text)


def test_words_of_money_dates_and_shares() -> None:
    assert decimal_text(-123456, "USD") == "−1,234.56"
    assert (decimal_text(1234, "JPY"), decimal_text(1234, "BHD")) == ("1,234", "1.234")
    assert day_in_words(date(2026, 3, 14)) == "14 Mar 2026"
    assert (percent(None), percent(0.0), percent(0.001), percent(0.9999), percent(1.0)) == (
        "none yet",
        "0%",
        "under 1%",
        "over 99%",
        "100%",
    )
    assert (money_short(123456789, "USD"), money_short(4800, "USD"), money_short(4850, "USD"), money_short(0, "JPY")) == (
        "1.23M",
        "48",
        "48.50",
        "0",
    )
    assert len(shortened("x" * 50, 21)) == 21


def test_one_contract_is_drawn_once_and_what_has_no_cost_is_said_instead_of_drawn() -> None:
    """A model of one contract has the same funnel, and a chart without a dot answers nothing."""
    made = invent([contract("only", "lead", provider="intentreach")], accepts=0.0, per_contract=20)
    text = "\n".join(Page(report_of(made)).text)
    assert "only: " in text
    assert "Model lead: " not in text
    assert "Per won deal" not in text.split("Cost per milestone")[0]
    assert "Not drawn, as none has a cost in USD yet: accepted delivery, held meeting, opportunity and won deal." in text


def test_models_of_several_contracts_have_a_funnel_of_their_own(made: Invented, page: Page) -> None:
    several = {
        model
        for model in {one[-1].model for one in made.contracts.values()}
        if [one[-1].model for one in made.contracts.values()].count(model) > 1
    }
    text = "\n".join(page.text)
    assert {model for model in ("lead", "appointment", "hybrid") if f"Model {model}: " in text} == several
