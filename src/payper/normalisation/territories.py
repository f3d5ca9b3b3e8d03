"""Names of countries of the CLDR in one language at a time, out of the files that the package babel ships."""

from __future__ import annotations

import io
import pickle
from functools import cache
from typing import Any

from payper.normalisation.packaged import read_packaged

PARENTS: dict[str, str] = {"nb": "no", "pt_PT": "pt"}
"""Locales whose own file holds only what differs from another's. A test compares every language's names with babel's own."""


@cache
def territory_names(locale: str) -> dict[str, str]:
    """Give the names of territories in a language, by their code (two letters, or three digits for regions of the world).

    Args:
        locale: As babel names its files: `de`, `zh_Hant`.
    """
    parent = PARENTS.get(locale)
    own = {str(code): str(name) for code, name in _read("locale-data", f"{locale}.dat").get("territories", {}).items()}
    return territory_names(parent) | own if parent else own


@cache
def territory_aliases() -> dict[str, tuple[str, ...]]:
    """Give the codes that stand for another: `DEU` for `DE`, and codes of states that are no more."""
    return {str(alias): tuple(codes) for alias, codes in _read("global.dat")["territory_aliases"].items()}


def _read(*parts: str) -> dict[str, Any]:
    """Read one of babel's files, plain dictionaries of texts but for patterns of dates and numbers, which are passed over."""
    content: dict[str, Any] = _Plain(io.BufferedReader(io.BytesIO(read_packaged("babel", *parts)))).load()
    return content


class _Ignored:
    """Stands for whatever is no plain value."""

    def __init__(self, *parts: object) -> None:
        pass

    def __setstate__(self, state: object) -> None:
        pass


class _Plain(pickle.Unpickler):
    """Unpickles plain values only: nothing is imported and nothing of a class is run."""

    def find_class(self, module: str, name: str) -> type[_Ignored]:  # noqa: ARG002  # pickle's signature
        return _Ignored
