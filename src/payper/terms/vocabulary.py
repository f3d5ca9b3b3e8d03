"""The closed lists of words that contracts may use: rungs, functions, countries, industries and zones.

Rungs, functions and industries are normalisation's; everything loads on first use, because its packages are heavy.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from payper.terms.findings import nearest

EMAIL_CHECKS = ("syntax", "business", "not_disposable", "not_role", "mx")
PHONE_CHECKS = ("valid", "matches_country")
MATCH_KEYS = ("email", "person", "phone", "fuzzy")
NO_SHOWS = ("void", "charge", "replace")
PROOFS = ("attendance", "rep")
INDUSTRY_SYSTEMS = ("naics", "sic", "nace", "isic")


@cache
def rungs() -> dict[str, int]:
    """Give the seniority ladder: each rung and its rank; owner ranks as c-level (RULES 18)."""
    from payper.normalisation.titles import SENIORITY, seniority_rank

    return {str(rung): seniority_rank(str(rung)) for rung in SENIORITY}


@cache
def job_functions() -> tuple[str, ...]:
    """List the job functions (RULES 47)."""
    from payper.normalisation.titles import FUNCTIONS

    return tuple(str(function) for function in FUNCTIONS)


@cache
def country_names() -> dict[str, str]:
    """Give the ISO 3166 alpha-2 codes and English names, from the tables of the package tzdata; XK, user-assigned, is in wide use."""
    text = (files("tzdata") / "zoneinfo" / "iso3166.tab").read_text(encoding="utf-8")
    rows = [line.split("\t") for line in text.splitlines() if line and not line.startswith("#")]
    return dict(rows) | {"XK": "Kosovo"}


def nearest_country(word: str) -> str | None:
    """Find the code of the country that a word most likely means."""
    import polars as pl

    from payper.normalisation.countries import country_codes

    code = country_codes(pl.Series("country", [word], dtype=pl.String))[0]
    if code is not None:
        return str(code)
    names = {name: code for code, name in country_names().items()}
    close = nearest(word, names)
    return names[close] if close else nearest(word, country_names())


def is_zone(name: str) -> bool:
    """Tell whether a name is an IANA time zone."""
    from zoneinfo import ZoneInfo

    try:
        return (ZoneInfo(name).key == name and "/" in name) or name == "UTC"
    except (ValueError, OSError, KeyError):  # a missing zone is a KeyError; odd names reach the file system
        return False


def nearest_zone(name: str) -> str | None:
    """Find the zone most like a name; a city alone finds its zone."""
    from zoneinfo import available_timezones

    zones = sorted(available_timezones())
    cities = {zone.rsplit("/", 1)[-1]: zone for zone in zones if zone.count("/") == 1}
    tail = name.replace(" ", "_").rsplit("/", 1)[-1]
    close = nearest(tail, cities)
    return nearest(name.replace(" ", "_"), zones) or (cities[close] if close else None)
