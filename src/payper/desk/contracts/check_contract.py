"""The act `payper contract check`: findings of contract files, and the examples they carry."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from payper.terms.contract import Contract
from payper.terms.findings import Finding, has_errors
from payper.terms.reading import Reading, check_versions, read_terms_file


@dataclass(frozen=True)
class Checked:
    """What checking found.

    Attributes:
        findings: Of all files, in order.
        examples: How many examples ran.
    """

    findings: Sequence[Finding]
    files: int
    examples: int

    @property
    def has_errors(self) -> bool:
        """Tell whether any finding is an error."""
        return has_errors(self.findings)

    @property
    def last_line(self) -> str:
        """Say the result in one line."""
        count = {severity: sum(each.severity == severity for each in self.findings) for severity in ("error", "warning", "note")}
        words = ", ".join(f"{number} {name}{'' if number == 1 else 's'}" for name, number in count.items() if number)
        ran = f"{self.examples} example{'' if self.examples == 1 else 's'} ran"
        end = (
            "Mend the errors; what is not right judges nothing."
            if self.has_errors
            else "Both parties can read this: `payper contract explain FILE`."
        )
        return f"{words or 'No findings'}; {ran}. {end}"

    def to_json(self) -> dict[str, Any]:
        """Give it as plain values."""
        return {
            "files": self.files,
            "examples": self.examples,
            "has_errors": self.has_errors,
            "findings": [each.to_json() for each in self.findings],
        }


def check_contract(paths: Sequence[Path]) -> Checked:
    """Check contract files, alone and, where several are of one contract, as its versions.

    Raises:
        TermsError: A file cannot be opened.
    """
    findings: list[Finding] = []
    by_id: dict[str, list[Reading]] = {}
    examples = 0
    for path in paths:
        reading = read_terms_file(path)
        findings.extend(reading.findings)
        if reading.contract is None:
            continue
        by_id.setdefault(reading.contract.id, []).append(reading)
        if reading.contract.examples:
            findings.extend(run_examples_of(reading.contract))
            examples += len(reading.contract.examples)
    for readings in by_id.values():
        if len(readings) > 1:
            findings.extend(check_versions(readings))
    return Checked(findings=findings, files=len(paths), examples=examples)


def run_examples_of(contract: Contract) -> list[Finding]:
    """Judge the examples that a contract carries; give those that come out otherwise than written."""
    if not contract.examples:
        return []
    from payper.adjudication.examples import run_examples

    return run_examples(contract)
