"""Charts of a forecast stay within their frame, whatever is foretold."""

from __future__ import annotations

import re

import pytest

from payper.reports.drawing import NARROW, WIDE
from payper.reports.forecast_charts import Fan, Stop, fan_chart


@pytest.mark.parametrize("width", [NARROW, WIDE])
@pytest.mark.parametrize("mean", [0.0, 0.004, 3.0])
def test_a_mean_above_the_band_is_drawn_within_the_chart(width: int, mean: float) -> None:
    """One future in fifty brings something, so nineteen of twenty bring nothing and the mean lies above the band."""
    stops = [Stop(day, delivered=mean, contracted=mean, whole=mean) for day in (0, 7, 14)]
    chart = fan_chart(Fan(stops, "1 Jan", "1 Jan", "14 Jan"), lambda value: f"{value:.1f}", width)
    (height,) = re.findall(r'viewBox="0 0 [\d.]+ ([\d.]+)"', chart)
    paths = [path for path in re.findall(r' d="([^"]+)"', chart) if "h" not in path]
    assert paths
    for path in paths:
        places = [float(each) for each in re.findall(r"-?\d+(?:\.\d+)?(?:e-?\d+)?", path)]
        assert all(-2 <= each <= max(width, float(height)) for each in places), path
