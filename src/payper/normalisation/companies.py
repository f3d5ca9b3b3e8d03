"""Give companies a key: the name without case, accents, punctuation and legal form, so that one company has one key.

The legal forms are those of the package cleanco, plus what it lacks; decisions are told in docs/normalising-companies.md.
"""

from __future__ import annotations

import re
from functools import cache

import polars as pl

from payper.normalisation.company_forms import KEPT_FORMS, MORE_FORMS, NOT_FORMS
from payper.normalisation.folding import by_unique, fold, fold_text, put_in, words_of_all
from payper.normalisation.remembered import FEW, Row, is_common, of_texts

_LEADING = "ООО, ОАО, ЗАО, ПАО, АО, ИП, ТОВ, ТОО, ooo, oao, zao, pao, PT, UAB, SIA, Kabushiki Kaisha, TOV, TOO"
_MARKS = r"[^\p{L}\p{M}\p{N}]+"
_WORDS = "^[a-z0-9]+(?: [a-z0-9]+)*$"
_IDEOGRAMS = r"株式会社|有限会社|合同会社|合資会社|\((?:株|有|同|주|合)\)|주식회사|유한회사|股份有限公司|有限责任公司|有限責任公司|有限公司"
_SHARES = r"(?: (?:class [a-d]|cl [a-c]|common stock|ordinary shares|american depositary shares|adr|ads))+$"


def company_keys(names: pl.Series) -> pl.Series:
    """Give the company key of each name: `Example GmbH & Co. KG` and `EXAMPLE` have the key "example".

    Args:
        names: String, as sent.

    Returns:
        String: words with one space between; null where the name is empty or holds no letter or digit. A name that is nothing but a
        legal form keeps it ("Inc." is "inc"). The brackets of a country are dropped: "Example (UK) Ltd" is "example".

    Source: RULES 30, 48.
    """
    name = names.name
    if len(names) <= FEW:
        return MEMORY.recall(names.cast(pl.String).to_list())["key"].rename(name)
    return by_unique(names.cast(pl.String), _keys)["key"].rename(name)


def _keys(names: pl.Series) -> pl.DataFrame:
    folded = names.to_frame("name").select(folded=fold(pl.col("name")))["folded"]
    # Most names are words of plain letters with one space between, which need no marks taken out; the others are made so.
    is_odd = ~folded.str.contains(_WORDS)
    odd_names = folded.filter(is_odd)
    # The pattern of all countries takes longer to make ready than to look for in some names, and few have brackets.
    has_brackets = bool(odd_names.str.contains("(", literal=True).any())
    odd = odd_names.to_frame("folded").with_columns(plain=_plain(pl.col("folded"), has_brackets=has_brackets))
    # A name that is nothing but a form in brackets or ideograms keeps it.
    whole = pl.when(pl.col("plain") == "").then(pl.col("folded").str.replace_all(_MARKS, " ").str.strip_chars(" ")).otherwise("plain")
    frame = folded.to_frame("plain")
    if len(odd):
        frame = frame.select(plain=put_in(odd.select(plain=whole)["plain"], pl.col("plain"), is_odd))
    return frame.select(key=_without_forms(pl.col("plain"))).select(key=pl.when(pl.col("key") != "").then("key"))


def _plain(folded: pl.Expr, *, has_brackets: bool) -> pl.Expr:
    """Give the words of folded names, without ideographic forms and countries in brackets."""
    bare = folded.str.replace_all(_IDEOGRAMS, " ")
    return (
        (bare.str.replace_all(_bracketed_country(), " ") if has_brackets else bare)
        .str.replace_all(r"\b([aikpg])/s\b", "${1}s")
        .str.replace_all(r"\b(\p{L})\.", "$1")
        .str.replace_all("['’`´]", "")
        .str.replace_all(r"[&+]", " and ")
        .str.replace_all(_MARKS, " ")
        .str.strip_chars(" ")
    )


def _without_forms(names: pl.Expr) -> pl.Expr:
    """Take legal forms off the end and the front, never the whole name."""
    return (
        names.str.replace(r"^the (.)", "$1")
        .str.replace(_SHARES, "")
        .str.replace(rf"(?: (?:{_alternatives(_trailing())}))+$", "")
        .str.replace(rf"^(?:{_alternatives(_leading())}) ", "")
    )


@cache
def _trailing() -> tuple[str, ...]:
    from cleanco.termdata import terms_by_country, terms_by_type

    terms = [term for terms in (*terms_by_type.values(), *terms_by_country.values()) for term in terms]
    own = MORE_FORMS.replace("\n", " ").split(",")
    theirs = [re.sub(r"\b([aikpg])/s\b", r"\1s", term) for term in terms]
    kept = {form for form in words_of_all([*own, *theirs]) if form and form not in NOT_FORMS.split() and not form.isdigit()} | set(
        KEPT_FORMS.split()
    )
    return tuple(sorted(kept, key=lambda form: (-len(form), form)))


@cache
def _leading() -> tuple[str, ...]:
    return tuple(sorted(set(words_of_all(_LEADING.split(","))), key=lambda form: (-len(form), form)))


def _alternatives(forms: tuple[str, ...]) -> str:
    return "|".join(re.escape(form).replace(r"\ ", " ") for form in forms)


@cache
def _bracketed_country() -> str:
    """Write the pattern of a country, by English name or two to three letters, alone in brackets."""
    from payper.normalisation.countries import english_names

    return rf"\((?:{_alternatives(tuple(sorted(english_names(), key=lambda form: (-len(form), form))))})\)"


def _read_one(name: str) -> Row | None:
    """Read a name of common letters as `_keys` does; brackets may be a country's, which it looks for."""
    if not is_common(name):
        return None
    folded = fold_text(name)
    if not folded.isascii() or "(" in folded:
        return None
    plain = folded
    if not _WORDS_FORM.fullmatch(folded):
        plain = _INITIAL.sub(r"\1", _SLASHED.sub(r"\1s", folded)).replace("'", "").replace("`", "")
        plain = _NOT_WORD.sub(" ", plain.replace("&", " and ").replace("+", " and ")).strip(" ")
        plain = plain or _NOT_WORD.sub(" ", folded).strip(" ")
    bare = _SHARES_FORM.sub("", plain[4:] if plain.startswith("the ") and len(plain) > 4 else plain, count=1)
    return (_leading_form().sub("", _without_trailing(bare), count=1) or None,)


def _without_trailing(name: str) -> str:
    """Take off as many words as are legal forms one after the other up to the end; the first word stays."""
    words = name.split(" ")
    forms, end = _trailing_forms(), len(words)
    ends_well = {end}
    for start in range(end - 1, 0, -1):
        if any(stop in ends_well and " ".join(words[start:stop]) in forms for stop in range(start + 1, end + 1)):
            ends_well.add(start)
    return " ".join(words[: min(ends_well)])


@cache
def _trailing_forms() -> frozenset[str]:
    return frozenset(_trailing())


@cache
def _leading_form() -> re.Pattern[str]:
    return re.compile(rf"^(?:{_alternatives(_leading())}) ")


_WORDS_FORM = re.compile(_WORDS)
_SHARES_FORM = re.compile(_SHARES)
_SLASHED = re.compile(r"\b([aikpg])/s\b")
_INITIAL = re.compile(r"\b([a-z])\.")
_NOT_WORD = re.compile("[^a-z0-9]+")

MEMORY = of_texts(_keys, {"key": pl.String}, one=_read_one)
