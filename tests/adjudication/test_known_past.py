"""What is kept at hand of earlier deliveries answers as the segments themselves do."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from payper.adjudication import known_past
from payper.adjudication.identities import KEYS
from payper.adjudication.known_past import KnownPast
from payper.adjudication.past import COLUMNS, Past, Segment


def segment(rows: int, chance: np.random.Generator, *, first: int, contract: str, keys: int = 12) -> Segment:
    columns = {name: chance.integers(0, keys, rows).astype(dtype) for name, dtype in COLUMNS.items()}
    columns["delivery_id"] = np.arange(first, first + rows, dtype=np.int64)
    columns["verdict"] = chance.choice(np.array([0, 0, 2, 3]), rows).astype(np.int64)
    columns["day"] = chance.integers(20_000, 20_090, rows).astype(np.int64)
    columns["is_replacement"] = chance.integers(0, 2, rows).astype(np.int64)
    return Segment(contract=contract, provider=f"of {contract}", columns=columns)


@given(sizes=st.lists(st.integers(0, 90), max_size=9), recent=st.integers(0, 60), runs=st.integers(1, 4), seed=st.integers(0, 2**32))
def test_what_is_at_hand_answers_as_the_segments_do(sizes: list[int], recent: int, runs: int, seed: int) -> None:
    chance = np.random.default_rng(seed)
    segments, first = [], 1
    for size in sizes:
        segments.append(segment(size, chance, first=first, contract=str(chance.choice(["a", "b"]))))
        first += size
    released = {id_: 500 for id_ in range(1, first) if chance.random() < 0.1}
    charged, offsets = {("a", "accepted"): 3}, {"b": {("accepted", 7): 100}}
    plain = Past(segments=segments, charged=dict(charged), offsets=dict(offsets), released=released)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(known_past, "RECENT_MAX", recent)
        patch.setattr(known_past, "RUNS_MAX", runs)
        known = KnownPast(charged=dict(charged), offsets=dict(offsets), released=released)
        for each in segments:
            known.add(each)
        wanted = {name: np.array(sorted(set(chance.integers(1, 15, 6).tolist())), dtype=np.uint64) for name in KEYS}
        expected, counted = plain.read(wanted, ["a", "b", "c"])
        found, counts = known.read(wanted, ["a", "b", "c"])
    assert {name: sorted(each) for name, each in found.items()} == {name: sorted(each) for name, each in expected.items()}
    for contract, each in counted.items():
        other = counts[contract]
        assert (other.total, other.spent_minor, other.charged) == (each.total, each.spent_minor, each.charged)
        assert [dict(other.days), dict(other.months), dict(other.companies), dict(other.offsets)] == [
            each.days, each.months, each.companies, each.offsets,
        ]  # fmt: skip


def test_what_is_counted_while_judging_is_not_kept() -> None:
    known = KnownPast()
    known.add(segment(5, np.random.default_rng(1), first=1, contract="a"))
    before = known.counts_of("a")
    taken = known.counts_of("a")
    taken.add(day=20_000, month=600, company=3, price_minor=100)
    taken.offsets["accepted", 9] = 5
    taken.charged["accepted"] = 9
    after = known.counts_of("a")
    assert (after.total, dict(after.days), dict(after.companies), after.charged) == (
        before.total, dict(before.days), dict(before.companies), before.charged,
    )  # fmt: skip
    assert taken.total == before.total + 1
