"""A statement of one contract as of a day: what is owed, what is pending, what was given back, each line to the event that caused it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from importlib.resources import files
from typing import Any

import polars as pl

from payper.errors import ReportError
from payper.journey import LADDER
from payper.measurement import ProgrammeFacts, Settled
from payper.measurement.counts import version_on
from payper.money import exponent, to_minor
from payper.reports.spreadsheets import csv_text
from payper.reports.words import count, counted, day_in_words, decimal_text, local_day, money, plain_decimal
from payper.terms.contract import Contract, Price, Review

LINES_MAX = 2000
"""Lines that the PDF shows; the CSV has all."""

EVENTS = {
    "pending": "charge made, pending",
    "post": "charge posted",
    "void": "charge voided",
    "credit": "credited",
    "reverse": "reversed",
}

VOIDED_AND_REVIVED = "voided, then made again"
"""A void after which the charge became pending again, as its meeting was booked again or held; it is no part of what is voided."""

TERMS_FIRST_MAX = 8
"""Lines of terms that the first page takes; with more, it has the first ones and the last page all of them."""

ID_PART_MAX = 32
"""Characters between two hyphens of an id that a narrow column holds on one line."""

SIGNS = {"pending": (1, 0), "post": (-1, 1), "void": (-1, 0), "credit": (0, -1), "reverse": (0, -1)}
"""What a transfer of each kind does to what is pending and to what is owed."""


@dataclass(frozen=True)
class Statement:
    """What two parties owe each other under one contract, as of a day.

    Attributes:
        contract: The version in force on the day.
        events: One row per transfer in order of time: the columns of the CSV.
        charges: One row per charge with its delivery's external id, in order of milestone and time.
        returns: Returns of this contract.
        replacements: Replacements of this contract.
        versions: All versions of the contract, in their order.
    """

    programme: ProgrammeFacts
    contract: Contract
    versions: tuple[Contract, ...]
    events: pl.DataFrame
    charges: pl.DataFrame
    returns: pl.DataFrame
    replacements: pl.DataFrame

    @property
    def owed_minor(self) -> int:
        """Give what is owed now: posted less credited."""
        return self.posted_minor - self.credited_minor

    @property
    def posted_minor(self) -> int:
        """Give what has posted, gross (RULES 45)."""
        return _sum(self.charges, pl.col("posted_minor"))

    @property
    def pending_minor(self) -> int:
        """Give what is still pending."""
        return _sum(self.charges, pl.col("pending_minor"))

    @property
    def credited_minor(self) -> int:
        """Give what was given back after posting."""
        return _sum(self.charges, pl.col("credited_minor"))

    @property
    def voided_minor(self) -> int:
        """Give what was voided before posting and is void still."""
        return _sum(self.charges, pl.col("voided_minor"))


def _sum(frame: pl.DataFrame, amount: pl.Expr) -> int:
    return int(frame.select(amount.sum()).item())


def make_statement(*, programme: ProgrammeFacts, versions: Sequence[Contract], settlement: Settled) -> Statement:
    """Gather one contract's charges, transfers, returns and replacements.

    Args:
        programme: Whose date and names the statement carries.
        versions: All versions of one contract.
        settlement: The settled frames of the programme.
    """
    contract = version_on(versions, programme.as_of)
    own = pl.col("contract") == contract.id
    order = {milestone.value: rank for rank, milestone in enumerate(LADDER)}
    charges = (
        settlement.charges.filter(own)
        .with_columns(rank=pl.col("milestone").replace_strict(order, default=len(order), return_dtype=pl.Int64))
        .sort("rank", "happened_at", "charge_id")
        .drop("rank")
    )
    reviews = {one.version: one.review for one in versions}
    events = _events(charges, settlement.transfers.filter(own), contract, reviews)
    returns = settlement.returns.filter(own).sort("claimed_at", "external_id")
    replacements = settlement.replacements.filter(own).sort("deadline_at", "external_id", nulls_last=True)
    return Statement(
        programme=programme, contract=contract, versions=tuple(sorted(versions, key=lambda one: one.version)), events=events,
        charges=charges, returns=returns, replacements=replacements,
    )  # fmt: skip


_OF_CHARGE = (
    "charge_id", "delivery_id", "external_id", "milestone", "contract_version", "number", "price_row", "gross_minor", "offset_minor",
    "state", "window_ends_at",
)  # fmt: skip
"""What a transfer's line says of its charge."""


def _events(charges: pl.DataFrame, transfers: pl.DataFrame, contract: Contract, reviews: dict[int, Review | None]) -> pl.DataFrame:
    """Give one row per transfer, with what it changes and how it can be contested; the two change columns add up to the totals."""
    kind, zone = pl.col("kind"), contract.zone
    of_charge = charges.select(_OF_CHARGE)
    contests = {version: (_how_to_return(review), _how_to_contest(review)) for version, review in reviews.items()}
    returning = {version: words[0] for version, words in contests.items()}
    contesting = {version: words[1] for version, words in contests.items()}
    version = pl.col("contract_version").cast(pl.Int64)
    joined = (
        transfers.join(of_charge, on="charge_id", how="left")
        .sort(
            "happened_at",
            kind.replace_strict({name: place for place, name in enumerate(EVENTS)}, default=9, return_dtype=pl.Int8),
            "transfer_id",
        )
        .with_columns(
            event=_event(),
            pending_change=pl.col("amount_minor")
            * kind.replace_strict({name: signs[0] for name, signs in SIGNS.items()}, default=0, return_dtype=pl.Int64),
            owed_change=pl.col("amount_minor")
            * kind.replace_strict({name: signs[1] for name, signs in SIGNS.items()}, default=0, return_dtype=pl.Int64),
            how_to_contest=pl.when(kind.is_in(["pending", "post"]))
            .then(version.replace_strict(returning, default="", return_dtype=pl.String))
            .otherwise(version.replace_strict(contesting, default="", return_dtype=pl.String)),
            contest_until=pl.when(kind.is_in(["pending", "post"])).then(
                pl.col("window_ends_at").dt.convert_time_zone(zone).dt.strftime("%Y-%m-%dT%H:%M:%S%:z")
            ),
        )
    )
    return joined.select(
        pl.lit(contract.id).alias("contract"),
        "event",
        date=pl.col("happened_at").dt.convert_time_zone(zone).dt.strftime("%Y-%m-%dT%H:%M:%S%:z"),
        external_id="external_id",
        milestone="milestone",
        amount=_decimals("amount_minor", contract.currency),
        pending_change=_decimals("pending_change", contract.currency),
        owed_change=_decimals("owed_change", contract.currency),
        currency="currency",
        state="state",
        reason=pl.col("cause"),
        contest_until="contest_until",
        how_to_contest="how_to_contest",
        contract_version="contract_version",
        price_row=pl.col("price_row") + 1,
        number="number",
        gross=_decimals("gross_minor", contract.currency),
        offset=_decimals("offset_minor", contract.currency),
        charge_id="charge_id",
        transfer_id="transfer_id",
        delivery_id="delivery_id",
    )


def _event() -> pl.Expr:
    """Name each transfer; a void of a life that another followed (settlement numbers them `/2` on) is told from one that stands."""
    kind = pl.col("kind")
    life = pl.col("transfer_id").str.extract(r"/(?:pending|void)/(\d+)(?:/again/\d+)?$").cast(pl.Int64).fill_null(1)
    last = life.filter(kind == "pending").max().over("charge_id")
    named = kind.replace_strict(EVENTS, default=kind, return_dtype=pl.String)
    return pl.when((kind == "void") & (life < last)).then(pl.lit(VOIDED_AND_REVIVED)).otherwise(named)


def _decimals(column: str, currency: str) -> pl.Expr:
    """Write minor units as decimal text with exactly the currency's digits."""
    digits, amount = exponent(currency) or 0, pl.col(column)
    if digits == 0:
        return amount.cast(pl.String)
    size = amount.abs()
    sign = pl.when(amount < 0).then(pl.lit("-")).otherwise(pl.lit(""))
    return pl.concat_str(sign, (size // 10**digits).cast(pl.String), pl.lit("."), (size % 10**digits).cast(pl.String).str.zfill(digits))


def _how_to_return(review: Review | None) -> str:
    """Say how the buyer contests a charge."""
    if review is None:
        return "Final: the contract has no review window"
    proof = f", proof attached for {', '.join(sorted(review.evidence))}" if review.evidence else ""
    return f"Buyer: return it for {', '.join(review.reasons) or 'a reason of the contract'}{proof}"


def _how_to_contest(review: Review | None) -> str:
    """Say how the provider contests what was taken back."""
    if review is None or review.contest_within is None:
        return "Final when granted"
    return f"Provider: contest the return within {review.contest_within.in_words()} of the claim"


def statement_csv(statement: Statement) -> str:
    """Write every event as one CSV line; `pending_change` and `owed_change` add up to what is pending and owed."""
    return csv_text(statement.events)


def statement_pdf(statement: Statement) -> bytes:
    """Set the statement as a PDF, A4 or US Letter by the contract's zone; equal statements give equal pages.

    Raises:
        ReportError: The typesetter refuses the page.
    """
    import typst

    template = files("payper.reports").joinpath("templates/statement.typ").read_bytes()
    day = statement.programme.as_of
    try:
        compiler = typst.Compiler(template, sys_inputs={"statement": json.dumps(page_content(statement), ensure_ascii=True)})
        made = compiler.compile(format="pdf", timestamp=int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()))
    except typst.TypstError as fault:
        raise ReportError(
            where=f"statement of {statement.contract.id}",
            seen=f"The page cannot be set: {fault}.",
            mend="Use the CSV beside it, and report this as a fault of payper.",
        ) from fault
    assert isinstance(made, bytes)
    return made


LETTER_ZONES = frozenset(
    f"America/{city}"
    for city in [
        "New_York",
        "Chicago",
        "Denver",
        "Los_Angeles",
        "Phoenix",
        "Anchorage",
        "Detroit",
        "Boise",
        "Toronto",
        "Vancouver",
        "Montreal",
        "Winnipeg",
        "Edmonton",
        "Halifax",
        "Regina",
        "St_Johns",
        "Mexico_City",
        "Bogota",
    ]
) | {"Pacific/Honolulu", "Asia/Manila"}
"""Zones of places that print on US Letter, by the paper sizes of CLDR; zones named US/ or Canada/ too."""


def paper_of(zone: str) -> str:
    """Give the paper that a place prints on: `us-letter` or `a4`."""
    is_letter = zone in LETTER_ZONES or zone.startswith(
        ("US/", "Canada/", "America/Indiana/", "America/Kentucky/", "America/North_Dakota/")
    )
    return "us-letter" if is_letter else "a4"


def page_content(statement: Statement) -> dict[str, Any]:
    """Give all words and figures of the PDF, already written out; the template only places them."""
    contract, programme = statement.contract, statement.programme
    currency, as_of = contract.currency, day_in_words(programme.as_of)
    lines = statement.charges.head(LINES_MAX)
    return {
        "paper": paper_of(contract.zone),
        "title": f"Statement {contract.id}, {as_of}",
        "from": {"id": contract.provider, "name": programme.party(contract.provider)},
        "to": {"id": contract.buyer, "name": programme.party(contract.buyer)},
        "simulated": programme.is_simulated,
        "as_of": as_of,
        "period": f"{day_in_words(contract.starts)} to {as_of}",
        "zone": contract.zone,
        "contract": contract.id,
        "version": contract.version,
        "model": {"lead": "Pay per lead", "appointment": "Pay per appointment", "hybrid": "Hybrid: leads and appointments"}[contract.model],
        "currency": currency,
        "owed": decimal_text(statement.owed_minor, currency),
        "owed_sentence": _owed_sentence(statement),
        "summary": _summary(statement),
        "pending": _pending(statement),
        "replacements": _replacements(statement),
        "credits": _credits(statement),
        "groups": _groups(lines, currency, contract.zone),
        "not_shown": _not_shown(statement.charges.height),
        "terms": _terms(statement),
        "terms_first": TERMS_FIRST_MAX,
        "contest": _contest(contract),
    }


def _owed_sentence(statement: Statement) -> str:
    buyer, provider = statement.programme.party(statement.contract.buyer), statement.programme.party(statement.contract.provider)
    if statement.owed_minor > 0:
        return f"{buyer} owes {provider}"
    if statement.owed_minor < 0:
        return f"{provider} owes {buyer}, as credits exceed what has posted"
    return f"{buyer} owes {provider} nothing yet" if statement.charges.height else "Nothing has been charged yet"


def _summary(statement: Statement) -> list[dict[str, str]]:
    """Give the lines between what was charged and what is owed."""
    currency = statement.contract.currency
    rows = [
        ("Charged", _sum(statement.charges, pl.col("amount_minor")), counted(statement.charges.height, "charge")),
        ("Voided before posting", -statement.voided_minor, ""),
        ("Still pending", -statement.pending_minor, "see below"),
        ("Credited after posting", -statement.credited_minor, ""),
    ]
    return [
        {"label": label, "amount": decimal_text(minor, currency), "note": note}
        for label, minor, note in rows
        if minor or label == "Charged"
    ]


def _pending(statement: Statement) -> list[dict[str, str]]:
    """Add up pending charges by the local date on which they post or are decided; one without such a date waits for its meeting."""
    zone, currency = statement.contract.zone, statement.contract.currency
    by_day = (
        statement.charges.filter(pl.col("pending_minor") > 0)
        .group_by(day=pl.col("due_at").dt.convert_time_zone(zone).dt.date())
        .agg(charges=pl.len(), amount=pl.col("pending_minor").sum())
        .sort("day", nulls_last=True)
    )
    return [
        {
            "day": "after its meeting is held" if day is None else day_in_words(day),
            "charges": count(number),
            "amount": decimal_text(amount, currency),
        }
        for day, number, amount in by_day.iter_rows()
    ]


def _replacements(statement: Statement) -> list[dict[str, str]]:
    """List replacements still owed, soonest first."""
    zone = statement.contract.zone
    owed = statement.replacements.filter(pl.col("state") == "owed")
    return [
        {
            "external_id": _id(external_id),
            "granted": day_in_words(local_day(granted, zone)),
            "deadline": "no deadline" if deadline is None else day_in_words(local_day(deadline, zone)),
        }
        for external_id, granted, deadline in owed.select("external_id", "granted_at", "deadline_at").head(LINES_MAX).iter_rows()
    ]


def _credits(statement: Statement) -> list[dict[str, str]]:
    """List what was voided or credited, with the cause; a void that was revived has no amount, as it counts in no sum."""
    currency = statement.contract.currency
    taken = statement.events.filter(
        pl.col("event").is_in([*(EVENTS[kind] for kind in ("void", "credit", "reverse")), VOIDED_AND_REVIVED])
    ).head(LINES_MAX)
    return [
        {
            "day": day_in_words(datetime.fromisoformat(when).date()),
            "external_id": _id(external_id),
            "milestone": milestone or "",
            "event": event,
            "cause": cause or "",
            "amount": "" if event == VOIDED_AND_REVIVED else decimal_text(-to_minor(amount, currency), currency),
        }
        for when, external_id, milestone, event, cause, amount in taken.select(
            "date", "external_id", "milestone", "event", "reason", "amount"
        ).iter_rows()
    ]


def _groups(lines: pl.DataFrame, currency: str, zone: str) -> list[dict[str, Any]]:
    """Group charge lines by milestone, in the order of the journey."""
    groups = []
    for (milestone,), own in lines.group_by(["milestone"], maintain_order=True):
        standing = _sum(own, pl.col("amount_minor") - pl.col("voided_minor") - pl.col("credited_minor"))
        groups.append(
            {
                "milestone": str(milestone),
                "lines": [_line(row, currency, zone) for row in own.iter_rows(named=True)],
                "count": counted(own.height, "charge"),
                "total": decimal_text(standing, currency),
            }
        )
    return groups


def _line(row: dict[str, Any], currency: str, zone: str) -> list[str]:
    """Give the cells of one charge: date, external id, price row and version, state, contest until, charged, given back, stands."""
    back = row["voided_minor"] + row["credited_minor"]
    until = row["window_ends_at"]
    return [
        day_in_words(local_day(row["happened_at"], zone)),
        _id(row["external_id"]),
        f"v{row['contract_version']} price {row['price_row'] + 1}",
        _state(row),
        "" if until is None else day_in_words(local_day(until, zone)),
        decimal_text(row["amount_minor"], currency),
        decimal_text(-back, currency) if back else "",
        decimal_text(row["amount_minor"] - back, currency),
    ]


def _id(text: str | None) -> str:
    """Give an id as a column holds it: whole where it can wrap at its hyphens, else its beginning and end, as no mark is put into it."""
    known = text or ""
    parts = known.replace("-", " ").split()
    is_narrow = len(known) <= 3 * ID_PART_MAX and all(len(part) <= ID_PART_MAX for part in parts)
    return known if is_narrow else f"{known[: ID_PART_MAX // 2]}…{known[-ID_PART_MAX // 2 + 1 :]}"


def _state(row: dict[str, Any]) -> str:
    if row["state"] != "voided" and row["voided_minor"]:
        return f"{row['state']}, part voided"
    return str(row["state"])


def _not_shown(lines: int) -> str:
    if lines <= LINES_MAX:
        return ""
    shown = f"The first {count(LINES_MAX)} of {counted(lines, 'charge')} are listed here."
    return f"{shown} The CSV beside this file has every one; the totals on the first page count all."


def _price_words(price: Price, currency: str) -> str:
    amount = f"{price.percent}% of the deal" if price.percent is not None else money(price.amount_minor or 0, currency)
    tiers = "".join(f", from number {count(tier.first)} on {money(tier.amount_minor, currency)}" for tier in price.tiers)
    when = f" where {price.when}" if price.when else ""
    offset = f", less what was paid for {' and '.join(step.value for step in price.offset)}" if price.offset else ""
    return f"{price.on.value}{when}: {amount}{tiers}{offset}"


def _terms(statement: Statement) -> list[str]:
    """Say the terms that made these amounts, one line per price of each version that a charge cites, or else of the one in force."""
    cited = set(statement.charges["contract_version"].unique()) or {statement.contract.version}
    return [
        f"v{one.version} price {row}, on {_price_words(price, one.currency)}."
        for one in statement.versions
        if one.version in cited
        for row, price in enumerate(one.prices, start=1)
    ]


def _contest(contract: Contract) -> list[str]:
    """Say how each side contests a line, until when."""
    review = contract.review
    if review is None:
        return ["The contract has no review window: every charge posts at once and is final."]
    lines = [
        f"Buyer: a charge may be returned within {review.window.in_words()} of its milestone (column “Contest until”, in {contract.zone}).",
        f"Reasons taken: {', '.join(review.reasons) or 'none are listed'}."
        + (f" Proof must be attached for {', '.join(sorted(review.evidence))}." if review.evidence else ""),
    ]
    if review.contest_within is not None:
        undecided = "the return stands" if review.undecided == "buyer" else "the charge stands"
        lines.append(
            f"Provider: a return may be contested within {review.contest_within.in_words()} of its claim; "
            f"if nobody decides in time, {undecided}."
        )
    if review.remedy == "replace" and review.replace_within is not None:
        lines.append(
            f"A granted return is made good by a replacement within {review.replace_within.in_words()} of the grant, or else in money."
        )
    return lines


def statement_name(contract_id: str, day: date) -> str:
    """Give the file name of a statement without its ending."""
    return f"{contract_id}-{day.isoformat()}"


__all__ = ["LINES_MAX", "Statement", "make_statement", "paper_of", "plain_decimal", "statement_csv", "statement_name", "statement_pdf"]
