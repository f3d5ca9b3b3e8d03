"""The words and numbers of a period under other terms, the same on a page and on a terminal."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

WORDS: Mapping[str, str] = {
    "delivered": "delivered",
    "accepted": "accepted",
    "charges": "owed to the provider",
    "effort": "rep time",
    "meetings_held": "meetings held",
    "opportunities": "opportunities",
    "won": "won",
    "revenue": "revenue of won deals",
    "back_per_unit": "back per unit spent",
}
MONEY = ("charges", "effort", "revenue")
HEADS = ("", "then", "anew", "change")


def title_words(on: str, *, terms: str, as_of: date, currency: str) -> str:
    """Say what was asked."""
    return f"{on} as of {as_of:%-d %b %Y}, under {terms}: money in {currency}"


def figure_rows(then: Mapping[str, float | None], anew: Mapping[str, float | None]) -> list[list[str]]:
    """Write each figure then, anew, and by how much it changes."""
    return [[words, _cell(key, then[key]), _cell(key, anew[key]), _change(then[key], anew[key], key)] for key, words in WORDS.items()]


def unseen_words(unknown: int, likely: Mapping[str, float], currency: str) -> str:
    """Say how much of the figures anew is estimated; empty where nothing is."""
    if not unknown:
        return ""
    results = ", ".join(f"{likely[key]:,.1f} {WORDS[key]}" for key in ("meetings_held", "opportunities", "won"))
    money = ", ".join(f"{likely[key]:,.0f} {currency} {WORDS[key]}" for key in ("charges", "revenue"))
    head = f"{unknown:,} deliveries that were not accepted then would be"
    return f"{head}; {results}, {money} of the figures anew are estimated for them."


def dropped_words(dropped: int) -> str:
    """Say how many would no longer be accepted; empty where none is."""
    return f"{dropped:,} deliveries that were accepted then would not be." if dropped else ""


def owed_words(then: float | None, anew: float | None, currency: str) -> str:
    """Say in a sentence what would have been owed; empty where that is not known."""
    if then is None or anew is None:
        return ""
    by = anew - then
    if abs(by) < 0.005:
        return f"{then:,.2f} {currency} would have been owed to the provider, as it was"
    return f"{anew:,.2f} {currency} would have been owed to the provider, {abs(by):,.2f} {'more' if by > 0 else 'less'} than was"


def _cell(key: str, value: float | None) -> str:
    if value is None:
        return "not known"
    return f"{value:.2f}" if key == "back_per_unit" else f"{value:,.2f}" if key in MONEY else f"{value:,.0f}"


def _change(then: float | None, anew: float | None, key: str) -> str:
    if then is None or anew is None:
        return ""
    text = f"{anew - then:+,.2f}" if key in MONEY or key == "back_per_unit" else f"{anew - then:+,.0f}"
    return text.replace("-", "\N{MINUS SIGN}")
