"""Money as pages and systems read it: balances from the ledger, statement lines, and the statement as a file."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime

import polars as pl

from payper.desk.book.recorded import recorded_contracts, recorded_rates
from payper.desk.book.settling import settle_known
from payper.desk.folder.reading import end_of
from payper.desk.people.installation import AbsentError, Reached, Side, absent, buyers_of, open_pages, reach, reach_contract
from payper.desk.people.people import Actor
from payper.desk.reads.public_numbers import key_for, own_number, public_number
from payper.desk.reads.read_contracts import read_versions
from payper.desk.reads.shelf import rows_of
from payper.ledger.balances import balances
from payper.ledger.standing import Standing, standing_of
from payper.measurement import ProgrammeFacts, rates_on
from payper.parties import Act
from payper.reports.statement import Statement, make_statement, statement_csv, statement_name, statement_pdf
from payper.store.book_pages import BookPages, TransferRow
from payper.store.directory import Directory
from payper.terms.contract import Contract

LINES = 100
"""Statement lines on a page."""

_ROW = r", (?:milestones|returns|decisions)/.+? row \d+"
"""Where in a cause the row of a buyer's file is named. Such files hold rows of many contracts, so providers are not told which."""

_CHARGE = re.compile(r"^(?P<contract>.+)/(?P<delivery>\d+)/(?P<milestone>[a-z-]+)(?P<rest>/.*)?$")


@dataclass(frozen=True, slots=True)
class Balance:
    """What stands under one contract, in minor units of its currency.

    Attributes:
        as_of: The day until which the book is settled, or None before the first settlement.
    """

    reached: Reached
    currency: str
    stands: Standing
    as_of: date | None


@dataclass(frozen=True, slots=True)
class Line:
    """One transfer of a statement.

    Attributes:
        number: The public number of the delivery that caused it.
        pending_minor: What it changes of what is pending.
        owed_minor: What it changes of what is owed.
    """

    happened_at: datetime
    kind: str
    number: str
    external_id: str | None
    milestone: str
    amount_minor: int
    pending_minor: int
    owed_minor: int
    currency: str
    cause: str


@dataclass(frozen=True, slots=True)
class Lines:
    """A page of statement lines, newest first; `next` names the page after it, or None."""

    balance: Balance
    contract: Contract
    rows: list[Line]
    next: str | None


def list_balances(directory: Directory, actor: Actor) -> list[Balance]:
    """Give the balances of every contract that the actor reaches.

    Raises:
        DeniedError: The actor may not read money.
    """
    actor.must(Act.READ_MONEY)
    found: list[Balance] = []
    reached = reach(directory, actor)
    for buyer in buyers_of(reached):
        address = directory.book(buyer)
        if address is not None:
            with open_pages(address) as book:
                found += _balances(book, [each for each in reached if each.buyer == buyer])
    return found


def list_lines(directory: Directory, actor: Actor, *, buyer: str, contract: str, before: str | None = None) -> Lines:
    """Give a page of a contract's statement lines.

    Raises:
        DeniedError: The actor may not read money.
        AbsentError: The contract or the place to go on from is not there.
    """
    actor.must(Act.READ_MONEY)
    address, reached = reach_contract(directory, actor, buyer, contract)
    with open_pages(address) as book:
        versions = read_versions(book, [contract]).get(contract)
        if versions is None:
            raise absent("contract", contract)
        key = key_for(book.secret(), "delivery")
        transfers = book.transfer_rows(contract, before=_place(before, key), limit=LINES + 1)
        shown = transfers[:LINES]
        (balance,) = _balances(book, [reached])
        return Lines(
            balance=balance,
            contract=versions[-1].contract,
            rows=lines_of(book, reached, shown, key),
            next=_cursor(shown[-1], key) if len(transfers) > LINES else None,
        )


def delivery_lines(book: BookPages, reached: Reached, delivery_id: int, key: bytes) -> list[Line]:
    """Give the lines of one delivery, oldest first."""
    from payper.journey import PRICEABLE

    contract = reached.contract
    charges = [f"{contract}/{delivery_id}/{milestone.replace(' ', '-')}" for milestone in sorted(PRICEABLE)]
    return lines_of(book, reached, book.transfers_of(contract, delivery_id, charges), key)


def make_statement_file(directory: Directory, actor: Actor, *, buyer: str, contract: str, is_pdf: bool) -> tuple[str, bytes]:
    """Make the statement of a contract as of the day until which it is settled: file name and content.

    Raises:
        DeniedError: The actor may not read money.
        AbsentError: The contract is not there, or nothing is settled yet.
        ReportError: The typesetter refuses the page.
    """
    actor.must(Act.READ_MONEY)
    address, reached = reach_contract(directory, actor, buyer, contract)
    names = {party.id: party.name for party in directory.parties()}
    with open_pages(address) as book:
        statement = _statement(book, contract, names)
        if reached.side is Side.PROVIDER:
            statement = _without_rows(statement)
        key = key_for(book.secret(), "delivery")
    name = statement_name(contract, statement.programme.as_of)
    if is_pdf:
        return f"{name}.pdf", statement_pdf(statement)
    return f"{name}.csv", statement_csv(_with_public_numbers(statement, key)).encode()


def _statement(book: BookPages, contract: str, names: dict[str, str]) -> Statement:
    versions, day = recorded_contracts(book).get(contract), book.setting("settled_until")
    if versions is None or day is None:
        raise absent("statement", contract)
    until, rates = date.fromisoformat(day), recorded_rates(book)
    settlement, _ = settle_known(book, {contract: versions}, rates, day=until)
    recorded = book.transfers().filter((pl.col("contract") == contract) & (pl.col("happened_at") <= end_of(until, versions[-1].zone)))
    settlement = replace(settlement, transfers=recorded.sort("happened_at", maintain_order=True))
    facts = ProgrammeFacts(
        name=names.get(versions[-1].buyer, versions[-1].buyer),
        base_currency=rates.base_currency,
        zone=versions[-1].zone,
        as_of=until,
        rates=rates_on(rates, until),
        party_names=names,
    )
    return _in_order_of_arrival(make_statement(programme=facts, versions=versions, settlement=settlement))


def _without_rows(statement: Statement) -> Statement:
    """Leave out of causes the rows of the buyer's files."""
    reason = pl.col("reason").str.replace_all(_ROW, "")
    return replace(statement, events=statement.events.with_columns(reason), charges=statement.charges.with_columns(reason))


def _in_order_of_arrival(statement: Statement) -> Statement:
    """Put what is of one instant in the order of its deliveries; the order of ids as texts would show how many deliveries others make."""
    from payper.reports.statement import EVENTS

    place = pl.struct("milestone", "happened_at").rle_id()
    charges = statement.charges.sort(place, "delivery_id", maintain_order=True)
    kinds = {words: rank for rank, words in enumerate(EVENTS.values())}
    events = statement.events.sort(
        pl.col("date").str.to_datetime("%Y-%m-%dT%H:%M:%S%:z", time_zone="UTC"),
        pl.col("event").replace_strict(kinds, default=len(kinds), return_dtype=pl.Int8),
        "delivery_id",
        "transfer_id",
    )
    return replace(statement, charges=charges, events=events)


def _with_public_numbers(statement: Statement, key: bytes) -> Statement:
    """Call deliveries, charges and transfers by public numbers: their own would tell how many deliveries other providers make."""
    ids = statement.events["delivery_id"].unique().drop_nulls().to_list()
    named = dict(zip(ids, (public_number(each, key) for each in ids), strict=True))
    number = pl.col("delivery_id").replace_strict(named, default=None, return_dtype=pl.String)
    prefix = pl.concat_str(pl.col("contract"), pl.lit("/"), pl.col("delivery_id").cast(pl.String), pl.lit("/"))
    renamed = [
        pl.concat_str(pl.col("contract"), pl.lit("/"), number, pl.lit("/"), pl.col(name).str.slice(prefix.str.len_chars())).alias(name)
        for name in ("charge_id", "transfer_id")
    ]
    return replace(statement, events=statement.events.with_columns(*renamed, number.alias("delivery_id")))


def _balances(book: BookPages, reached: list[Reached]) -> list[Balance]:
    sums = book.account_sums([each.contract for each in reached])
    versions = read_versions(book, [each.contract for each in reached])
    day = book.setting("settled_until")
    as_of = date.fromisoformat(day) if day else None
    standing = balances(sums)
    found = []
    for each in reached:
        if each.contract in versions:
            currency = versions[each.contract][-1].contract.currency
            stands = standing_of(standing, buyer=each.buyer, provider=each.provider, contract=each.contract, currency=currency)
            found.append(Balance(each, currency, stands, as_of))
    return found


def lines_of(book: BookPages, reached: Reached, transfers: Sequence[TransferRow], key: bytes) -> list[Line]:
    """Put transfers in the words of a statement; external ids come from the journal."""
    from payper.reports.statement import EVENTS, SIGNS

    contract = reached.contract
    parts = {each.charge_id: _CHARGE.match(each.charge_id) for each in transfers}
    ids = {charge: int(match["delivery"]) for charge, match in parts.items() if match}
    verdicts = book.verdicts_of(sorted(set(ids.values())), [contract])
    rows = rows_of(book, book.batch_heads([contract]), verdicts)
    external = dict(rows.select("delivery_id", "external_id").iter_rows()) if rows.height else {}
    lines = []
    for each in transfers:
        match, id_ = parts[each.charge_id], ids.get(each.charge_id)
        pending, owed = SIGNS.get(each.kind, (0, 0))
        lines.append(
            Line(
                happened_at=datetime.fromtimestamp(each.happened_at / 1_000_000, tz=UTC),
                kind=EVENTS.get(each.kind, each.kind),
                number="" if id_ is None else public_number(id_, key),
                external_id=None if id_ is None else external.get(id_),
                milestone="" if match is None else match["milestone"].replace("-", " "),
                amount_minor=each.amount_minor,
                pending_minor=each.amount_minor * pending,
                owed_minor=each.amount_minor * owed,
                currency=each.currency,
                cause=each.cause if reached.side is Side.BUYER else re.sub(_ROW, "", each.cause),
            )
        )
    return lines


def _cursor(last: TransferRow, key: bytes) -> str:
    """Name the place after a line, with the delivery by its public number."""
    match = _CHARGE.match(last.transfer_id)
    assert match is not None, "transfers are named contract/delivery/milestone/kind"
    return f"{last.happened_at}.{public_number(int(match['delivery']), key)}.{match['milestone']}{match['rest'] or ''}"


def _place(cursor: str | None, key: bytes) -> tuple[int, int, str] | None:
    if cursor is None:
        return None
    at, _, rest = cursor.partition(".")
    number, _, tail = rest.partition(".")
    id_ = own_number(number, key)
    if id_ is None or not at.isdigit() or len(at) > 18 or not tail:
        raise AbsentError(where="before", seen="There is no such place in the list.", mend="Begin at its first page.")
    return int(at), id_, tail
