"""Laws where replacements are common, charges are partly credited, and events come late."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import polars as pl
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from settlement_cases import RATES, appointment, contract, deliveries, events, money, price, returns, review, settled
from test_laws import START

from payper.ledger import balances, missing
from payper.money import percent_of
from payper.settlement import Admissions, Made

WEEK = 7 * 24


def _instant(hours: float):
    return START + timedelta(hours=hours)


def _claims(rows, claimed: dict[int, int]) -> pl.DataFrame:
    """Claim deliveries by their place, so many hours after they were delivered."""
    made = returns(*[(f"L{place + 1}", "PHONE_WRONG", None, {"evidence": "bounce"}) for place in claimed])
    instants = [rows[place]["delivered_at"] + timedelta(hours=hours, seconds=place) for place, hours in claimed.items()]
    return made.with_columns(pl.Series("claimed_at", instants, dtype=pl.Datetime("us", "UTC")))


@st.composite
def replacing(draw):
    """Most of what is delivered is returned or missed, and most of what is owed is replaced, some of it twice over."""
    terms = contract(
        price("accepted", 333, tiers=((3, 301),)), price("meeting held", 900, offset=("accepted",)), price("won", percent="1.5"),
        review=review(
            draw(st.sampled_from(["5d", "5bd"])), remedy=draw(st.sampled_from(["replace", "replace", "credit"])), contest_within=draw(st.sampled_from([None, "1bd"])),
            cap=draw(st.sampled_from([None, None, "0.6"])), replace_within=draw(st.sampled_from(["8bd", "20bd", None])), undecided=draw(st.sampled_from(["buyer", "provider"])),
        ),
        appointment=appointment(draw(st.sampled_from(["void", "replace"]))), zone="America/New_York",
    )  # fmt: skip
    gaps = draw(st.lists(st.integers(8, 60), min_size=4, max_size=9))
    hours = [sum(gaps[: place + 1]) for place in range(len(gaps))]
    rows = [
        {
            "delivered_at": _instant(hour),
            "kind": draw(st.sampled_from(["lead", "lead", "appointment"])),
            "email_normal": f"p{place % 4}@acme.test",
        }
        for place, hour in enumerate(hours)
    ]
    claimed = {place: draw(st.integers(1, 100)) for place in range(len(rows)) if draw(st.integers(0, 3))}
    claims = _claims(rows, claimed).with_columns(
        pl.when(pl.Series([draw(st.integers(0, 4)) == 0 for _ in claimed], dtype=pl.Boolean))
        .then(pl.col("claimed_at") + pl.duration(minutes=5))
        .alias("contested_at")
    )
    claims = claims.with_columns(
        pl.Series("decision", [draw(st.sampled_from([None, "refused", "granted"])) for _ in claimed], dtype=pl.String)
    ).with_columns(pl.when(pl.col("decision").is_not_null()).then(pl.col("claimed_at") + pl.duration(minutes=30)).alias("decided_at"))
    names = st.sampled_from(["missed", "missed", "meeting held", "contacted", "won"])
    told = [
        (f"L{place + 1}", draw(names), None, {"happened_at": rows[place]["delivered_at"] + timedelta(minutes=draw(st.integers(1, 4000)), seconds=7), "amount": "99.99"})
        for place in range(len(rows)) if draw(st.booleans())
    ]  # fmt: skip
    steps = events(*told)
    book = Admissions({terms.id: [terms]}, claims, steps, rates=RATES)
    frame = deliveries(*rows)
    replaces: list[str | None] = []
    for row in frame.iter_rows(named=True):
        owed = [one for one in frame["external_id"] if book.owed("reach", one, row["delivered_at"]).state == "owed"]
        replaces.append(draw(st.sampled_from([*owed, *owed, None])))
        book.accept(
            "reach",
            1,
            row["delivery_id"],
            row["external_id"],
            row["email_normal"],
            row["kind"],
            row["delivered_at"],
            (0, 1, 2),
            replaces[-1],
        )
    assume(any(replaces))
    return terms, frame.with_columns(pl.Series("replaces", replaces, dtype=pl.String)), steps, claims


@settings(max_examples=40, deadline=None)
@given(replacing(), st.integers(0, 60 * 24))
def test_judging_and_settling_agree_on_every_replacement_where_they_are_common(programme, hours) -> None:
    terms, frame, steps, claims = programme
    outcome = settled(terms, frame, with_events=steps, with_returns=claims, as_of=_instant(200 * 24))
    assert not outcome.warnings["code"].is_in(["REPLACES_NOTHING"]).any()
    delivered = outcome.replacements.filter(state="delivered")
    assert set(delivered["external_id"]) == set(frame["replaces"].drop_nulls())
    assert not (delivered["external_id"] == delivered["delivered_by"]).any()
    by_acceptance = outcome.charges.filter(
        pl.col("external_id").is_in(delivered["delivered_by"].to_list()) & (pl.col("milestone") == "accepted")
    )
    assert by_acceptance["amount_minor"].sum() == 0
    assert (by_acceptance["number"] == 0).all()
    # Up to any day, the two say the same of what is known by then.
    as_of = _instant(hours)
    known = frame.filter(pl.col("delivered_at") <= as_of)
    early = settled(terms, known, with_events=steps, with_returns=claims, as_of=as_of)
    assert set(early.replacements.filter(state="delivered")["external_id"]) == set(known["replaces"].drop_nulls())


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 10**7), st.integers(1, 99), st.integers(0, 100))
def test_a_partly_credited_charge_has_posted_whole_and_given_back_its_share(amount, percent, hours) -> None:
    """A missed meeting is charged and replaced; the replacement is returned after the first charge has posted."""
    terms = contract(
        price("meeting held", amount), appointment=appointment("replace"),
        review=review("5d", remedy="partial", partial=str(percent), replace_within="20bd"),
    )  # fmt: skip
    rows = [
        {"delivered_at": _instant(0), "kind": "appointment"},
        {"delivered_at": _instant(2 * WEEK), "kind": "appointment", "replaces": "L1"},
    ]
    held = _instant(2 * WEEK + 24)
    steps = events(("L1", "missed", None, {"happened_at": _instant(24)}), ("L2", "held", None, {"happened_at": held}))
    claims = _claims(rows, {1: 24 + hours})
    outcome = settled(terms, deliveries(*rows), with_events=steps, with_returns=claims, as_of=_instant(5 * WEEK))
    share = percent_of(amount, Decimal(percent))
    assert money(outcome, "L1", "meeting held") == ("partly credited", 0, amount, 0, share)
    assert money(outcome, "L2", "meeting held") == ("posted", 0, 0, 0, 0)
    books = {account.rpartition(":")[2]: minor for account, _, minor in balances(outcome.transfers).iter_rows()}
    assert (books["payable"], books.get("credits", 0)) == (share - amount, -share)
    before = settled(terms, deliveries(*rows), with_events=steps, with_returns=claims, as_of=_instant(2 * WEEK + 24))
    assert money(before, "L1", "meeting held")[0] == "posted"


@st.composite
def late(draw):
    """Terms whose prices hang on no order, deliveries, returns in the window of acceptance, and events of which some are known later."""
    terms = contract(
        price("accepted", 333), price("contacted", 20), price("meeting booked", 100), price("meeting held", 900), price("won", percent="1.5"),
        review=review(draw(st.sampled_from(["5d", "6bd"])), remedy=draw(st.sampled_from(["credit", "partial"])), partial="33"),
        appointment=appointment(draw(st.sampled_from(["void", "charge", "reschedule then void"])), reschedules=1, horizon="4bd"), zone="America/New_York",
    )  # fmt: skip
    rows = [
        {"delivered_at": _instant(hour), "kind": draw(st.sampled_from(["lead", "appointment"])), "email_normal": f"p{place}@acme.test"}
        for place, hour in enumerate(draw(st.lists(st.integers(0, 240), min_size=2, max_size=6, unique=True).map(sorted)))
    ]
    names = st.sampled_from(["contacted", "meeting booked", "meeting held", "missed", "cancelled", "moved", "won"])
    told = draw(
        st.lists(
            st.tuples(st.integers(0, len(rows) - 1), names, st.integers(1, 20_000), st.booleans()), max_size=9, unique_by=lambda one: one[2]
        )
    )
    steps = events(*[
        (f"L{place + 1}", name, None, {"happened_at": rows[place]["delivered_at"] + timedelta(minutes=minutes, seconds=7), "amount": "99.99"})
        for place, name, minutes, _ in told
    ])  # fmt: skip
    claims = _claims(rows, {place: draw(st.integers(1, 100)) for place in range(len(rows)) if draw(st.integers(0, 2)) == 0})
    return terms, deliveries(*rows), steps, claims, pl.Series([is_late for *_, is_late in told], dtype=pl.Boolean)


@settings(max_examples=40, deadline=None)
@given(late(), st.integers(0, 40), st.integers(0, 30))
def test_events_that_come_late_bring_the_totals_to_what_one_run_over_all_would_say(programme, days, more_days) -> None:
    terms, frame, steps, claims, is_late = programme
    first, second = _instant(24 * days), _instant(24 * (days + more_days))

    def run(known_steps, as_of, made=None):
        known = frame.filter(pl.col("delivered_at") <= as_of)
        return settled(terms, known, with_events=known_steps, with_returns=claims, as_of=as_of, made=made)

    before = run(steps.filter(~is_late), first)
    after = run(steps, second, Made(before.charges, before.returns))
    at_once = run(steps, second)
    totals = ["pending_minor", "posted_minor", "voided_minor", "credited_minor"]
    by = ["delivery_id", "milestone"]
    assert after.charges.select(*by, *totals).equals(at_once.charges.select(*by, *totals))
    recorded = missing(before.transfers, before.transfers.clear(), as_of=first)
    books = pl.concat([recorded, missing(after.transfers, recorded, as_of=second)])
    assert _books(books, second).equals(_books(at_once.transfers, second))


def _books(transfers: pl.DataFrame, as_of) -> pl.DataFrame:
    return balances(transfers, as_of=as_of).filter(pl.col("balance_minor") != 0)


def test_a_replacement_that_an_earlier_run_accepted_is_not_owed_again() -> None:
    """A new run tells `Admissions` of earlier deliveries without asking what was owed for them."""
    terms = contract(price("accepted", 333), review=review("5d", remedy="replace", replace_within="20bd"))
    rows = [{"delivered_at": _instant(0)}, {"delivered_at": _instant(48), "replaces": "L1"}]
    book = Admissions({"reach": [terms]}, _claims(rows, {0: 24}), events(), rates=RATES)
    for row in deliveries(*rows).iter_rows(named=True):
        book.accept(
            "reach", 1, row["delivery_id"], row["external_id"], row["email_normal"], "lead", row["delivered_at"], (0,), row["replaces"]
        )
    assert book.owed("reach", "L1", _instant(72)).state == "taken"
