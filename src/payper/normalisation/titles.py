"""Read job titles: which function the person works in, and how senior they are.

The rules are tables (`title_departments`, `title_words`) and the few sentences of `_ranks`; docs/functions.md tells them to people.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import NamedTuple

import polars as pl

from payper.normalisation import title_words as table
from payper.normalisation.folding import by_unique, fold, fold_text, words_of, words_of_all
from payper.normalisation.remembered import FEW, Row, is_common, of_texts
from payper.normalisation.title_departments import DEPARTMENTS
from payper.normalisation.title_words import FUNCTIONS, SENIORITY

__all__ = ["FUNCTIONS", "SENIORITY", "functions_page", "read_titles", "seniority_rank"]

_RANK = {word: rank for rank, word in enumerate(SENIORITY)}
_VOID = r"\b(?:former|formerly|ex|retired|past|previously|previous|ehemaliger?|ehemals|ancien|ancienne|at|bei|chez)\b[^/]*"
"""What follows "former" is held no more, and what follows "at" is a company's name; both end with the part of the title."""


def seniority_rank(word: str) -> int:
    """Give the place of a word on the ladder, from 0 (intern) up; `owner` and `c-level` have the same (RULES 18).

    Raises:
        KeyError: The word is not on the ladder.
    """
    return min(_RANK[word], _RANK["c-level"])


def read_titles(titles: pl.Series) -> pl.DataFrame:
    """Read the function and the seniority out of job titles, in seven languages.

    Args:
        titles: String, as sent.

    Returns:
        One row for each title: `function` (one of `FUNCTIONS`) and `seniority` (one of `SENIORITY`), both String; null where the title
        is empty or does not say. A profession without a word of rank ("Software Engineer") is an individual contributor: `entry`.

    Source: RULES 18, 19, 47.
    """
    if len(titles) <= FEW:
        return MEMORY.recall(titles.cast(pl.String).to_list())
    return by_unique(titles.cast(pl.String), _read_unique)


class _Word(NamedTuple):
    rung: int | None
    function: int | None
    strength: int
    is_doer: bool


_TRAITS = {"rung": pl.Int8, "function": pl.Int8, "strength": pl.Int8, "is_doer": pl.Boolean}


def _read_unique(titles: pl.Series) -> pl.DataFrame:
    rows = titles.to_frame("title").with_row_index("row")
    tokens = rows.select("row", token=_tokens(pl.col("title")).str.split(" ")).explode("token").filter(pl.col("token") != "")
    known = tokens.select(pl.col("token").unique())
    traits = pl.DataFrame([_read_word(word) for word in known.to_series()], schema=_TRAITS, orient="row")
    tokens = tokens.join(pl.concat([known, traits], how="horizontal"), on="token", how="left", maintain_order="left")
    read = _ranks(tokens).group_by("row").agg(rung=pl.max("rung"), is_intern=(pl.col("rung") == 0).any(), key=pl.max("key"))
    rung = pl.when("is_intern").then(0).otherwise("rung")
    return rows.join(read, on="row", how="left", maintain_order="left").select(
        function=(pl.col("key") % 32).replace_strict(list(range(len(FUNCTIONS))), list(FUNCTIONS), return_dtype=pl.String),
        seniority=rung.replace_strict(list(range(len(SENIORITY))), list(SENIORITY), return_dtype=pl.String),
    )


def _tokens(titles: pl.Expr) -> pl.Expr:
    """Fold titles to words, phrases joined by an underscore, parts of the title separated by a slash."""
    phrases = _phrases()
    return (
        fold(titles)
        .str.replace_all(r"\b(\p{L})\.", "$1")
        .str.replace_all("['’`´]", " ")
        .str.replace_all(r"[,;|/()\[\]:•·]+|\s[-–—]+\s", " / ")
        .str.replace_all(r"[&+]", " and ")
        .str.replace_all("@", " at ", literal=True)
        .str.replace_all(r"[^\p{L}\p{M}\p{N}/]+", " ")
        .str.replace_all(_VOID, " ")
        .str.replace_all(" ", "  ", literal=True)
        .pipe(lambda text: pl.concat_str(pl.lit(" "), text, pl.lit(" ")))
        .str.replace_many(list(phrases), list(phrases.values()), leftmost=True)
    )


def _ranks(tokens: pl.DataFrame) -> pl.DataFrame:
    """Settle the rank of each word by its neighbours, and weigh its function.

    Args:
        tokens: `row`, `token` and the traits of `_Word`, in order.

    Returns:
        `row`, `rung` (null: none) and `key` (strength, then the earlier place, then the function in the lowest five bits; null: none).
    """
    top = _RANK["c-level"]
    tokens = _neighbours(tokens)
    is_deputy = pl.col("before").is_in(_list(table.DEPUTIES))
    is_unit = (
        pl.col("after").is_not_null() & ~pl.col("after").is_in(_list(table.CONNECTIVES)) & (pl.col("after_rung").fill_null(0) < top - 1)
    )
    units = _units()
    unit_rung = pl.col("token").replace_strict(list(units), list(units.values()), default=None, return_dtype=pl.Int8)
    is_last = (pl.col("follower").fill_null("/")) == "/"
    chief = pl.when((pl.col("token") == "officer").any().over("row")).then(top).otherwise(_RANK["director"]).cast(pl.Int8)
    rung = (
        pl.when(pl.col("token") == "chief")
        .then(chief)
        .when(unit_rung.is_not_null() & is_unit)
        .then(unit_rung)
        .when((pl.col("rung") == top) & is_deputy)
        .then(_RANK["vp"])
        .when(pl.col("is_doer") & is_last)
        .then(_RANK["entry"])
        .otherwise("rung")
    )
    is_support = pl.col("token").is_in(_list(table.SUPPORTS)) | (
        pl.col("token").is_in(_list(table.ASSISTANTS)) & pl.col("follower").is_in(_list(table.LINKS))
    )
    supported = tokens.filter(is_support).group_by("row").agg(since=pl.min("place"))
    tokens = tokens.with_columns(rung=rung).join(supported, on="row", how="left", maintain_order="left")
    is_anothers = (pl.col("place") > pl.col("since")).fill_null(value=False)
    place = 4095 - (pl.col("place") - pl.col("place").first().over("row")).clip(0, 4095)
    key = (pl.col("strength").cast(pl.Int64) * 4096 + place) * 32 + pl.col("function")
    return tokens.select(
        "row",
        rung=pl.when(~is_anothers).then("rung"),
        key=pl.when(~(is_anothers & (pl.col("rung") >= _RANK["director"]).fill_null(value=False))).then(key),
    )


def _neighbours(tokens: pl.DataFrame) -> pl.DataFrame:
    """Add the words `before` and `follower` of the same title, and `after`: the follower, a slash passed over, with its rung."""

    def beside(column: str, step: int) -> pl.Expr:
        return pl.when(pl.col("row").shift(step) == pl.col("row")).then(pl.col(column).shift(step))

    tokens = tokens.with_columns(before=beside("token", 1), follower=beside("token", -1), place=pl.int_range(pl.len(), dtype=pl.Int64))
    parted = pl.col("follower") == "/"
    return tokens.with_columns(
        after=pl.when(parted).then(beside("token", -2)).otherwise("follower"),
        after_rung=pl.when(parted).then(beside("rung", -2)).otherwise(beside("rung", -1)),
    )


@lru_cache(maxsize=1 << 16)
def _read_word(word: str) -> _Word:
    known = _words().get(word)
    if known is None:
        known = _compound(word) if word.isalpha() else _Word(None, None, 0, is_doer=False)
    return known


@cache
def _words() -> dict[str, _Word]:
    """Give the traits of every whole word and joined phrase of the tables."""
    rungs: dict[str, int] = {}
    for rung, texts in table.RUNGS.items():
        rungs |= dict.fromkeys(_list(texts), _RANK[rung])
    for phrase in _list(table.NO_RANK):
        rungs.pop(phrase, None)
    for rung, texts in table.LEADS.items():
        rungs |= dict.fromkeys(_list(texts), _RANK[rung])
    officers = {word: FUNCTIONS.index(function) for function, texts in table.OFFICERS.items() for word in _list(texts)}
    rungs |= dict.fromkeys(officers, _RANK["c-level"])
    functions: dict[str, tuple[int | None, int]] = {}
    for number, strengths in enumerate(DEPARTMENTS.values()):
        for strength, texts in strengths.items():
            for word in _list(texts):
                if strength > functions.get(word, (0, -1))[1]:
                    functions[word] = (number, strength)
    functions |= {word: (number, 9) for word, number in officers.items()}
    unranked = set(_list(table.NO_RANK))
    for key in functions.keys() - rungs.keys() - unranked:
        rung_within = _rung_within(key, rungs)
        if rung_within is not None:
            rungs[key] = rung_within
    keys = rungs.keys() | functions.keys() | unranked | set(_list(table.SUPPORTS))
    found = {}
    for key in keys:
        function, strength = functions.get(key, (None, 0))
        found[key] = _Word(rungs.get(key), function, strength, is_doer=key not in rungs and _is_doer(key))
    return found


def _is_doer(word: str) -> bool:
    """Tell whether a word ends as the name of a profession (-er, -or, -ist, -ian, -man) and is not listed as none."""
    ends = ("er", "ers", "or", "ist", "ian", "man", "woman", "ess")
    return len(word) > 3 and "_" not in word and word.endswith(ends) and word not in _list(table.NOT_DOERS)


def _rung_within(phrase: str, rungs: dict[str, int]) -> int | None:
    """Give the highest step of the words of a phrase, or of a compound by its end."""
    if "*" in phrase:
        return None
    ends = (phrase[cut:] for cut in range(1, len(phrase) - 2)) if "_" not in phrase else ()
    inner = [rungs[part] for part in phrase.split("_") if part in rungs] + [rungs[f"*{end}"] for end in ends if f"*{end}" in rungs][:1]
    return max(inner, default=None)


def _compound(word: str) -> _Word:
    """Read a word that no table holds whole: a compound by its ends, or a doer (-er, -or, -ist, -ian, -man) by its last letters."""
    known = _words()
    ends = [known[f"*{word[cut:]}"] for cut in range(1, len(word)) if f"*{word[cut:]}" in known]
    starts = [known[f"{word[:cut]}*"] for cut in range(len(word) - 1, 2, -1) if f"{word[:cut]}*" in known]
    rung = next((trait.rung for trait in ends if trait.rung is not None), None)
    named = next((trait for trait in [*starts, *ends] if trait.function is not None), None)
    return _Word(rung, named.function if named else None, named.strength if named else 0, is_doer=rung is None and _is_doer(word))


@cache
def _phrases() -> dict[str, str]:
    """Map each phrase, its words padded, to its joined form; the longest first, for replacing."""
    joined = sorted((word for word in _words() if "_" in word), key=lambda word: (-word.count("_"), -len(word), word))
    return {f" {word.replace('_', '  ')} ": f" {word} " for word in joined}


@cache
def _list(texts: str) -> list[str]:
    """Split the entries of a table, folded, with the other spelling of umlauts and phrases joined."""
    return list(dict.fromkeys(_joined(form) for entry in _entries(texts) for form in _spellings(entry)))


def _spellings(entry: str) -> tuple[str, ...]:
    return (entry,) if entry.isascii() else (entry, entry.translate(_UMLAUTS))


def _entries(texts: str) -> list[str]:
    return [entry.strip() for entry in texts.split(",") if entry.strip()]


_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue"})


def _joined(entry: str) -> str:
    star = ("*" if entry.startswith("*") else "", "*" if entry.endswith("*") else "")
    bare = entry.strip("*")
    return f"{star[0]}{(_folded().get(bare) or words_of(bare)).replace(' ', '_')}{star[1]}"


@cache
def _folded() -> dict[str, str]:
    """Fold the entries of all tables at once."""
    tables = [*table.RUNGS.values(), *table.LEADS.values(), *table.OFFICERS.values(), *table.UNIT_HEADS]
    tables += [table.NO_RANK, table.NOT_DOERS, table.DEPUTIES, table.SUPPORTS, table.ASSISTANTS, table.LINKS, table.CONNECTIVES]
    tables += [texts for strengths in DEPARTMENTS.values() for texts in strengths.values()]
    entries = {entry.strip("*") for texts in tables for entry in _entries(texts)}
    bare = sorted({form for entry in entries for form in _spellings(entry)})
    return dict(zip(bare, words_of_all(bare), strict=True))


def functions_page() -> str:
    """Write docs/functions.md: the closed list of functions with their common titles, and the ladder with its words."""
    lines = [_PAGE_HEAD, ""]
    for function, strengths in DEPARTMENTS.items():
        officers = table.OFFICERS.get(function, "")
        lines += [f"## {function}", ""]
        if officers:
            lines += [f"- 9: {_shown(officers)}"]
        lines += [f"- {strength}: {_shown(texts)}" for strength, texts in strengths.items()]
        lines += [""]
    lines += ["# The ladder of seniority", "", "Lowest first; `owner` ranks equal to `c-level`.", ""]
    lines += [f"- **{rung}**: {_shown(texts)}" for rung, texts in table.RUNGS.items()]
    return "\n".join([*lines, "", f"No rank of their own: {_shown(table.NO_RANK)}.", ""])


def _shown(texts: str) -> str:
    return ", ".join(dict.fromkeys(entry.strip().replace("*", "\\*") for entry in texts.split(",") if entry.strip()))


_PAGE_HEAD = """# Functions and seniority

A contract's `audience.functions` may use only these nineteen functions. `payper.normalisation.titles.functions_page` writes this page
from the tables that read job titles; how they are read is told in [normalising companies and titles](normalising-companies.md).
The number before a line is the strength of its words: of several functions in one title the strongest word decides, then the first."""


def _read_one(title: str) -> Row | None:
    """Read a title of common letters as `_read_unique` does."""
    if not is_common(title):
        return None
    folded = fold_text(title)
    if not folded.isascii():
        return None
    tokens = _tokens_of(folded)
    words = [_read_word(token) for token in tokens]
    since = next((place for place in range(len(tokens)) if _is_support(tokens, place)), len(tokens))
    rungs, keys = [], []
    for place, word in enumerate(words):
        rung, is_anothers = _rung_of(tokens, words, place), place > since
        if rung is not None and not is_anothers:
            rungs.append(rung)
        if word.function is not None and not (is_anothers and rung is not None and rung >= _RANK["director"]):
            keys.append((word.strength * 4096 + 4095 - min(place, 4095)) * 32 + word.function)
    rung = None if not rungs else 0 if 0 in rungs else max(rungs)
    return FUNCTIONS[max(keys) % 32] if keys else None, None if rung is None else SENIORITY[rung]


def _tokens_of(folded: str) -> list[str]:
    """Part a folded title of ASCII as `_tokens` does."""
    text = re.sub("['`]", " ", re.sub(r"\b([a-z])\.", r"\1", folded))
    text = re.sub(r"[,;|/()\[\]:]+| -+ ", " / ", text)
    text = text.replace("&", " and ").replace("+", " and ").replace("@", " at ")
    words = re.sub(_VOID, " ", re.sub("[^a-z0-9/]+", " ", text)).split()
    phrases, tokens, place = _phrases_by_word(), [], 0
    while place < len(words):
        for phrase, joined in phrases.get(words[place], ()):
            if words[place : place + len(phrase)] == phrase:
                tokens.append(joined)
                place += len(phrase)
                break
        else:
            tokens.append(words[place])
            place += 1
    return tokens


def _rung_of(tokens: list[str], words: list[_Word], place: int) -> int | None:
    """Settle the rank of a word by its neighbours, as `_ranks` does."""
    own, word, top = tokens[place], words[place], _RANK["c-level"]
    if own == "chief":
        return top if "officer" in tokens else _RANK["director"]
    follower = place + 1
    after = follower + 1 if follower < len(tokens) and tokens[follower] == "/" else follower
    unit = _units().get(own)
    if unit is not None and after < len(tokens) and tokens[after] not in _list(table.CONNECTIVES) and (words[after].rung or 0) < top - 1:
        return unit
    if word.rung == top and place and tokens[place - 1] in _list(table.DEPUTIES):
        return _RANK["vp"]
    if word.is_doer and (follower == len(tokens) or tokens[follower] == "/"):
        return _RANK["entry"]
    return word.rung


def _is_support(tokens: list[str], place: int) -> bool:
    is_linked = place + 1 < len(tokens) and tokens[place + 1] in _list(table.LINKS)
    return tokens[place] in _list(table.SUPPORTS) or (is_linked and tokens[place] in _list(table.ASSISTANTS))


@cache
def _units() -> dict[str, int]:
    return {_joined(title): _RANK[word] for title, word in table.UNIT_HEADS.items()}


@cache
def _phrases_by_word() -> dict[str, list[tuple[list[str], str]]]:
    """List the phrases by their first word, in the order in which they are looked for."""
    found: dict[str, list[tuple[list[str], str]]] = {}
    for phrase, joined in _phrases().items():
        words = phrase.split()
        found.setdefault(words[0], []).append((words, joined.strip()))
    return found


MEMORY = of_texts(_read_unique, {"function": pl.String, "seniority": pl.String}, one=_read_one)
