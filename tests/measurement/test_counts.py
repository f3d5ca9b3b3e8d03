"""Plain results: counts, spend and cost agree with the frames they come from."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from invented_programme import Invented, contract, invent, northwind, without_settlement
from payper.journey import LADDER
from payper.measurement import Results, count_results, in_base
from payper.measurement.counts import even_pace, version_on


def results_of(made: Invented) -> Results:
    return count_results(programme=made.programme, contracts=made.contracts, verdicts=made.verdicts, settlement=made.settlement)


@pytest.fixture(scope="module")
def made() -> Invented:
    return northwind()


@pytest.fixture(scope="module")
def results(made: Invented) -> Results:
    return results_of(made)


def test_every_delivery_is_counted_under_exactly_one_verdict(made: Invented, results: Results) -> None:
    counts = results.contracts
    assert counts["delivered"].sum() == made.verdicts.height
    assert (counts["accepted"] + counts["rejected"] + counts["review"] + counts["quarantined"]).to_list() == counts["delivered"].to_list()


def test_spend_from_charges_equals_spend_from_transfers(made: Invented, results: Results) -> None:
    kinds = made.settlement.transfers.pivot("kind", index="contract", values="amount_minor", aggregate_function="sum").fill_null(0)
    for row in kinds.join(results.contracts, on="contract").iter_rows(named=True):
        assert row["pending_minor"] == row["pending"] - row["post"] - row["void"]
        assert row["posted_minor"] == row["post"]
        assert row["voided_minor"] == row["void"]
        assert row["credited_minor"] == row["credit"]
        assert row["owed_minor"] == row["post"] - row["credit"]
        assert row["net_minor"] == row["owed_minor"] + row["pending_minor"]


def test_providers_and_models_add_up_to_the_contracts(results: Results) -> None:
    for grouped in (results.providers, results.models):
        for column in ("delivered", "accepted", "rejected", "net_base_minor", "owed_base_minor", "replacements_owed"):
            assert grouped[column].sum() == results.contracts[column].sum()


@given(seed=st.integers(0, 5))
def test_no_step_of_a_funnel_is_wider_than_the_one_before(seed: int) -> None:
    funnel = results_of(northwind(seed, per_contract=60)).funnel
    order = {milestone.value: rank for rank, milestone in enumerate(LADDER)}
    for _, one in funnel.group_by("scope", "name"):
        reached = [row["reached"] for row in sorted(one.iter_rows(named=True), key=lambda row: order[row["milestone"]])]
        assert reached == sorted(reached, reverse=True)
        assert all(row["recorded"] <= row["reached"] for row in one.iter_rows(named=True))


def test_cost_is_net_spend_over_what_was_reached_and_null_when_nothing_was(results: Results) -> None:
    for row in results.costs.iter_rows(named=True):
        if row["reached"] == 0:
            assert row["cost_minor"] is None
        else:
            assert abs(row["cost_minor"] * row["reached"] - row["net_minor"]) * 2 <= row["reached"]


def test_reasons_are_counted_as_listed_and_as_headline(made: Invented, results: Results) -> None:
    listed = made.verdicts.select("reasons").explode("reasons").drop_nulls().height
    assert results.reasons["deliveries"].sum() == listed
    assert results.reasons["headlines"].sum() == made.verdicts["headline"].drop_nulls().len()


def test_pacing_ends_at_the_number_accepted_on_the_day_of_the_report(made: Invented, results: Results) -> None:
    last = results.pacing.group_by("contract").agg(pl.col("day").max(), pl.col("cumulative").last())
    both = last.join(results.contracts, on="contract")
    assert both["cumulative"].to_list() == both["accepted"].to_list()
    assert set(both["day"]) == {made.programme.as_of}


def test_days_of_pacing_are_local_to_the_contract(made: Invented) -> None:
    one = contract("late", "lead", provider="intentreach", zone="Pacific/Auckland")
    single = invent([one], per_contract=1, accepts=2.0)
    at = single.verdicts["delivered_at"][0]
    days = results_of(single).pacing.filter(pl.col("accepted") > 0)["day"].to_list()
    assert days == [one.calendar.local_date(at)]


def test_an_accepted_replacement_does_not_count_towards_pace(made: Invented) -> None:
    one = made.verdicts.filter(pl.col("verdict") == "accepted").row(0, named=True)
    replaced = made.settlement.replacements.head(1).with_columns(
        contract=pl.lit(one["contract"]), external_id=pl.lit("OLD"), state=pl.lit("delivered"), delivered_by=pl.lit(one["external_id"])
    )
    from dataclasses import replace

    other = replace(made, settlement=replace(made.settlement, replacements=replaced))
    last = results_of(other).pacing.filter(pl.col("contract") == one["contract"])["cumulative"][-1]
    assert last == results_of(made).contracts.filter(pl.col("contract") == one["contract"])["accepted"][0] - 1


def test_even_pace_rounds_up_and_ends_at_the_total() -> None:
    one = contract("paced", "lead", provider="p", total=1000)
    assert even_pace(one, date(2026, 1, 1)) == -(-1000 // 90)
    assert even_pace(one, date(2026, 3, 31)) == 1000
    assert even_pace(one, date(2026, 6, 1)) == 1000
    assert even_pace(contract("open", "lead", provider="p", ends=None), date(2026, 1, 5)) is None


def test_the_version_shown_is_the_highest_that_holds_on_the_day() -> None:
    from datetime import UTC, datetime

    first, second = contract("c", "lead", provider="p"), contract("c", "lead", provider="p", version=2)
    from dataclasses import replace

    second = replace(second, holds_from=datetime(2026, 2, 1, 5, tzinfo=UTC))
    assert version_on([second, first], date(2026, 1, 31)).version == 1
    assert version_on([second, first], date(2026, 2, 1)).version == 2


def test_money_without_a_rate_stays_in_its_own_currency_and_is_no_number_in_the_base(made: Invented) -> None:
    made = invent([contract("yen", "lead", provider="p", currency="JPY"), contract("us", "lead", provider="p")], per_contract=40)
    results = results_of(made)
    assert results.contracts.filter(pl.col("contract") == "yen")["net_base_minor"].to_list() == [None]
    assert results.providers["net_base_minor"].to_list() == [None]
    assert [one["currency"] for one in results.providers["net_by_currency"][0]] == ["JPY", "USD"]


def test_rates_turn_minor_units_of_one_currency_into_those_of_the_base(made: Invented) -> None:
    assert in_base(made.programme, 1000, "GBP") == 1250
    assert in_base(made.programme, 1000, "USD") == 1000
    assert made.programme.rates["GBP"].in_base == Decimal("1.25")


def test_a_programme_without_deliveries_has_rows_of_zeros(made: Invented) -> None:
    results = results_of(without_settlement(made))
    assert results.contracts["delivered"].to_list() == [0, 0, 0, 0]
    assert results.contracts["acceptance_rate"].to_list() == [None] * 4
    assert results.costs["cost_minor"].drop_nulls().len() == 0


def test_deliveries_of_an_unknown_contract_are_counted_apart(made: Invented) -> None:
    from dataclasses import replace

    stray = made.verdicts.head(3).with_columns(contract=pl.lit("nobody-knows"))
    results = results_of(replace(made, verdicts=pl.concat([made.verdicts, stray])))
    assert results.unknown_contracts == 3
    assert results.contracts["delivered"].sum() == made.verdicts.height


def test_results_do_not_depend_on_the_order_of_rows(made: Invented, results: Results) -> None:
    from dataclasses import replace

    shuffled = replace(
        made, verdicts=made.verdicts.reverse(), settlement=replace(made.settlement, charges=made.settlement.charges.reverse())
    )
    again = results_of(shuffled)
    assert again.contracts.equals(results.contracts)
    assert again.reasons.equals(results.reasons)
    assert again.funnel.equals(results.funnel)
