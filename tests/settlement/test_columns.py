"""Columns settle as following one by one does: the same frames, row for row, over programmes that Hypothesis makes up."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st
from settlement_cases import appointment, contract, deliveries, events, others, price, returns, review, settled

from payper.settlement import Made

START = datetime(2026, 1, 5, tzinfo=UTC)
FRAMES = ("charges", "transfers", "returns", "replacements", "journey", "refusals", "warnings")


def _instant(hours: int) -> datetime:
    return START + timedelta(hours=hours)


@st.composite
def terms(draw, name: str):
    """One contract with prices of every kind."""

    def cost(on: str, amount: int, **more):
        return price(on, percent="2.5") if draw(st.integers(0, 4)) == 0 else price(on, amount, **more)

    listed = [
        price("accepted", 333, tiers=((3, 301),)) if draw(st.integers(0, 5)) else price("accepted", percent="1"),
        cost("contacted", 11), cost("qualified", 70), cost("meeting booked", 100),
        cost("meeting held", 900, offset=("accepted",)) if draw(st.booleans()) else cost("meeting held", 900), cost("opportunity", 0),
        price("won", percent="1.5"),
    ]  # fmt: skip
    kept = [row for row in listed if draw(st.integers(0, 3))]
    clause = review(
        draw(st.sampled_from(["0d", "2bd", "48h", "5d"])), remedy=draw(st.sampled_from(["credit", "replace", "partial"])), partial="33",
        silence=draw(st.sampled_from(["accept", "return"])), replace_within="8bd",
    )  # fmt: skip
    meeting = appointment("reschedule then void", reschedules=1, proof=draw(st.sampled_from([(), ("silence",), ("rep", "silence:1bd")])))
    return contract(
        *kept, id=name, currency=draw(st.sampled_from(["USD", "GBP", "JPY"])), zone=draw(st.sampled_from(["UTC", "America/New_York"])),
        review=draw(st.sampled_from([clause, clause, None])), appointment=draw(st.sampled_from([meeting, None])),
    )  # fmt: skip


MILESTONES = [
    "contacted", "engaged", "Qualified", "meeting booked", "booked", "meeting held", "held", "opportunity", "won", "won", "lost", "accepted",
    "delivered", "opted out", "moved", "missed", "cancelled", "what?",
]  # fmt: skip
TIMES = st.integers(-1, 24).map(lambda step: 12 * step)  # few instants, so that events tie with one another and with the ends of windows
STEP = st.tuples(
    st.integers(0, 7), st.sampled_from(MILESTONES), TIMES, st.sampled_from(["id", "id", "id", "loose", "mail", "loose mail", "none"]),
    st.sampled_from([None, None, "NO_SHOW_BUYER"]), st.sampled_from([None, "99.99", "1,000", "100", "", "x", "-1"]),
    st.sampled_from([None, None, "gbp", "USD", "CHF", "??"]), st.sampled_from([None, "crm", "mail"]), st.integers(1, 6),
)  # fmt: skip


@st.composite
def programmes(draw):
    """Two contracts, some deliveries, many events and few returns; instants, people and ids repeat."""
    contracts = [draw(terms("reach")), draw(terms("other"))]
    rows = []
    for number in range(draw(st.integers(1, 7))):
        at = draw(st.integers(0, 10)) * 24
        kind = draw(st.sampled_from(["lead", "lead", "appointment"]))
        rows.append({
            "contract": draw(st.sampled_from(["reach", "reach", "other"])), "external_id": draw(st.sampled_from([f"L{number}", f"L{number}", f"L{number // 2}", None])),
            "email_normal": draw(st.sampled_from([f"p{number % 3}@acme.test", f"p{number % 3}@acme.test", None])), "kind": kind, "delivered_at": _instant(at),
            "accepted_at": draw(st.sampled_from([None, None, _instant(at + 30)])), "meeting_at": draw(st.sampled_from([None, _instant(at + 24), _instant(at + 60)])),
            "meeting_minutes": draw(st.sampled_from([None, 30])), "replaces": draw(st.sampled_from([None] * 9 + ["L0"])),
        })  # fmt: skip
    frame = deliveries(*rows)
    steps = [_event(rows, *one) for one in draw(st.lists(STEP, max_size=14))]
    claims = [
        (rows[number % len(rows)]["external_id"], "PHONE_WRONG", None, {"contract": rows[number % len(rows)]["contract"]})
        for number in draw(st.lists(st.integers(0, 7), max_size=1))
    ]
    claimed = returns(*claims).with_columns(pl.lit(_instant(24 * 6), dtype=pl.Datetime("us", "UTC")).alias("claimed_at"))
    return contracts, frame, events(*steps), claimed, others(*draw(st.sampled_from([(), ("L1", "L9")])), contract_id="other")


def _event(rows, number, milestone, hours, how, reason, amount, currency, source, source_id):
    meant = rows[number % len(rows)]
    more = {
        "reason": reason, "amount": amount, "currency": currency, "source": source, "source_id": str(source_id), "happened_at": meant["delivered_at"] + timedelta(hours=hours),
        "contract": None if "loose" in how or how == "none" else meant["contract"], "email": " P0@acme.test" if how == "none" and source_id > 4 else None,
    }  # fmt: skip
    if "mail" in how:
        more["email"] = meant["email_normal"]
    return (None if "mail" in how or how == "none" else meant["external_id"] or "L99"), milestone, None, more


@settings(max_examples=45, deadline=None)
@given(programmes(), st.integers(0, 30), st.integers(0, 30))
def test_columns_settle_as_following_one_by_one_does(programme, days, more_days) -> None:
    contracts, frame, steps, claims, rejected = programme
    given_ = {"with_events": steps, "with_returns": claims, "others": rejected}
    columns, followed = (settled(contracts, frame, **given_, as_of=_instant(24 * days), one_by_one=one) for one in (False, True))
    _same(columns, followed)
    made = Made(columns.charges, columns.returns)
    later = _instant(24 * (days + more_days))
    _same(*(settled(contracts, frame, **given_, as_of=later, made=made, one_by_one=one) for one in (False, True)))


def _same(one, other) -> None:
    for name in FRAMES:
        mine, theirs = getattr(one, name), getattr(other, name)
        if name == "transfers":
            mine, theirs = mine.sort("transfer_id"), theirs.sort("transfer_id")
        assert mine.equals(theirs), f"{name}\n{mine.rows()}\n{theirs.rows()}"
