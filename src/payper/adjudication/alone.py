"""The row stages for few deliveries, one at a time: the same values as `rows` works out over columns, in microseconds each.

docs/decisions/0020 says why there are two ways, and what keeps them equal.
"""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping, Sequence
from typing import Any

import polars as pl

from payper.adjudication.marks import BIT
from payper.adjudication.normalise import SENT, RateOn, derive, no_rate
from payper.adjudication.rows import Plan, plan_of
from payper.deliveries import ANSWER_PREFIX, DERIVED, FAULT_COLUMN, SCHEMA
from payper.reasons import Reason
from payper.terms.contract import Contract
from payper.terms.versions import in_force

Row = dict[str, Any]


def judge_alone(rows: Sequence[Row], versions: Sequence[Contract], *, rate_on: RateOn = no_rate) -> None:
    """Judge every delivery by itself, as `rows.judge_rows` does; nobody is asked which hosts take mail.

    Args:
        rows: Deliveries of one contract: all columns of `deliveries.SCHEMA`, `fault`, and those `answer_` columns that were sent. Changed:
            what judging adds is put in, the columns of `deliveries.DERIVED`, `normalise.WORKING` and `rows.JUDGED`.
        versions: All versions of the contract.
        rate_on: Rates for revenues in other currencies.
    """
    groups: dict[int, tuple[Contract, list[Row]]] = {}
    for row in rows:
        contract = in_force(versions, row["generated_at"] or row["delivered_at"])
        groups.setdefault(contract.version, (contract, []))[1].append(row)
    for contract, own in groups.values():
        _judge_version(own, contract, rate_on=rate_on)


def _judge_version(rows: Sequence[Row], contract: Contract, *, rate_on: RateOn) -> None:
    model = contract.model
    for row in rows:
        if row["kind"] is None:
            row["kind"] = model if model != "hybrid" else "lead" if row["meeting_at"] is None else "appointment"
    derived = derive({name: [row[name] for row in rows] for name in SENT}, currency=contract.currency, rate_on=rate_on)
    for name, values in derived.items():
        for row, value in zip(rows, values, strict=True):
            row[name] = value
    judge = _judge_of(contract)
    judge.plan.late.put_unread(rows, lambda: _batch(rows))
    for row in rows:
        judge.judge(row)


def _batch(rows: Sequence[Row]) -> pl.DataFrame:
    """Give deliveries as a batch, for what only columns can tell."""
    answers = sorted({name for row in rows for name in row if name.startswith(ANSWER_PREFIX)})
    schema = {**SCHEMA, **dict.fromkeys(answers, pl.String), **DERIVED}
    return pl.DataFrame([pl.Series(name, [row.get(name) for row in rows], dtype=dtype) for name, dtype in schema.items()])


class _Judge:
    """One version, ready to judge delivery after delivery."""

    def __init__(self, contract: Contract) -> None:
        # Every column that a question names counts as there: a row that lacks it has no answer.
        questions = [ANSWER_PREFIX + question.field for question in contract.record.questions]
        self.plan: Plan = plan_of(contract, (*SCHEMA, *contract.record.required, *questions), no_mail=None)
        self.faults = [(BIT[reason], fault.one) for reason, fault in self.plan.faults.items()]
        self.required = [(field, is_missing.one) for field, is_missing in self.plan.required]
        self.choices = [[(index, None if when is None else when.one) for index, when in each] for each in self.plan.choices]
        self.version = contract.version

    def judge(self, row: MutableMapping[str, Any]) -> None:
        """Put in what judging adds."""
        row["contract_version"] = self.version
        row["marks"] = self._marks(row)
        row["is_after_end_only"] = self.plan.is_after_end_only.one(row)
        row["price_rows"] = [
            index
            for each in self.choices
            if (index := next((index for index, when in each if when is None or when(row) is True), None)) is not None
        ]
        row["evidence"] = self._evidence(row)

    def _marks(self, row: Mapping[str, Any]) -> int:
        if row[FAULT_COLUMN] is not None:
            return BIT[Reason.ROW_MALFORMED]
        if self.plan.is_paused.one(row):
            return BIT[Reason.CONTRACT_PAUSED]
        marks = 0
        for bit, holds in self.faults:
            if holds(row) is True:
                marks |= bit
        return marks

    def _evidence(self, row: Mapping[str, Any]) -> str | None:
        if row[FAULT_COLUMN] is not None:
            return str(row[FAULT_COLUMN])
        empty = [field for field, is_missing in self.required if is_missing(row) is True]
        said: str | None = f"empty: {', '.join(empty)}" if empty else None
        return said or row["implausible"] or row["email_fault"]


_JUDGES: dict[int, _Judge] = {}
_JUDGES_MAX = 256


def _judge_of(contract: Contract) -> _Judge:
    """Give a version's judge, made once; two versions are one only where they are the same object, as comparing them takes long."""
    found = _JUDGES.get(id(contract))
    if found is None or found.plan.contract is not contract:
        if len(_JUDGES) >= _JUDGES_MAX:
            _JUDGES.clear()
        found = _JUDGES[id(contract)] = _Judge(contract)
    return found
