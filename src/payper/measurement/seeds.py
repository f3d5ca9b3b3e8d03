"""Seeds: the one number that chance is drawn from."""

from __future__ import annotations

import numpy as np

from payper.errors import UsageError


def check_seed(seed: object) -> None:
    """Refuse what no chance can be drawn from.

    Raises:
        UsageError: It is no whole number from 0.
    """
    if not isinstance(seed, int | np.integer) or isinstance(seed, bool) or seed < 0:
        raise UsageError(where="seed", seen=f"{seed!r} is no whole number from 0.", mend="Write one such as 0.")
