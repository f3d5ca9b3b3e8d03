"""What a report says in words: its headline, and the three things most worth knowing."""

from __future__ import annotations

from datetime import timedelta

import polars as pl

from payper.measurement import ProgrammeFacts, Results
from payper.reasons import Reason
from payper.reports.words import count, counted, day_in_words, enumerated, local_day, money, percent

FEW = 30
"""With fewer deliveries than this a rate is too early to compare."""

NEAR = 0.9
"""A cap or budget is nearly reached from this share on."""


def headline(results: Results) -> str:
    """Say what is owed and what share was accepted, as of the day."""
    programme, contracts = results.programme, results.contracts
    day, delivered, accepted = day_in_words(programme.as_of), int(contracts["delivered"].sum()), int(contracts["accepted"].sum())
    if delivered == 0:
        return f"Nothing has been delivered by {day}"
    owed = _owed_words(results)
    share, were = percent(accepted / delivered), "was" if accepted == 1 else "were"
    return f"{owed} owed on {day}; {count(accepted)} of {counted(delivered, 'delivery', 'deliveries')} {were} accepted ({share})"


def _owed_words(results: Results) -> str:
    """Write what is owed in the base currency, and apart from it what has no rate."""
    programme, contracts = results.programme, results.contracts
    known = contracts.filter(pl.col("owed_base_minor").is_not_null())
    apart = contracts.filter(pl.col("owed_base_minor").is_null()).group_by("currency").agg(pl.col("owed_minor").sum()).sort("currency")
    parts = [money(int(known["owed_base_minor"].sum()), programme.base_currency)] if known.height else []
    parts += [money(minor, currency) for currency, minor in apart.iter_rows()]
    if len(parts) == 1 and known["owed_base_minor"].sum() == 0 and not apart.height:
        return "Nothing is"
    return f"{enumerated(parts)} {'is' if len(parts) == 1 else 'are'}"


def findings(results: Results) -> list[str]:
    """Give at most three sentences, the most pressing first; an empty programme gives none."""
    if int(results.contracts["delivered"].sum()) == 0:
        return []
    found = [
        _replacements(results),
        _caps(results),
        _mend(results),
        _lowest(results),
        _review(results),
        _pace(results),
        _pending(results),
        _headline_reason(results),
        "Every delivery was accepted." if int(results.contracts["accepted"].sum()) == int(results.contracts["delivered"].sum()) else None,
    ]
    return [sentence for sentence in found if sentence][:3]


def _replacements(results: Results) -> str | None:
    """Say which replacements expire next."""
    owed = results.owed_replacements.drop_nulls("deadline_at")
    if not owed.height:
        return None
    zones = dict(results.contracts.select("contract", "zone").iter_rows())
    days = [
        local_day(deadline, zones.get(contract, results.programme.zone))
        for contract, deadline in owed.select("contract", "deadline_at").iter_rows()
    ]
    first = min(days)
    soon = [contract for contract, day in zip(owed["contract"], days, strict=True) if day <= first + timedelta(days=2)]
    where = f"under {soon[0]}" if len(set(soon)) == 1 else f"under {len(set(soon))} contracts"
    return (
        f"{counted(owed.height, 'replacement is', 'replacements are')} owed; the next must come by {day_in_words(first)} ({where}), "
        "after that the charge is given back."
    )


def _caps(results: Results) -> str | None:
    """Say which cap or budget is nearly reached, the fullest one."""
    fullest: tuple[float, str] | None = None
    last = results.pacing.group_by("contract").agg(pl.col("cumulative").last())
    for row in results.contracts.join(last, on="contract").sort("contract").iter_rows(named=True):
        found: list[tuple[float, str]] = []
        if row["cap_total"]:
            found.append(
                (
                    row["cumulative"] / row["cap_total"],
                    f"{count(row['cumulative'])} of the {count(row['cap_total'])} deliveries it takes in all",
                )
            )
        if row["budget_minor"]:
            used, whole = money(row["budget_used_minor"], row["currency"]), money(row["budget_minor"], row["currency"])
            found.append((row["budget_used_minor"] / row["budget_minor"], f"{used} of its budget of {whole}"))
        for share, words in found:
            if share >= NEAR and (fullest is None or share > fullest[0]):
                fullest = share, f"{row['contract']} has used {words} ({percent(share)})."
    return fullest[1] if fullest else None


def _mend(results: Results) -> str | None:
    """Say how many rejects can be mended, and by which reason first."""
    mendable = int(results.contracts["mendable"].sum())
    if not mendable:
        return None
    names = [reason.name for reason in Reason if reason.can_mend]
    known = (
        results.reasons.filter(pl.col("reason").is_in(names))
        .group_by("reason")
        .agg(pl.col("rejected").sum())
        .sort(["rejected", "reason"], descending=[True, False])
    )
    reason, deliveries = known.row(0)
    rejected = int(results.contracts["rejected"].sum())
    return (
        f"{count(mendable)} of the {counted(rejected, 'rejected delivery', 'rejected deliveries')} can be mended and sent again; "
        f"{reason} is the commonest reason of that kind ({counted(deliveries, 'delivery', 'deliveries')})."
    )


def _lowest(results: Results) -> str | None:
    """Say which provider has the lowest acceptance, where two or more have delivered enough to compare."""
    enough = results.providers.filter(pl.col("delivered") >= FEW).sort("acceptance_rate", "provider")
    if enough.height < 2:
        return None
    low, high = enough.row(0, named=True), enough.row(-1, named=True)
    if low["acceptance_rate"] == high["acceptance_rate"]:
        return None
    programme = results.programme
    return (
        f"{programme.party(low['provider'])} has the lowest acceptance, {percent(low['acceptance_rate'])} "
        f"of {counted(low['delivered'], 'delivery', 'deliveries')}; "
        f"{programme.party(high['provider'])} has the highest, {percent(high['acceptance_rate'])} of {count(high['delivered'])}."
    )


def _review(results: Results) -> str | None:
    review, quarantined = int(results.contracts["review"].sum()), int(results.contracts["quarantined"].sum())
    if not review and not quarantined:
        return None
    parts = ([f"{counted(review, 'delivery', 'deliveries')} in review"] if review else []) + (
        [f"{counted(quarantined, 'delivery', 'deliveries')} quarantined over a cap"] if quarantined else []
    )
    verb = "waits" if review + quarantined == 1 else "wait"
    return f"{enumerated(parts)} {verb} for a person; {'it owes' if review + quarantined == 1 else 'they owe'} nothing until then."


def pace_words(results: Results, contract: str) -> str:
    """Say where one contract stands against its even pace."""
    own = results.pacing.filter(pl.col("contract") == contract)
    terms = results.contracts.filter(pl.col("contract") == contract).row(0, named=True)
    if not own.height:
        return "nothing accepted yet"
    _, day, _, reached, even = own.row(-1)
    cap = terms["cap_total"]
    of_cap = f"{count(reached)} of {count(cap)} accepted" if cap else f"{count(reached)} accepted, no cap on their number"
    if even is None or day < terms["starts"]:
        return of_cap
    gap = reached - even
    return f"{of_cap}, {'on' if gap == 0 else count(abs(gap)) + (' behind' if gap < 0 else ' ahead of')} an even pace"


def _pace(results: Results) -> str | None:
    """Say which contract is furthest behind an even pace."""
    last = (
        results.pacing.group_by("contract")
        .last()
        .filter(pl.col("even_pace").is_not_null() & (pl.col("cumulative") < 0.8 * pl.col("even_pace")))
    )
    if not last.height:
        return None
    name = last.with_columns(share=pl.col("cumulative") / pl.col("even_pace")).sort("share", "contract")["contract"][0]
    return f"{name} is slow: {pace_words(results, name)}."


def _pending(results: Results) -> str | None:
    programme = results.programme
    pending = results.contracts.filter(pl.col("pending_minor") > 0)
    if not pending.height:
        return None
    by_currency = pending.group_by("currency").agg(pl.col("pending_minor").sum()).sort("currency")
    amounts = enumerated([money(minor, currency) for currency, minor in by_currency.iter_rows()])
    return f"{amounts} more is pending on {day_in_words(programme.as_of)} and posts when its windows end."


def _headline_reason(results: Results) -> str | None:
    top = results.reasons.group_by("reason").agg(pl.col("headlines").sum()).sort(["headlines", "reason"], descending=[True, False])
    if not top.height or not top["headlines"][0]:
        return None
    return f"{top['reason'][0]} is the commonest headline of a verdict ({counted(top['headlines'][0], 'delivery', 'deliveries')})."


def rate_words(programme: ProgrammeFacts) -> list[str]:
    """Say the exchange rates that were used, one sentence each."""
    return [
        f"1 {rate.currency} = {rate.in_base} {programme.base_currency}, the rate since {day_in_words(rate.on)}"
        for _, rate in sorted(programme.rates.items())
    ]
