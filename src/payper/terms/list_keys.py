"""The keys that list entries and deliveries are compared by, made by normalisation alone so that both sides agree."""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl


def emails(texts: Iterable[str]) -> frozenset[str]:
    """Give normal e-mail addresses; an address that is none stays as written."""
    wanted = sorted(texts)
    if not wanted:
        return frozenset()
    from payper.normalisation.emails import read_emails

    given = pl.Series("email", wanted, dtype=pl.String)
    return frozenset(read_emails(given)["email_normal"].fill_null(given).to_list())


def domains(texts: Iterable[str]) -> frozenset[str]:
    """Give registrable domains of domains or web addresses; a host under no public suffix stays as written."""
    wanted = sorted(texts)
    if not wanted:
        return frozenset()
    from payper.normalisation.domains import registrable_domains

    given = pl.Series("domain", wanted, dtype=pl.String)
    return frozenset(registrable_domains(given).fill_null(given).to_list())


def company_keys(texts: Iterable[str]) -> frozenset[str]:
    """Give company keys; names without one are left out."""
    wanted = sorted(texts)
    if not wanted:
        return frozenset()
    from payper.normalisation.companies import company_keys as keys

    return frozenset(keys(pl.Series("company", wanted, dtype=pl.String)).drop_nulls().to_list())
