"""What was judged before, as far as duplicates and caps must know it: arrays of numbers, no personal data."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping, MutableMapping
from dataclasses import dataclass, field
from functools import cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from payper.adjudication.identities import KEYS

U64 = npt.NDArray[np.uint64]
I64 = npt.NDArray[np.int64]

VERDICT_CODES: tuple[str, ...] = ("accepted", "rejected", "review", "quarantined")
"""Verdicts by the number that arrays hold."""

ACCEPTED, REJECTED, REVIEW, QUARANTINED = range(4)

COLUMNS: dict[str, type[np.generic]] = {
    "delivery_id": np.int64,
    "delivered_at": np.int64,
    "verdict": np.int64,
    "day": np.int64,
    "company": np.uint64,
    "price_minor": np.int64,
    "is_replacement": np.int64,
    **{f"{part}_{name}": np.uint64 for name in KEYS for part in ("key", "check")},
}
"""One number a good delivery: `delivered_at` in microseconds UTC, `day` the local date as days since 1970, hashes as `identities`
(0: none)."""


class Match(NamedTuple):
    """An earlier good delivery that shares a key."""

    key: int
    check: int
    delivered_at: int
    delivery_id: int
    provider: str
    contract: str


@dataclass(frozen=True)
class Segment:
    """The good deliveries (accepted, in review, quarantined) of one batch."""

    contract: str
    provider: str
    columns: dict[str, npt.NDArray[np.generic]]

    @classmethod
    def of(cls, good: pl.DataFrame, *, contract: str, provider: str) -> Segment:
        """Take the columns of `COLUMNS` out of a frame; nulls become 0."""
        whole = good.select(
            pl.col(name).cast(pl.UInt64 if dtype is np.uint64 else pl.Int64).fill_null(0) for name, dtype in COLUMNS.items()
        )
        columns = {name: whole[name].to_numpy().astype(dtype) for name, dtype in COLUMNS.items()}
        return cls(contract=contract, provider=provider, columns=columns)

    def to_bytes(self) -> bytes:
        """Write the arrays one after the other, little endian, with their common length in front."""
        length = len(self.columns["delivery_id"])
        return struct.pack("<Q", length) + b"".join(
            self.columns[name].astype(f"<{np.dtype(dtype).str[1:]}").tobytes() for name, dtype in COLUMNS.items()
        )

    @classmethod
    def from_bytes(cls, blob: bytes, *, contract: str, provider: str) -> Segment:
        """Read what `to_bytes` wrote."""
        (length,) = struct.unpack_from("<Q", blob)
        columns: dict[str, npt.NDArray[np.generic]] = {}
        offset = 8
        for name, dtype in COLUMNS.items():
            columns[name] = np.frombuffer(blob, dtype=dtype, count=length, offset=offset)
            offset += length * 8
        return cls(contract=contract, provider=provider, columns=columns)

    def matches(self, name: str, keys: U64) -> list[Match]:
        """Find the good deliveries whose key of a name is among `keys` (sorted, distinct, without 0)."""
        own = self.columns[f"key_{name}"]
        if not len(own) or not len(keys):
            return []
        places = np.searchsorted(keys, own)
        places[places == len(keys)] = 0
        found = np.flatnonzero(keys[places] == own)
        checks, delivered, ids = self.columns[f"check_{name}"], self.columns["delivered_at"], self.columns["delivery_id"]
        return [
            Match(
                key=int(own[i]),
                check=int(checks[i]),
                delivered_at=int(delivered[i]),
                delivery_id=int(ids[i]),
                provider=self.provider,
                contract=self.contract,
            )
            for i in found.tolist()
        ]


@dataclass
class Counts:
    """What a contract's accepted deliveries have used of its caps (RULES 30 to 33)."""

    total: int = 0
    days: MutableMapping[int, int] = field(default_factory=dict)
    months: MutableMapping[int, int] = field(default_factory=dict)
    companies: MutableMapping[int, int] = field(default_factory=dict)
    spent_minor: int = 0
    charged: dict[str, int] = field(default_factory=dict)
    offsets: MutableMapping[tuple[str, int], int] = field(default_factory=dict)
    """Unvoided charges by milestone and prospect, in minor units, where the contract has offsets."""

    def add(self, *, day: int, month: int, company: int, price_minor: int) -> None:
        """Count one accepted delivery."""
        self.total += 1
        self.days[day] = self.days.get(day, 0) + 1
        self.months[month] = self.months.get(month, 0) + 1
        if company:
            self.companies[company] = self.companies.get(company, 0) + 1
        self.spent_minor += price_minor

    def up_to(self, day: int) -> int:
        """Count the deliveries accepted up to a day's end."""
        return sum(number for each, number in self.days.items() if each <= day)


@cache
def month_of(day: int) -> int:
    """Give the month of a day (days since 1970) as a running number."""
    return int(np.datetime64(day, "D").astype("datetime64[M]").astype(np.int64))


@dataclass
class Past:
    """Everything judged before: segments of good deliveries, and what was already charged."""

    segments: Iterable[Segment] = ()
    charged: dict[tuple[str, str], int] = field(default_factory=dict)
    """Charges made so far by contract and milestone (the running number of tiers goes on from here)."""
    offsets: dict[str, MutableMapping[tuple[str, int], int]] = field(default_factory=dict)
    """By contract: unvoided charges by milestone and prospect."""
    released: dict[int, int] = field(default_factory=dict)
    """Deliveries in review or quarantine that a person accepted, with what that charged, in minor units; they count towards caps."""

    def read(self, wanted: dict[str, U64], counted: Iterable[str]) -> tuple[dict[str, list[Match]], dict[str, Counts]]:
        """Go through the segments once.

        Args:
            wanted: By key name, the keys to find, sorted and distinct.
            counted: Contracts whose caps must be known.

        Returns:
            The matches by key name, and the counts by contract.
        """
        matches: dict[str, list[Match]] = {name: [] for name in KEYS}
        counts = {contract: Counts(offsets=dict(self.offsets.get(contract, {}))) for contract in counted}
        for (contract, milestone), number in self.charged.items():
            if contract in counts:
                counts[contract].charged[milestone] = number
        for segment in self.segments:
            for name, keys in wanted.items():
                matches[name].extend(segment.matches(name, keys))
            if segment.contract in counts:
                count(segment, counts[segment.contract], self.released)
        return matches, counts


FEW = 64
"""So many rows are counted one by one sooner than in columns."""


def count(segment: Segment, counts: Counts, released: Mapping[int, int]) -> None:
    """Count the deliveries of a segment that use up caps: accepted ones, and those that a person released, but for replacements.

    Args:
        segment: Good deliveries of one contract.
        counts: The contract's, added to.
        released: As of `Past`.
    """
    columns = segment.columns
    is_released = np.isin(columns["delivery_id"], list(released))
    taken = ((columns["verdict"] == ACCEPTED) | is_released) & (columns["is_replacement"] == 0)
    counts.spent_minor += sum(released[id_] for id_ in columns["delivery_id"][is_released].tolist())
    if len(taken) <= FEW:
        days, companies, prices = (columns[name][taken].tolist() for name in ("day", "company", "price_minor"))
        for day, company, price_minor in zip(days, companies, prices, strict=True):
            counts.add(day=day, month=month_of(day), company=company, price_minor=price_minor)
        return
    frame = pl.DataFrame({"day": columns["day"][taken], "company": columns["company"][taken], "price": columns["price_minor"][taken]})
    counts.total += frame.height
    counts.spent_minor += int(frame["price"].sum() or 0)
    for day, number in frame.group_by("day").len().iter_rows():
        counts.days[day] = counts.days.get(day, 0) + number
        month = month_of(day)
        counts.months[month] = counts.months.get(month, 0) + number
    for company, number in frame.filter(pl.col("company") != 0).group_by("company").len().iter_rows():
        counts.companies[company] = counts.companies.get(company, 0) + number
