"""The act `payper providers`: scorecards of all providers as of a day, by the buyer's weights, from the book alone."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from payper._version import __version__
from payper.connectors.writing import write_csv
from payper.desk.asking.measure import basis_of, check_folder, check_horizon
from payper.desk.book.standing import read_standing
from payper.desk.folder.audits import read_audits
from payper.desk.folder.run import Tell, silent
from payper.errors import UsageError
from payper.measurement.basis import Basis
from payper.measurement.providers import CHECKS, Criterion, Weights
from payper.measurement.scored import Scored, evidence_rows, score_providers
from payper.reports.providers_json import providers_json

SHORT: dict[str, Criterion] = {
    "accuracy": Criterion.DATA_ACCURACY,
    "relevance": Criterion.AUDIENCE_RELEVANCE,
    "acceptance": Criterion.ACCEPTANCE,
    "returns": Criterion.RETURNS,
    "speed": Criterion.SPEED,
    "shows": Criterion.SHOW_RATE,
    "outcome": Criterion.OUTCOME,
}
"""Criteria by the names that the command line has for them."""


@dataclass(frozen=True)
class ScoredProviders:
    """What was found, for the command line; `evidence` is where the deliveries behind it were written, None: nowhere."""

    basis: Basis
    scored: Scored
    notes: Sequence[str]
    evidence: Path | None = None

    def to_json(self) -> dict[str, Any]:
        """Give it as plain values, as docs/providers-schema.json tells."""
        return providers_json(self.basis, self.scored, payper_version=__version__, notes=self.notes)


def score(
    place: Path | str,
    *,
    as_of: date | None = None,
    horizon_days: int | None = None,
    weights: str = "",
    audits: Path | None = None,
    evidence: Path | None = None,
    tell: Tell = silent,
) -> ScoredProviders:
    """Score the providers of a programme.

    Args:
        place: As of `read_standing`.
        as_of: None: the day of the latest run.
        horizon_days: Of wins; None: as the programme says, else 180.
        weights: As `read_weights` reads them.
        audits: A file as `read_audits` reads it; None: nobody looked at samples.
        evidence: A CSV file for the deliveries behind what stands out; None: none.
        tell: Told how far work has come.

    Raises:
        UsageError: There is nothing to read; or day, horizon or weights make no sense.
        FileError: The file of audits cannot be read, or that of evidence cannot be written.
    """
    check_horizon(horizon_days)
    wanted = read_weights(weights)
    standing = read_standing(place, as_of=as_of, tell=tell)
    basis = basis_of(standing, horizon_days=horizon_days, weights=wanted)
    if audits is not None:
        basis = replace(basis, audits=read_audits(audits, until=standing.day))
    tell("scorecards", 0, 1)
    scored = score_providers(basis)
    if evidence is not None:
        check_folder(evidence, option="--evidence")
        write_csv(evidence_rows(scored), evidence)
    tell("scorecards", 1, 1)
    return ScoredProviders(basis=basis, scored=scored, notes=standing.notes, evidence=evidence)


def read_weights(text: str) -> Weights | None:
    """Read weights as people write them: `accuracy=2, relevance=1`; None of nothing.

    Names are those of `SHORT`, of criteria, or of checks within their criterion; what is not named counts nothing among criteria, and 1
    among the checks of a criterion.

    Raises:
        UsageError: A name or number is none, all weights are 0, or one name stands twice.
    """
    where = f"--weights {text}"
    criteria: dict[str, float] = {}
    checks: dict[str, float] = {}
    known_checks = {check.name for check in CHECKS}
    for part in filter(None, (each.strip() for each in text.split(","))):
        name, is_given, number = (each.strip() for each in part.partition("="))
        weight = _number(number) if is_given else None
        if weight is None:
            raise UsageError(where=where, seen=f"`{part}` is no weight.", mend="Write a name, = and a number, such as accuracy=2.")
        plain = name.lower().replace("_", " ")
        criterion = SHORT.get(plain) or (Criterion(plain) if plain in set(Criterion) else None)
        if criterion is None and plain not in known_checks:
            names = [*SHORT, *known_checks]
            near = difflib.get_close_matches(plain, names, n=1)
            mend = f"Write {near[0]}." if near else f"The criteria are {', '.join(SHORT)}; the checks stand in docs/providers.md."
            raise UsageError(where=where, seen=f"`{name}` is neither a criterion nor a check.", mend=mend)
        target, key = (criteria, criterion.value) if criterion else (checks, plain)
        if key in target:
            raise UsageError(where=where, seen=f"`{name}` stands twice.", mend="Weigh each once.")
        target[key] = weight
    if criteria and not any(criteria.values()):
        raise UsageError(where=where, seen="All weights are 0.", mend="Give at least one criterion a weight above 0.")
    return Weights(criteria=criteria, checks=checks) if criteria or checks else None


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if 0 <= number <= 1e6 else None
