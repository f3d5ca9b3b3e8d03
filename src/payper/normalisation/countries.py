"""Read countries: ISO 3166 codes and names in many languages, to ISO 3166-1 alpha-2.

Names are the CLDR's, from the package babel; English and our own table load at once, the other languages one after another at the
first text that those before do not know.
"""

from __future__ import annotations

import re
from functools import cache

import polars as pl

from payper.normalisation.country_names import LANGUAGES, NOT_COUNTRIES, OTHER_SCRIPTS, VARIANTS
from payper.normalisation.folding import by_unique, words, words_of, words_of_all
from payper.normalisation.remembered import FEW, Row, is_common, of_texts
from payper.normalisation.territories import territory_aliases, territory_names


def country_codes(texts: pl.Series) -> pl.Series:
    """Give the ISO 3166-1 alpha-2 code of each country named, by code (alpha-2, alpha-3) or name.

    Args:
        texts: String, as sent; `Paris, France` is read by its last part, when that part is a name.

    Returns:
        String, upper case; null where the text is empty or names no country. A spelling that two countries share in one language is
        not known. `GB` is also written UK, `GR` also EL.
    """
    name = texts.name
    if len(texts) <= FEW:
        return MEMORY.recall(texts.cast(pl.String).to_list())["code"].rename(name)
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
    known = _known()
    codes = [
        known.get(word) or _abroad(word) or (part and (known.get(part) or _abroad(part))) or None
        for word, part in frame.select("word", "part").iter_rows()
    ]
    return pl.DataFrame({"code": codes}, schema={"code": pl.String})


def _long_enough(part: pl.Expr) -> pl.Expr:
    """Keep a last part that can only be a country: two letters after a town are most often a state of the USA (Atlanta, GA)."""
    return pl.when((part.str.len_chars() > 2) | part.is_in(["us", "uk"])).then(part)


def _abroad(word: str | None) -> str | None:
    """Find a word among the names of `LANGUAGES`; empty or none gives None.

    Languages are read at the first word that may be of them: the commonest in Latin letters first; the others in Latin letters when
    these do not know it; those of other scripts for a word that has letters beyond Latin.
    """
    if not word:
        return None
    code = None
    if _LATIN_LETTER.search(word):
        code = _known_in(0).get(word) or _known_in(1).get(word)
    if code is not None or word.isascii():
        return code
    return _known_in(2).get(word) if max(word) > "\u024f" else None


_LATIN = tuple(language for language in LANGUAGES if language not in OTHER_SCRIPTS)
_GROUPS = (_LATIN[:9], _LATIN[9:], OTHER_SCRIPTS)
"""The languages that are read together: the commonest in Latin letters, the others in Latin letters, those of other scripts."""

_LATIN_LETTER = re.compile("[a-z]")


@cache
def _english() -> dict[str, str]:
    """Map alpha-2 codes to English names."""
    names = territory_names("en")
    return {code: name for code, name in names.items() if len(code) == 2 and code.isalpha() and code not in NOT_COUNTRIES}


@cache
def _known() -> dict[str, str]:
    """Map spellings, as words, to codes: alpha-2, alpha-3, English names and `VARIANTS`."""
    english = _english()
    known = dict(zip(words_of_all(english.values()), english, strict=True))
    aliases = {alias: codes[0] for alias, codes in territory_aliases().items() if len(codes) == 1}
    known |= {alias.lower(): code for alias, code in aliases.items() if alias.isalpha() and len(alias) == 3 and code in english}
    known |= {code.lower(): code for code in english}
    variants = [(spelling, line.split(":")[0]) for line in VARIANTS.strip().splitlines() for spelling in line.split(":")[1].split(",")]
    known |= dict(zip(words_of_all(spelling for spelling, _ in variants), (code for _, code in variants), strict=True))
    known |= {f"the {word}": code for word, code in known.items() if len(word) > 3 and not word.startswith("the ")}
    return known


@cache
def _known_in(group: int) -> dict[str, str]:
    """Map the names of countries in one of `_GROUPS`, as words, to codes; the first language that has a spelling wins.

    A spelling that two countries share in one language is left out of that language.
    """
    english = _english()
    names = [(language, code, name) for language in _GROUPS[group] for code, name in territory_names(language).items() if code in english]
    codes: dict[tuple[str, str], set[str]] = {}
    for word, (language, code, _) in zip(words_of_all(name for _, _, name in names), names, strict=True):
        codes.setdefault((language, word), set()).add(code)
    known: dict[str, str] = {}
    for (_, word), found in codes.items():
        if len(found) == 1:
            known.setdefault(word, next(iter(found)))
    return known


def _read_one(text: str) -> Row | None:
    """As `_codes`, of one text of common letters."""
    if not is_common(text):
        return None
    word, known = words_of(text), _known()
    if not word.isascii():
        return None
    code = known.get(word) or _abroad(word)
    if code is None and "," in text:
        part = words_of(text.rpartition(",")[2])
        if len(part) > 2 or part in ("us", "uk"):
            code = known.get(part) or _abroad(part)
    return (code,)


MEMORY = of_texts(_codes, {"code": pl.String}, one=_read_one)
