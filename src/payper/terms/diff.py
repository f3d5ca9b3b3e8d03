"""What changes from one contract to another, clause by clause, in words and money."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from payper.journey import LADDER, Milestone
from payper.money import format_minor, to_decimal
from payper.terms.contract import Contract, ListEntries, Price
from payper.terms.explain import describe_price, explain


@dataclass(frozen=True, slots=True)
class Change:
    """One clause that differs.

    Attributes:
        key: The clause, dotted.
        before: What it said, in words, or None where it was absent.
        after: What it says, in words, or None where it is gone.
        sentence: The change as a sentence.
        money: For an amount, the difference in minor units of the later contract's currency, else None.
    """

    key: str
    before: str | None
    after: str | None
    sentence: str
    money: int | None = None


def diff(before: Contract, after: Contract) -> list[Change]:
    """List what changes from one contract to another, in the order of the language; empty where they mean the same."""
    return [*_plain_changes(before, after), *_list_changes(before, after), *_budget_changes(before, after), *_price_changes(before, after)]


def _plain_changes(before: Contract, after: Contract) -> Iterator[Change]:
    """Compare the sentences of every clause but prices, budgets, lists and examples, which have their own words."""
    said = [{clause.key: clause.sentence for clause in explain(contract) if not _has_own_words(clause.key)} for contract in (before, after)]
    for key in dict.fromkeys([*said[0], *said[1]]):
        old, new = said[0].get(key), said[1].get(key)
        if old != new:
            yield Change(key=key, before=old, after=new, sentence=_turn(old, new))


def _has_own_words(key: str) -> bool:
    return key.startswith(("price", "example")) or key in {"caps.budget", "audience.companies.only", "audience.suppress"}


def _turn(old: str | None, new: str | None) -> str:
    if old is None:
        return f"New: {new}"
    if new is None:
        return f"Gone: {old}"
    return f"Before: {old} After: {new}"


def _entries(lists: tuple[ListEntries, ...]) -> set[str]:
    return {entry for one in lists for part in (one.emails, one.domains, one.company_keys, one.digests) for entry in part}


def _list_changes(before: Contract, after: Contract) -> Iterator[Change]:
    cases = (
        ("audience.companies.only", "The target list", _only(before), _only(after)),
        ("audience.suppress", "The suppression lists", before.audience.suppress, after.audience.suppress),
    )
    for key, name, old_lists, new_lists in cases:
        old, new = _entries(old_lists), _entries(new_lists)
        if old == new and bool(old_lists) == bool(new_lists):
            continue
        verb = "gains" if name.endswith("list") else "gain"
        sentence = f"{name} {verb} {len(new - old):,} and lose{'s' if verb == 'gains' else ''} {len(old - new):,} entries."
        yield Change(
            key=key,
            before=f"{len(old):,} entries" if old_lists else None,
            after=f"{len(new):,} entries" if new_lists else None,
            sentence=sentence,
        )


def _only(contract: Contract) -> tuple[ListEntries, ...]:
    return (contract.audience.only,) if contract.audience.only else ()


def _budget_changes(before: Contract, after: Contract) -> Iterator[Change]:
    old, new = before.caps.budget_minor, after.caps.budget_minor
    if old != new or (old is not None and before.currency != after.currency):
        yield _money_change("caps.budget", "the budget", (before, old), (after, new))


def _money_change(key: str, name: str, old: tuple[Contract, int | None], new: tuple[Contract, int | None]) -> Change:
    """Say how an amount changes: «the fee rises from 48.00 to 52.00 USD (+4.00, +8.3 %)»."""
    (old_contract, old_minor), (new_contract, new_minor) = old, new
    before = None if old_minor is None else format_minor(old_minor, old_contract.currency)
    after = None if new_minor is None else format_minor(new_minor, new_contract.currency)
    subject = name[0].upper() + name[1:]
    if old_minor is None or before is None:
        return Change(key=key, before=None, after=after, sentence=f"New: {name} is {after}.", money=new_minor)
    if new_minor is None or after is None:
        return Change(key=key, before=before, after=None, sentence=f"Gone: {name} was {before}.", money=-old_minor)
    if old_contract.currency != new_contract.currency:
        return Change(key=key, before=before, after=after, sentence=f"{subject} changes from {before} to {after}.")
    change = new_minor - old_minor
    sign = "+" if change > 0 else "-"
    amount = f"{to_decimal(abs(change), new_contract.currency):,}"
    share = f", {sign}{abs(Decimal(change) * 100 / old_minor):.1f} %" if old_minor else ""
    verb = "rises" if change > 0 else "falls"
    bare = f"{to_decimal(old_minor, old_contract.currency):,}"
    return Change(
        key=key, before=before, after=after, sentence=f"{subject} {verb} from {bare} to {after} ({sign}{amount}{share}).", money=change
    )


def _price_changes(before: Contract, after: Contract) -> Iterator[Change]:
    """Pair the rows of each milestone by their condition, else by their place."""
    for milestone in LADDER:
        old_rows, new_rows = list(before.prices_on(milestone)), list(after.prices_on(milestone))
        pairs: list[tuple[Price | None, Price | None]] = []
        for old in list(old_rows):
            twin = next((new for new in new_rows if new.when == old.when), None)
            if twin is not None:
                pairs.append((old, twin))
                old_rows.remove(old)
                new_rows.remove(twin)
        width = max(len(old_rows), len(new_rows))
        padded_old: list[Price | None] = [*old_rows, *[None] * (width - len(old_rows))]
        padded_new: list[Price | None] = [*new_rows, *[None] * (width - len(new_rows))]
        pairs += list(zip(padded_old, padded_new, strict=True))
        for old_row, new_row in pairs:
            yield from _row_changes(before, after, old_row, new_row)
        order = [[row.when for row in contract.prices_on(milestone)] for contract in (before, after)]
        if order[0] != order[1] and sorted(map(str, order[0])) == sorted(map(str, order[1])):
            sentence = f'The prices on "{milestone}" are tried in another order.'
            yield Change(key="price", before=str(order[0]), after=str(order[1]), sentence=sentence)


def _fee_name(milestone: Milestone, when: str | None) -> str:
    nouns = {Milestone.ACCEPTED: "an accepted lead", Milestone.MEETING_HELD: "a held meeting", Milestone.MEETING_BOOKED: "a booked meeting"}
    what = nouns.get(milestone, f'"{milestone}"')
    return f"the fee for {what}" + (f" when {when}" if when else "")


def _row_changes(before: Contract, after: Contract, old: Price | None, new: Price | None) -> Iterator[Change]:
    row = new or old
    if row is None:
        return
    key = f"price[{(after if new else before).prices.index(row) + 1}]"
    name = _fee_name(row.on, row.when)
    if old is None or new is None:
        contract = after if new else before
        says = f"{name} is {describe_price(contract, row)}" if new else f"{name} was {describe_price(contract, row)}"
        minor = row.amount_minor
        words = describe_price(contract, row)
        yield Change(
            key=key,
            before=None if new else words,
            after=words if new else None,
            sentence=f"{'New' if new else 'Gone'}: {says}.",
            money=None if minor is None else minor if new else -minor,
        )
        return
    if old.when != new.when:
        sentence = f"{name[0].upper()}{name[1:]}: the condition changes from {old.when or 'always'} to {new.when or 'always'}."
        yield Change(key=f"{key}.when", before=old.when, after=new.when, sentence=sentence)
    if old.percent != new.percent or (old.amount_minor is None) != (new.amount_minor is None):
        was, becomes = describe_price(before, old), describe_price(after, new)
        yield Change(key=key, before=was, after=becomes, sentence=f"{name[0].upper()}{name[1:]} changes from {was} to {becomes}.")
    elif old.amount_minor != new.amount_minor or (old.amount_minor is not None and before.currency != after.currency):
        yield _money_change(f"{key}.amount", name, (before, old.amount_minor), (after, new.amount_minor))
    firsts = sorted({tier.first for tier in (*old.tiers, *new.tiers)})
    for first in firsts:
        tiers = [next((tier.amount_minor for tier in price.tiers if tier.first == first), None) for price in (old, new)]
        if tiers[0] != tiers[1]:
            yield _money_change(f"{key}.tiers", f"{name} from charge {first:,} on", (before, tiers[0]), (after, tiers[1]))
    if old.offset != new.offset:
        steps = [", ".join(f'"{step}"' for step in price.offset) or "nothing" for price in (old, new)]
        sentence = f"Against {name} is credited what was charged on {steps[1]}, before on {steps[0]}."
        yield Change(key=f"{key}.offset", before=steps[0], after=steps[1], sentence=sentence)
