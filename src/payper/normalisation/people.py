"""Names of persons: the key by which two deliveries are of one person, and one-column names in two.

A key is case-folded, without accents, punctuation and honorifics, with one space between words (RULES 48). It is compared, never shown.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from functools import cache

import polars as pl

from payper.normalisation.remembered import FEW, Memory, Row, is_common, of_texts

_HONORIFIC_WORDS = """
    mr mrs ms miss mx dr prof professor sir madam madame dame lord lady rev hon esq
    herr frau hr fr dipl ing dhr mevr drs mme mlle monsieur mgr me
    sr sra srta señor señora señorita dott dottssa sig sigra signor signora eng
"""
_SUFFIX_WORDS = "jr sr ii iii iv phd md mba esq cpa dds msc bsc mph pmp junior senior"
_PARTICLE_WORDS = """
    van der den de del della di da dos das do du des la le von zu zum zur af av ter ten te bin ibn al el st mac vom y e
"""

HONORIFICS: frozenset[str] = frozenset(_HONORIFIC_WORDS.split())
"""Forms of address before a name, lower case, without dots. Alone they are a name; `M.` counts too, with its dot."""

SUFFIXES: frozenset[str] = frozenset(_SUFFIX_WORDS.split())
"""What may follow a name, lower case, without dots. `MA`, `V` and the like are surnames too and stay."""

PARTICLES: frozenset[str] = frozenset(_PARTICLE_WORDS.split())
"""Small words that begin a last name (`van der Berg`), lower case."""

_LETTERS = str.maketrans({"ß": "ss", "ø": "o", "ł": "l", "đ": "d", "æ": "ae", "œ": "oe", "ı": "i", "þ": "th", "ð": "d", "ħ": "h"})
_APOSTROPHES = re.compile("['’‘`´ʻʼ′]")
_TITLE_GLUED = re.compile(r"\b(dr|prof|mr|mrs|ms)\.(?=[^\W_])")
_ASCII_MARKS = re.compile("[^a-z0-9]")
_PLAIN = r"^[a-z]+$"
_LENGTH_MAX = 400


def name_key(first: pl.Series, last: pl.Series) -> pl.Series:
    """Give first and last name in the form in which they are compared: `Dr. Zoë`, `O'Brien-Smith Jr.` is `zoe obrien smith`.

    Args:
        first: First names as sent.
        last: Last names as sent, of the same length.

    Returns:
        Strings named `name_key`; null unless both names have a letter or digit (RULES 48).
    """
    frame = pl.DataFrame({"first": _cleaned(first, _clean_first), "last": _cleaned(last, _clean_last)})
    return frame.select(pl.format("{} {}", "first", "last").alias("name_key")).to_series()


def person_keys(first: pl.Series, last: pl.Series, company_keys: pl.Series) -> pl.Series:
    """Give the person key: the name key, `|` and the company key.

    Returns:
        Strings named `person_key`; null unless first name, last name and company key are all present (RULES 48).
    """
    frame = pl.DataFrame({"name": name_key(first, last), "company": company_keys.cast(pl.String)})
    key = pl.when(pl.col("company") != "").then(pl.format("{}|{}", "name", "company"))
    return frame.select(key.alias("person_key")).to_series()


def split_names(full: pl.Series) -> pl.DataFrame:
    """Split one-column names: `Lovelace, Ada`, `Dr. Ada Lovelace`, `Ada King Lovelace`, `Anna van der Berg`.

    Returns:
        `first_name`, `last_name` as written, honorifics and suffixes off, one row per name. The last word is the last name, with the
        particles before it; what stands before is the first name. A single word is a last name, its first name null; empty gives null.
    """
    names = full.cast(pl.String).rename("full")
    distinct = names.drop_nulls().unique()
    schema = {"full": pl.String, "first_name": pl.String, "last_name": pl.String}
    table = pl.DataFrame([(name, *_split(name)) for name in distinct.to_list()], schema=schema, orient="row")
    return names.to_frame().join(table, on="full", how="left", maintain_order="left").select("first_name", "last_name")


def _cleaned(names: pl.Series, clean: Callable[[str], str | None]) -> pl.Series:
    """Clean a column: a single word of ASCII letters is only put in lower case, the rest is cleaned once per distinct name."""
    if len(names) <= FEW:
        return _memory_of(clean).recall(names.cast(pl.String).to_list())["key"]
    return _cleaned_whole(names, clean)


def keys_of_few(first: Sequence[str | None], last: Sequence[str | None], company_keys: Sequence[str | None]) -> list[str | None]:
    """As `person_keys`, of few people."""
    firsts, lasts = _memory_of(_clean_first).rows(first), _memory_of(_clean_last).rows(last)
    return [
        f"{one} {other}|{company}" if one is not None and other is not None and company else None
        for (one,), (other,), company in zip(firsts, lasts, company_keys, strict=True)
    ]


@cache
def _memory_of(clean: Callable[[str], str | None]) -> Memory:
    def read_one(name: str) -> Row | None:
        if not is_common(name):
            return None
        lower = name.lower().strip(" ")
        return (lower if lower.isascii() and lower.isalpha() else clean(lower),)

    return of_texts(lambda names: _cleaned_whole(names, clean).to_frame("key"), {"key": pl.String}, one=read_one, is_kept=False)


def _cleaned_whole(names: pl.Series, clean: Callable[[str], str | None]) -> pl.Series:
    lower = names.cast(pl.String).rename("name").str.to_lowercase().str.strip_chars()
    is_plain = lower.str.contains(_PLAIN)
    rest = lower.filter(~is_plain & lower.is_not_null())
    if rest.is_empty():
        return lower
    distinct = rest.unique()
    schema = {"name": pl.String, "key": pl.String}
    known = pl.DataFrame({"name": distinct, "key": [clean(name) for name in distinct.to_list()]}, schema=schema)
    frame = lower.to_frame().with_columns(is_plain.alias("is_plain")).with_row_index("place")
    others = frame.filter(~pl.col("is_plain")).join(known, on="name", how="left").select("place", "key")
    plain = frame.filter(pl.col("is_plain").fill_null(value=True)).select("place", pl.col("name").alias("key"))
    return pl.concat([plain, others], how="vertical").sort("place")["key"]


def _clean_first(name: str) -> str | None:
    """Fold a first name and take off what stands before it."""
    words = _words(name)
    while len(words) > 1 and (_bare(words[0]) in HONORIFICS or words[0] == "m."):
        words = words[1:]
    while len(words) > 1 and _bare(words[-1]) in SUFFIXES:
        words = words[:-1]
    return _joined(words)


def _clean_last(name: str) -> str | None:
    """Fold a last name and take off what follows it (and a form of address before it)."""
    words = _words(name)
    while len(words) > 1 and _bare(words[-1]) in SUFFIXES:
        words = words[:-1]
    while len(words) > 1 and _bare(words[0]) in HONORIFICS:
        words = words[1:]
    return _joined(words)


def _words(name: str) -> list[str]:
    """Split at white space and commas; dots stay with their word, so that `Ph.D.` and `M.` are known."""
    glued = _TITLE_GLUED.sub(r"\1. ", name[:_LENGTH_MAX])
    return [word for word in re.split(r"[\s,;()]+", glued) if _bare(word)]


def _bare(word: str) -> str:
    return re.sub(r"[^\w]+|_", "", word).lower()


def _joined(words: list[str]) -> str | None:
    folded = (_folded(word) for word in words)
    return " ".join(" ".join(folded).split()) or None


def _folded(word: str) -> str:
    """Fold case and accents; apostrophes and dots go, every other mark parts words.

    Only the diacritics of Latin, Greek and Cyrillic go (U+0300 to U+036F): other scripts' marks carry vowels.
    """
    if word.isascii():
        return _ASCII_MARKS.sub(" ", word.lower().replace("'", "").replace("`", "").replace(".", ""))
    kept = (mark for mark in unicodedata.normalize("NFKD", word.casefold()) if not "\u0300" <= mark <= "\u036f")
    plain = unicodedata.normalize("NFC", "".join(kept).translate(_LETTERS).casefold())
    plain = _APOSTROPHES.sub("", plain).replace(".", "")
    return "".join(mark if unicodedata.category(mark)[0] in "LMN" else " " for mark in plain)


def _split(full: str) -> tuple[str | None, str | None]:
    before, comma, after = full[:_LENGTH_MAX].partition(",")
    if comma and _without_suffixes(after.split()):
        # `Lovelace, Dr. Ada`; but `Ada Lovelace, PhD` has nothing but suffixes after its comma.
        last, first = _without_suffixes(before.split()), _without_honorifics(_without_suffixes(after.replace(",", " ").split()))
        return " ".join(first) or None, " ".join(last) or None
    words = _without_honorifics(_without_suffixes(_TITLE_GLUED_ANY.sub(r"\1. ", before).split()))
    if len(words) < 2:
        return None, " ".join(words) or None
    start = len(words) - 1
    while start > 1 and words[start - 1].lower().rstrip(".") in PARTICLES:
        start -= 1
    return " ".join(words[:start]), " ".join(words[start:])


_TITLE_GLUED_ANY = re.compile(_TITLE_GLUED.pattern, re.IGNORECASE)


def _without_honorifics(words: list[str]) -> list[str]:
    while len(words) > 1 and (_bare(words[0]) in HONORIFICS or words[0] == "M."):
        words = words[1:]
    return words


def _without_suffixes(words: list[str]) -> list[str]:
    """Drop suffixes from the end; nothing may be left, which tells `, PhD` from a first name."""
    while words and _bare(words[-1]) in SUFFIXES:
        words = words[:-1]
    return words
