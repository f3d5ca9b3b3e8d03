"""The table [audience]: the ideal customer profile, its lists, and the SQL conditions of all clauses."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal

import polars as pl

from payper.terms.contract import Audience, IndustryPrefix, ListEntries, Range, SeniorityRange
from payper.terms.expressions import ExpressionError, compile_condition
from payper.terms.findings import list_words, nearest
from payper.terms.kinds import FindingKind
from payper.terms.lists import read_entries
from payper.terms.tables import Table, show
from payper.terms.vocabulary import INDUSTRY_SYSTEMS, country_names, job_functions, nearest_country, rungs

ReadList = Callable[[str], bytes]
"""Gives the bytes of a list file by the path that the contract writes; raises OSError where it cannot."""

_SCALE = {"": 1, "k": 10**3, "m": 10**6, "b": 10**9}
_BOUND = re.compile(r"^(-?[0-9][0-9,_]*(?:\.[0-9]+)?)\s*([kmb]?)$", re.IGNORECASE)


def read_audience(table: Table, read_list: ReadList) -> Audience:
    """Read [audience], its list files included."""
    table.check_keys()
    companies = table.table("companies")
    return Audience(
        countries=_countries(table),
        employees=_range(table, "employees"),
        revenue=_range(table, "revenue"),
        industries=_industries(table),
        functions=_functions(table),
        seniority=_seniority(table),
        only=_only(companies, read_list) if companies else None,
        suppress=tuple(
            entries
            for place, path in table.texts("suppress")
            if (entries := _list(table, ("suppress", place), path, read_list)) is not None
        ),
        rule=read_condition(table, "rule"),
    )


def read_condition(table: Table, key: str) -> str | None:
    """Give a SQL condition as written, or None where it is absent or a finding."""
    sql = table.text(key)
    if sql is None:
        return None
    try:
        condition = compile_condition(sql)
    except ExpressionError as error:
        table.note(error.kind, key, error.seen, error.mend)
        return None
    for column, code in (("country", "country_code"), ("industry", "industry_code"), ("company", "company_key")):
        if column in condition.names and re.search(rf"\b{column}\b\s*(=|<>|!=|in\b|not in\b)", sql, re.IGNORECASE):
            seen = f"`{column}` is the sender's own text, which differs from sender to sender."
            table.note(FindingKind.RULE_RAW_COLUMN, key, seen, f"Compare `{code}`, which payper derives from it.")
    _check_codes(table, key, sql)
    return sql


def _check_codes(table: Table, key: str, sql: str) -> None:
    """Find words compared with function or country_code that are no such code."""
    from payper.terms.expression_tree import Column, Compare, Constant, children, parse_condition

    known: dict[str, Callable[[], tuple[str, ...]]] = {"function": job_functions, "country_code": lambda: tuple(country_names())}
    nodes = [parse_condition(sql)]
    while nodes:
        node = nodes.pop()
        nodes.extend(children(node))
        if not isinstance(node, Compare):
            continue
        for column, constant in ((node.left, node.right), (node.right, node.left)):
            if isinstance(column, Column) and column.name in known and isinstance(constant, Constant) and isinstance(constant.value, str):
                words = known[column.name]()
                if constant.value not in words:
                    near = nearest(constant.value, words)
                    mend = f"Write '{near}'." if near else f"Write {list_words(words)}."
                    table.note(FindingKind.RULE_CODE_UNKNOWN, key, f"'{constant.value}' is no {column.name} that payper gives.", mend)


def _countries(table: Table) -> tuple[str, ...]:
    found = []
    for place, entry in table.texts("countries"):
        if entry in country_names():
            found.append(entry)
            continue
        near = entry.upper() if entry.upper() in country_names() else nearest_country(entry)
        mend = f'Write "{near}".' if near else 'Write the two letters of ISO 3166, as in "US".'
        table.note(FindingKind.COUNTRY_UNKNOWN, (*table.at("countries"), place), f'"{entry}" is no country code of ISO 3166.', mend)
    return tuple(found)


def _range(table: Table, key: str) -> Range | None:
    text = table.text(key)
    if text is None:
        return None
    low_text, dots, high_text = text.partition("..")
    low, high = _bound(low_text), _bound(high_text)
    if not dots or low is False or high is False:
        numbers = re.findall(r"[0-9][0-9,_.]*[kmb]?", text, re.IGNORECASE)
        guess = f'"{numbers[0]}..{numbers[1]}"' if len(numbers) == 2 else f'"{numbers[0]}.."' if numbers else '"200..5000"'
        table.note(FindingKind.RANGE_UNREADABLE, key, f'`{key} = "{text}"` is no range.', f'Write {guess}, or leave one end open: "200..".')
        return None
    if (low or 0) < 0 or (high or 0) < 0:
        table.note(FindingKind.RANGE_NEGATIVE, key, f'`{key} = "{text}"` goes below zero.', f'Write "0..{high_text.strip().lstrip("-")}".')
        return None
    if low is not None and high is not None and low > high:
        seen = f'`{key} = "{text}"` admits no company, so every lead would be refused.'
        mend = f'Write the smaller number first: `{key} = "{high_text.strip()}..{low_text.strip()}"`.'
        table.note(FindingKind.RANGE_UPSIDE_DOWN, key, seen, mend)
        return None
    if not low and high is None:
        table.note(FindingKind.RANGE_ASKS_NOTHING, key, f'`{key} = "{text}"` admits every company.', f"Take `{key}` out, or write a bound.")
    return Range(low=low, high=high)


def _bound(text: str) -> int | bool | None:
    """Read one end of a range; None is open, False unreadable."""
    text = text.strip()
    if not text:
        return None
    match = _BOUND.match(text)
    if match is None:
        return False
    number = Decimal(match[1].replace(",", "").replace("_", "")) * _SCALE[match[2].lower()]
    return int(number) if number == number.to_integral_value() and abs(number) < 10**15 else False


def _functions(table: Table) -> tuple[str, ...]:
    if "functions" not in table:
        return ()
    return table.words("functions", job_functions(), kind=FindingKind.FUNCTION_UNKNOWN)


def _seniority(table: Table) -> SeniorityRange | None:
    text = table.text("seniority")
    if text is None:
        return None
    low, dots, high = (part.strip() for part in text.partition(".."))
    if not dots:
        high = low
    for rung in (low, high):
        if rung and rung not in rungs():
            near = nearest(rung, rungs())
            mend = f'Write "{text.replace(rung, near)}".' if near else f"Write rungs of the ladder: {list_words(list(rungs()))}."
            table.note(FindingKind.SENIORITY_UNKNOWN, "seniority", f'"{rung}" is no rung of the seniority ladder.', mend)
            return None
    if low and high and rungs()[low] > rungs()[high]:
        seen = f'`seniority = "{text}"` admits nobody, so every lead would be refused.'
        table.note(FindingKind.SENIORITY_UPSIDE_DOWN, "seniority", seen, f'Write the lower rung first: `seniority = "{high}..{low}"`.')
        return None
    if not low and not high:
        table.note(
            FindingKind.RANGE_ASKS_NOTHING, "seniority", f'`seniority = "{text}"` admits everybody.', "Take it out, or write a rung."
        )
    return SeniorityRange(low=low or None, high=high or None)


def _industries(table: Table) -> tuple[IndustryPrefix, ...]:
    found: list[IndustryPrefix] = []
    for place, entry in table.texts("industries"):
        prefix = _industry(table, place, entry)
        if prefix is not None:
            found.append(prefix)
    for prefix in found:
        wider = next(
            (
                other
                for other in found
                if other != prefix and other.system == prefix.system != "title" and prefix.code.startswith(other.code)
            ),
            None,
        )
        if wider:
            seen = f'"{prefix}" is covered by "{wider}".'
            table.note(FindingKind.INDUSTRY_COVERED, "industries", seen, f'Take "{prefix}" out, or "{wider}" if less is meant.')
    return tuple(found)


def _industry(table: Table, place: int, entry: str) -> IndustryPrefix | None:
    from payper.normalisation import industries

    path = (*table.at("industries"), place)
    system, colon, code = (part.strip() for part in entry.partition(":"))
    if colon:
        system = system.lower()
        if system not in INDUSTRY_SYSTEMS:
            near = nearest(system, INDUSTRY_SYSTEMS)
            mend = f'Write "{near}:{code}".' if near else f"Write {list_words(INDUSTRY_SYSTEMS)}, a colon and a code."
            table.note(FindingKind.INDUSTRY_SYSTEM_UNKNOWN, path, f'"{system}" is no system of industry codes.', mend)
            return None
        if not industries.is_code(system, code):
            seen = f'"{code}" begins no code of {system.upper()}.'
            table.note(
                FindingKind.INDUSTRY_CODE_UNKNOWN,
                path,
                seen,
                f"Write the first digits of a code, such as {_choices(industries.nearest_codes(system, code))}.",
            )
            return None
        return IndustryPrefix(system=system, code=code)
    if entry.replace(".", "").isdigit():
        table.note(
            FindingKind.INDUSTRY_SYSTEM_UNKNOWN,
            path,
            f'"{entry}" does not say of which system it is.',
            f'Write "naics:{entry}", for example.',
        )
        return None
    if not industries.read_industries(pl.Series("industry", [entry], dtype=pl.String))["industry_codes"][0].len():
        seen = f'"{entry}" is no industry title of NAICS, SIC, NACE or ISIC.'
        table.note(
            FindingKind.INDUSTRY_TITLE_UNKNOWN,
            path,
            seen,
            f'Write {_choices(industries.nearest_titles(entry))}, or a code such as "naics:52".',
        )
        return None
    return IndustryPrefix(system="title", code=entry)


def _choices(near: list[str]) -> str:
    return list_words([f'"{one}"' for one in near]) if near else "a title as its system spells it"


def _only(companies: Table, read_list: ReadList) -> ListEntries | None:
    if not companies.require("only"):
        return None
    path = companies.text("only")
    return None if path is None else _list(companies, ("only",), path, read_list)


def _list(table: Table, key: tuple[str | int, ...], path: str, read_list: ReadList) -> ListEntries | None:
    """Read a list file; a missing one is an error, entries that are none are a warning."""
    at = (*table.path, *key)
    try:
        read = read_entries(read_list(path), path)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error) or "it cannot be read"
        mend = "Put the file there (paths are relative to the contract), or correct the path."
        table.note(FindingKind.LIST_UNREADABLE, at, f"The list {show(path)} cannot be read: {reason}.", mend)
        return None
    if not read.count:
        kind = FindingKind.TARGETS_EMPTY if key == ("only",) else FindingKind.SUPPRESSION_EMPTY
        effect = "so nobody would be admitted" if key == ("only",) else "so nobody would be suppressed"
        mend = "Write one e-mail, domain, company or SHA-256 digest a line, or a header of email, domain, company or website."
        table.note(kind, at, f"The list {show(path)} has no entry, {effect}.", mend)
    if read.unreadable:
        line, text = read.unreadable[0]
        seen = f'{len(read.unreadable)} entries of {show(path)} are unreadable, the first "{text[:40]}" in line {line}.'
        table.note(FindingKind.LIST_ENTRY_UNREADABLE, at, seen, "Write e-mails, domains, companies or SHA-256 digests.")
    return read.entries
