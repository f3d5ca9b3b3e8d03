"""Phone numbers that are valid by libphonenumber, in the many ways people write them."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import polars as pl

PREFIXES_PER_COUNTRY = 80
_PROBES = ("0000", "1234", "4321", "5678", "8765", "9999")


@cache
def patterns(country: str) -> tuple[tuple[str, ...], ...]:
    """Give ways to write a country's numbers with the last four digits open: the five pieces of text around the four digits.

    A prefix is kept when every probed ending makes a valid number, so that in all but a few plans every ending does.
    """
    import phonenumbers

    rng = np.random.default_rng([ord(letter) for letter in country])
    found: list[tuple[str, ...]] = []
    for kind in (phonenumbers.PhoneNumberType.FIXED_LINE, phonenumbers.PhoneNumberType.MOBILE):
        example = phonenumbers.example_number_for_type(country, kind)
        if example is None:
            continue
        digits = phonenumbers.national_significant_number(example)
        tries = [digits[:-4]] + [digits[:-7] + f"{int(rng.random() * 1000):03d}" for _ in range(2 * PREFIXES_PER_COUNTRY)]
        kept = list(dict.fromkeys(prefix for prefix in tries if _is_valid_throughout(example.country_code, prefix)))
        for prefix in kept[: PREFIXES_PER_COUNTRY // 2]:
            found += _ways(f"+{example.country_code}{prefix}{_PROBES[1]}", country)
    return tuple(dict.fromkeys(found))


def _is_valid_throughout(code: int | None, prefix: str) -> bool:
    """Tell whether a prefix makes valid numbers with every probed ending."""
    import phonenumbers

    return all(phonenumbers.is_valid_number(phonenumbers.parse(f"+{code}{prefix}{ending}")) for ending in _PROBES)


def _ways(number: str, country: str) -> list[tuple[str, ...]]:
    """Write a number in up to five ways that read as valid in its country, and cut each at its last four digits."""
    import phonenumbers

    value = phonenumbers.parse(number)
    international = phonenumbers.format_number(value, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
    national = phonenumbers.format_number(value, phonenumbers.PhoneNumberFormat.NATIONAL)
    texts = [number, international, international.replace(" ", "-"), national, international.replace("+", "00", 1)]
    if value.country_code == 1:
        texts[-1] = national.replace("(", "").replace(") ", ".").replace("-", ".")
    return [_cut(text) for text in texts if phonenumbers.is_valid_number(phonenumbers.parse(text, country))]


def _cut(text: str) -> tuple[str, ...]:
    """Split a written number around its last four digits."""
    places = [at for at, letter in enumerate(text) if letter.isdigit()][-4:]
    edges = [-1, *places, len(text)]
    return tuple(text[edges[part] + 1 : edges[part + 1]] for part in range(5))


def write_phones(rng: np.random.Generator, countries: list[str], which: np.ndarray[Any, Any]) -> pl.Series:
    """Write one valid number per row.

    Args:
        rng: Chance.
        countries: ISO codes.
        which: Per row, the place of its country in `countries`.
    """
    pools = [patterns(country) for country in countries]
    starts = np.cumsum([0, *map(len, pools)])
    flat = [way for pool in pools for way in pool]
    sizes = np.array([len(pool) for pool in pools])
    picked = pl.Series((starts[which] + rng.random(len(which)) * sizes[which]).astype(np.int64))
    pieces = [pl.Series([way[part] for way in flat]).gather(picked) for part in range(5)]
    numbers = (rng.random(len(which)) * 10_000).astype(np.int64)
    columns: dict[str, Any] = {}
    for part in range(5):
        columns[f"text{part}"] = pieces[part]
        if part < 4:
            columns[f"digit{part}"] = pl.Series(numbers // 10 ** (3 - part) % 10)
    return pl.DataFrame(columns).select(pl.concat_str(pl.all()).alias("phone")).to_series()
