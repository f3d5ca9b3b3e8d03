"""Judging what systems send: few deliveries one by one, many by columns as a file's; what comes out is the same rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
import polars as pl

from payper.adjudication.alone import judge_alone
from payper.adjudication.identities import KEYS, hash_alone, keys_alone, person_alone
from payper.adjudication.in_turn import ORDINAL_1970, Replacements, judge_in_turn
from payper.adjudication.marks import CERTAIN, UNCERTAIN, reasons_of
from payper.adjudication.past import COLUMNS, REJECTED, VERDICT_CODES, Segment
from payper.connectors.files import RAW
from payper.deliveries import ANSWER_PREFIX, DERIVED, FAULT_COLUMN, SCHEMA
from payper.desk.arrivals.live_book import LiveBook
from payper.desk.arrivals.posted import Posted, columns_of, fields_of
from payper.desk.arrivals.typed_posts import Row, typed_frame, typed_rows
from payper.desk.book.decided import JOURNAL
from payper.desk.book.judging import Judging
from payper.desk.folder.programme import questions_of
from payper.desk.folder.reading import DIGEST
from payper.periods import Calendar
from payper.terms.contract import Contract

FEW_ROWS = 512
"""Up to so many deliveries are judged one by one."""

_TYPES: Mapping[str, pl.DataType | type[pl.DataType]] = {
    "row": pl.Int64,
    "contract_version": pl.Int32,
    "price_rows": pl.List(pl.Int16),
    "prospect": pl.String,
    "row_digest": pl.UInt64,
    "delivery_id": pl.Int64,
    "verdict": pl.String,
    "reasons": pl.String,
    "price_minor": pl.Int64,
    "is_replacement": pl.Boolean,
}
JOURNAL_TYPES: Mapping[str, pl.DataType | type[pl.DataType]] = {
    name: SCHEMA.get(name) or _TYPES[name] for name in (*JOURNAL, "delivery_id", "verdict", "reasons", "price_minor", "is_replacement")
}
"""Columns of the journal, in order: `decided.JOURNAL` and what judging adds."""


@dataclass(frozen=True, slots=True)
class Judged:
    """Deliveries of one contract with their verdicts.

    Attributes:
        contract: The contract's id.
        provider: Who delivered.
        rows: In the order read, by column of the journal and of people, with `verdict_code` and `headline_number`.
        places: Of each row, the request and the row in it.
        segment: Of the good ones; None: there are none.
        answers: The `answer_` columns that were sent.
    """

    contract: str
    provider: str
    rows: Sequence[Row]
    places: Sequence[tuple[int, int]]
    segment: Segment | None
    answers: Sequence[str]

    def journal_types(self) -> Mapping[str, pl.DataType | type[pl.DataType]]:
        """Give the columns of the journal, in order."""
        return JOURNAL_TYPES

    def people_types(self) -> Mapping[str, pl.DataType | type[pl.DataType]]:
        """Give the columns as sent and as understood, in order."""
        return people_types(tuple(self.answers))


@lru_cache(maxsize=256)
def people_types(answers: tuple[str, ...]) -> Mapping[str, pl.DataType | type[pl.DataType]]:
    """Give the columns of people, in order, where some `answer_` columns were sent."""
    return {**SCHEMA, **dict.fromkeys([*answers, RAW], pl.String), "row": pl.Int64, **DERIVED, "evidence": pl.String}


Posts = Sequence[tuple[int, Posted]]


def judging_of(book: LiveBook, posts: Posts) -> FewPosts | ManyPosts:
    """Judge requests by themselves; what is left is decided later, when nobody else can write.

    Args:
        book: The book.
        posts: Requests by their places; all of contracts that can judge.
    """
    count = sum(len(post.sent.entries) for _, post in posts)
    is_fuzzy = any("fuzzy" in each.duplicate.match for _, post in posts for each in book.contracts[post.contract])
    return ManyPosts(book, posts) if count > FEW_ROWS or is_fuzzy else FewPosts(book, posts)


def _by_contract(posts: Posts) -> dict[str, list[tuple[int, Posted]]]:
    found: dict[str, list[tuple[int, Posted]]] = {}
    for place, post in posts:
        found.setdefault(post.contract, []).append((place, post))
    return found


@dataclass
class FewPosts:
    """Few deliveries, judged one by one."""

    book: LiveBook
    posts: Posts
    _own: dict[str, tuple[list[Row], list[tuple[int, int]], list[str]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for contract, own in _by_contract(self.posts).items():
            versions = self.book.contracts[contract]
            questions = tuple(questions_of(versions))
            rows: list[Row] = []
            places: list[tuple[int, int]] = []
            for place, post in own:
                rows += typed_rows(post.sent.entries, questions, zone=versions[-1].zone, at=post.at)
                places += [(place, number) for number in range(len(post.sent.entries))]
            answers = _answers_of(rows)
            for number, row in enumerate(rows, start=1):
                row["row"] = number
                row["contract"] = contract
            judge_alone(rows, versions, rate_on=self.book.words.rates.rate)
            for row in rows:
                prospect = hash_alone(row["email_normal"], self.book.seeds)
                row["prospect"] = None if prospect is None else str(prospect)
            self._own[contract] = (rows, places, answers)

    def decide(self, *, replacements: Replacements | None) -> list[Judged]:
        """Decide all in order of arrival, after what was judged before; call while nobody else can write."""
        book = self.book
        everyone = [row for rows, _, _ in self._own.values() for row in rows]
        everyone.sort(key=lambda row: (row["delivered_at"], row["contract"], row["row"]))
        last = book.database.last_delivery_id()
        for number, row in enumerate(everyone, start=last + 1):
            row["delivery_id"] = number
        arriving = [self._arriving(row) for row in everyone if self._is_open(row)]
        decisions = judge_in_turn(arriving, book.contracts, book.past, replacements=replacements)
        decided = {decision[0]: decision for decision in decisions}
        for row in everyone:
            marks, verdict, price_minor, is_replacement = decided.get(row["delivery_id"], (0, row["marks"], REJECTED, 0, False))[1:]
            reasons = reasons_of(marks)
            row["marks"], row["verdict_code"], row["verdict"] = marks, verdict, VERDICT_CODES[verdict]
            row["price_minor"], row["is_replacement"] = price_minor or 0, is_replacement
            row["reasons"] = ";".join(reason.name for reason in reasons)
            row["headline_number"] = reasons[0].number if reasons else 0
        keys = {row["delivery_id"]: row for row in arriving}
        return [
            Judged(id_, book.contracts[id_][-1].provider, rows, places, segment_of(rows, keys, book.contracts[id_]), answers)
            for id_, (rows, places, answers) in self._own.items()
        ]

    def _is_open(self, row: Row) -> bool:
        """Tell whether arrival must look at a delivery: it is not rejected already, or says what it replaces."""
        if row["replaces"] is not None:
            return True
        if row["marks"] & CERTAIN:
            return False
        if not row["marks"] & UNCERTAIN:
            return True
        version = next(each for each in self.book.contracts[row["contract"]] if each.version == row["contract_version"])
        return version.record.uncertain != "reject"

    def _arriving(self, row: Row) -> Row:
        """Give what arrival looks at."""
        contract = self.book.contracts[row["contract"]][0]
        keys = keys_alone(row, contract=contract.id, buyer=contract.buyer, seeds=self.book.seeds)
        # Nobody is told an address: who knows what is owed knows the hash.
        return {
            **{name: row[name] for name in _LOOKED_AT},
            **keys,
            "email_normal": row["prospect"],
            "is_in_crm": self._is_in_crm(row, keys),
        }

    def _is_in_crm(self, row: Row, keys: Mapping[str, int | None]) -> bool:
        """Tell whether the buyer has somebody already, by the keys that the judging version asks (RULES 29)."""
        crm = self.book.crm
        if crm is None:
            return False
        duplicate = next((each.duplicate for each in self.book.contracts[row["contract"]] if each.version == row["contract_version"]), None)
        if duplicate is None or not duplicate.crm:
            return False
        if "email" in duplicate.match and crm.has_alone("email", keys["prospect"]):
            return True
        return "person" in duplicate.match and crm.has_alone("person", person_alone(row["person_key"], self.book.seeds))


_LOOKED_AT = (
    "delivery_id", "contract", "contract_version", "kind", "delivered_at", "generated_at", "marks", "is_after_end_only", "price_rows",
    "replaces", "external_id", "meeting_at", "meeting_minutes",
)  # fmt: skip


def segment_of(rows: Sequence[Row], arrived: Mapping[int, Row], versions: Sequence[Contract]) -> Segment | None:
    """Take what later judging must know out of the good rows of one contract; None: there are none."""
    good = [row for row in rows if row["verdict_code"] != REJECTED]
    if not good:
        return None
    calendar: Calendar = versions[0].calendar
    columns: dict[str, list[int]] = {name: [] for name in COLUMNS}
    for row in good:
        seen = arrived[row["delivery_id"]]
        columns["delivery_id"].append(row["delivery_id"])
        columns["delivered_at"].append(seen["delivered_us"])
        columns["verdict"].append(row["verdict_code"])
        columns["day"].append(calendar.local_date(row["delivered_at"]).toordinal() - ORDINAL_1970)
        columns["company"].append(seen["company"] or 0)
        columns["price_minor"].append(row["price_minor"])
        columns["is_replacement"].append(int(row["is_replacement"]))
        for name in KEYS:
            columns[f"key_{name}"].append(seen[f"key_{name}"] or 0)
            columns[f"check_{name}"].append(seen[f"check_{name}"] or 0)
    arrays = {name: np.array(columns[name], dtype=dtype) for name, dtype in COLUMNS.items()}
    return Segment(contract=versions[0].id, provider=versions[-1].provider, columns=arrays)


def _answers_of(rows: Sequence[Row]) -> list[str]:
    return sorted(name for name in set[str]().union(*rows) if name.startswith(ANSWER_PREFIX))


def _frame_of(rows: Sequence[Row]) -> pl.DataFrame:
    answers = _answers_of(rows)
    types = {**SCHEMA, **dict.fromkeys([*answers, RAW, FAULT_COLUMN], pl.String), DIGEST: pl.UInt64}
    return pl.DataFrame([pl.Series(name, [row.get(name) for row in rows], dtype=dtype) for name, dtype in types.items()])


@dataclass
class ManyPosts:
    """Many deliveries, or such as are matched by likeness, judged by columns."""

    book: LiveBook
    posts: Posts

    def __post_init__(self) -> None:
        book = self.book
        self._judging = Judging(
            database=book.database,
            contracts=book.contracts,
            rate_on=book.words.rates.rate,
            crm=book.crm,
            is_live=True,
            earlier=book.earlier_people,
        )
        self._places: dict[str, list[tuple[int, int]]] = {}
        for contract, own in _by_contract(self.posts).items():
            versions = book.contracts[contract]
            questions = tuple(questions_of(versions))
            frames: list[pl.DataFrame] = []
            few: list[Row] = []
            for _, post in own:
                entries = post.sent.entries
                if len(entries) > FEW_ROWS:
                    frames += [_frame_of(few)] if few else []
                    frames.append(typed_frame(entries, columns_of(fields_of(entries), questions), zone=versions[-1].zone, at=post.at))
                    few = []
                else:
                    few += typed_rows(entries, questions, zone=versions[-1].zone, at=post.at)
            frames += [_frame_of(few)] if few else []
            frame = pl.concat(frames, how="diagonal").with_columns(pl.int_range(1, pl.len() + 1, dtype=pl.Int64).alias("row"))
            self._judging.add(frame, contract=contract, file="")
            self._places[contract] = [(place, number) for place, post in own for number in range(len(post.sent.entries))]

    def decide(self, *, replacements: Replacements | None) -> list[Judged]:
        """As `FewPosts.decide`."""
        decided = self._judging.decide(replacements=replacements, charged={}, offsets={}, released={}, known=self.book.past)
        judged = []
        for chunk in decided.chunks():
            assert chunk.people is not None, "live deliveries wait as frames"
            codes = chunk.verdicts.select(pl.col("verdict").alias("verdict_code"), pl.col("headline").alias("headline_number"))
            rows = chunk.people.drop([name for name in chunk.people.columns if name in chunk.journal.columns]).hstack(chunk.journal)
            judged.append(
                Judged(
                    chunk.contract,
                    chunk.provider,
                    rows.hstack(codes).to_dicts(),
                    self._places[chunk.contract],
                    chunk.segment,
                    [name for name in chunk.people.columns if name.startswith(ANSWER_PREFIX)],
                )
            )
        return judged
