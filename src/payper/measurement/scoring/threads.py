"""Threads: how many work at once; for few rows they wait for each other longer than they work."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext

ALONE_MAX = 200_000
"""Below so many rows one thread does the work."""


def count_threads(rows: int) -> int:
    """Give how many threads LightGBM is to use for so many rows, 0 for as many as there are."""
    return 1 if rows < ALONE_MAX else 0


def limit_threads(rows: int) -> AbstractContextManager[object]:
    """Keep scikit-learn and linear algebra to one thread for so few rows, while the context lasts."""
    from threadpoolctl import threadpool_limits

    return threadpool_limits(1) if rows < ALONE_MAX else nullcontext()
