"""A limit on how often something may be tried, kept in memory of one process."""

from __future__ import annotations

import threading
from collections import OrderedDict

KEYS_MAX = 50_000


class Limit:
    """A bucket of attempts for each key that fills again evenly (token bucket); the least lately used keys are forgotten.

    Args:
        per_minute: Attempts in a minute, and at once; 0: as many as come.
    """

    def __init__(self, per_minute: int) -> None:
        self.per_minute = per_minute
        self._lock = threading.Lock()
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, key: str, *, now: float) -> float:
        """Take one attempt: give 0.0 where there is one, else the seconds until there is.

        Args:
            key: Who tries.
            now: Seconds of a clock that never goes back.
        """
        if self.per_minute <= 0:
            return 0.0
        rate = self.per_minute / 60
        with self._lock:
            left, at = self._buckets.pop(key, (float(self.per_minute), now))
            left = min(float(self.per_minute), left + (now - at) * rate)
            wait = 0.0 if left >= 1 else (1 - left) / rate
            self._buckets[key] = (left - 1 if left >= 1 else left, now)
            if len(self._buckets) > KEYS_MAX:
                self._buckets.popitem(last=False)
        return wait

    def left(self, key: str, *, now: float) -> tuple[int, int]:
        """Give how many attempts are left, and the seconds until all are."""
        if self.per_minute <= 0:
            return 0, 0
        with self._lock:
            left, at = self._buckets.get(key, (float(self.per_minute), now))
        rate = self.per_minute / 60
        left = min(float(self.per_minute), left + (now - at) * rate)
        return int(left), int((self.per_minute - left) / rate) + 1
