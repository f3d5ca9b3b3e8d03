"""Read countries: ISO 3166 codes and names in many languages, to ISO 3166-1 alpha-2.

Names are the CLDR's, from the package babel; English and our own table load at once, the other languages at the first text that
these do not know.
"""

from __future__ import annotations

from functools import cache

import polars as pl

from payper.normalisation.country_names import LANGUAGES, NOT_COUNTRIES, VARIANTS
from payper.normalisation.folding import by_unique, words, words_of


def country_codes(texts: pl.Series) -> pl.Series:
    """Give the ISO 3166-1 alpha-2 code of each country named, by code (alpha-2, alpha-3) or name.

    Args:
        texts: String, as sent; `Paris, France` is read by its last part, when that part is a name.

    Returns:
        String, upper case; null where the text is empty or names no country. A spelling that two countries share in one language is
        not known. `GB` is also written UK, `GR` also EL.
    """
    name = texts.name
    return by_unique(texts.cast(pl.String), _codes)["code"].rename(name)


def is_country(code: str) -> bool:
    """Tell whether a text is an upper-case alpha-2 code of ISO 3166-1 (or XK, Kosovo)."""
    return code in _english()


def country_name(code: str) -> str:
    """Give the English name of a country by its alpha-2 code; the code itself when it is none."""
    return _english().get(code, code)


def english_names() -> frozenset[str]:
    """Give the spellings of countries known without loading another language: codes, English names and common variants, as words."""
    return frozenset(_known())


def _codes(texts: pl.Series) -> pl.DataFrame:
    frame = texts.to_frame("text").select(
        word=words(pl.col("text")), part=words(pl.col("text").str.extract(r",([^,]+)$")).pipe(_long_enough)
    )
    read = frame.select(code=_look_up(_known()))
    if read["code"].null_count() > frame["word"].is_null().sum():
        read = frame.select(code=_look_up(_known_abroad()))
    return read


def _long_enough(part: pl.Expr) -> pl.Expr:
    """Keep a last part that can only be a country: two letters after a town are most often a state of the USA (Atlanta, GA)."""
    return pl.when((part.str.len_chars() > 2) | part.is_in(["us", "uk"])).then(part)


def _look_up(known: dict[str, str]) -> pl.Expr:
    def each(column: str) -> pl.Expr:
        return pl.col(column).replace_strict(list(known), list(known.values()), default=None, return_dtype=pl.String)

    return each("word").fill_null(each("part"))


@cache
def _english() -> dict[str, str]:
    """Map alpha-2 codes to English names."""
    from babel import Locale

    names = Locale.parse("en").territories
    return {code: str(name) for code, name in names.items() if len(code) == 2 and code.isalpha() and code not in NOT_COUNTRIES}


@cache
def _known() -> dict[str, str]:
    """Map spellings, as words, to codes: alpha-2, alpha-3, English names and `VARIANTS`."""
    from babel import Locale
    from babel.core import get_global

    english = _english()
    known = {words_of(name): code for code, name in Locale.parse("en").territories.items() if code in english}
    aliases = {alias: codes[0] for alias, codes in get_global("territory_aliases").items() if len(codes) == 1}
    known |= {alias.lower(): code for alias, code in aliases.items() if alias.isalpha() and len(alias) == 3 and code in english}
    known |= {code.lower(): code for code in english}
    for line in VARIANTS.strip().splitlines():
        code, spellings = line.split(":")
        known |= {words_of(spelling): code for spelling in spellings.split(",")}
    known |= {f"the {word}": code for word, code in known.items() if len(word) > 3 and not word.startswith("the ")}
    return known


@cache
def _known_abroad() -> dict[str, str]:
    """Add the names of `LANGUAGES`; what is known already is not changed, a spelling shared within a language is left out."""
    from babel import Locale

    english = _english()
    known = dict(_known())
    for language in LANGUAGES:
        words_here: dict[str, set[str]] = {}
        for code, name in Locale.parse(language).territories.items():
            if code in english:
                words_here.setdefault(words_of(str(name)), set()).add(code)
        known = {word: next(iter(codes)) for word, codes in words_here.items() if len(codes) == 1} | known
    return known
