"""Which of a sender's columns is which of payper's: guessed from the header, or as mapping.toml says."""

from __future__ import annotations

import difflib
import fnmatch
import re
import tomllib
from collections.abc import Mapping as AnyMapping
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from payper.deliveries import ANSWER_PREFIX
from payper.errors import FileError
from payper.intake.columns import FULL_NAME, Subject, fold, folds, is_canonical, known_spellings, names_of

PLACES: tuple[str, ...] = ("row", "fault", "raw")
DATE_ORDERS: tuple[str, ...] = ("dmy", "mdy", "ymd")
_KEYS = ("columns", "files", "values", "constants", "ignore", "date_order", "timezone", "guess")
_HONORIFICS = r"(?i)^(mr|mrs|ms|miss|dr|prof|herr|frau|mme|m|sr|sra|mx|sir)\.?$"
_MAIL = r"^[^@\s]+@[^@\s]+\.[^@\s]+$"


@dataclass(frozen=True, kw_only=True)
class Mapping:
    """Which header gives which canonical column.

    Attributes:
        subject: What the file is of.
        columns: Canonical column to the sender's header.
        why: Canonical column to the reason for it, in words.
        unmapped: Headers that give nothing, in order.
        missing: Canonical columns that no header or constant gives.
        values: Canonical column to what the sender writes (folded by `fold_value`) and what it means.
        constants: Canonical column to the value it has where the sender has none.
        ignored: Headers that mapping.toml says to leave alone.
        date_order: How dates such as 03/04/2026 are written, where mapping.toml says so.
        timezone: Zone of dates without an offset, where mapping.toml says so.
        findings: What is wrong with mapping.toml, as sentences; what is right in it holds all the same.
        rivals: Header left over to the canonical column it could have given, had another header not given it.
    """

    subject: Subject
    columns: dict[str, str]
    why: dict[str, str] = field(default_factory=dict)
    unmapped: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    values: dict[str, dict[str, str]] = field(default_factory=dict)
    constants: dict[str, str] = field(default_factory=dict)
    ignored: tuple[str, ...] = ()
    date_order: str | None = None
    timezone: str | None = None
    findings: tuple[str, ...] = ()
    rivals: dict[str, str] = field(default_factory=dict)

    @classmethod
    def read(
        cls,
        text: str,
        headers: Sequence[str],
        *,
        subject: Subject = "deliveries",
        where: str = "mapping.toml",
        file: str | None = None,
        questions: Sequence[str] = (),
        samples: pl.DataFrame | None = None,
    ) -> Mapping:
        """Read mapping.toml for one file; what it does not name is guessed, unless it says `guess = false`.

        Args:
            text: The TOML.
            headers: The file's header.
            subject: What the file is of.
            where: Name for messages.
            file: The file's name, which `[files."pattern".columns]` is matched with.
            questions: Fields of the contract's questions.
            samples: Some rows of the file, as `guess` takes them.

        Raises:
            FileError: The text is no TOML. A single wrong line is a finding.
        """
        try:
            tables = tomllib.loads(text)
        except tomllib.TOMLDecodeError as problem:
            raise FileError(
                where=where, seen=f"This is no TOML: {problem}.", mend="Write texts in quotes and one `name = value` a line."
            ) from problem
        return _Wishes(tables, text, headers, subject=subject, where=where, file=file).mapping(questions=questions, samples=samples)

    def describe(self) -> list[str]:
        """Give lines to show to a person: what gives what, and why; what is left over; what is missing."""
        width = max((len(name) for name in (*self.columns, *self.constants)), default=0)
        order = {name: place for place, name in enumerate(names_of(self.subject))}
        lines = [
            f"{name:<{width}} <- `{self.columns[name]}` ({self.why.get(name, 'as told')})"
            for name in sorted(self.columns, key=lambda name: (order.get(name, len(order)), name))
        ]
        lines += [f"{name:<{width}} =  `{value}` where the sender has none" for name, value in self.constants.items()]
        if self.unmapped:
            lines.append("not used: " + ", ".join(f"`{header}`" for header in self.unmapped))
        if self.rivals:
            lines.append(self.rivals_in_words())
        if self.missing:
            lines.append("not in the file: " + ", ".join(self.missing))
        return lines + list(self.findings)

    def brief(self) -> str:
        """Say in one line what is not plain: columns that were guessed from a header of another name, and headers not used."""
        order = {name: place for place, name in enumerate(names_of(self.subject))}
        guessed = [
            f"{name} from `{self.columns[name]}`"
            for name in sorted(self.columns, key=lambda name: (order.get(name, len(order)), name))
            if fold(self.columns[name]) != fold(name)
        ]
        parts = [", ".join(guessed)] if guessed else []
        if self.unmapped:
            parts.append("not used " + ", ".join(f"`{header}`" for header in self.unmapped))
        return "; ".join(parts)

    def rivals_in_words(self) -> str:
        """Say which headers lost to another one, and how to choose; empty when none did."""
        if not self.rivals:
            return ""
        lost = [f"`{header}` could be {name} too, which `{self.columns[name]}` gives" for header, name in self.rivals.items()]
        header, name = next(iter(self.rivals.items()))
        return f"{'; '.join(lost)}. If another is meant, write {_key(name)} = {_quoted(header)} under [columns] in mapping.toml."

    def lacks(self, needed: Sequence[Sequence[str]]) -> list[str]:
        """Give, in words, which of the columns needed nothing gives; one of each group will do."""
        return [" or ".join(group) for group in needed if not any(name in self.columns or name in self.constants for name in group)]

    def to_toml(self) -> str:
        """Write the mapping as mapping.toml; reading it back for the same header gives the same columns."""
        lines = ["guess = false"]
        if self.ignored:
            lines.append(f"ignore = [{', '.join(_quoted(header) for header in self.ignored)}]")
        lines += [f"{key} = {_quoted(value)}" for key, value in (("date_order", self.date_order), ("timezone", self.timezone)) if value]
        lines += ["", "[columns]", *(f"{_key(name)} = {_quoted(header)}" for name, header in self.columns.items())]
        if self.constants:
            lines += ["", "[constants]", *(f"{_key(name)} = {_quoted(value)}" for name, value in self.constants.items())]
        for name, pairs in self.values.items():
            lines += ["", f"[values.{_key(name)}]", *(f"{_quoted(said)} = {_quoted(meant)}" for said, meant in pairs.items())]
        return "\n".join(lines) + "\n"


def guess(
    headers: Sequence[str],
    *,
    subject: Subject,
    samples: pl.DataFrame | None = None,
    questions: Sequence[str] = (),
) -> Mapping:
    """Guess which header is which canonical column.

    A canonical name wins over a known spelling, an earlier spelling of `columns` over a later one, a header as it stands over one
    without its brackets or its «lead», and then the first header wins. No header gives two columns and no column has two headers.

    Args:
        headers: The file's header, in order.
        subject: What the file is of.
        samples: Some rows under these headers; they tell e-mail addresses under an unknown header, and «Mr» under «Title».
        questions: Fields of the contract's questions: a header that folds to one gives `answer_<field>`.
    """
    offers = _offers(headers, subject, samples, questions)
    columns: dict[str, str] = {}
    why: dict[str, str] = {}
    for _, _, canonical, header, reason in sorted(offers):
        if canonical not in columns and header not in columns.values():
            columns[canonical] = header
            why[canonical] = reason
    if "first_name" in columns and "last_name" in columns and FULL_NAME in columns:
        del columns[FULL_NAME], why[FULL_NAME]
    _guess_from_values(columns, why, headers, subject, samples)
    return _settled(subject, columns, why, headers, rivals=_rivals(offers, columns, samples))


def apply(raw: pl.DataFrame, mapping: Mapping, *, keep: Sequence[str] = ()) -> pl.DataFrame:
    """Rename the sender's columns to canonical ones, and apply the values and constants of mapping.toml.

    Args:
        raw: As `connectors.files.RawRows.frame`.
        mapping: For these columns.
        keep: Headers to carry along under their own names, besides those mapped.

    Returns:
        String columns under canonical names in canonical order, then `keep`, then `row` and `fault` (and `raw`) as they were.
    """
    order = {name: place for place, name in enumerate(names_of(mapping.subject))}
    present = {name: header for name, header in mapping.columns.items() if header in raw.columns}
    names = sorted({*present, *mapping.constants}, key=lambda name: (order.get(name, len(order)), name))
    chosen = []
    for name in names:
        column = pl.col(present[name]) if name in present else pl.lit(None, dtype=pl.String)
        if name in mapping.values:
            pairs = mapping.values[name]
            folded = column.str.strip_chars().str.to_lowercase()
            column = folded.replace_strict(list(pairs), list(pairs.values()), default=column, return_dtype=pl.String)
        if name in mapping.constants:
            column = column.fill_null(mapping.constants[name])
        chosen.append(column.alias(name))
    kept = [pl.col(header) for header in keep if header in raw.columns and header not in names]
    return raw.select(*chosen, *kept, *(place for place in PLACES if place in raw.columns))


def fold_value(text: str) -> str:
    """Fold what a sender writes in a cell, to look it up in `Mapping.values`."""
    return text.strip().lower()


def _offers(
    headers: Sequence[str], subject: Subject, samples: pl.DataFrame | None, questions: Sequence[str]
) -> list[tuple[int, int, str, str, str]]:
    """List what each header may be: rank (less is better), place, canonical column, header, reason."""
    known = known_spellings(subject)
    asked = {fold(question): question for question in questions} if subject == "deliveries" else {}
    offers = []
    for place, header in enumerate(headers):
        if header.casefold() == "title" and _mostly(samples, header, _HONORIFICS):
            continue
        if is_canonical(header, subject):
            offers.append((0, place, header, header, "its own name"))
            continue
        if header.casefold() != header and is_canonical(header.casefold(), subject):
            offers.append((1, place, header.casefold(), header, "its own name"))
            continue
        for depth, folded in enumerate(folds(header)):
            bare = folded.removeprefix("answer").removeprefix("question")
            if folded in asked or bare in asked:
                question = asked.get(folded) or asked[bare]
                offers.append((2 + depth, place, f"{ANSWER_PREFIX}{question}", header, "a question of the contract"))
            elif folded in known:
                canonical, preference = known[folded]
                offers.append((10 + 1_000 * depth + preference, place, canonical, header, "a common header"))
    return offers


def _rivals(offers: Sequence[tuple[int, int, str, str, str]], columns: dict[str, str], samples: pl.DataFrame | None) -> dict[str, str]:
    """Find headers that could give a column another one gives, and that say something else in the sample."""
    rivals: dict[str, str] = {}
    for _, _, canonical, header, _ in sorted(offers, key=lambda offer: (offer[1], offer[0])):
        if canonical in columns and header not in columns.values() and header not in rivals:
            if samples is not None and header in samples.columns and columns[canonical] in samples.columns:
                own, taken = samples[header], samples[columns[canonical]]
                if not (own.is_not_null() & own.ne_missing(taken)).any():
                    continue
            rivals[header] = canonical
    return rivals


def _guess_from_values(
    columns: dict[str, str], why: dict[str, str], headers: Sequence[str], subject: Subject, samples: pl.DataFrame | None
) -> None:
    """Give what the values alone can tell: e-mail addresses under an unknown header, and the only column of a list."""
    used = set(columns.values())
    if subject == "list" and not columns and len(headers) == 1:
        columns["entry"], why["entry"] = headers[0], "the only column"
        return
    if "email" in names_of(subject) and "email" not in columns:
        for header in headers:
            if header not in used and _mostly(samples, header, _MAIL):
                columns["email"], why["email"] = header, "its values are e-mail addresses"
                return


def _mostly(samples: pl.DataFrame | None, header: str, pattern: str) -> bool:
    if samples is None or header not in samples.columns:
        return False
    values = samples[header].drop_nulls().head(1_000)
    return len(values) > 0 and float(values.str.contains(pattern).mean() or 0) >= 0.8  # type: ignore[arg-type]  # the mean of truths is a number


def _settled(subject: Subject, columns: dict[str, str], why: dict[str, str], headers: Sequence[str], **more: Any) -> Mapping:
    used = set(columns.values())
    ignored = more.get("ignored", ())
    given = {*columns, *more.get("constants", {})}
    if {"first_name", "last_name"} <= given:
        given.add(FULL_NAME)
    return Mapping(
        subject=subject,
        columns=columns,
        why=why,
        unmapped=tuple(header for header in headers if header not in used and header not in ignored),
        missing=tuple(name for name in names_of(subject) if name not in given),
        **more,
    )


class _Wishes:
    """What mapping.toml says, fitted to one file; whatever does not fit becomes a finding."""

    def __init__(
        self, tables: AnyMapping[str, Any], text: str, headers: Sequence[str], *, subject: Subject, where: str, file: str | None
    ) -> None:
        self._tables = tables
        self._text = text
        self._headers = headers
        self._subject: Subject = subject
        self._where = where
        self._file = file
        self._findings: list[str] = []

    def mapping(self, *, questions: Sequence[str], samples: pl.DataFrame | None) -> Mapping:
        for key in self._tables:
            if key not in _KEYS:
                self._find(key, f"`{key}` is no key of a mapping" + _nearest(key, _KEYS))
        ignored = self._ignored()
        told = self._columns()
        constants = self._constants()
        values = {name: self._values(name, pairs) for name, pairs in self._table("values").items() if self._is_column(name)}
        columns, why = dict(told), dict.fromkeys(told, self._where)
        rivals: dict[str, str] = {}
        if self._tables.get("guess", True):
            free = [header for header in self._headers if header not in told.values() and header not in ignored]
            guessed = guess(free, subject=self._subject, samples=samples, questions=questions)
            for name, header in guessed.columns.items():
                if name not in columns and not (name == FULL_NAME and {"first_name", "last_name"} <= set(columns)):
                    columns[name], why[name] = header, guessed.why[name]
            rivals = {header: name for header, name in guessed.rivals.items() if name not in told}
        return _settled(
            self._subject,
            columns,
            why,
            self._headers,
            values=values,
            constants=constants,
            ignored=ignored,
            date_order=self._one_of("date_order", DATE_ORDERS),
            timezone=self._zone(),
            findings=tuple(self._findings),
            rivals=rivals,
        )

    def _table(self, key: str) -> dict[str, Any]:
        table = self._tables.get(key, {})
        if isinstance(table, dict):
            return table
        self._find(key, f"`{key}` must be a table: write `[{key}]` and below it one `name = value` a line")
        return {}

    def _columns(self) -> dict[str, str]:
        wanted = dict(self._table("columns"))
        for pattern, table in self._table("files").items():
            if self._file is not None and fnmatch.fnmatch(self._file.rsplit("/", 1)[-1], pattern):
                wanted |= table.get("columns", {}) if isinstance(table, dict) else {}
        folded = {fold(header): header for header in reversed(self._headers)}
        columns: dict[str, str] = {}
        for name, said in wanted.items():
            if not self._is_column(name):
                continue
            if not isinstance(said, str):
                self._find(name, f"`{name}` must be the sender's header, in quotes")
                continue
            header = said if said in self._headers else folded.get(fold(said))
            if header is None:
                self._find(name, f"the file has no column `{said}`" + _nearest(said, self._headers))
            else:
                columns[name] = header
        return columns

    def _constants(self) -> dict[str, str]:
        return {name: str(value) for name, value in self._table("constants").items() if self._is_column(name)}

    def _values(self, name: str, pairs: Any) -> dict[str, str]:
        if not isinstance(pairs, dict):
            self._find(name, f'`values.{name}` must be a table of "what the sender writes" = "what it means"')
            return {}
        return {fold_value(said): str(meant) for said, meant in pairs.items()}

    def _ignored(self) -> tuple[str, ...]:
        wanted = self._tables.get("ignore", [])
        if not isinstance(wanted, list):
            self._find("ignore", '`ignore` must be a list of headers: `ignore = ["Notes", "Owner"]`')
            return ()
        folded = {fold(str(header)) for header in wanted}
        return tuple(header for header in self._headers if fold(header) in folded)

    def _one_of(self, key: str, allowed: Sequence[str]) -> str | None:
        value = self._tables.get(key)
        if value is None or value in allowed:
            return value
        self._find(key, f"`{key} = {value!r}` says nothing; write one of {', '.join(allowed)}")
        return None

    def _zone(self) -> str | None:
        value = self._tables.get("timezone")
        if value is None:
            return None
        from zoneinfo import ZoneInfo

        try:
            ZoneInfo(str(value))
        except (KeyError, ValueError, OSError):
            self._find("timezone", f"`{value}` is no time zone; write an IANA name such as America/New_York")
            return None
        return str(value)

    def _is_column(self, name: str) -> bool:
        if is_canonical(name, self._subject):
            return True
        self._find(name, f"`{name}` is no column of {self._subject}" + _nearest(name, names_of(self._subject)))
        return False

    def _find(self, key: str, words: str) -> None:
        found = re.search(rf'^[ \t]*(?:\[[^\]\n]*)?"?{re.escape(key)}"?[ \t]*(?:=|\])', self._text, re.MULTILINE)
        line = f":{self._text.count(chr(10), 0, found.start()) + 1}" if found else ""
        self._findings.append(f"{self._where}{line}: {words}" + ("" if words.endswith("?") else "."))


def _nearest(name: str, known: Sequence[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
    return f"; did you mean `{near[0]}`?" if near else ""


def _key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else _quoted(name)


def _quoted(text: str) -> str:
    import json

    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
