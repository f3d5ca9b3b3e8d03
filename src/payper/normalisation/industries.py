"""Read industries, codes, titles and the labels of pick-lists, and tell whether they are among those a contract asks for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache, lru_cache

import polars as pl

from payper.normalisation.folding import by_unique, words, words_of, words_of_all
from payper.normalisation.industry_labels import LABELS
from payper.normalisation.industry_systems import EDITIONS, SECTORS, crosswalk, leaves, plain_code, titles
from payper.normalisation.remembered import FEW, of_texts

SYSTEMS: tuple[str, ...] = tuple(EDITIONS)
"""The systems of codes, in the order in which they are preferred."""

_SYSTEM_WORDS = {"naics": "naics", "sic": "sic", "ussic": "sic", "nace": "nace", "isic": "isic", "uksic": "nace", "ukssic": "nace"}
_CODE = re.compile(
    r"\s*(?:(?P<system>naics|us ?sic|uk ?sic|sic|nace|isic)(?:[\s(]*(?:rev\.?\s*\d(?:\.\d)?\b|(?:19|20)\d\d\b(?=\W+\w)|code)\)?)*[\s:#-]*)?"
    r"(?P<code>(?:31-33|44-45|48-49)|[A-V]?\d{1,6}(?:\.\d{1,2}){0,2}|[A-V])"
    r"(?:\s*(?:[-–—:;|,]|\s)\s*(?P<title>.*))?\s*",
    re.IGNORECASE | re.DOTALL,
)


def read_industries(texts: pl.Series) -> pl.DataFrame:
    """Read the industry codes that texts may mean.

    Args:
        texts: String, as sent: `511210`, `NAICS 5112`, `SIC 7372`, `62.01`, `J62`, `511210 - Software Publishers`, `Software publishers`,
            `Computer Software`.

    Returns:
        `industry_code`: String, the first code meant, bare (`5132`, `31-33`), of NAICS where there is one; `industry_codes`: list of
        String, every `system:code` that the text may mean, without order of likelihood beyond the systems'. Null and an empty list
        where nothing is recognised.
    """
    if len(texts) <= FEW:
        return MEMORY.recall(texts.cast(pl.String).to_list())
    return by_unique(texts.cast(pl.String), _read_unique).with_columns(pl.col("industry_codes").fill_null([]))


def is_asked(industries: pl.DataFrame, asked: Sequence[tuple[str, str]]) -> pl.Series:
    """Tell which industries are inside those a contract asks for.

    Args:
        industries: As `read_industries` gives.
        asked: Pairs of a system (naics, sic, nace, isic) and a prefix of its codes, or of "title" and a title or label.

    Returns:
        Boolean: true inside, false outside, null where the industry is not known or not certain: a broader code, or a crosswalk of
        which only some targets are inside.

    A text that has candidates in the system asked for is judged by these alone, else through the crosswalks.
    """
    wanted = _wanted(tuple(asked))
    meant = industries.select(text=pl.col("industry_codes").list.join(" ")).to_series()
    return by_unique(
        meant, lambda unique: pl.DataFrame({"asked": [_is_asked(text, wanted) for text in unique]}, schema={"asked": pl.Boolean})
    )["asked"]


def are_asked(codes: Sequence[str] | None, asked: Sequence[tuple[str, str]]) -> bool | None:
    """As `is_asked`, of one delivery's codes."""
    return None if codes is None else _is_asked(" ".join(codes), _wanted(tuple(asked)))


@lru_cache(maxsize=1 << 10)
def _wanted(asked: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    return tuple(dict.fromkeys(entry for system, code in asked for entry in _asked_codes(system, code)))


def is_code(system: str, code: str) -> bool:
    """Tell whether a system has a code, or codes that begin with it, in any edition."""
    return system in EDITIONS and bool(leaves(system, plain_code(system, code)))


def find_title(system: str, code: str) -> str | None:
    """Give the title of a code in the newest edition that names it, or None."""
    if system not in EDITIONS:
        return None
    bare = plain_code(system, code)
    return next((titles(edition)[bare] for edition in EDITIONS[system] if bare in titles(edition)), None)


def nearest_codes(system: str, code: str, *, limit: int = 3) -> list[str]:
    """List the codes of a system most like a code that it does not have, for a contract's finding: those sharing its longest beginning."""
    bare = plain_code(system, code)
    known = sorted({known for edition in EDITIONS.get(system, ()) for known in titles(edition)})
    for length in range(len(bare) - 1, 0, -1):
        alike = [other for other in known if other.startswith(bare[:length])]
        if alike:
            return sorted(alike, key=lambda other: (abs(len(other) - len(bare)), other))[:limit]
    return []


def nearest_titles(title: str, *, limit: int = 3) -> list[str]:
    """List the titles and labels most like one that is not known, for a contract's finding."""
    from rapidfuzz import fuzz, process

    return [str(found[2]) for found in process.extract(words_of(title), _shown_titles(), scorer=fuzz.WRatio, limit=limit, score_cutoff=60)]


def _read_unique(texts: pl.Series) -> pl.DataFrame:
    spelt = texts.to_frame("text").select("text", word=words(pl.col("text")))
    listed = pl.DataFrame({"text": [_read(text, word) for text, word in spelt.iter_rows()]}, schema={"text": pl.String})
    is_read = pl.col("text") != ""
    return listed.select(
        industry_code=pl.when(is_read).then(pl.col("text").str.extract(r"^\w+:(\S+)")),
        industry_codes=pl.when(is_read).then(pl.col("text").str.split(" ")).otherwise(pl.lit([], dtype=pl.List(pl.String))),
    )


def _read(text: str, word: str) -> str:
    """Read a text into `system:code` candidates parted by blanks; empty where it says nothing.

    Labels come first and bare codes next, which no title looks like: thousands of titles are folded only for a text that is neither.
    """
    label = _labels().get(word)
    if label is not None:
        return label
    match = _CODE.fullmatch(text)
    is_bare = match is not None and not match["title"]
    return _read_code(text) if is_bare else _meant(word) or _read_code(text)


@lru_cache(maxsize=1 << 14)
def _read_code(text: str) -> str:
    """Read a text that begins with a code into `system:code` candidates parted by blanks; empty where no system has it."""
    match = _CODE.fullmatch(text)
    if match is None:
        return _meant_in_any_order(words_of(text))
    named = _SYSTEM_WORDS.get((match["system"] or "").replace(" ", "").lower())
    code = match["code"].upper()
    if match["title"] and not named and not (len(code) > 1 and re.search(r"\d", code)):
        return ""
    # A short number before words ("5 star hotels") is a code only beside the title it has in that system.
    systems = [named] if named else [system for system in SYSTEMS if _may_be(system, code)]
    found = [f"{system}:{plain_code(system, code)}" for system in systems if leaves(system, plain_code(system, code))]
    if match["title"]:
        meant = _meant(words_of(match["title"])).split()
        confirmed = [candidate for candidate in found if _shares(candidate, meant)]
        if confirmed or (not named and len(code) < 4):
            return " ".join(confirmed)
    return " ".join(found)


def _may_be(system: str, code: str) -> bool:
    """Tell whether a code is written as a system writes its codes; one letter alone says too little to be a code of any."""
    if code in SECTORS:
        return system == "naics"
    if code.isalpha():
        return system in ("nace", "isic", "sic")
    if "." in code:
        return system == "nace" or (system == "isic" and len(code) <= 5)
    if not code[0].isdigit():
        return system in ("nace", "isic")
    return len(code) > 1


def _shares(candidate: str, meant: Iterable[str]) -> bool:
    system, code = candidate.split(":")
    return any(
        other.split(":")[0] == system and (other.split(":")[1].startswith(code) or code.startswith(other.split(":")[1])) for other in meant
    )


@lru_cache(maxsize=1 << 14)
def _meant(word: str) -> str:
    """Give the candidates of a title or label, as words, parted by blanks; empty for none. Labels of pick-lists win."""
    return _labels().get(word) or " ".join(_broadest(_titles().get(word, [])))


@lru_cache(maxsize=1 << 14)
def _meant_in_any_order(word: str) -> str:
    """Give all candidates of the titles and labels that have the same words, in another order or with other small words."""
    alike = pl.DataFrame({"word": [word]}).select(_bag(pl.col("word"))).item()
    return " ".join(_broadest([candidate for title in _bags().get(alike, []) for candidate in _meant(title).split()])) if alike else ""


@cache
def _titles() -> dict[str, list[str]]:
    """Map the titles of every edition, as words, to their `system:code` candidates; with and without "not elsewhere classified"."""
    found: dict[str, list[str]] = {}
    forms = [
        (form, f"{system}:{code}")
        for system, editions in EDITIONS.items()
        for edition in editions
        for code, title in titles(edition).items()
        for form in _forms(title)
    ]
    for word, (_, candidate) in zip(words_of_all(form for form, _ in forms), forms, strict=True):
        if word:
            found.setdefault(word, []).append(candidate)
    return found


def _forms(title: str) -> tuple[str, ...]:
    """Give a title, and what it is without the words that keep it apart from its neighbours in the classification."""
    shorter = _UNLISTED.sub("", title) if title.endswith(("c", "C", ".", "d", "D")) else title
    return (title,) if shorter == title else (title, shorter)


_UNLISTED = re.compile(r",? ?(?:n\.?e\.?c\.?|not elsewhere classified)$", re.IGNORECASE)


@cache
def _bags() -> dict[str, list[str]]:
    """Map the words that matter in titles and labels to the titles and labels that have them."""
    known = pl.DataFrame({"word": list(_titles() | _labels())}).with_columns(bag=_bag(pl.col("word")))
    return dict(known.filter(pl.col("bag") != "").group_by("bag", maintain_order=True).agg("word").iter_rows())


def _bag(word: pl.Expr) -> pl.Expr:
    """Give the words that matter in a title, as singulars, each once and in the order of the alphabet."""
    parts = word.str.replace(r" (?:n e c|nec|not elsewhere classified)$", "").str.split(" ")
    told = parts.list.filter(~pl.element().is_in(_SMALL) & (pl.element() != ""))
    return told.list.eval(pl.element().str.strip_suffix("s")).list.unique().list.sort().list.join(" ")


_SMALL = ("and", "or", "of", "the", "for", "in", "on", "by", "to", "a", "with", "other", "all", "etc")


def _broadest(candidates: list[str]) -> list[str]:
    """Keep of candidates of one system that hold one another the shortest: `51121` and `511210` of one title are `51121`."""
    unique = list(dict.fromkeys(candidates))
    return [one for one in unique if not any(one != other and one.startswith(other) for other in unique)]


@cache
def _labels() -> dict[str, str]:
    lines = [line.split(":") for line in LABELS.strip().splitlines()]
    known = [(label, " ".join(f"naics:{code}" for code in codes.split())) for labels, codes in lines for label in labels.split(",")]
    return dict(zip(words_of_all(label for label, _ in known), (candidates for _, candidates in known), strict=True))


@cache
def _shown_titles() -> dict[str, str]:
    """Map titles as printed to their words, for matching."""
    shown = [title for system in SYSTEMS for title in titles(EDITIONS[system][0]).values()]
    shown += [label.strip() for line in LABELS.strip().splitlines() for label in line.split(":")[0].split(",")]
    return dict(zip(shown, words_of_all(shown), strict=True))


@cache
def _asked_codes(system: str, code: str) -> tuple[tuple[str, str], ...]:
    if system != "title":
        return ((system, plain_code(system, code)),)
    meant = _meant(words_of(code)) or _read_code(code)
    return tuple((entry.split(":")[0], entry.split(":")[1]) for entry in meant.split())


@lru_cache(maxsize=1 << 14)
def _is_asked(meant: str, asked: tuple[tuple[str, str], ...]) -> bool | None:
    if not meant:
        return None
    candidates = [(entry.split(":")[0], entry.split(":")[1]) for entry in meant.split()]
    systems = {system for system, _ in candidates} & {system for system, _ in asked}
    wanted = [entry for entry in asked if entry[0] in systems] or list(asked)
    answers = [_covers(candidate, asked, systems) for candidate in candidates if not systems or candidate[0] in systems]
    if all(answer is True for answer in answers):
        return True
    return False if wanted and all(answer is False for answer in answers) and _no_other(candidates, asked, systems) else None


def _no_other(candidates: list[tuple[str, str]], asked: tuple[tuple[str, str], ...], systems: set[str]) -> bool:
    """Tell whether what is asked in systems that the text does not speak rules it out as well."""
    others = [entry for entry in asked if entry[0] not in systems]
    return all(_inside(candidate, entry) is False for candidate in candidates[:1] for entry in others)


def _covers(candidate: tuple[str, str], asked: tuple[tuple[str, str], ...], systems: set[str]) -> bool | None:
    """Judge one candidate by all entries: inside any, outside all, or uncertain; together entries may hold what none holds alone."""
    answers = [_inside(candidate, entry) for entry in asked if not systems or entry[0] in systems]
    if any(answer is True for answer in answers) or _inside_together(candidate, asked):
        return True
    return False if all(answer is False for answer in answers) else None


def _inside_together(candidate: tuple[str, str], asked: tuple[tuple[str, str], ...]) -> bool:
    """Tell whether entries of the candidate's own system hold all of it between them (naics:31, naics:32 and naics:33 hold 31-33)."""
    system, code = candidate
    same = [entry for entry in asked if entry[0] == system]
    covered = leaves(system, code)
    return any(
        found <= frozenset().union(*(leaves(*entry).get(edition, frozenset()) for entry in same)) for edition, found in covered.items()
    )


@lru_cache(maxsize=1 << 16)
def _inside(candidate: tuple[str, str], entry: tuple[str, str]) -> bool | None:
    """Tell whether all that a code covers is inside what another covers, in any pair of their editions; None where not certain.

    A comparison within one edition, where there is one, decides against; a crosswalk may still say that an edition's other code is inside.
    """
    covered, wanted = leaves(*candidate), leaves(*entry)
    direct: list[bool | None] = []
    crossed: list[bool | None] = []
    for source, found in covered.items():
        for target, inside in wanted.items():
            mapped = crosswalk(source, target)
            if not all(leaf in mapped for leaf in found):
                continue
            reached = frozenset().union(*(mapped[leaf] for leaf in found))
            answer = True if reached <= inside else None if reached & inside else False
            (direct if source == target else crossed).append(answer)
    if any(answer is True for answer in direct) or any(answer is True for answer in crossed):
        return True
    answers = direct or crossed
    return False if answers and all(answer is False for answer in answers) else None


MEMORY = of_texts(_read_unique, {"industry_code": pl.String, "industry_codes": pl.List(pl.String)}, nothing=(None, []))
