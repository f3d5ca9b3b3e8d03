"""Run the examples that a contract carries: its own tests (DESIGN 4)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import polars as pl

from payper.adjudication.adjudicate import decide, typed
from payper.adjudication.normalise import normalise
from payper.adjudication.past import Past
from payper.adjudication.rows import judge_rows
from payper.deliveries import ANSWER_PREFIX, INSTANTS, SCHEMA, SOURCES
from payper.money import format_minor
from payper.periods import Calendar
from payper.terms.contract import Contract, Example, ListEntries
from payper.terms.expressions import compile_condition
from payper.terms.findings import Finding, file_name
from payper.terms.kinds import FindingKind


def run_examples(contract: Contract) -> list[Finding]:
    """Judge every example and say which do not come out as written.

    An example names only what matters: clauses about columns that it does not name are not asked (a column named with an empty text is
    empty). It is delivered at noon of the version's first day, unless it says when, and nothing was delivered before it.
    """
    findings = []
    if not contract.examples:
        return []
    # Reading the values is what takes time, and asks nothing of the terms but the currency: all examples are read at once.
    rows = _normalised(contract)
    for place, example in enumerate(contract.examples):
        narrowed = [_narrowed(contract, frozenset(example.given))]
        row = decide(judge_rows(rows.slice(place, 1), narrowed, is_normalised=True), narrowed, Past()).row(0, named=True)
        said = _differences(contract, example, row)
        if said:
            reasons = ";".join(row["reasons"]) or "no reason"
            owed = format_minor(row["price_minor"], contract.currency)
            seen = f"The example should give {' and '.join(said)}, and it gives {row['verdict']} ({reasons}), owing {owed}."
            findings.append(
                Finding(
                    kind=FindingKind.EXAMPLE_FAILED,
                    seen=seen,
                    mend="Mend the terms, or write what they give.",
                    line=example.line,
                    path="example",
                    file=file_name(contract.path),
                )
            )
    return findings


def _normalised(contract: Contract) -> pl.DataFrame:
    """Give all examples as deliveries, one row each, with what payper understands by them."""
    batch = pl.concat([_batch(contract, example) for example in contract.examples], how="diagonal")
    return normalise(typed(batch, at=_noon(contract)), currency=contract.currency)


def _differences(contract: Contract, example: Example, row: dict[str, Any]) -> list[str]:
    said = []
    if row["verdict"] != example.gives:
        said.append(f"`{example.gives}`")
    if example.reasons is not None and set(example.reasons) != set(row["reasons"]):
        said.append(f"the reasons {', '.join(example.reasons) or 'none'}")
    if example.owes_minor is not None and row["price_minor"] != example.owes_minor:
        said.append(f"{format_minor(example.owes_minor, contract.currency)} owed")
    return said


def _noon(contract: Contract) -> datetime:
    day = max(
        contract.starts,
        contract.holds_from.astimezone(contract.calendar.tzinfo).date()
        + timedelta(days=1 if contract.holds_from > datetime(1970, 1, 2, tzinfo=UTC) else 0),
    )
    if contract.ends is not None:
        day = min(day, contract.ends)
    return Calendar(zone=contract.zone).localise(datetime.combine(day, time(12)))


def _batch(contract: Contract, example: Example) -> pl.DataFrame:
    noon = _noon(contract)
    generated, delivered = (_instant(example.given.get(name), contract) or noon for name in ("generated_at", "delivered_at"))
    # What an example does not say is no reason to refuse it: it was made before it came.
    given: dict[str, Any] = {"generated_at": min(noon, delivered), "delivered_at": max(noon, generated), **example.given}
    columns: dict[str, pl.Series] = {}
    for name, value in given.items():
        dtype = SCHEMA.get(name, pl.String)
        if name in INSTANTS:
            columns[name] = pl.Series(name, [_instant(value, contract)], dtype=dtype)
        elif dtype == pl.Int64:
            columns[name] = pl.Series(name, [None if value in (None, "") else int(value)], dtype=dtype)
        else:
            columns[name] = pl.Series(name, [None if value is None else str(value)], dtype=pl.String)
    return pl.DataFrame(list(columns.values()))


def _instant(value: object, contract: Contract) -> datetime | None:
    if isinstance(value, str):
        value = datetime.fromisoformat(value) if value else None
    if isinstance(value, datetime):
        return value.astimezone(UTC) if value.tzinfo else Calendar(zone=contract.zone).localise(value)
    if isinstance(value, date):
        return Calendar(zone=contract.zone).localise(datetime.combine(value, time()))
    return None


def _narrowed(contract: Contract, given: frozenset[str]) -> Contract:
    """Leave out what is asked of columns that an example does not name."""
    record, audience, meeting = contract.record, contract.audience, contract.appointment
    consent = record.consent if record.consent is not None and given & {"consent_at", "consent_text", *record.consent.fields} else None
    has_title = "title" in given
    narrowed_record = replace(
        record,
        required=tuple(field for field in record.required if field in given),
        consent=consent,
        fresh=record.fresh if "generated_at" in given else None,
        questions=tuple(question for question in record.questions if ANSWER_PREFIX + question.field in given),
    )
    narrowed_audience = replace(
        audience,
        countries=audience.countries if "country" in given else (),
        employees=audience.employees if "employees" in given else None,
        revenue=audience.revenue if "revenue" in given else None,
        industries=audience.industries if "industry" in given else (),
        functions=audience.functions if has_title else (),
        seniority=audience.seniority if has_title else None,
        only=audience.only if audience.only is not None and _can_be_told(audience.only, given) else None,
        rule=audience.rule if audience.rule is not None and _is_answered(audience.rule, given) else None,
    )
    narrowed_meeting = meeting and replace(
        meeting,
        notice=meeting.notice if "meeting_at" in given else None,
        horizon=meeting.horizon if "meeting_at" in given else None,
        attendee=meeting.attendee if meeting.attendee is not None and _is_answered(meeting.attendee, given) else None,
    )
    prices = (
        contract.prices
        if has_title
        else tuple(price for price in contract.prices if price.when is None or "seniority" not in compile_condition(price.when).columns)
    )
    examples_prices = prices or contract.prices
    return replace(contract, record=narrowed_record, audience=narrowed_audience, appointment=narrowed_meeting, prices=examples_prices)


def _can_be_told(entries: ListEntries, given: frozenset[str]) -> bool:
    """Tell whether an example names what every kind of entry of a target list is compared with."""
    asks_mail = bool(entries.emails or entries.domains or entries.digests)
    asks_name = bool(entries.company_keys or entries.digests)
    return (not asks_mail or bool(given & {"email", "website"})) and (not asks_name or "company" in given)


def _is_answered(condition: str, given: frozenset[str]) -> bool:
    """Tell whether an example names any column that a condition looks at, derived ones by their source."""
    return any(SOURCES.get(column, column) in given for column in compile_condition(condition).columns)
