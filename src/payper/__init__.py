"""payper: the system of record for performance-based B2B demand generation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from payper._version import __version__

if TYPE_CHECKING:
    from payper.adjudication.adjudicate import adjudicate
    from payper.advice.forecast import forecast
    from payper.measurement.attribution import attribute
    from payper.measurement.measure import measure
    from payper.measurement.providers import rank
    from payper.measurement.scoring import fit_labelled, fit_scores
    from payper.terms.contract import Contract

__all__ = ["Contract", "__version__", "adjudicate", "attribute", "fit_labelled", "fit_scores", "forecast", "measure", "rank"]

_HOMES = {
    "Contract": "payper.terms.contract",
    "adjudicate": "payper.adjudication.adjudicate",
    "attribute": "payper.measurement.attribution",
    "fit_labelled": "payper.measurement.scoring",
    "fit_scores": "payper.measurement.scoring",
    "forecast": "payper.advice.forecast",
    "measure": "payper.measurement.measure",
    "rank": "payper.measurement.providers",
}


def __getattr__(name: str) -> Any:
    """Import a public name at its first use, so that `payper --help` starts quickly."""
    if name in _HOMES:
        import importlib

        return getattr(importlib.import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'payper' has no attribute {name!r}")
