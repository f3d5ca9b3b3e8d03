"""Findings: what `payper contract check` has to say about a contract, each with its place, the values seen and what to write instead."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from payper.terms.kinds import FindingKind, Severity


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to know about a contract.

    Attributes:
        kind: What kind of thing.
        seen: What is wrong with the values seen, as a sentence.
        mend: What to write instead, as a sentence.
        path: The clause, dotted, places counted from 1 (`price[2].amount`); empty for the file as a whole.
        line: The line in the file, from 1.
        file: The file as the caller named it, or empty.
    """

    kind: FindingKind
    seen: str
    mend: str
    path: str = ""
    line: int = 1
    file: str = ""

    @property
    def code(self) -> str:
        """Give the kind's stable code, such as `KEY_UNKNOWN`."""
        return self.kind.name

    @property
    def severity(self) -> Severity:
        """Give error (the contract judges nothing), warning (likely not meant) or note."""
        return self.kind.severity

    @property
    def is_error(self) -> bool:
        """Tell whether the contract cannot be used as it stands."""
        return self.kind.severity is Severity.ERROR

    @property
    def where(self) -> str:
        """Give the place as `file:line`."""
        return f"{self.file or 'contract'}:{self.line}"

    def __str__(self) -> str:
        return f"{self.where}: {self.seen}\n{self.mend}"

    def to_json(self) -> dict[str, str | int]:
        """Give the finding as JSON-ready values with stable keys."""
        return {
            "code": self.code,
            "number": self.kind.number,
            "severity": str(self.severity),
            "file": self.file,
            "line": self.line,
            "path": self.path,
            "seen": self.seen,
            "mend": self.mend,
        }


def in_order(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Sort findings by file and line, the graver first on one line, without repeats."""
    weight = {severity: place for place, severity in enumerate(Severity)}
    return tuple(
        sorted(dict.fromkeys(findings), key=lambda finding: (finding.file, finding.line, weight[finding.severity], finding.kind.number))
    )


def has_errors(findings: Iterable[Finding]) -> bool:
    """Tell whether any finding is an error."""
    return any(finding.is_error for finding in findings)


def file_name(path: Path | None) -> str:
    """Give a path as findings print it, with forward slashes."""
    return path.as_posix() if path else ""


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Find the known word most like `word`, or None when none is like it (difflib, ratio of at least 0.6; its initials count too)."""
    from difflib import get_close_matches

    folded = {candidate.casefold(): candidate for candidate in known}
    close = get_close_matches(word.casefold().strip(), list(folded), n=1, cutoff=0.6)
    return folded[close[0]] if close else None


def list_words(words: Sequence[object], *, joiner: str = "or", limit: int = 20) -> str:
    """Write words as a list in a sentence: `credit, replace or partial:85%`."""
    shown = [str(word) for word in words][:limit]
    if len(list(words)) > limit:
        return ", ".join(shown) + ", ..."
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} {joiner} {shown[-1]}" if shown else "nothing"


def findings_page() -> str:
    """Write docs/findings.md: every kind with its number, severity and explanation."""
    lines = [
        "# Findings: what `payper contract check` can say",
        "",
        "This page is made from `src/payper/terms/kinds.py` (`make docs`); a test keeps it current.",
        "",
        "An **error** means that the contract judges nothing until it is mended; a **warning** is a clause that likely does not do what",
        "was meant; a **note** is worth knowing. Every finding names file and line, the values seen, and what to write instead.",
        "",
        "```",
        "acme.toml:14: `employees = 200..50` admits no company, so every lead would be refused.",
        "Write the smaller number first: `employees = 50..200`.",
        "```",
    ]
    section = ""
    for kind in FindingKind:
        if kind.section != section:
            section = kind.section
            lines += ["", f"## {section}", "", "| number | code | severity | meaning |", "|---|---|---|---|"]
        lines.append(f"| {kind.number} | `{kind.name}` | {kind.severity} | {kind.text} |")
    return "\n".join(lines) + "\n"
