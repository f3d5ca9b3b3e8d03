"""Public holidays of a country or one of its parts, by the package `holidays`.

Its way to one country imports all of them, some 250 modules and a tenth of a second at every start; the module of the one country
asked for is loaded by itself instead, and everything else about it is the package's own.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import PurePath
from typing import Any


def public_holidays(code: str, years: Iterable[int]) -> frozenset[date]:
    """List the public holidays of years.

    Args:
        code: ISO 3166 in upper case, of a country (`US`) or a part of it (`US-NY`).
        years: The calendar years wanted.

    Raises:
        LookupError: The package knows no such country, or no such part of it.
    """
    import holidays

    country, _, subdivision = code.partition("-")
    calendar = _calendar(country)
    try:
        if calendar is None:
            return frozenset(holidays.country_holidays(country, subdiv=subdivision or None, years=years))
        return frozenset(calendar(subdiv=subdivision or None, years=years))
    except NotImplementedError as error:  # the package's own way to say that it does not know a calendar
        raise LookupError(code) from error


def _calendar(country: str) -> Any:
    """Load the calendar of one country, a class of the package; None where the package keeps it elsewhere or knows none."""
    import holidays
    from holidays.registry import COUNTRIES

    found = next(((module, names[0]) for module, names in COUNTRIES.items() if country in names[1:]), None)
    if found is None:
        return None
    name = f"holidays.countries.{found[0]}"
    loader = SourceFileLoader(name, str(PurePath(holidays.__path__[0], "countries", f"{found[0]}.py")))
    spec = spec_from_loader(name, loader)
    assert spec is not None, "a loader was given"
    module = module_from_spec(spec)
    try:
        loader.exec_module(module)
    except OSError:  # another version of the package, or one inside a zip archive, keeps its countries otherwise
        return None
    return getattr(module, found[1], None)
