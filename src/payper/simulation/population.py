"""Invented companies and the people who work for them, as frames drawn from a seeded generator."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
import polars as pl

from payper.simulation import words
from payper.simulation.phones import write_phones

_SPECIAL = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "ø": "o", "æ": "ae", "å": "a", "ł": "l", "đ": "d"})


def pick(rng: np.random.Generator, weights: Sequence[float], size: int) -> np.ndarray[Any, Any]:
    """Draw places by weight, by inverting the cumulative sum (stable across versions of numpy, unlike `choice`)."""
    edges = np.cumsum(np.asarray(weights, dtype=np.float64))
    places: np.ndarray[Any, Any] = np.searchsorted(edges, rng.random(size) * edges[-1], side="right").astype(np.int64)
    return places


def ascii_of(text: str) -> str:
    """Spell a name as it stands in an e-mail address: ASCII lower-case letters and digits."""
    plain = unicodedata.normalize("NFKD", text.lower().translate(_SPECIAL))
    return "".join(letter for letter in plain if letter.isascii() and letter.isalnum())


@cache
def company_names() -> tuple[tuple[str, str], ...]:
    """List every (name without legal form, name as in a domain)."""
    names = [f"{stem}{end} {trade}" for stem in words.STEMS for end in words.ENDS for trade in words.TRADES]
    return tuple((name, ascii_of(name)) for name in names)


def draw_companies(rng: np.random.Generator, count: int, *, countries: Sequence[str] | None = None) -> pl.DataFrame:
    """Invent companies.

    Returns:
        One row per company: `company`, `domain`, `country` (ISO), `country_text`, `city`, `postal_code`, `industry` (as written), `naics`
        (what is meant), `employees` (Int64, the truth), `employees_text`, `revenue` (Int64, in US dollars), `revenue_text`. Beyond 7,500
        companies of one country ending a number is added to the domain, so that companies stay apart.
    """
    chosen = [country for country in words.COUNTRIES if countries is None or country.code in countries]
    which = pick(rng, [country.weight for country in chosen], count)
    names = company_names()
    name = (rng.random(count) * len(names)).astype(np.int64)
    low, high = (np.array([band[side] for band in words.SIZE_BANDS]) for side in (0, 1))
    band = pick(rng, [band[2] for band in words.SIZE_BANDS], count)
    employees = (low[band] + rng.random(count) * (high[band] - low[band])).astype(np.int64)
    industry = pick(rng, [weight for _, _, weight in words.INDUSTRIES], count)
    revenue = (employees * (120_000 + rng.random(count) * 180_000) / 1e5).astype(np.int64) * 100_000
    frame = pl.DataFrame(
        {
            "country": pl.Series([country.code for country in chosen]).gather(which),
            "name": pl.Series([pair[0] for pair in names]).gather(name),
            "site": pl.Series([pair[1] for pair in names]).gather(name),
            "form": _of_country(rng, [country.forms for country in chosen], which),
            "tld": _of_country(rng, [country.tld for country in chosen], which),
            "country_text": _of_country(rng, [country.spellings for country in chosen], which),
            "city": _of_country(rng, [country.cities for country in chosen], which),
            "postal_code": _postal_codes(rng, [country.postal for country in chosen], which),
            "industry": pl.Series([text for text, _, _ in words.INDUSTRIES]).gather(industry),
            "naics": pl.Series([code for _, code, _ in words.INDUSTRIES]).gather(industry),
            "employees": employees,
            "employees_text": _sizes(rng, employees, band),
            "revenue": revenue,
            "revenue_text": _revenues(rng, revenue),
        }
    )
    again = pl.int_range(pl.len()).over("site", "tld")
    number = pl.when(again > 0).then((again + 1).cast(pl.String)).otherwise(pl.lit(""))
    named = frame.with_columns(number=number).with_columns(
        company=pl.concat_str(
            pl.col("name"), pl.when(pl.col("number") != "").then(" " + pl.col("number")).otherwise(pl.lit("")), pl.lit(" "), pl.col("form")
        ),
        domain=pl.concat_str("site", "number", pl.lit("."), "tld"),
    )
    return named.select(
        "company",
        "domain",
        "country",
        "country_text",
        "city",
        "postal_code",
        "industry",
        "naics",
        "employees",
        "employees_text",
        "revenue",
        "revenue_text",
    )


def draw_people(rng: np.random.Generator, companies: pl.DataFrame, count: int) -> pl.DataFrame:
    """Invent people who work for the companies.

    Returns:
        One row per person: the columns of their company, then `first_name`, `last_name`, `email`, `phone`, `title`, `function`, `seniority`
        (what the title means), `linkedin_url`.
    """
    of = (rng.random(count) * companies.height).astype(np.int64)
    people = companies[of]
    codes = [country.code for country in words.COUNTRIES]
    which = np.array([codes.index(code) for code in companies["country"].to_list()], dtype=np.int64)[of]
    first, first_ascii = _names(rng, [words.FIRST_NAMES[country.tongue].split() for country in words.COUNTRIES], which)
    last, last_ascii = _names(rng, [words.last_names(country.tongue) for country in words.COUNTRIES], which)
    function = pick(rng, list(words.FUNCTION_WEIGHTS.values()), count)
    seniority = pick(rng, list(words.LEVEL_WEIGHTS.values()), count)
    people = people.with_columns(
        first_name=first,
        last_name=last,
        phone=write_phones(rng, codes, which),
        function=pl.Series(list(words.FUNCTION_WEIGHTS)).gather(function),
        seniority=pl.Series(list(words.LEVEL_WEIGHTS)).gather(seniority),
        title=_titles(rng, which, function, seniority),
        _first=first_ascii,
        _last=last_ascii,
        _way=pl.Series(pick(rng, [60, 15, 15, 10], count)),
    )
    first_name, last_name, way = pl.col("_first"), pl.col("_last"), pl.col("_way")
    mailbox = (
        pl.when(way == 0)
        .then(first_name + "." + last_name)
        .when(way == 1)
        .then(first_name.str.slice(0, 1) + last_name)
        .when(way == 2)
        .then(first_name + "_" + last_name)
        .otherwise(last_name + "." + first_name.str.slice(0, 1))
    )
    slug = first_name + "-" + last_name + "-" + pl.Series("digits", (rng.random(count) * 1e6).astype(np.int64)).cast(pl.String)
    return people.with_columns(email=mailbox + "@" + pl.col("domain"), linkedin_url="https://www.linkedin.com/in/" + slug).drop(
        "_first", "_last", "_way"
    )


def _of_country(rng: np.random.Generator, choices: Sequence[Sequence[str]], which: np.ndarray[Any, Any]) -> pl.Series:
    """Draw one of the texts of each row's country, evenly."""
    sizes = np.array([len(options) for options in choices])
    starts = np.cumsum([0, *sizes])[:-1]
    flat = pl.Series([option for options in choices for option in options])
    return flat.gather((starts[which] + rng.random(len(which)) * sizes[which]).astype(np.int64))


def _names(rng: np.random.Generator, choices: Sequence[Sequence[str]], which: np.ndarray[Any, Any]) -> tuple[pl.Series, pl.Series]:
    """Draw one name per row; give it as written and as in an address."""
    sizes = np.array([len(options) for options in choices])
    starts = np.cumsum([0, *sizes])[:-1]
    at = (starts[which] + rng.random(len(which)) * sizes[which]).astype(np.int64)
    flat = [option for options in choices for option in options]
    return pl.Series(flat).gather(at), pl.Series([ascii_of(name) for name in flat]).gather(at)


def _titles(
    rng: np.random.Generator, which: np.ndarray[Any, Any], function: np.ndarray[Any, Any], seniority: np.ndarray[Any, Any]
) -> pl.Series:
    """Write the title that means a function and a step of the ladder, in the language of the country."""
    tongues = ["en", "de", "fr", "es"]
    speaks = np.array([tongues.index(country.titles) for country in words.COUNTRIES])[which]
    speaks = np.where(rng.random(len(which)) < 0.35, 0, speaks)  # many sign in English
    pools: list[tuple[str, ...]] = []
    for tongue in tongues:
        for names in words.FUNCTIONS.values():
            fills = {"f": names[tongue], "chief": names["chief"]}
            pools += [tuple(pattern.format(**fills) for pattern in words.LEVELS[level][tongue]) for level in words.LEVEL_WEIGHTS]
    place = (speaks * len(words.FUNCTIONS) + function) * len(words.LEVELS) + seniority
    return _of_country(rng, pools, place)


def _postal_codes(rng: np.random.Generator, patterns: Sequence[str], which: np.ndarray[Any, Any]) -> pl.Series:
    """Fill each country's pattern of postal codes: 900 codes per country."""
    pools = []
    for pattern in patterns:
        draws = rng.random((900, len(pattern)))
        pools.append(["".join(_sign(sign, float(draw)) for sign, draw in zip(pattern, row, strict=True)) for row in draws])
    return _of_country(rng, pools, which)


def _sign(sign: str, draw: float) -> str:
    """Fill one sign of a postal pattern."""
    if sign == "#":
        return "0123456789"[int(draw * 10)]
    return "ABDEFGHJLNPQRSTUWXYZ"[int(draw * 20)] if sign == "@" else sign


def _sizes(rng: np.random.Generator, employees: np.ndarray[Any, Any], band: np.ndarray[Any, Any]) -> pl.Series:
    """Write numbers of employees in free text: exact, as a band, with separators or as thousands."""
    bands = [f"{low:,}-{high:,}" for low, high, _ in words.SIZE_BANDS[:-1]] + ["10,000+"]
    way = pick(rng, [50, 25, 15, 10], len(employees))
    frame = pl.DataFrame({"count": employees, "band": pl.Series(bands).gather(band), "way": way})
    count = pl.col("count").cast(pl.String)
    grouped = (
        pl.when(pl.col("count") >= 1000).then(count.str.slice(0, count.str.len_chars() - 3) + "," + count.str.slice(-3)).otherwise(count)
    )
    text = (
        pl.when(pl.col("way") == 0)
        .then(count)
        .when(pl.col("way") == 1)
        .then("band")
        .when(pl.col("way") == 2)
        .then(grouped)
        .otherwise(grouped + " employees")
    )
    return frame.select(text.alias("employees_text")).to_series()


def _revenues(rng: np.random.Generator, revenue: np.ndarray[Any, Any]) -> pl.Series:
    """Write revenues in US dollars in free text."""
    millions = np.maximum(revenue // 1_000_000, 1)
    frame = pl.DataFrame({"revenue": revenue, "millions": millions, "way": pick(rng, [40, 35, 25], len(revenue))})
    text = (
        pl.when(pl.col("way") == 0)
        .then(pl.concat_str(pl.lit("$"), pl.col("millions"), pl.lit("M")))
        .when(pl.col("way") == 1)
        .then(
            pl.concat_str(pl.lit("$"), pl.col("millions"), pl.lit("M to $"), pl.col("millions") + pl.col("millions") // 2 + 1, pl.lit("M"))
        )
        .otherwise(pl.concat_str(pl.lit("USD "), pl.col("revenue")))
    )
    return frame.select(text.alias("revenue_text")).to_series()
