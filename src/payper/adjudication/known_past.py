"""What was judged before, kept in memory by who judges a few deliveries at a time, and found in microseconds.

Answers as `Past` does. Good deliveries stand in a few runs, each with its keys in order; the newest stand in a dictionary until they are
many, and small runs are joined, so that there are never more than a handful.

Source: O'Neil et al. 1996, The log-structured merge-tree, Acta Informatica 33, 351-385.
"""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from payper.adjudication.identities import KEYS
from payper.adjudication.past import COLUMNS, I64, U64, Counts, Match, Past, Segment, count

RECENT_MAX = 20_000
"""Good deliveries that stand in the dictionary before they become a run."""

RUNS_MAX = 8

Array = npt.NDArray[np.generic]


@dataclass(frozen=True, slots=True)
class _Run:
    """Good deliveries of many contracts: which contract each is of, columns, and by key name the order of its keys."""

    homes: tuple[tuple[str, str], ...]
    home: I64
    columns: dict[str, Array]
    keys: dict[str, U64]
    order: dict[str, I64]

    @classmethod
    def of(cls, homes: tuple[tuple[str, str], ...], home: I64, columns: dict[str, Array]) -> _Run:
        order = {name: np.argsort(columns[f"key_{name}"], kind="stable") for name in KEYS}
        return cls(homes, home, columns, {name: columns[f"key_{name}"][order[name]].astype(np.uint64) for name in KEYS}, order)

    def matches(self, name: str, wanted: U64) -> list[Match]:
        own, found = self.keys[name], []
        firsts, ends = np.searchsorted(own, wanted, side="left"), np.searchsorted(own, wanted, side="right")
        for place in np.flatnonzero(ends > firsts).tolist():
            for row in self.order[name][firsts[place] : ends[place]].tolist():
                contract, provider = self.homes[int(self.home[row])]
                found.append(
                    Match(
                        key=int(wanted[place]),
                        check=int(self.columns[f"check_{name}"][row]),
                        delivered_at=int(self.columns["delivered_at"][row]),
                        delivery_id=int(self.columns["delivery_id"][row]),
                        provider=provider,
                        contract=contract,
                    )
                )
        return found


@dataclass
class KnownPast(Past):
    """Everything judged before, at hand. Not safe for threads."""

    _runs: list[_Run] = field(default_factory=list)
    _recent: list[Segment] = field(default_factory=list)
    _recent_rows: int = 0
    _by_key: dict[str, dict[int, list[Match]]] = field(default_factory=lambda: {name: {} for name in KEYS})
    _counts: dict[str, Counts] = field(default_factory=dict)

    def add(self, segment: Segment) -> None:
        """Know the good deliveries of one more batch."""
        rows = len(segment.columns["delivery_id"])
        if not rows:
            return
        count(segment, self._counts.setdefault(segment.contract, Counts()), self.released)
        self._recent.append(segment)
        self._recent_rows += rows
        if rows <= RECENT_MAX:
            self._index(segment)
        if self._recent_rows > RECENT_MAX:
            self._settle()

    def counts_of(self, contract: str) -> Counts:
        """Give what a contract has used of its caps, to be counted on by who judges; what they count is not kept."""
        base = self._counts.get(contract) or Counts()
        return Counts(
            total=base.total,
            days=ChainMap({}, base.days),
            months=ChainMap({}, base.months),
            companies=ChainMap({}, base.companies),
            spent_minor=base.spent_minor,
            charged={milestone: number for (id_, milestone), number in self.charged.items() if id_ == contract},
            offsets=ChainMap({}, self.offsets.get(contract, {})),
        )

    def read(self, wanted: dict[str, U64], counted: Iterable[str]) -> tuple[dict[str, list[Match]], dict[str, Counts]]:
        """As `Past.read`."""
        matches: dict[str, list[Match]] = {}
        for name in KEYS:
            keys = wanted.get(name)
            found: list[Match] = []
            if keys is not None and len(keys):
                for run in self._runs:
                    found += run.matches(name, keys)
                own = self._by_key[name]
                for key in keys.tolist():
                    found += own.get(key, ())
            matches[name] = found
        return matches, {contract: self.counts_of(contract) for contract in counted}

    def _index(self, segment: Segment) -> None:
        columns = {name: segment.columns[name].tolist() for name in COLUMNS}
        for name in KEYS:
            own = self._by_key[name]
            for key, check, at, id_ in zip(
                columns[f"key_{name}"], columns[f"check_{name}"], columns["delivered_at"], columns["delivery_id"], strict=True
            ):
                if key:
                    own.setdefault(key, []).append(Match(key, check, at, id_, segment.provider, segment.contract))

    def _settle(self) -> None:
        """Make a run of what is recent, joined with the runs that are no larger."""
        homes = tuple(dict.fromkeys((each.contract, each.provider) for each in self._recent))
        places = {home: place for place, home in enumerate(homes)}
        home = np.concatenate(
            [np.full(len(each.columns["delivery_id"]), places[each.contract, each.provider], dtype=np.int64) for each in self._recent]
        )
        columns: dict[str, Array] = {name: np.concatenate([each.columns[name] for each in self._recent]) for name in COLUMNS}
        run = _Run.of(homes, home, columns)
        while self._runs and (len(self._runs[-1].home) <= len(run.home) or len(self._runs) >= RUNS_MAX):
            run = _joined(self._runs.pop(), run)
        self._runs.append(run)
        self._recent, self._recent_rows = [], 0
        self._by_key = {name: {} for name in KEYS}


def _joined(one: _Run, other: _Run) -> _Run:
    homes = tuple(dict.fromkeys((*one.homes, *other.homes)))
    places = {home: place for place, home in enumerate(homes)}
    home = np.concatenate([np.array([places[each] for each in run.homes], dtype=np.int64)[run.home] for run in (one, other)])
    columns: dict[str, Array] = {name: np.concatenate([one.columns[name], other.columns[name]]) for name in COLUMNS}
    return _Run.of(homes, home, columns)
