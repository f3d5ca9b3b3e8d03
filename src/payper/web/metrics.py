"""Counts of the server in the text format of Prometheus.

Source: Prometheus, Exposition formats, text format 0.0.4.
"""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping

BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Upper bounds of the buckets of seconds."""

_ESCAPES = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n"})


class Messages:
    """What one process counts of calls and letters; safe for threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._ended: Counter[tuple[str, str]] = Counter()
        self._standing: Mapping[tuple[str, str], int] = {}

    def count(self, channel: str, *, sent: int, failed: int, dead: int) -> None:
        """Count attempts: taken, failed and tried again later, failed and given up."""
        with self._lock:
            for outcome, number in (("sent", sent), ("failed", failed), ("dead", dead)):
                self._ended[channel, outcome] += number

    def stand(self, counts: Mapping[tuple[str, str], int]) -> None:
        """Say how many messages there are now, by channel and state."""
        with self._lock:
            self._standing = dict(counts)

    def lines(self) -> list[str]:
        """Write what was counted."""
        with self._lock:
            ended, standing = sorted(self._ended.items()), self._standing
        lines = ["# HELP payper_message_attempts_total Attempts to send.", "# TYPE payper_message_attempts_total counter"]
        lines += [f'payper_message_attempts_total{{channel="{name}",outcome="{what}"}} {number}' for (name, what), number in ended]
        lines += ["# HELP payper_messages Messages that wait or were given up.", "# TYPE payper_messages gauge"]
        for channel in ("mail", "webhook"):
            for state in ("waiting", "dead"):
                lines.append(f'payper_messages{{channel="{channel}",state="{state}"}} {standing.get((channel, state), 0)}')
        return lines


class Metrics:
    """What one process counts; safe for threads."""

    def __init__(self) -> None:
        self.messages = Messages()
        self._lock = threading.Lock()
        self._requests: Counter[tuple[str, str, int]] = Counter()
        self._buckets: dict[str, list[int]] = {}
        self._seconds: dict[str, float] = {}
        self._open = 0

    def begin(self) -> None:
        """Count a request that begins."""
        with self._lock:
            self._open += 1

    def end(self, *, method: str, route: str, status: int, seconds: float) -> None:
        """Count a request that ended; `route` is the template of its path, so that ids make no new series."""
        with self._lock:
            self._open -= 1
            self._requests[method, route, status] += 1
            self._buckets.setdefault(route, [0] * (len(BOUNDS) + 1))[bisect_left(BOUNDS, seconds)] += 1
            self._seconds[route] = self._seconds.get(route, 0.0) + seconds

    def text(self) -> str:
        """Write everything counted."""
        with self._lock:
            requests, open_ = sorted(self._requests.items()), self._open
            buckets, seconds = {route: list(each) for route, each in self._buckets.items()}, dict(self._seconds)
        lines = ["# HELP payper_requests_total Requests answered.", "# TYPE payper_requests_total counter"]
        for (method, route, status), number in requests:
            lines.append(f'payper_requests_total{{method="{method}",route="{route.translate(_ESCAPES)}",status="{status}"}} {number}')
        lines += [
            "# HELP payper_requests_open Requests being answered.",
            "# TYPE payper_requests_open gauge",
            f"payper_requests_open {open_}",
        ]
        lines += ["# HELP payper_request_seconds Seconds until a request was answered.", "# TYPE payper_request_seconds histogram"]
        for route in sorted(buckets):
            label, below = route.translate(_ESCAPES), 0
            for bound, number in zip((*BOUNDS, None), buckets[route], strict=True):
                below += number
                lines.append(f'payper_request_seconds_bucket{{route="{label}",le="{"+Inf" if bound is None else bound}"}} {below}')
            lines += [
                f'payper_request_seconds_sum{{route="{label}"}} {seconds[route]:.6f}',
                f'payper_request_seconds_count{{route="{label}"}} {below}',
            ]
        return "\n".join([*lines, *self.messages.lines()]) + "\n"
