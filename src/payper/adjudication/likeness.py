"""How much two values are alike: texts folded, sounded and compared pair by pair, in four levels."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import polars as pl

Kind = Literal["name", "text", "code", "category", "email"]
"""name: a person's name; text: company, street, title; code: digits, dates and the like, told apart by typing errors; category: equal or
not; email: an address, likened by its part before the @."""

UNFILLED, DIFFER, NEAR, CLOSE, SAME = -1, 0, 1, 2, 3
"""Levels of agreement. UNFILLED: either value is null."""

CLOSE_NAMES, NEAR_NAMES = 0.92, 0.85
"""Jaro-Winkler similarities (Winkler 1990, Proc. ASA Survey Research Methods, 354-359). 0.92 takes one wrong letter in a name of six,
0.85 two or a cut name."""

CLOSE_TEXTS, NEAR_TEXTS = 90.0, 75.0
"""Shares of equal letters after sorting words, in percent."""

_FOLDED = {"ß": "ss", "ø": "o", "ł": "l", "đ": "d", "æ": "ae", "œ": "oe", "ð": "d", "þ": "th", "ı": "i"}

_SOUND_OF = {letter: str(digit) for digit, letters in enumerate(("aeiouy", "bfpv", "cgjkqsxz", "dt", "l", "mn", "r")) for letter in letters}
_SOUNDS = str.maketrans({**_SOUND_OF, "h": "", "w": ""})


def plain(name: str) -> pl.Expr:
    """Fold a text column for comparison: lower case, no accents, no punctuation, single blanks; empty becomes null."""
    folded = pl.col(name).cast(pl.String).str.to_lowercase().str.normalize("NFKD").str.replace_all(r"\p{M}", "")
    spelled = folded.str.replace_many(list(_FOLDED), list(_FOLDED.values()))
    words = spelled.str.replace_all(r"['’`]", "").str.replace_all(r"[^\p{L}\p{N}]+", " ").str.strip_chars()
    return pl.when(words != "").then(words).alias(name)


def address(name: str) -> pl.Expr:
    """Fold an e-mail address, domain or phone number: lower case, trimmed; empty becomes null."""
    folded = pl.col(name).cast(pl.String).str.strip_chars().str.to_lowercase()
    return pl.when(folded != "").then(folded).alias(name)


def phonetic(values: pl.Series) -> pl.Series:
    """Give how each folded name sounds, by American Soundex (first letter and three digits; other scripts: the first three letters)."""
    unique = values.drop_nulls().unique()
    sounds = pl.Series([_soundex(value) for value in unique.to_list()], dtype=pl.String)
    return values.replace_strict(unique, sounds, default=None, return_dtype=pl.String)


def levels(kind: Kind, left: pl.Series, right: pl.Series, pairs: pl.DataFrame) -> np.ndarray[Any, Any]:
    """Give the level of agreement of each pair of rows, the same whichever side a value stands on.

    Args:
        kind: How to liken.
        left: Values of the one table, folded, null when empty.
        right: Values of the other.
        pairs: `left` and `right` row numbers.

    Returns:
        int8 per pair: `UNFILLED` to `SAME`.
    """
    values = pl.DataFrame({"one": left.gather(pairs["left"]), "two": right.gather(pairs["right"])})
    given = np.full(values.height, UNFILLED, dtype=np.int8)
    filled = values.select(pl.all_horizontal(pl.all().is_not_null())).to_series().to_numpy()
    equal = values.select((pl.col("one") == pl.col("two")).fill_null(value=False)).to_series().to_numpy()
    given[filled] = DIFFER
    given[equal] = SAME
    if kind != "category":
        # Greedy matching makes Jaro depend on which text comes first in rare cases, so the lesser always does.
        lesser, greater = pl.min_horizontal("one", "two"), pl.max_horizontal("one", "two")
        rows = np.flatnonzero(filled & ~equal)
        told = values[rows].select(lesser.alias("one"), greater.alias("two"))
        unique = told.unique()
        known = unique.with_columns(pl.Series("level", _apart(kind, unique["one"].to_list(), unique["two"].to_list()), dtype=pl.Int8))
        given[rows] = told.join(known, on=["one", "two"], how="left", maintain_order="left")["level"].to_numpy()
    return given


def _apart(kind: Kind, one: list[str], two: list[str]) -> np.ndarray[Any, Any]:
    """Give the levels of pairs of unequal texts."""
    if not one:
        return np.empty(0, dtype=np.int8)
    if kind == "code":
        return _apart_codes(one, two)
    if kind == "email":
        return _apart_emails(one, two)
    return _apart_names(one, two) if kind == "name" else _apart_texts(one, two)


def _apart_names(one: list[str], two: list[str]) -> np.ndarray[Any, Any]:
    """Liken names: Jaro-Winkler; an initial is near every name it begins."""
    from rapidfuzz import process
    from rapidfuzz.distance import JaroWinkler

    likeness = process.cpdist(one, two, scorer=JaroWinkler.similarity, dtype=np.float32)
    level = np.where(likeness >= CLOSE_NAMES, CLOSE, np.where(likeness >= NEAR_NAMES, NEAR, DIFFER)).astype(np.int8)
    initial = np.fromiter((min(len(a), len(b)) == 1 and a[0] == b[0] for a, b in zip(one, two, strict=True)), dtype=bool, count=len(one))
    level[initial] = NEAR
    return level


def _apart_texts(one: list[str], two: list[str]) -> np.ndarray[Any, Any]:
    """Liken texts: the better of Jaro-Winkler and equal letters after sorting words."""
    from rapidfuzz import fuzz, process
    from rapidfuzz.distance import JaroWinkler

    spelling = process.cpdist(one, two, scorer=JaroWinkler.similarity, dtype=np.float32)
    words = process.cpdist(one, two, scorer=fuzz.token_sort_ratio, dtype=np.float32)
    close = (spelling >= CLOSE_NAMES) | (words >= CLOSE_TEXTS)
    near = (spelling >= NEAR_NAMES) | (words >= NEAR_TEXTS)
    return np.where(close, CLOSE, np.where(near, NEAR, DIFFER)).astype(np.int8)


def _apart_codes(one: list[str], two: list[str]) -> np.ndarray[Any, Any]:
    """Liken codes: one typing error (a wrong, lost, added or exchanged sign) is close, two are near, if the code has six signs or more."""
    from rapidfuzz import process
    from rapidfuzz.distance import OSA

    errors = process.cpdist(one, two, scorer=OSA.distance, dtype=np.int32, score_cutoff=2)
    lengths = np.fromiter(map(len, one), dtype=np.int64, count=len(one))
    return np.where((errors == 1) & (lengths >= 3), CLOSE, np.where((errors == 2) & (lengths >= 6), NEAR, DIFFER)).astype(np.int8)


def _apart_emails(one: list[str], two: list[str]) -> np.ndarray[Any, Any]:
    """Liken addresses: one typing error in the whole is close, the same part before the @ near."""
    from rapidfuzz import process
    from rapidfuzz.distance import OSA

    errors = process.cpdist(one, two, scorer=OSA.distance, dtype=np.int32, score_cutoff=1)
    mailboxes = ((a.partition("@")[0], b.partition("@")[0]) for a, b in zip(one, two, strict=True))
    same = np.fromiter((a == b and len(a) >= 4 for a, b in mailboxes), dtype=bool, count=len(one))
    return np.where(errors <= 1, CLOSE, np.where(same, NEAR, DIFFER)).astype(np.int8)


def _soundex(name: str) -> str:
    """Sound one folded name (Knuth, The Art of Computer Programming 3, section 6.4: Soundex, with h and w not parting equal sounds)."""
    letters = name.replace(" ", "")
    if not letters[:1].isascii() or not letters[:1].isalpha():
        return letters[:3]
    digits = letters.translate(_SOUNDS)
    code = []
    last = letters[0].translate(_SOUNDS)
    for digit in digits[len(last) :]:
        if digit != last and digit.isdigit() and digit != "0":
            code.append(digit)
        last = digit
    return letters[0] + "".join(code[:3]).ljust(3, "0")
