"""Laws of double entry, and the files that other ledgers read."""

from __future__ import annotations

import shutil
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from payper.errors import LedgerError
from payper.ledger import (
    TRANSFER_SCHEMA,
    Purpose,
    account_name,
    balances,
    empty_transfers,
    missing,
    parse_account,
    to_beancount,
    to_hledger,
    validate,
)
from payper.ledger.beancount import beancount_account

START = datetime(2026, 1, 5, 23, 30, tzinfo=UTC)
SIDES = {
    "pending": (Purpose.CHARGES, Purpose.PENDING),
    "post": (Purpose.PENDING, Purpose.PAYABLE),
    "void": (Purpose.PENDING, Purpose.CHARGES),
    "credit": (Purpose.PAYABLE, Purpose.CREDITS),
}
CURRENCIES = {"reach": "USD", "nippon.2026_q1": "JPY", "bahrain-b": "BHD"}


def transfers(*rows: tuple) -> pl.DataFrame:
    """Rows of (number, kind, amount, hours after the start, contract)."""
    full = []
    for number, kind, amount, hours, contract in rows:
        debit, credit = (
            account_name("northwind" if side in {Purpose.CHARGES, Purpose.CREDITS} else "intent", contract, side) for side in SIDES[kind]
        )
        charge = f"{contract}/{number}/accepted"
        full.append(
            (
                f"{charge}/{kind}",
                charge,
                contract,
                kind,
                START + timedelta(hours=hours),
                amount,
                CURRENCIES[contract],
                debit,
                credit,
                'said "so"\nünd \\ ; |',
                None,
            )
        )
    return pl.DataFrame(full, schema=TRANSFER_SCHEMA, orient="row")


LEDGERS = st.lists(
    st.tuples(st.integers(1, 6), st.sampled_from(list(SIDES)), st.integers(1, 10**12), st.integers(0, 100), st.sampled_from(list(CURRENCIES))),  # one row of a table
    max_size=8, unique_by=lambda row: (row[0], row[1], row[4]),
).map(lambda rows: transfers(*rows))  # fmt: skip


@given(LEDGERS, st.integers(0, 100))
def test_debits_equal_credits_at_every_instant(ledger: pl.DataFrame, hours: int) -> None:
    assert (
        balances(validate(ledger), as_of=START + timedelta(hours=hours))
        .group_by("currency")
        .agg(pl.col("balance_minor").sum())["balance_minor"]
        .to_list()
        .count(0)
        == balances(ledger, as_of=START + timedelta(hours=hours))["currency"].n_unique()
    )


FAULTS = {
    "not positive": {"amount_minor": pl.lit(0, dtype=pl.Int64)},
    "empty": {"cause": pl.lit(None, dtype=pl.String)},
    "both debited and credited": {"credit_account": pl.col("debit_account")},
    "used twice": {"transfer_id": pl.lit("same")},
    "none of": {"kind": pl.lit("gift")},
    "names what it corrects": {"corrects": pl.lit("other")},
    "kept in JPY and USD": {"currency": pl.Series(["USD", "JPY"])},
    "Int32": {"amount_minor": pl.col("amount_minor").cast(pl.Int32)},
}


@pytest.mark.parametrize("words", FAULTS)
def test_the_ledger_raises_on_what_is_no_ledger(words: str) -> None:
    good = transfers((1, "pending", 5, 0, "reach"), (2, "pending", 5, 0, "reach"))
    with pytest.raises(LedgerError, match=words):
        validate(good.with_columns(**FAULTS[words]))


@settings(max_examples=50)
@given(LEDGERS, LEDGERS, LEDGERS, st.integers(0, 100))
def test_what_is_missing_brings_the_recorded_to_the_target_whatever_was_recorded(first, second, third, hours) -> None:
    as_of = START + timedelta(hours=hours)
    recorded = empty_transfers()
    for target in (first, second, third, first):
        appended = missing(target, recorded, as_of=as_of)
        recorded = validate(pl.concat([recorded, appended]))
        have, want = (balances(one, as_of=as_of).filter(pl.col("balance_minor") != 0) for one in (recorded, target))
        assert have.equals(want)
        assert missing(target, recorded, as_of=as_of).is_empty()


def test_a_correction_points_at_what_it_corrects_and_edits_nothing() -> None:
    as_of = START + timedelta(days=9)
    recorded = transfers((1, "pending", 500, 0, "reach"))
    appended = missing(transfers((1, "pending", 400, 0, "reach")), recorded, as_of=as_of)
    assert appended.select("kind", "amount_minor", "corrects").rows() == [
        ("pending", 400, None),
        ("reverse", 500, "reach/1/accepted/pending"),
    ]


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters=":"), min_size=1), min_size=2, max_size=2, unique=True))
def test_different_contracts_never_share_a_beancount_account(ids: list[str]) -> None:
    one, other = (beancount_account(account_name("northwind", contract, Purpose.CHARGES)) for contract in ids)
    assert one != other
    assert parse_account(account_name("northwind", ids[0], Purpose.PENDING)) == ("northwind", ids[0], Purpose.PENDING)


FULL = transfers(
    (1, "pending", 4800, 0, "reach"), (1, "post", 4800, 90, "reach"), (1, "credit", 4800, 95, "reach"), (2, "pending", 5, 1, "nippon.2026_q1"),  # one row of a table
    (3, "pending", 12345, 2, "bahrain-b"), (3, "void", 12345, 50, "bahrain-b"),
)  # fmt: skip


@pytest.mark.parametrize("detail", ["transfer", "day"])
@pytest.mark.parametrize("ledger", [FULL, FULL.clear()], ids=["full", "empty"])
def test_bean_check_accepts_the_ledger(ledger: pl.DataFrame, detail: str, tmp_path: Path) -> None:
    file = tmp_path / "ledger.beancount"
    file.write_text(to_beancount(ledger, title='Northwind "2026"', zones={"reach": "America/New_York"}, detail=detail), encoding="utf-8")
    checked = subprocess.run([Path(sys.executable).parent / "bean-check", file], capture_output=True, text=True, check=False)
    assert (checked.returncode, checked.stdout + checked.stderr) == (0, "")


def test_beancount_dates_a_transfer_by_the_contracts_zone_and_keeps_the_digits_of_its_currency() -> None:
    text = to_beancount(FULL, title="x", zones={"nippon.2026_q1": "Asia/Tokyo"})
    assert "2026-01-05 ! " in text
    assert "2026-01-06 ! " in text
    assert "  5 JPY" in text
    assert "  12.345 BHD" in text
    assert "  -48.00 USD" in text


def test_the_same_transfers_in_any_order_give_the_same_file() -> None:
    assert to_beancount(FULL, title="x") == to_beancount(FULL.reverse(), title="x")
    assert to_hledger(FULL, title="x") == to_hledger(FULL.reverse(), title="x")


@pytest.mark.parametrize("detail", ["transfer", "day"])
def test_hledger_accepts_the_ledger(detail: str, tmp_path: Path) -> None:
    program = shutil.which("hledger")
    if program is None:
        pytest.skip("hledger is not installed (Debian: apt install hledger), so its own checker does not read our journal here")
    file = tmp_path / "ledger.journal"
    file.write_text(to_hledger(FULL, title="Northwind", detail=detail), encoding="utf-8")
    checked = subprocess.run(
        [program, "-f", file, "check", "accounts", "commodities", "balanced"], capture_output=True, text=True, check=False
    )
    assert (checked.returncode, checked.stdout + checked.stderr) == (0, "")
